"""digitStruct.mat, the annotations of SVHN's full-number archives, to columns and back.

The file is MATLAB 7.3's, which is HDF5 behind a block of 512 bytes. For every image
``/digitStruct/name`` holds a reference to its file name, in UTF-16 codes, and
``/digitStruct/bbox`` a reference to a group with a dataset for each of height, left,
top, width and label. An image of one digit has its number in place there; an image of
several has references to a number each. Label 10 is the digit 0.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5r, h5s, h5t

from helpers.data.hdf5_headers import (
    FLOAT64,
    REFERENCE,
    UINT16,
    Found,
    element_offsets,
    find_datasets,
    find_members,
    values,
)
from helpers.errors import InputError
from helpers.files import atomic_write

FIELDS = ("height", "left", "top", "width", "label")

BLOCK_ROWS = 2_000
"""Read at a time; what is mapped of the file for them is then let go."""

WRITING_CACHE = 128 << 20
"""Bytes of headers that HDF5 keeps, as many as it can: all names of a group are one
block, which it would otherwise write and read back for each further one."""

USERBLOCK = 512
"""Bytes before the HDF5 part, for MATLAB's own header."""

MAX_BOXES = 1_000
"""Of one image; in SVHN it is six."""

MAX_NAME = 255
"""Characters of a file name."""

_HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 ."
_VERSION = b"\x00\x02IM"
_NUMBER = re.compile(r"([0-9]{1,9})\.\w+")
_DAMAGE = (KeyError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What h5py raises where a file is not as it should be."""


class DigitStructError(InputError):
    """A digitStruct.mat that cannot be read, and what is wrong with it."""


class _RowError(ValueError):
    """What is wrong with one row; the others may be sound."""


@dataclass(frozen=True)
class Fault:
    """A row of a digitStruct.mat that cannot be used.

    ``row`` is its place in the file, from 1; ``image`` the number in the image's file
    name, None where that is what is wrong; ``reason`` what was found and expected.
    """

    row: int
    image: int | None
    reason: str


@dataclass(frozen=True)
class Boxes:
    """Every digit of an archive, one element each, in the order of the file.

    ``image`` is the number in the image's file name, int32; ``label`` the digit, 0 to
    9, int8; ``left``, ``top``, ``width`` and ``height`` are pixels, float64, and a box
    may reach beyond its image. ``images`` has the number of every image in the order
    of the file, those without a box too.
    """

    image: np.ndarray
    label: np.ndarray
    left: np.ndarray
    top: np.ndarray
    width: np.ndarray
    height: np.ndarray
    images: np.ndarray

    def __len__(self):
        return len(self.image)


def read_boxes(path: Path | str) -> Boxes:
    """Read every box of a digitStruct.mat, or none if one of them cannot be read.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    DigitStructError
        It is no MATLAB 7.3 file, is cut short, lacks a part, refers to nothing, or
        holds a label or a box that is none.
    """
    rows = _read_rows(Path(path))
    for row, why in chain(sorted(rows.faults.items()), rows.bad_values(False)):
        raise DigitStructError(f"{path}: row {row + 1}: {why}. Get the archive again.")
    return rows.boxes()


def read_sound_boxes(path: Path | str) -> tuple[Boxes, list[Fault]]:
    """Read the boxes of those images of a digitStruct.mat that are sound.

    An image is unsound if a part of its row is missing or damaged, if a label is no
    digit or a box has no size, and if another row is of the same image.

    Returns the boxes, as from `read_boxes`, less those of unsound images, with the
    numbers of all images once in ``images``; and what is wrong with the others.

    Raises
    ------
    FileNotFoundError, DigitStructError
        As by `read_boxes`, for what is wrong with more than single rows.
    """
    rows = _read_rows(Path(path))
    faults = rows.faults.copy()
    for row, why in chain(rows.bad_values(sized=True), rows.repeated()):
        faults.setdefault(row, why)
    numbers = rows.images.tolist()
    found = [
        Fault(row + 1, None if numbers[row] < 0 else numbers[row], why)
        for row, why in sorted(faults.items())
    ]
    sound = ~np.isin(rows.row, list(faults))
    boxes = replace(rows, row=rows.row[sound], table=rows.table[sound]).boxes()
    once = np.array([*dict.fromkeys(boxes.images.tolist())], np.int32)
    return replace(boxes, images=once), found


def write_boxes(path: Path | str, boxes: Boxes) -> None:
    """Write ``boxes`` as MATLAB would, with images named ``<number>.png``.

    The boxes of an image are those of its number in ``boxes.image``, in their order.
    """
    order = np.argsort(boxes.image, kind="stable")
    starts, ends = (
        np.searchsorted(boxes.image[order], boxes.images, side)
        for side in ("left", "right")
    )
    if (ends - starts).sum() != len(boxes):
        raise ValueError(
            f"{path}: {len(boxes)} boxes, of which {(ends - starts).sum()} are of the "
            f"{len(boxes.images)} images; expected each box to belong to one image."
        )
    table = np.stack([getattr(boxes, field)[order] for field in FIELDS], 1, dtype="<f8")
    label = table[:, FIELDS.index("label")]
    label[label == 0] = 10
    with atomic_write(path) as temporary:
        with h5py.File(temporary, "w", userblock_size=USERBLOCK) as file:
            config = file.id.get_mdc_config()
            config.set_initial_size = True
            config.initial_size = config.min_size = config.max_size = WRITING_CACHE
            file.id.set_mdc_config(config)
            writer = _Writer(file)
            for image, start, end in zip(boxes.images, starts, ends, strict=True):
                writer.add(f"{image}.png", table[start:end])
            writer.close()
        with temporary.open("r+b") as raw:
            raw.write(_HEADER.ljust(124, b" ") + _VERSION)


@dataclass(frozen=True)
class _Rows:
    """What a file says, and which of its rows could not be read.

    ``images`` is int32 (rows,), -1 where the name is no number; ``row`` is the place
    in it of each box, int64 (boxes,); ``table`` has a float64 column for each of
    `FIELDS`; ``faults`` are reasons by row.
    """

    images: np.ndarray
    row: np.ndarray
    table: np.ndarray
    faults: dict[int, str]

    def boxes(self) -> Boxes:
        columns = dict(zip(FIELDS, np.ascontiguousarray(self.table.T), strict=True))
        columns["label"] = (columns["label"] % 10).astype(np.int8)
        images = self.images[self.images >= 0]
        return Boxes(image=self.images[self.row], images=images, **columns)

    def bad_values(self, sized: bool) -> Iterator[tuple[int, str]]:
        """Row and reason of each label that is no digit and number that is none.

        And of each width and height that is not above 0, if boxes are to be ``sized``.
        """
        for field, column in zip(FIELDS, self.table.T, strict=True):
            good, expected = np.isfinite(column), "a finite number of pixels"
            if field == "label":
                good, expected = np.isin(column, np.arange(1, 11)), "1 to 10"
            elif sized and field in ("height", "width"):
                good, expected = good & (column > 0), f"{expected} above 0"
            for box in np.flatnonzero(~good):
                reason = f"a {field} is {column[box]}; expected {expected}"
                yield int(self.row[box]), reason

    def repeated(self) -> Iterator[tuple[int, str]]:
        """Row and reason of all rows of those images that have several."""
        _, which, counts = np.unique(
            self.images, return_inverse=True, return_counts=True
        )
        several = (counts[which] > 1) & (self.images >= 0)
        for row in np.flatnonzero(several).tolist():
            yield row, f"{counts[which[row]]} rows are of this image; expected one"


def _read_rows(path: Path) -> _Rows:
    with _open(path) as file:
        names, groups = (_references(file, path, part) for part in ("name", "bbox"))
        if len(names) != len(groups):
            raise DigitStructError(
                f"{path}: {len(names)} names and {len(groups)} rows of boxes; expected "
                "one name for each. Get the archive again."
            )
        return _Reader(file, path, names, groups).read()


class _Reader:
    """Finds the values of all rows of an open file, a block of rows at a time.

    What `helpers.data.hdf5_headers` does not know is read by h5py, many times as
    slowly, which also tells what is wrong with it.
    """

    def __init__(self, file: h5py.File, path: Path, names, groups):
        self.file, self.path, self.base = file, path, file.userblock_size
        self.names, self.groups = names, groups
        self.images = np.full(len(names), -1, np.int32)
        self.parts = [(np.empty(0, int), np.empty((0, len(FIELDS))))]
        self.faults = {}

    def read(self) -> _Rows:
        names, groups = (
            _addresses(self.file[f"digitStruct/{part}"].id) for part in ("name", "bbox")
        )
        for start in range(0, len(names), BLOCK_ROWS):
            rows = np.arange(start, min(start + BLOCK_ROWS, len(names)))
            mapped = np.memmap(self.path, np.uint8, mode="r")
            self.raw = mapped.view(np.ndarray)  # its parts are made faster
            self._read_names(rows, names[rows])
            self._read_boxes(rows, groups[rows])
        row, table = (np.concatenate(parts) for parts in zip(*self.parts, strict=True))
        order = np.argsort(row, kind="stable")
        return _Rows(self.images, row[order], table[order], self.faults)

    def _read_names(self, rows: np.ndarray, addresses: np.ndarray) -> None:
        found = self._find(addresses)
        plain = (found.kind == UINT16) & (found.count <= MAX_NAME)
        size = np.where(plain, 2 * found.count, 0)
        for row, start, end in zip(
            rows.tolist(), found.offset, found.offset + size, strict=True
        ):
            with self._listing_faults(row):
                codes = self.raw[start:end].tobytes() or self._codes(row)
                self.images[row] = _number_in(codes)

    def _read_boxes(self, rows: np.ndarray, addresses: np.ndarray) -> None:
        found = self._find(find_members(self.raw, addresses, self.base, FIELDS))
        kind, count = found.kind[:, 0], found.count[:, 0]
        # A box in place is one number for each field, several are references to one.
        plain = ((kind == found.kind.T) & (count == found.count.T)).all(axis=0)
        plain &= (kind == REFERENCE) | ((kind == FLOAT64) & (count == 1))
        plain &= count <= MAX_BOXES
        count = np.where(plain, count, 0)
        place = np.repeat(np.arange(len(rows)), count)
        offset = element_offsets(found.offset, count, 8)
        away = (kind == REFERENCE)[place]
        targets = self._find(values(self.raw, offset[away], "<i8"))
        numbers = (targets.kind == FLOAT64) & (targets.count == 1)
        plain[place[away][~numbers.all(axis=1)]] = False
        offset[away] = targets.offset
        kept = plain[place]
        self.parts.append((rows[place[kept]], values(self.raw, offset[kept], "<f8")))
        for row in rows[~plain].tolist():
            if row not in self.faults:
                with self._listing_faults(row):
                    table = self._row_table(row)
                    self.parts.append((np.full(len(table), row), table))

    def _find(self, headers: np.ndarray) -> Found:
        return find_datasets(self.raw, headers, self.base)

    @contextmanager
    def _listing_faults(self, row: int) -> Iterator[None]:
        try:
            yield
        except _RowError as error:
            self.faults[row] = str(error)
        except _DAMAGE as error:
            self.faults[row] = f"damaged ({error}); expected a whole row"

    def _row_table(self, row: int) -> np.ndarray:
        """The boxes of one row by h5py: float64 (boxes, fields)."""
        group = self._follow("bbox", self.groups[row])
        if isinstance(group, h5py.Dataset) and _is_empty(group):
            return np.empty((0, len(FIELDS)))
        if not isinstance(group, h5py.Group):
            raise _RowError("its bbox is no group; expected one of five fields")
        missing = [field for field in FIELDS if field not in group]
        if missing:
            found = f"no {' and no '.join(missing)} in its bbox"
            raise _RowError(f"{found}; expected all five fields")
        columns = {field: self._numbers(field, group[field]) for field in FIELDS}
        counts = {field: len(numbers) for field, numbers in columns.items()}
        if len(set(counts.values())) > 1:
            raise _RowError(f"boxes: {counts}; expected as many of every field")
        return np.array([*columns.values()], float).T

    def _numbers(self, field: str, item) -> list[float]:
        """What a field's dataset holds or refers to."""
        if not isinstance(item, h5py.Dataset):
            raise _RowError(f"{field} is no dataset; expected numbers or references")
        if _is_empty(item):
            return []
        if not _refers(item):
            return [_number(field, item)]
        if item.size > MAX_BOXES:
            raise _RowError(f"{item.size:,} boxes; expected at most {MAX_BOXES:,}")
        return [_number(field, self._follow(field, part)) for part in item[()].flat]

    def _codes(self, row: int) -> bytes:
        """The UTF-16 codes of a row's name by h5py."""
        item = self._follow("name", self.names[row])
        text = isinstance(item, h5py.Dataset) and item.dtype.kind == "u"
        if not text or not 0 < (item.size or 0) <= MAX_NAME:
            raise _RowError("its name is no text; expected UTF-16 codes")
        return item[()].astype("<u2").tobytes()

    def _follow(self, part: str, reference: h5py.Reference):
        try:
            return self.file[reference]
        except (ValueError, KeyError, OSError, RuntimeError) as error:
            found = f"{part} refers to nothing"
            raise _RowError(f"{found}; expected a part of this file") from error


def _number(field: str, item) -> float:
    numeric = isinstance(item, h5py.Dataset) and item.dtype.kind in "fiu"
    if not numeric or item.size != 1:
        raise _RowError(f"a {field} is no single number; expected one number")
    return float(item[()].item())


def _number_in(codes: bytes) -> int:
    """The number in a name of UTF-16 codes."""
    name = codes.decode("utf-16-le", "replace")
    match = _NUMBER.fullmatch(name)
    if not match:
        raise _RowError(f"it is named {name!r}; expected a number: 12.png")
    return int(match[1])


def _is_empty(dataset: h5py.Dataset) -> bool:
    """Whether a dataset is MATLAB's empty array, which holds its size."""
    return bool(dataset.attrs.get("MATLAB_empty", 0)) or not dataset.size


def _refers(dataset: h5py.Dataset) -> bool:
    # Texts have the same dtype, and equal ones.
    return h5py.check_ref_dtype(dataset.dtype) is h5py.Reference


class _Writer:
    """Adds rows to an open file, in the layout and with the attributes of MATLAB."""

    def __init__(self, file: h5py.File):
        self.file = file
        self.pool = file.create_group("#refs#").id
        self.count = 0
        self.names, self.groups = [], []
        self.timeless = h5p.create(h5p.DATASET_CREATE)
        self.timeless.set_obj_track_times(False)  # same boxes, same bytes

    def add(self, name: str, table: np.ndarray) -> None:
        """Add an image with a name and its boxes, float64 (boxes, fields)."""
        codes = np.frombuffer(name.encode("utf-16-le"), "<u2")[:, None]
        text = self._write(codes, b"char", self.pool, self._next())
        _tag(text, "MATLAB_int_decode", np.int32(2))
        self.names.append(_reference(text))
        group = h5g.create(self.pool, self._next())
        _tag(group, "MATLAB_class", np.bytes_(b"struct"))
        for field, numbers in zip(FIELDS, table.T, strict=True):
            place = group, field.encode()
            if len(numbers) == 1:
                self._write(numbers[:, None], b"double", *place)
            elif len(numbers) == 0:  # MATLAB writes an empty array as its size
                empty = self._write(np.zeros(2, "<u8"), b"double", *place)
                _tag(empty, "MATLAB_empty", np.uint8(1))
            else:
                self._write_references(self._scalars(numbers), *place)
        self.groups.append(_reference(group))

    def close(self) -> None:
        """Write the two columns of references that everything is found by."""
        top = self.file.create_group("digitStruct").id
        _tag(top, "MATLAB_class", np.bytes_(b"struct"))
        self._write_references(self.names, top, b"name")
        self._write_references(self.groups, top, b"bbox")

    def _scalars(self, numbers: np.ndarray) -> list[h5py.Reference]:
        scalars = [
            self._create(h5t.IEEE_F64LE, (1, 1), self.pool, self._next())
            for _ in numbers
        ]
        for scalar, number in zip(scalars, numbers, strict=True):
            scalar.write(h5s.ALL, h5s.ALL, np.full((1, 1), number))
        return [_reference(scalar) for scalar in scalars]

    def _write(self, data: np.ndarray, kind: bytes, parent, name: bytes):
        dataset = self._create(h5t.py_create(data.dtype), data.shape, parent, name)
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data))
        _tag(dataset, "MATLAB_class", np.bytes_(kind))
        return dataset

    def _write_references(self, references: list, parent, name: bytes) -> None:
        column = np.array(references, h5py.ref_dtype).reshape(-1, 1)
        dataset = self._create(h5t.STD_REF_OBJ, column.shape, parent, name)
        dataset.write(h5s.ALL, h5s.ALL, column)

    def _create(self, kind, shape: tuple, parent, name: bytes) -> h5d.DatasetID:
        space = h5s.create_simple(shape)
        return h5d.create(parent, name, kind, space, self.timeless)

    def _next(self) -> bytes:
        self.count += 1
        return b"%x" % self.count


def _reference(item) -> h5py.Reference:
    return h5r.create(item, b".", h5r.OBJECT)


def _tag(item, name: str, value) -> None:
    value = np.asarray(value)
    kind, scalar = h5t.py_create(value.dtype), h5s.create(h5s.SCALAR)
    h5a.create(item, name.encode(), kind, scalar).write(value)


@contextmanager
def _open(path: Path) -> Iterator[h5py.File]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected a digitStruct.mat. Extract its archive."
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        with path.open("rb") as raw:
            start = raw.read(USERBLOCK)
        found = f"{path}: begins with {start[:16]!r}"
        if "truncated" in str(error) or start.startswith(b"MATLAB 7.3"):
            found = f"{path}: cut short or damaged ({error})"
        raise DigitStructError(
            f"{found}; expected a whole MATLAB 7.3 file (HDF5). Get the archive again, "
            "or save the file with save(..., '-v7.3')."
        ) from error
    try:
        with file:
            yield file
    except DigitStructError:
        raise
    except _DAMAGE as error:
        raise DigitStructError(
            f"{path}: damaged ({error}); expected a whole MATLAB 7.3 file. Get the "
            "archive again."
        ) from error


def _references(file: h5py.File, path: Path, part: str) -> np.ndarray:
    """One reference for each image: (rows,) of h5py.Reference."""
    place = f"digitStruct/{part}"
    try:
        dataset = file.get(place)
        found = "absent" if dataset is None else f"a {type(dataset).__name__.lower()}"
        if isinstance(dataset, h5py.Dataset):
            found = f"a dataset of {dataset.dtype} {dataset.shape}"
            # What claims more than the file holds would fill the memory.
            whole = 8 * (dataset.size or 0) <= path.stat().st_size
            if _refers(dataset) and dataset.shape and whole:
                return dataset[()].ravel()
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        found = f"unreadable ({error})"
    raise DigitStructError(
        f"{path}: /{place} is {found}; expected a reference for each image. Name the "
        "digitStruct.mat of an SVHN archive."
    )


def _addresses(dataset: h5d.DatasetID) -> np.ndarray:
    """A dataset's references as the addresses that they are: int64 (N,)."""
    addresses = np.empty(dataset.shape, "<i8")
    dataset.read(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)
    return addresses.ravel()

"""digitStruct.mat, the annotations of SVHN's full-number archives, to columns and back.

The file is MATLAB 7.3's, which is HDF5 behind a block of 512 bytes. For every image
``/digitStruct/name`` holds a reference to its file name, in UTF-16 codes, and
``/digitStruct/bbox`` a reference to a group with a dataset for each of height, left,
top, width and label. An image of one digit has its number in place there; an image of
several has references to a number each. Label 10 is the digit 0.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5o, h5p, h5r, h5s, h5t

from helpers.data.hdf5_headers import (
    FLOAT64,
    REFERENCE,
    UINT16,
    Found,
    find_datasets,
    find_members,
    runs,
    values,
)
from helpers.files import atomic_write

FIELDS = ("height", "left", "top", "width", "label")
BLOCK = 2_000
"""Rows read at a time; what is mapped of the file for them is then let go."""

CACHE = 1 << 20
"""Bytes of headers that HDF5 keeps in reading: few, as each of them is wanted once."""

WRITING_CACHE = 128 << 20
"""In writing, the most that HDF5 can: all names of a group are one block of it, which
it would otherwise write and read back for each further one."""

USERBLOCK = 512
"""Bytes before the HDF5 part, for MATLAB's own header."""

MOST_BOXES = 1_000
"""Boxes of one image at most; in SVHN it is six."""

LONGEST_NAME = 255
"""Characters of a file name at most."""

_HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 ."
_VERSION = b"\x00\x02IM"
_DOUBLE, _CHARACTER = np.dtype("<f8"), np.dtype("<u2")
_NUMBER = re.compile(r"([0-9]{1,9})\.\w+")
_DAMAGE = (KeyError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What h5py raises where a file is not as it should be."""


class DigitStructError(ValueError):
    """A digitStruct.mat that cannot be read, and what is wrong with it."""


class _RowError(ValueError):
    """What is wrong with one row; the others may be sound."""


@dataclass(frozen=True)
class Fault:
    """A row of a digitStruct.mat that cannot be used.

    Parameters
    ----------
    row
        Its place in the file, from 1.
    image
        The number in the image's file name; None where that is what is wrong.
    reason
        What was found and what was expected.
    """

    row: int
    image: int | None
    reason: str


@dataclass(frozen=True)
class Boxes:
    """Every digit of an archive, one element each, in the order of the file.

    Parameters
    ----------
    image
        int32, the number in the image's file name.
    label
        int8, the digit, 0 to 9.
    left, top, width, height
        float64, pixels; a box may reach beyond its image.
    images
        int32, the number of every image in the order of the file, those without a
        box too.
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

    def __post_init__(self):
        lengths = {
            field.name: len(getattr(self, field.name))
            for field in fields(self)
            if field.name != "images"
        }
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of boxes differ in length: {lengths}.")


def read_boxes(path: Path | str) -> Boxes:
    """Read every box of a digitStruct.mat, or none if one of them cannot be read.

    HDF5 finds the rows; `helpers.data.hdf5_headers` then finds the values of a block
    of them all at once, many times as fast as opening them one by one.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    DigitStructError
        It is no MATLAB 7.3 file, is cut short, lacks a part, refers to nothing, or
        holds a label or a box that is none.
    """
    rows = _read_rows(Path(path))
    wrong = [(f"row {row + 1}", why) for row, why in sorted(rows.faults.items())]
    wrong += [(f"image {rows.images[row]}", why) for row, why in rows.no_values()]
    for place, why in wrong:
        raise DigitStructError(f"{path}: {place}: {why}. Get the archive again.")
    return rows.boxes()


def read_sound_boxes(path: Path | str) -> tuple[Boxes, list[Fault]]:
    """Read the boxes of those images of a digitStruct.mat that are sound.

    An image is unsound if a part of its row is missing or damaged, if a label is no
    digit or a box has no size, and if another row is of the same image.

    Returns
    -------
    boxes : Boxes
        As from `read_boxes`, less those of unsound images; ``images`` has the numbers
        of all, each once.
    faults : list of Fault
        What is wrong with the others, in the order of the file.

    Raises
    ------
    FileNotFoundError, DigitStructError
        As by `read_boxes`, for what is wrong with more than single rows.
    """
    rows = _read_rows(Path(path))
    faults = rows.faults.copy()
    for row, why in (*rows.no_values(), *rows.no_sizes(), *rows.repeated()):
        faults.setdefault(row, why)
    found = [
        Fault(row + 1, None if rows.images[row] < 0 else int(rows.images[row]), why)
        for row, why in sorted(faults.items())
    ]
    boxes = rows.without(faults).boxes()
    first = np.sort(np.unique(boxes.images, return_index=True)[1])
    return replace(boxes, images=boxes.images[first]), found


def write_boxes(path: Path | str, boxes: Boxes) -> None:
    """Write ``boxes`` as MATLAB would, with images named ``<number>.png``.

    The boxes of an image are those of its number in ``boxes.image``, in their order.
    """
    order = np.argsort(boxes.image, kind="stable")
    grouped = boxes.image[order]
    starts = np.searchsorted(grouped, boxes.images, "left")
    ends = np.searchsorted(grouped, boxes.images, "right")
    if (ends - starts).sum() != len(boxes):
        raise ValueError(
            f"{path}: {len(boxes)} boxes, of which {(ends - starts).sum()} are of the "
            f"{len(boxes.images)} images; expected each box to belong to one image."
        )
    columns = {field: getattr(boxes, field)[order] for field in FIELDS}
    columns["label"] = np.where(columns["label"] == 0, 10, columns["label"])
    columns = {field: column.astype(_DOUBLE) for field, column in columns.items()}
    with atomic_write(path) as temporary:
        with h5py.File(temporary, "w", userblock_size=USERBLOCK) as file:
            _keep_headers(file, WRITING_CACHE)
            writer = _Writer(file)
            for image, start, end in zip(boxes.images, starts, ends, strict=True):
                writer.add(
                    f"{image}.png",
                    {field: column[start:end] for field, column in columns.items()},
                )
            writer.close()
        with temporary.open("r+b") as raw:
            raw.write(_HEADER.ljust(124, b" ") + _VERSION)


@dataclass(frozen=True)
class _Rows:
    """What a file says, and which of its rows could not be read.

    ``images`` is int32 (rows,), -1 where the name is no number; ``row`` is the place
    in it of each box, int64 (boxes,); ``columns`` has the float64 values of each field.
    """

    images: np.ndarray
    row: np.ndarray
    columns: dict[str, np.ndarray]
    faults: dict[int, str]

    def boxes(self) -> Boxes:
        label = (self.columns["label"] % 10).astype(np.int8)
        return Boxes(
            image=self.images[self.row],
            images=self.images[self.images >= 0],
            **self.columns | {"label": label},
        )

    def without(self, rows: Iterable[int]) -> "_Rows":
        """All but the boxes of some rows."""
        kept = ~np.isin(self.row, list(rows))
        columns = {field: column[kept] for field, column in self.columns.items()}
        return replace(self, row=self.row[kept], columns=columns)

    def no_values(self) -> list[tuple[int, str]]:
        """(row, reason) of each label that is no digit and number that is none."""
        label = self.columns["label"]
        digits = (label >= 1) & (label <= 10) & (label == np.rint(label))
        found = self._unless(digits, "label", "1 to 10")
        for field in FIELDS[:-1]:
            finite = np.isfinite(self.columns[field])
            found += self._unless(finite, field, "a finite number of pixels")
        return found

    def no_sizes(self) -> list[tuple[int, str]]:
        """(row, reason) of each box without a width or a height."""
        return [
            fault
            for field in ("width", "height")
            for fault in self._unless(self.columns[field] > 0, field, "more than 0")
        ]

    def repeated(self) -> list[tuple[int, str]]:
        """(row, reason) of all rows of those images that have several."""
        _, which, counts = np.unique(
            self.images, return_inverse=True, return_counts=True
        )
        several = (counts[which] > 1) & (self.images >= 0)
        return [
            (int(row), f"{counts[which[row]]} rows are of this image; expected one")
            for row in np.flatnonzero(several)
        ]

    def _unless(self, good: np.ndarray, field: str, expected: str) -> list:
        values = self.columns[field]
        return [
            (int(self.row[box]), f"a {field} is {values[box]}; expected {expected}")
            for box in np.flatnonzero(~good)
        ]


def _read_rows(path: Path) -> _Rows:
    with _opened(path) as file:
        names, groups = (_row_references(file, path, part) for part in ("name", "bbox"))
        if len(names) != len(groups):
            raise DigitStructError(
                f"{path}: {len(names)} names and {len(groups)} rows of boxes; expected "
                "one name for each. Get the archive again."
            )
        columns = [
            *(names, _addresses(file["digitStruct/name"].id)),
            *(groups, _addresses(file["digitStruct/bbox"].id)),
        ]
        blocks = [
            _Reader(file, path, start).read(
                *(part[start : start + BLOCK] for part in columns)
            )
            for start in range(0, max(1, len(names)), BLOCK)
        ]
    return _Rows(
        images=np.concatenate([block.images for block in blocks]),
        row=np.concatenate([block.row for block in blocks]),
        columns={
            field: np.concatenate([block.columns[field] for block in blocks])
            for field in FIELDS
        },
        faults={row: why for block in blocks for row, why in block.faults.items()},
    )


class _Reader:
    """Finds the values of a block of rows of one open file.

    What `find_datasets` does not know is opened and read by h5py, which also tells
    what is wrong with it.
    """

    def __init__(self, file: h5py.File, path: Path, first: int):
        self.file = file
        self.first = first
        self.raw = np.memmap(path, np.uint8, mode="r").view(np.ndarray)  # faster parts
        self.base = file.userblock_size
        self.faults = {}

    def read(self, names, at_names, groups, at_groups) -> _Rows:
        """The block's rows, counted from the top of the file.

        Each is given by references and, at_, by the addresses in them.
        """
        images = self.image_numbers(names, at_names)
        rows, columns = self.columns(groups, at_groups)
        faults = {self.first + row: why for row, why in self.faults.items()}
        return _Rows(images, self.first + rows, columns, faults)

    def image_numbers(self, references, addresses: np.ndarray) -> np.ndarray:
        """Number in the file name of every row: int32 (rows,), -1 where it is none."""
        found = self._find(addresses)
        numbers = np.empty(len(references), np.int32)
        for row, (kind, offset, count) in enumerate(
            zip(found.kind, found.offset, found.count, strict=True)
        ):
            if kind == UINT16 and count <= LONGEST_NAME:
                codes = self.raw[offset : offset + 2 * count].tobytes()
            else:
                codes = self._noting(row, self._codes, references[row])
            numbers[row] = self._noting(row, _number_of, codes, default=-1)
        return numbers

    def columns(self, references, addresses: np.ndarray) -> tuple[np.ndarray, dict]:
        """Row of every box, int64 (boxes,), and the float64 values of each field."""
        headers = find_members(self.raw, addresses, self.base, FIELDS)
        for row in np.flatnonzero((headers == 0).any(axis=1)):
            headers[row] = self._noting(
                row, self._addresses, references[row], default=0
            )
        found = self._find(headers)
        # A box in place is one number for each field, several are references to one.
        same = found.kind == found.kind[:, :1]
        plain = (same & (found.count == found.count[:, :1])).all(axis=1)
        kind, count = found.kind[:, 0], found.count[:, 0]
        plain &= (kind == REFERENCE) | ((kind == FLOAT64) & (count == 1))
        plain &= count <= MOST_BOXES

        count = np.where(plain, count, 0)
        rows = np.repeat(np.arange(len(references)), count)
        in_place = (kind == FLOAT64)[rows]
        offsets = {}
        for place, field in enumerate(FIELDS):
            offset = runs(found.offset[:, place], count, 8)
            targets = self._find(values(self.raw, offset[~in_place], "<i8"))
            offset[~in_place] = targets.offset
            alone = (targets.kind == FLOAT64) & (targets.count == 1)
            plain[rows[~in_place][~alone]] = False
            offsets[field] = offset
        kept = plain[rows]
        columns = {
            field: [values(self.raw, offset[kept], _DOUBLE)]
            for field, offset in offsets.items()
        }
        rows = [rows[kept]]
        nothing = {field: np.empty(0) for field in FIELDS}
        for row in np.flatnonzero(~plain):
            if row in self.faults:
                continue
            boxes = self._noting(row, self._read_row, references[row], default=nothing)
            rows.append(np.full(len(boxes["label"]), row))
            for field in FIELDS:
                columns[field].append(boxes[field])
        rows = np.concatenate(rows)
        order = np.argsort(rows, kind="stable")
        return rows[order], {
            field: np.concatenate(parts)[order] for field, parts in columns.items()
        }

    def _find(self, headers: np.ndarray) -> Found:
        return find_datasets(self.raw, headers, self.base)

    def _noting(self, row: int, function, argument, default=None):
        """What the function gives; the default, and a fault, where it fails."""
        try:
            return function(argument)
        except _RowError as error:
            self.faults.setdefault(int(row), str(error))
        except _DAMAGE as error:
            self.faults.setdefault(int(row), f"damaged ({error}); expected a whole row")
        return default

    def _addresses(self, reference) -> list[int]:
        """Where the headers of a row's five fields lie; 0 where there is no group."""
        group = self._follow("bbox", reference)
        if not isinstance(group, h5g.GroupID):
            return [0] * len(FIELDS)
        try:
            return [h5o.get_info(group, name.encode()).addr for name in FIELDS]
        except (RuntimeError, KeyError, ValueError):
            missing = [name for name in FIELDS if name.encode() not in group]
            found = f"no {' and no '.join(missing) or 'readable fields'} in its bbox"
            raise _RowError(f"{found}; expected all five fields") from None

    def _read_row(self, reference) -> dict[str, np.ndarray]:
        """The boxes of one row, by h5py alone."""
        group = self._follow("bbox", reference)
        if not isinstance(group, h5g.GroupID):  # MATLAB's empty array in its place
            self._numbers("bbox", group, empty=True)
            return {field: np.empty(0) for field in FIELDS}
        boxes = {
            field: self._numbers(field, h5o.open(group, field.encode()))
            for field in FIELDS
        }
        counts = {field: len(numbers) for field, numbers in boxes.items()}
        if len(set(counts.values())) > 1:
            raise _RowError(f"boxes: {counts}; expected as many of every field")
        return boxes

    def _numbers(self, field: str, item, empty: bool = False) -> np.ndarray:
        """What a field's dataset holds or refers to: float64 (boxes,)."""
        if not isinstance(item, h5d.DatasetID):
            raise _RowError(f"{field} is no dataset; expected numbers or references")
        dataset = h5py.Dataset(item)
        if dataset.attrs.get("MATLAB_empty", 0) or not dataset.size:
            return np.empty(0)
        if not empty and _refers(dataset):
            if dataset.size > MOST_BOXES:
                raise _RowError(
                    f"{dataset.size:,} boxes; expected at most {MOST_BOXES:,}"
                )
            return np.concatenate(
                [
                    self._number(field, self._follow(field, reference))
                    for reference in dataset[()].flat
                ]
            )
        return self._number(field, item)

    def _number(self, field: str, item) -> np.ndarray:
        numeric = isinstance(item, h5d.DatasetID) and item.dtype.kind in "fiu"
        if not numeric or h5py.Dataset(item).size != 1:
            raise _RowError(f"a {field} is no single number; expected one number")
        return np.float64(h5py.Dataset(item)[()]).reshape(1)

    def _codes(self, reference: h5py.Reference) -> bytes:
        """The UTF-16 codes of a row's name, by h5py alone."""
        item = self._follow("name", reference)
        text = isinstance(item, h5d.DatasetID) and item.dtype.kind == "u"
        if not text or not 0 < (h5py.Dataset(item).size or 0) <= LONGEST_NAME:
            raise _RowError("its name is no text; expected UTF-16 codes")
        return h5py.Dataset(item)[()].astype("<u2").tobytes()

    def _follow(self, part: str, reference: h5py.Reference):
        try:
            if reference:
                return h5r.dereference(reference, self.file.id)
        except (ValueError, KeyError, OSError, RuntimeError):
            pass
        raise _RowError(f"{part} refers to nothing; expected a part of this file")


def _number_of(codes: bytes | None) -> int:
    """The number in a name of UTF-16 codes."""
    if codes is None:
        raise _RowError("it has no name; expected a number: 12.png")
    name = codes.decode("utf-16-le", "replace")
    match = _NUMBER.fullmatch(name)
    if not match:
        raise _RowError(f"it is named {name!r}; expected a number: 12.png")
    return int(match[1])


class _Writer:
    """Adds rows to an open file, in the layout and with the attributes of MATLAB."""

    def __init__(self, file: h5py.File):
        self.file = file
        self.pool = file.create_group("#refs#").id
        self.count = 0
        self.names, self.groups = [], []
        self.scalar = h5s.create_simple((1, 1))
        self.timeless = h5p.create(h5p.DATASET_CREATE)
        self.timeless.set_obj_track_times(False)  # same boxes, same bytes

    def add(self, name: str, columns: dict[str, np.ndarray]) -> None:
        """Add an image with a name and float64 columns of equal length."""
        codes = np.frombuffer(name.encode("utf-16-le"), _CHARACTER)[:, None]
        dataset = self._dataset(self.pool, self._next(), codes, b"char")
        _tag(dataset, "MATLAB_int_decode", np.int32(2))
        self.names.append(self._reference(dataset))
        group = h5g.create(self.pool, self._next())
        _tag(group, "MATLAB_class", np.bytes_(b"struct"))
        for field, numbers in columns.items():
            self._add_field(group, field.encode(), numbers)
        self.groups.append(self._reference(group))

    def _add_field(self, group, field: bytes, numbers: np.ndarray) -> None:
        if len(numbers) == 1:
            self._dataset(group, field, numbers[:, None], b"double")
        elif len(numbers) == 0:
            size = np.zeros(2, "<u8")  # MATLAB writes an empty array as its size
            empty = self._dataset(group, field, size, b"double")
            _tag(empty, "MATLAB_empty", np.uint8(1))
        else:
            scalars = [
                self._create(self.pool, self._next(), h5t.IEEE_F64LE, self.scalar)
                for _ in numbers
            ]
            for scalar, number in zip(scalars, numbers, strict=True):
                scalar.write(h5s.ALL, h5s.ALL, np.full((1, 1), number))
            references = np.array([[self._reference(s)] for s in scalars], "O")
            self._references(group, field, references)

    def close(self) -> None:
        """Write the two columns of references that everything is found by."""
        top = self.file.create_group("digitStruct").id
        _tag(top, "MATLAB_class", np.bytes_(b"struct"))
        for field, references in ((b"name", self.names), (b"bbox", self.groups)):
            column = np.array(references, "O").reshape(-1, 1)
            self._references(top, field, column)

    def _dataset(self, parent, name: bytes, data: np.ndarray, kind: bytes):
        space = h5s.create_simple(data.shape)
        dataset = self._create(parent, name, h5t.py_create(data.dtype), space)
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data))
        _tag(dataset, "MATLAB_class", np.bytes_(kind))
        return dataset

    def _references(self, parent, name: bytes, references: np.ndarray) -> None:
        space = h5s.create_simple(references.shape)
        dataset = self._create(parent, name, h5t.STD_REF_OBJ, space)
        dataset.write(h5s.ALL, h5s.ALL, references.astype(h5py.ref_dtype))

    def _create(self, parent, name: bytes, kind, space) -> h5d.DatasetID:
        return h5d.create(parent, name, kind, space, self.timeless)

    def _reference(self, item) -> h5py.Reference:
        return h5r.create(item, b".", h5r.OBJECT)

    def _next(self) -> bytes:
        self.count += 1
        return b"%x" % self.count


def _tag(item, name: str, value) -> None:
    value = np.asarray(value)
    attribute = h5a.create(
        item, name.encode(), h5t.py_create(value.dtype), h5s.create(h5s.SCALAR)
    )
    attribute.write(value)


def _addresses(dataset: h5d.DatasetID) -> np.ndarray:
    """A dataset's references as the addresses that they are: int64 (N,)."""
    addresses = np.empty(dataset.shape, "<i8")
    dataset.read(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)
    return addresses.ravel()


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected a digitStruct.mat. Extract its archive."
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DigitStructError(f"{path}: {_why_unreadable(path, error)}") from error
    try:
        with file:
            _keep_headers(file, CACHE)
            yield file
    except DigitStructError:
        raise
    except _DAMAGE as error:
        raise DigitStructError(
            f"{path}: damaged ({error}); expected a whole MATLAB 7.3 file. Get the "
            "archive again."
        ) from error


def _keep_headers(file: h5py.File, size: int) -> None:
    """Let HDF5 keep so many bytes of headers and the like in memory."""
    config = file.id.get_mdc_config()
    config.set_initial_size = True
    config.initial_size = config.min_size = config.max_size = size
    file.id.set_mdc_config(config)


def _why_unreadable(path: Path, error: OSError) -> str:
    with path.open("rb") as raw:
        start = raw.read(USERBLOCK)
    if start.startswith(b"MATLAB 5.0"):
        return (
            "a MAT-file of version 5; expected version 7.3. Read it by "
            "scipy.io.loadmat, or save it in MATLAB with save(..., '-v7.3')."
        )
    if "truncated" in str(error) or start.startswith(b"MATLAB 7.3"):
        return (
            f"cut short or damaged after {path.stat().st_size:,} bytes ({error}); "
            "expected a whole MATLAB 7.3 file. Get the archive again."
        )
    return (
        f"begins with {start[:16]!r}; expected a MATLAB 7.3 file (HDF5). Name the "
        "digitStruct.mat of an SVHN archive."
    )


def _refers(dataset: h5py.Dataset) -> bool:
    # Texts have the same dtype, and equal ones.
    return h5py.check_ref_dtype(dataset.dtype) is h5py.Reference


def _row_references(file: h5py.File, path: Path, part: str) -> np.ndarray:
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

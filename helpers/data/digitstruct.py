"""digitStruct.mat, the annotations of SVHN's full-number archives, to columns and back.

The file is MATLAB 7.3's, which is HDF5 behind a block of 512 bytes. For every image
``/digitStruct/name`` holds a reference to its file name, in UTF-16 codes, and
``/digitStruct/bbox`` one to a group with a dataset for each of height, left, top, width
and label: the number of the only digit, or references to one for each. Label 10 is 0.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5r, h5s, h5t

from helpers.data.hdf5_headers import (
    FLOAT64,
    REFERENCE,
    UINT16,
    element_offsets,
    find_datasets,
    find_members,
    values,
)
from helpers.errors import InputError
from helpers.files import atomic_write

EXPECTED = {
    "height": "pixels above 0",
    "left": "a finite number of pixels",
    "top": "a finite number of pixels",
    "width": "pixels above 0",
    "label": "1 to 10",
}
FIELDS = tuple(EXPECTED)

BLOCK_ROWS = 2_000  # read at a time; what is mapped of the file is then let go
USERBLOCK = 512  # bytes before the HDF5 part, for MATLAB's own header
MAX_BOXES = 1_000  # of one image; in SVHN it is six
MAX_NAME = 255  # characters of a file name

WRITING_CACHE = 128 << 20
"""Bytes of headers that HDF5 keeps, as many as it can: all names of a group are one
block, which it would otherwise write and read back for each further one."""

_HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 ."
_VERSION = b"\x00\x02IM"
_NUMBER = re.compile(r"([0-9]{1,9})\.\w+")
# What h5py raises where a file is not as it should be.
_DAMAGE = (KeyError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


class DigitStructError(InputError):
    """A digitStruct.mat that cannot be read, and what is wrong with it."""


@dataclass(frozen=True)
class Boxes:
    """Every digit of an archive, one element each, in the order of the file."""

    image: np.ndarray  # int32, the number in the image's file name
    label: np.ndarray  # int8, the digit, 0 to 9
    left: np.ndarray  # float64, pixels; a box may reach beyond its image
    top: np.ndarray
    width: np.ndarray
    height: np.ndarray
    images: np.ndarray  # int32, the number of every image, those without a box too

    def __len__(self):
        return len(self.image)


def read_boxes(path: Path | str) -> Boxes:
    """Read every box of a digitStruct.mat, or none if one of them cannot be read.

    Raises FileNotFoundError, and DigitStructError for what is no MATLAB 7.3 file, is
    cut short, lacks a part, refers to nothing, or holds a label or a box that is none.
    """
    rows = _read_rows(Path(path))
    for row, why in sorted((rows.bad_values(sized=False) | rows.faults).items()):
        raise DigitStructError(f"{path}: row {row + 1}: {why}. Get the archive again.")
    return rows.boxes()


def read_sound_boxes(path: Path | str) -> tuple[Boxes, dict[int, str]]:
    """Read the boxes of those images of a digitStruct.mat that are sound.

    An image is unsound if a part of its row is missing or damaged, if a label is no
    digit or a box has no size, and if another row is of the same image. The reason is
    in the second value by its number, which is still in ``images`` of the first; where
    its name tells no number, by its row in the file, from 1, below 0.

    Raises as `read_boxes`, for what is wrong with more than single rows.
    """
    rows = _read_rows(Path(path))
    faults = rows.repeated() | rows.bad_values(sized=True) | rows.faults
    numbers = rows.images.tolist()
    reasons = {
        -1 - row if numbers[row] < 0 else numbers[row]: why
        for row, why in faults.items()
    }
    sound = ~np.isin(rows.row, list(faults))
    boxes = replace(rows, row=rows.row[sound], table=rows.table[sound]).boxes()
    once = np.array([*dict.fromkeys(boxes.images.tolist())], np.int32)
    return replace(boxes, images=once), reasons


def write_boxes(path: Path | str, boxes: Boxes) -> None:
    """Write ``boxes`` as MATLAB would, with images named ``<number>.png``.

    The boxes of an image are those of its number in ``boxes.image``, in their order.
    """
    order = np.argsort(boxes.image, kind="stable")
    starts, ends = (
        np.searchsorted(boxes.image[order], boxes.images, side)
        for side in ("left", "right")
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
    """What a file says, and which of its rows could not be read."""

    images: np.ndarray  # int32 (rows,), -1 where the name is no number
    row: np.ndarray  # int64 (boxes,), the place of each box's row in the file
    table: np.ndarray  # float64 (boxes, fields)
    faults: dict[int, str]  # reasons by row

    def boxes(self) -> Boxes:
        columns = dict(zip(FIELDS, np.ascontiguousarray(self.table.T), strict=True))
        columns["label"] = (columns["label"] % 10).astype(np.int8)
        images = self.images[self.images >= 0]
        return Boxes(image=self.images[self.row], images=images, **columns)

    def bad_values(self, sized: bool) -> dict[int, str]:
        """Reason by row for labels that are no digit and numbers that are none.

        And for each width and height that is not above 0, if boxes are to be ``sized``.
        """
        bad = ~np.isfinite(self.table)
        bad[:, -1] = ~np.isin(self.table[:, -1], np.arange(1, 11))
        if sized:
            for size in ("height", "width"):
                bad[:, FIELDS.index(size)] |= self.table[:, FIELDS.index(size)] <= 0
        return {
            int(self.row[box]): f"a {FIELDS[column]} is {self.table[box, column]}; "
            f"expected {EXPECTED[FIELDS[column]]}"
            for box, column in np.argwhere(bad)
        }

    def repeated(self) -> dict[int, str]:
        """Reason by row for all rows of those images that have several."""
        images = self.images.tolist()
        counts = Counter(images)
        return {
            row: f"{counts[image]} rows are of this image; expected one"
            for row, image in enumerate(images)
            if image >= 0 and counts[image] > 1
        }


def _read_rows(path: Path) -> _Rows:
    with _open(path) as file:
        names, groups = (_references(file, path, part) for part in ("name", "bbox"))
        if names.size != groups.size:
            raise DigitStructError(
                f"{path}: {names.size} names and {groups.size} rows of boxes; expected "
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
        self.images = np.full(names.size, -1, np.int32)
        self.parts = [(np.empty(0, int), np.empty((0, len(FIELDS))))]
        self.faults = {}

    def read(self) -> _Rows:
        names, groups = _addresses(self.names.id), _addresses(self.groups.id)
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
        found = find_datasets(self.raw, addresses, self.base)
        plain = (found.kind == UINT16) & (found.count <= MAX_NAME)
        size = np.where(plain, 2 * found.count, 0)
        for row, start, end in zip(
            rows.tolist(), found.offset, found.offset + size, strict=True
        ):
            with self._listing_faults(row):
                codes = self.raw[start:end].tobytes() or self._codes(row)
                self.images[row] = _number_in(codes)

    def _read_boxes(self, rows: np.ndarray, addresses: np.ndarray) -> None:
        members = find_members(self.raw, addresses, self.base, FIELDS)
        found = find_datasets(self.raw, members, self.base)
        kind, count = found.kind[:, 0], found.count[:, 0]
        # A box in place is one number for each field, several are references to one.
        plain = ((kind == found.kind.T) & (count == found.count.T)).all(axis=0)
        plain &= (kind == REFERENCE) | ((kind == FLOAT64) & (count == 1))
        plain &= count <= MAX_BOXES
        count = np.where(plain, count, 0)
        place = np.repeat(np.arange(len(rows)), count)
        offset = element_offsets(found.offset, count, 8)
        away = (kind == REFERENCE)[place]
        addresses = values(self.raw, offset[away], "<i8")
        targets = find_datasets(self.raw, addresses, self.base)
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

    @contextmanager
    def _listing_faults(self, row: int) -> Iterator[None]:
        try:
            yield
        except DigitStructError as error:
            self.faults[row] = str(error)
        except _DAMAGE as error:
            self.faults[row] = f"damaged ({error}); expected a whole row"

    def _row_table(self, row: int) -> np.ndarray:
        """The boxes of one row by h5py: float64 (boxes, fields)."""
        group = self._follow("bbox", self.groups, row)
        if _is_empty(group):
            return np.empty((0, len(FIELDS)))
        members = group if isinstance(group, h5py.Group) else ()
        missing = [field for field in FIELDS if field not in members]
        if missing:
            found = f"no {' and no '.join(missing)} in its bbox"
            raise DigitStructError(f"{found}; expected all five fields")
        columns = {field: self._numbers(field, group[field]) for field in FIELDS}
        counts = {field: len(numbers) for field, numbers in columns.items()}
        if len(set(counts.values())) > 1:
            raise DigitStructError(f"boxes: {counts}; expected as many of every field")
        return np.array([*columns.values()], float).T

    def _numbers(self, field: str, item) -> list[float]:
        """What a field's dataset holds or refers to."""
        if _is_empty(item):
            return []
        items = [item]
        if _refers(item):
            if item.size > MAX_BOXES:
                found = f"{item.size:,} boxes"
                raise DigitStructError(f"{found}; expected at most {MAX_BOXES:,}")
            items = [self._follow(field, item, place) for place in range(item.size)]
        for one in items:
            numeric = isinstance(one, h5py.Dataset) and one.dtype.kind in "fiu"
            if not numeric or one.size != 1:
                raise DigitStructError(f"a {field} is no single number; expected one")
        return [float(one[()].item()) for one in items]

    def _codes(self, row: int) -> bytes:
        """The UTF-16 codes of a row's name by h5py."""
        item = self._follow("name", self.names, row)
        text = isinstance(item, h5py.Dataset) and item.dtype.kind == "u"
        if not text or not 0 < (item.size or 0) <= MAX_NAME:
            raise DigitStructError("its name is no text; expected UTF-16 codes")
        return item[()].astype("<u2").tobytes()

    def _follow(self, part: str, references: h5py.Dataset, place: int):
        try:
            return self.file[references[np.unravel_index(place, references.shape)]]
        except (ValueError, KeyError, OSError, RuntimeError) as error:
            found = f"{part} refers to nothing"
            raise DigitStructError(f"{found}; expected a part of this file") from error


def _number_in(codes: bytes) -> int:
    """The number in a name of UTF-16 codes."""
    name = codes.decode("utf-16-le", "replace")
    match = _NUMBER.fullmatch(name)
    if not match:
        raise DigitStructError(f"it is named {name!r}; expected a number: 12.png")
    return int(match[1])


def _is_empty(item) -> bool:
    """Whether an object is MATLAB's empty array, which holds its size."""
    if not isinstance(item, h5py.Dataset):
        return False
    return bool(item.attrs.get("MATLAB_empty", 0)) or not item.size


def _refers(item) -> bool:
    # Texts have the same dtype, and equal ones.
    is_dataset = isinstance(item, h5py.Dataset)
    return is_dataset and h5py.check_ref_dtype(item.dtype) is h5py.Reference


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
        text = self._write(codes, self.pool, self._next())
        _tag(text, b"char", MATLAB_int_decode=np.int32(2))
        self.names.append(_reference(text))
        group = h5g.create(self.pool, self._next())
        _tag(group, b"struct")
        for field, numbers in zip(FIELDS, table.T, strict=True):
            if len(numbers) == 1:
                box = self._write(numbers[:, None], group, field.encode())
                _tag(box, b"double")
            elif len(numbers) == 0:  # MATLAB writes an empty array as its size
                empty = self._write(np.zeros(2, "<u8"), group, field.encode())
                _tag(empty, b"double", MATLAB_empty=np.uint8(1))
            else:
                self._refer(self._scalars(numbers), group, field.encode())
        self.groups.append(_reference(group))

    def close(self) -> None:
        """Write the two columns of references that everything is found by."""
        top = self.file.create_group("digitStruct").id
        _tag(top, b"struct")
        self._refer(self.names, top, b"name")
        self._refer(self.groups, top, b"bbox")

    def _scalars(self, numbers: np.ndarray) -> list[h5py.Reference]:
        kind = h5t.IEEE_F64LE
        scalars = [self._create(kind, (1, 1), self.pool, self._next()) for _ in numbers]
        for scalar, number in zip(scalars, numbers, strict=True):
            scalar.write(h5s.ALL, h5s.ALL, np.full((1, 1), number))
        return [_reference(scalar) for scalar in scalars]

    def _refer(self, references: list, parent, name: bytes) -> None:
        self._write(np.array(references, h5py.ref_dtype).reshape(-1, 1), parent, name)

    def _write(self, data: np.ndarray, parent, name: bytes) -> h5d.DatasetID:
        kind = h5t.py_create(data.dtype, logical=True)
        dataset = self._create(kind, data.shape, parent, name)
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data))
        return dataset

    def _create(self, kind, shape: tuple, parent, name: bytes) -> h5d.DatasetID:
        space = h5s.create_simple(shape)
        return h5d.create(parent, name, kind, space, self.timeless)

    def _next(self) -> bytes:
        self.count += 1
        return b"%x" % self.count


def _reference(item) -> h5py.Reference:
    return h5r.create(item, b".", h5r.OBJECT)


def _tag(item, kind: bytes, **more) -> None:
    for name, value in {"MATLAB_class": np.bytes_(kind), **more}.items():
        array = np.asarray(value)
        kind, scalar = h5t.py_create(array.dtype), h5s.create(h5s.SCALAR)
        h5a.create(item, name.encode(), kind, scalar).write(array)


@contextmanager
def _open(path: Path) -> Iterator[h5py.File]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected a digitStruct.mat. Extract its archive."
        )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except DigitStructError:
        raise
    except _DAMAGE as error:
        with path.open("rb") as raw:
            start = raw.read(16)
        raise DigitStructError(
            f"{path}: begins with {start!r} ({error}); expected a whole MATLAB 7.3 "
            "file (HDF5). Get the archive again, or save the file with "
            "save(..., '-v7.3')."
        ) from error


def _references(file: h5py.File, path: Path, part: str) -> h5py.Dataset:
    """The dataset with one reference for each image."""
    dataset = file.get(f"digitStruct/{part}")
    # What claims more than the file holds would fill the memory.
    if _refers(dataset) and 0 <= 8 * (dataset.size or 0) <= path.stat().st_size:
        return dataset
    raise DigitStructError(
        f"{path}: /digitStruct/{part} is {dataset or 'absent'}; expected a reference "
        "for each image. Name the digitStruct.mat of an SVHN archive."
    )


def _addresses(dataset: h5d.DatasetID) -> np.ndarray:
    """A dataset's references as the addresses that they are: int64 (N,)."""
    addresses = np.empty(dataset.shape, "<i8")
    dataset.read(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)
    return addresses.ravel()

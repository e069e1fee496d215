"""All crops and labels of a data source in one HDF5 file, made once.

A group for each archive holds its crops, labels and boxes, and for each crop the split
that it belongs to; metadata in JSON say what all was made from.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from tqdm import tqdm

from helpers import preprocessing
from helpers.accuracy import MAX_DIGITS
from helpers.data import splits
from helpers.data.digitstruct import Boxes, Fault, read_sound_boxes
from helpers.data.extraction import MANIFEST, read_manifest
from helpers.data.images import read_image
from helpers.data.parallel import ordered_map
from helpers.settings import Settings

VERSION = 3
"""Goes up when the same archives begin to give another store."""

CHUNK = 128
"""Images that a process crops before it hands them over."""

SPLITS = ("train", "validation", "test", "copies")
"""The value of a crop's ``split`` is a place in this. ``copies`` are train and extra
images that look like one of the test or validation images; no split has them."""

BOX_COLUMNS = ("image", "label", "left", "top", "width", "height")


class StoreError(ValueError):
    """A file that is no store of this workbook, or a folder that gives none."""


@dataclass(frozen=True)
class Split:
    """Crops with their labels, one row each.

    Parameters
    ----------
    images
        uint8 (N, crop_size, crop_size), gray.
    labels
        uint8 (N, 6): [length, d1..d5], blank 10.
    numbers
        int32 (N,), the number in the image's file name.
    archives
        str (N,), the archive it is from.
    """

    images: np.ndarray
    labels: np.ndarray
    numbers: np.ndarray
    archives: np.ndarray

    def __len__(self):
        return len(self.images)


@dataclass(frozen=True)
class Store:
    """A prepared file: splits, boxes and what was left out, read when asked for."""

    path: Path

    @cached_property
    def metadata(self) -> dict:
        """What the store was made from: version, source, parameters, archives."""
        return _read_metadata(self.path)

    @cached_property
    def train(self) -> Split:
        """The rest of train and extra."""
        return self._split("train")

    @cached_property
    def validation(self) -> Split:
        """Images of train and extra kept apart, evenly by first digit."""
        return self._split("validation")

    @cached_property
    def test(self) -> Split:
        """The test archive."""
        return self._split("test")

    def splits(self) -> dict[str, Split]:
        """Train, validation and test by name."""
        return {name: getattr(self, name) for name in SPLITS[:3]}

    def boxes(self, archive: str) -> Boxes:
        """Every sound box of an archive, those of images that were left out too."""
        with h5py.File(self.path) as file:
            group = file[archive]["boxes"]
            return Boxes(**{name: group[name][()] for name in (*BOX_COLUMNS, "images")})

    @cached_property
    def skipped(self) -> pd.DataFrame:
        """Images that are in no split, with the reason: archive, number, reason."""
        rows = []
        with h5py.File(self.path) as file:
            for archive in self.metadata["archives"]:
                group = file[archive]
                copies = group["numbers"][group["split"][()] == SPLITS.index("copies")]
                rows += [
                    (archive, number, reason)
                    for number, reason in chain(
                        zip(
                            group["skipped/numbers"][()].tolist(),
                            group["skipped/reasons"].asstr()[()],
                            strict=True,
                        ),
                        (
                            (number, "looks like a test or validation image")
                            for number in copies.tolist()
                        ),
                    )
                ]
        return pd.DataFrame(rows, columns=["archive", "number", "reason"])

    @cached_property
    def surplus(self) -> pd.DataFrame:
        """What an archive holds besides its images: archive, file, reason.

        Files of other names, members that were not extracted, images that no row of
        digitStruct.mat is of, and rows of it that name no image.
        """
        rows = []
        with h5py.File(self.path) as file:
            for archive in self.metadata["archives"]:
                group = file[archive]["surplus"]
                files, reasons = (
                    group[name].asstr()[()] for name in ("files", "reasons")
                )
                rows += [(archive, *row) for row in zip(files, reasons, strict=True)]
        return pd.DataFrame(rows, columns=["archive", "file", "reason"])

    def _split(self, name: str) -> Split:
        parts = {column: [] for column in ("images", "labels", "numbers", "archives")}
        with h5py.File(self.path) as file:
            for archive in self.metadata["archives"]:
                group = file[archive]
                rows = np.flatnonzero(group["split"][()] == SPLITS.index(name))
                for column in ("images", "labels", "numbers"):
                    parts[column].append(_rows(group[column], rows))
                parts["archives"].append(np.full(len(rows), archive))
        return Split(**{name: np.concatenate(part) for name, part in parts.items()})


def _rows(dataset: h5py.Dataset, rows: np.ndarray) -> np.ndarray:
    # Read whole: picking scattered rows from the file takes many times as long.
    return dataset[()][rows] if len(rows) else dataset[:0]


def _identity(folder: Path) -> list:
    """Plain values that change when the folder's content does."""
    path = folder / "digitStruct.mat"
    if not path.is_file():
        raise StoreError(
            f"{path}: no such file; expected what digits the images show, and where. "
            "Get the archive again."
        )
    status = path.stat()
    return [str(folder), status.st_size, status.st_mtime_ns]


def _is_made(path: Path, metadata: dict) -> bool:
    try:
        return _read_metadata(path) == metadata
    except (StoreError, FileNotFoundError):
        return False


def _read_metadata(path: Path) -> dict:
    try:
        with h5py.File(path) as file:
            return json.loads(file.attrs["metadata"])
    except FileNotFoundError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path}: no store of this workbook ({error}); expected one that "
            "`python -m helpers prepare` made. Delete it and prepare again."
        ) from error


def _add_archive(group, folder: Path, settings: Settings, processes) -> None:
    """Crop every image of an archive into its group."""
    boxes, faults = read_sound_boxes(folder / "digitStruct.mat")
    for column in (*BOX_COLUMNS, "images"):
        group.create_dataset(f"boxes/{column}", data=getattr(boxes, column))
    numbers, labels = preprocessing.labels_of(boxes)
    images, unions = preprocessing.union_boxes(boxes)
    unions = preprocessing.grow(unions[np.isin(images, numbers)], settings.margin)
    skipped = {int(n): "no digit box" for n in np.setdiff1d(boxes.images, images)}
    named = [fault for fault in faults if fault.image is not None]
    skipped |= {fault.image: fault.reason for fault in named}
    too_long = np.setdiff1d(images, numbers)
    skipped |= {int(n): f"more than {MAX_DIGITS} digits" for n in too_long}

    side = settings.crop_size
    pixels = group.create_dataset(
        "images",
        (len(numbers), side, side),
        np.uint8,
        maxshape=(None, side, side),
        chunks=(CHUNK, side, side),
    )
    kept = []
    for start, crops in _crops(folder, numbers, unions, side, processes):
        good = []
        for row, cropped in enumerate(crops, start):
            if isinstance(cropped, str):
                skipped[int(numbers[row])] = cropped
            else:
                good.append(cropped)
                kept.append(row)
        if good:
            pixels[len(kept) - len(good) : len(kept)] = good
    if not kept:
        why = next(iter(skipped.values()), "it lists no image")
        raise StoreError(
            f"{folder}: none of its {len(boxes.images):,} images can be cropped "
            f"({why}); expected most. Get the archive again."
        )
    pixels.resize(len(kept), axis=0)
    group["numbers"], group["labels"] = numbers[kept], labels[kept]
    group["crop_boxes"] = unions[kept]
    listed = sorted(skipped)
    group["skipped/numbers"] = np.array(listed, np.int32)
    _add_texts(group, "skipped/reasons", [skipped[number] for number in listed])
    surplus = _surplus(folder, boxes, faults)
    _add_texts(group, "surplus/files", surplus)
    _add_texts(group, "surplus/reasons", surplus.values())


def _surplus(folder: Path, boxes: Boxes, faults: list[Fault]) -> dict[str, str]:
    """Reason for each thing in an archive's folder that is not one of its images."""
    expected = {f"{number}.png" for number in boxes.images.tolist()}
    expected |= {"digitStruct.mat", MANIFEST}
    others = sorted({path.name for path in folder.iterdir()} - expected)
    found = dict.fromkeys(others, "no row of digitStruct.mat is of it")
    manifest = read_manifest(folder)
    found |= manifest.skipped if manifest else {}
    return found | {
        f"digitStruct.mat, row {fault.row}": fault.reason
        for fault in faults
        if fault.image is None
    }


def _add_texts(group, name: str, texts: Iterable[str]) -> None:
    # Names and reasons tell of damaged files: HDF5 takes neither NUL nor any byte.
    plain = [
        text if text.isprintable() else ascii(text)[1:-1] for text in map(str, texts)
    ]
    group.create_dataset(
        name, data=plain, dtype=h5py.string_dtype(), shape=(len(plain),)
    )


def _crops(folder, numbers, unions, side: int, processes) -> Iterator:
    """(first row, crops or reasons) of every chunk of an archive, in order."""
    starts = range(0, len(numbers), CHUNK)
    tasks = (
        (folder, numbers[start : start + CHUNK], unions[start : start + CHUNK], side)
        for start in starts
    )
    with tqdm(total=len(numbers), desc=f"cropping {folder.name}", unit="image") as bar:
        for start, crops in zip(
            starts, ordered_map(crop_files, tasks, processes), strict=True
        ):
            yield start, crops
            bar.update(len(crops))


def _add_splits(file: h5py.File, settings: Settings) -> None:
    """Choose the split of every crop, so that none has a copy in another split."""
    sizes = {
        "train": (splits.VALIDATION_TRAIN, splits.OFFICIAL_TRAIN),
        "extra": (splits.VALIDATION_EXTRA, splits.OFFICIAL_EXTRA),
    }
    keys = {name: _keys(group) for name, group in file.items()}
    split = {"test": np.full(len(keys["test"]), SPLITS.index("test"), np.uint8)}
    for number, (name, (per_digit, official)) in enumerate(sizes.items()):
        if name not in file:
            continue
        labels = file[name]["labels"][()]
        share = len(labels) / official
        rng = np.random.default_rng([settings.seed, number])
        chosen = splits.validation_rows(labels, max(1, round(per_digit * share)), rng)
        split[name] = np.where(
            chosen, SPLITS.index("validation"), SPLITS.index("train")
        ).astype(np.uint8)
    for name in split.keys() - {"test"}:
        split[name][np.isin(keys[name], keys["test"])] = SPLITS.index("copies")
    apart = np.concatenate(
        [keys[name][split[name] == SPLITS.index("validation")] for name in split]
    )
    for name in split:
        copied = np.isin(keys[name], apart) & (split[name] == SPLITS.index("train"))
        split[name][copied] = SPLITS.index("copies")
        file[name]["split"] = split[name]


def _keys(group: h5py.Group) -> np.ndarray:
    """`likeness_keys` of an archive's crops, a chunk at a time."""
    labels = group["labels"][()]
    parts = [
        splits.likeness_keys(
            group["images"][start : start + 10 * CHUNK],
            labels[start : start + 10 * CHUNK],
        )
        for start in range(0, len(labels), 10 * CHUNK)
    ]
    return np.concatenate(parts)


def crop_file(path: Path, box, crop_size: int) -> np.ndarray | str:
    """A file's crop, uint8 (crop_size, crop_size), or why there is none."""
    return read_image(
        path,
        lambda image: preprocessing.gray(preprocessing.crop(image, box, crop_size)),
    )


def crop_files(
    folder: Path, images: np.ndarray, boxes: np.ndarray, crop_size: int
) -> list[np.ndarray | str]:
    """`crop_file` of each of the numbered images of an archive's folder."""
    return [
        crop_file(folder / f"{image}.png", box, crop_size)
        for image, box in zip(images, boxes, strict=True)
    ]

"""All crops and labels of some archives' folders in one HDF5 file, made once.

A group for each archive holds its crops, labels and boxes, and for each crop the split
that it belongs to; metadata in JSON say what all was made from.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from tqdm import tqdm

from helpers.accuracy import MAX_DIGITS
from helpers.data.digitstruct import Boxes, read_sound_boxes
from helpers.data.images import read_image
from helpers.data.locks import make_once
from helpers.data.parallel import ordered_map
from helpers.data.splits import SPLITS, choose_splits, likeness_keys
from helpers.errors import InputError
from helpers.files import atomic_write
from helpers.preprocessing import crop, gray, grow, labels_of, union_boxes
from helpers.settings import Settings

VERSION = 5  # goes up when the same archives begin to give another store
CHUNK = 128  # images that a process crops before it hands them over
OPTIONS = ("crop_size", "margin", "seed")  # fields of `Settings` that change it
BOX_COLUMNS = ("image", "label", "left", "top", "width", "height")


class StoreError(InputError):
    """A folder that gives no store."""


@dataclass(frozen=True)
class Split:
    """Crops with their labels, one row each."""

    images: np.ndarray  # uint8 (N, crop_size, crop_size), gray
    labels: np.ndarray  # uint8 (N, 6): [length, d1..d5], blank 10
    numbers: np.ndarray  # int32 (N,), in the names of the images' files
    archives: np.ndarray  # str (N,)

    def __len__(self):
        return len(self.images)


@dataclass(frozen=True)
class Store:
    """A prepared file: splits, boxes and what was left out, read when asked for."""

    path: Path

    @cached_property
    def metadata(self) -> dict:
        """What the store was made from: version, options, archives."""
        with h5py.File(self.path) as file:
            return json.loads(file.attrs["metadata"])

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
        """Images that are in no split, with the reason: archive, number, reason.

        For one whose number is not told, it is the row in digitStruct.mat, below 0.
        """
        rows = []
        for archive, group in self._groups():
            rows += [(archive, *row) for row in _reasons(group)]
            copies = group["numbers"][group["split"][()] == SPLITS.index("copies")]
            reason = "looks like a test or validation image"
            rows += [(archive, number, reason) for number in copies.tolist()]
        return pd.DataFrame(rows, columns=["archive", "number", "reason"])

    def _groups(self) -> Iterator[tuple[str, h5py.Group]]:
        with h5py.File(self.path) as file:
            for archive in self.metadata["archives"]:
                yield archive, file[archive]

    def _split(self, name: str) -> Split:
        parts = {column: [] for column in ("images", "labels", "numbers", "archives")}
        for archive, group in self._groups():
            rows = group["split"][()] == SPLITS.index(name)
            for column in ("images", "labels", "numbers"):
                # Read whole: picking scattered rows from the file takes far longer.
                data = group[column]
                parts[column].append(data[()][rows] if rows.any() else data[:0])
            parts["archives"].append(np.full(rows.sum(), archive))
        return Split(**{name: np.concatenate(part) for name, part in parts.items()})


def build_store(
    folders: Mapping[str, Path], settings: Settings, processes: int | None = None
) -> Store:
    """Build the store of some archives' folders, unless it is there.

    Stores of other content have other names, so that none changes under its reader. Of
    two processes that want the same store one builds it and the other waits. Neither
    the content depends on the number of processes, nor the memory on that of images.

    Raises StoreError where no image of an archive can be cropped, DigitStructError or
    FileNotFoundError where its digitStruct.mat cannot be read.
    """
    archives = {name: _fingerprint(folder) for name, folder in folders.items()}
    options = {name: getattr(settings, name) for name in OPTIONS}
    metadata = json.dumps({"version": VERSION, **options, "archives": archives})
    digest = hashlib.sha256(metadata.encode()).hexdigest()[:8]
    path = settings.source_home / f"svhn_{settings.crop_size}px_{digest}.h5"

    def build() -> None:
        with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["metadata"] = metadata
            for name, folder in folders.items():
                _add_archive(file.create_group(name), folder, settings, processes)
            labels = {name: group["labels"][()] for name, group in file.items()}
            keys = {name: _keys(group) for name, group in file.items()}
            for name, split in choose_splits(labels, keys, settings.seed).items():
                file[name]["split"] = split

    return Store(make_once(path, lambda: _is_made(path, metadata), build))


def crop_archive(
    folder: Path, settings: Settings, processes: int | None = None
) -> tuple[Split, dict[int, str]]:
    """Crop every image of an archive's folder, without a store.

    Returns the crops in the order of their numbers and, for the number of each image
    that is left out, the reason. Raises as `build_store` does.
    """
    with h5py.File(folder.name, "w", driver="core", backing_store=False) as file:
        _add_archive(file, folder, settings, processes)
        arrays = [file[column][()] for column in ("images", "labels", "numbers")]
        skipped = dict(_reasons(file))
    return Split(*arrays, archives=np.full(len(arrays[0]), folder.name)), skipped


def _fingerprint(folder: Path) -> str:
    """Digest of the names, sizes and times of a folder's files, hidden ones left out.

    An image that is mended or replaced changes it; 200,000 files take a second.
    """
    files = []
    for entry in os.scandir(folder):
        if not entry.name.startswith("."):
            state = entry.stat(follow_symlinks=entry.is_file())
            files.append((entry.name, state.st_size, state.st_mtime_ns))
    return hashlib.sha256(repr(sorted(files)).encode(errors="replace")).hexdigest()


def _is_made(path: Path, metadata: str) -> bool:
    try:
        with h5py.File(path) as file:
            return file.attrs["metadata"] == metadata
    except (OSError, KeyError):
        return False


def _add_archive(
    group: h5py.Group, folder: Path, settings: Settings, processes: int | None
) -> None:
    """Crop every image of an archive into its group."""
    boxes, unsound = read_sound_boxes(folder / "digitStruct.mat")
    for column in (*BOX_COLUMNS, "images"):
        group[f"boxes/{column}"] = getattr(boxes, column)
    numbers, labels = labels_of(boxes)
    images, unions = union_boxes(boxes)
    unions = grow(unions[np.isin(images, numbers)], settings.margin)
    empty, too_long = np.setdiff1d(boxes.images, images), np.setdiff1d(images, numbers)
    skipped = dict.fromkeys(empty.tolist(), "no digit box")
    skipped |= unsound
    skipped |= dict.fromkeys(too_long.tolist(), f"more than {MAX_DIGITS} digits")

    side = settings.crop_size
    rows, chunk = (None, side, side), (CHUNK, side, side)
    pixels = group.create_dataset(
        "images", (len(numbers), side, side), np.uint8, maxshape=rows, chunks=chunk
    )
    tasks = (
        (folder, numbers[start : start + CHUNK], unions[start : start + CHUNK], side)
        for start in range(0, len(numbers), CHUNK)
    )
    kept = []
    with tqdm(total=len(numbers), desc=f"cropping {folder.name}", unit="image") as bar:
        for crops in ordered_map(crop_files, tasks, processes):
            good = {}
            for row, found in enumerate(crops, bar.n):
                if isinstance(found, str):
                    skipped[int(numbers[row])] = found
                else:
                    good[row] = found
            if good:
                pixels[len(kept) : len(kept) + len(good)] = list(good.values())
            kept += good
            bar.update(len(crops))
    if not kept:
        why = next(iter(skipped.values()), "it lists no image")
        raise StoreError(
            f"{folder}: none of its {len(boxes.images):,} images can be cropped "
            f"({why}); expected most. Get the archive again."
        )
    pixels.resize(len(kept), axis=0)
    group["numbers"], group["labels"] = numbers[kept], labels[kept]
    group["crop_boxes"] = unions[kept]
    # Reasons tell of damaged files: they may hold bytes that none can print.
    rows = [
        (number, why if why.isprintable() else ascii(why)[1:-1])
        for number, why in sorted(skipped.items())
    ]
    group["skipped"] = json.dumps(rows)


def _reasons(group: h5py.Group) -> list[list]:
    return json.loads(group["skipped"][()])


def _keys(group: h5py.Group) -> np.ndarray:
    """`likeness_keys` of an archive's crops, some at a time."""
    starts = range(0, len(group["labels"]), 10 * CHUNK)
    parts = (slice(start, start + 10 * CHUNK) for start in starts)
    images, labels = group["images"], group["labels"]
    return np.concatenate([likeness_keys(images[part], labels[part]) for part in parts])


def crop_files(
    folder: Path, images: np.ndarray, boxes: np.ndarray, crop_size: int
) -> list[np.ndarray | str]:
    """Crop each of the numbered images of an archive's folder.

    A crop is uint8 (crop_size, crop_size); where there is none, the reason is a str.
    """
    return [
        read_image(
            folder / f"{number}.png",
            lambda image, box=box: gray(crop(image, box, crop_size)),
        )
        for number, box in zip(images, boxes, strict=True)
    ]

"""Folders of letters to arrays, and to splits that share no picture.

The letters A to J are classes 0 to 9. The report's splits are 200,000 letters for
training and 10,000 for validation of the large archive, 10,000 for the test of the
small one.
"""

import hashlib
from dataclasses import dataclass
from itertools import chain, compress
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from helpers.data.images import read_image
from helpers.data.parallel import ordered_map
from helpers.errors import InputError
from helpers.preprocessing import eight_bits

LETTERS = "ABCDEFGHIJ"  # a letter's class is its place in this
SIDE = 28  # of a letter's image in pixels
TRAIN, VALIDATION, TEST = 200_000, 10_000, 10_000  # in the report's splits (Table 1)
CHUNK = 500  # files that a process reads before it hands them over


@dataclass(frozen=True)
class Letters:
    """Letters with their classes, one row each."""

    images: np.ndarray  # uint8 (N, 28, 28)
    labels: np.ndarray  # uint8 (N,): 0 to 9 for A to J
    files: np.ndarray  # str (N,), such as "notMNIST_small/A/name.png"

    def __len__(self):
        return len(self.images)

    def __getitem__(self, rows) -> "Letters":
        """The letters in ``rows``, a slice or an array of numbers or of truths."""
        return Letters(self.images[rows], self.labels[rows], self.files[rows])

    @property
    def pixels(self) -> np.ndarray:
        """What a model sees: float32 (N, 28, 28), -0.5 to 0.5 (report, Table 1)."""
        return (self.images.astype(np.float32) - 127.5) / 255


def join(*parts: Letters) -> Letters:
    """Letters of several parts, one after the other."""
    columns = [(part.images, part.labels, part.files) for part in parts]
    return Letters(*map(np.concatenate, zip(*columns, strict=True)))


def read_letters(
    folder: Path, processes: int | None = None
) -> tuple[Letters, pd.DataFrame]:
    """Read every letter of an archive's folder, in the order of their names.

    For each letter that could not be read the second value has a row: ``file`` and
    ``reason``. Raises FileNotFoundError if a letter has no folder with a PNG in it.
    """
    paths = [path for letter in LETTERS for path in _letter_files(folder / letter)]
    tasks = [(paths[start : start + CHUNK],) for start in range(0, len(paths), CHUNK)]
    results = chain.from_iterable(ordered_map(read_files, tasks, processes))
    progress = tqdm(results, f"reading {folder.name}", len(paths), unit="letter")
    images = np.empty((len(paths), SIDE, SIDE), np.uint8)
    labels, files, unreadable = [], [], []
    for path, image in zip(paths, progress, strict=True):
        file = f"{folder.name}/{path.parent.name}/{path.name}"
        if isinstance(image, str):
            unreadable.append((file, image))
            continue
        images[len(files)] = image
        labels.append(LETTERS.index(path.parent.name))
        files.append(file)
    letters = Letters(images[: len(files)], np.array(labels, np.uint8), np.array(files))
    return letters, pd.DataFrame(unreadable, columns=["file", "reason"])


def read_files(paths: list[Path]) -> list[np.ndarray | str]:
    """Read each file's image: uint8 (28, 28), or why there is none."""
    return [read_image(path, _letter_pixels) for path in paths]


def _letter_pixels(image: Image.Image) -> np.ndarray | str:
    if image.size != (SIDE, SIDE):
        return f"{image.width} x {image.height} pixels, not {SIDE} x {SIDE}"
    return np.asarray(eight_bits(image).convert("L"))


def split(
    large: Letters,
    small: Letters,
    seed: int,
    train: int = TRAIN,
    validation: int = VALIDATION,
    test: int = TEST,
) -> dict[str, Letters]:
    """Split into train and validation, from ``large``, and test, from ``small``.

    No two letters of all three are the same picture: of copies one, chosen by chance,
    is kept, and none in ``large`` of a picture that ``small`` has. Every split holds
    the letters in the proportions of its source, and so does every beginning of it.
    Where there are too few, train and validation shrink alike, and test is all of it.

    Raises InputError for a size of less than 1, or where a split would be empty.
    """
    wanted = {"train": train, "validation": validation, "test": test}
    if min(wanted.values()) < 1:
        raise InputError(f"letters wanted: {wanted}; expected at least 1 in each.")
    rng = np.random.default_rng(seed)
    seen = picture_keys(small.images)
    keys = picture_keys(large.images)
    tested = small[_distinct_rows(seen, small.labels, rng)]
    new = ~np.isin(keys, seen)
    rest = large[new]
    rest = rest[_distinct_rows(keys[new], rest.labels, rng)]
    if len(rest) < 2 or not len(tested):
        raise InputError(
            f"{len(rest)} different letters for training and validation that the test "
            f"has not, {len(tested)} for the test; expected at least 2 and 1. Check "
            "that large and small are not the same letters."
        )
    share = min(1, len(rest) / (train + validation))
    first = max(1, round(share * validation))
    return {
        "train": rest[first : first + train],
        "validation": rest[:first],
        "test": tested[:test],
    }


def picture_keys(images: np.ndarray) -> np.ndarray:
    """Digest each image's pixels: uint64 (N,), equal for equal pictures.

    Two different ones among half a million share a digest with a chance of less than
    one in a hundred million.
    """
    digests = [
        hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images
    ]
    return np.frombuffer(b"".join(digests), np.uint64)


def pictures(letters: Letters) -> pd.DataFrame:
    """List the different pictures among letters, the most frequent first.

    A row for each: the ``row`` of the first letter that has it, how many ``copies`` of
    it there are, this one counted, and the ``letters`` that it is filed under: "IJ".
    """
    _, first, which, copies = np.unique(
        picture_keys(letters.images),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    filed = np.zeros((len(first), len(LETTERS)), bool)
    filed[which, letters.labels] = True
    names = ["".join(compress(LETTERS, row)) for row in filed.tolist()]
    found = pd.DataFrame({"row": first, "copies": copies, "letters": names})
    return found.sort_values(["copies", "row"], ascending=[False, True])


def oddities(large: Letters, small: Letters) -> pd.Series:
    """Count the letters, or pictures, that break what one might take for granted."""
    both = join(large, small)
    found = pictures(both)
    keys, tested = picture_keys(large.images), picture_keys(small.images)
    flat = both.images.min(axis=(1, 2)) == both.images.max(axis=(1, 2))
    several = found["letters"].str.len() > 1
    counts = {
        "letters": len(both),
        "different pictures": len(found),
        "copies of another within large": len(keys) - len(np.unique(keys)),
        "copies of another within small": len(tested) - len(np.unique(tested)),
        "letters of small whose picture is in large": np.isin(tested, keys).sum(),
        "pictures filed under more than one letter": several.sum(),
        "letters of a single shade": flat.sum(),
    }
    return pd.Series(counts, name="count")


def _letter_files(place: Path) -> list[Path]:
    paths = sorted(place.glob("*.png"), key=lambda path: path.name)
    if not paths:
        raise FileNotFoundError(
            f"{place}: no PNG file in it; expected a folder of them for each letter A "
            "to J. Delete the folder that it is in, and extract the archive again."
        )
    return paths


def _distinct_rows(
    keys: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One row of each key, by chance, the labels evenly mixed from first to last."""
    rows = rng.permutation(len(keys))
    rows = rows[np.sort(np.unique(keys[rows], return_index=True)[1])]
    labels = labels[rows]
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels, minlength=len(LETTERS))
    rank = np.empty(len(rows))
    rank[order] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows[np.argsort((rank + 0.5) / counts[labels], kind="stable")]

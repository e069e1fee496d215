"""Which split each crop belongs to, so that none has a copy in another split."""

from collections.abc import Mapping

import numpy as np

SPLITS = ("train", "validation", "test", "copies")
"""A crop's split is a place in this. ``copies`` are train and extra images that look
like one of the test or validation images; no split has them."""

VALIDATION_SIZES = {"train": (400, 33_402), "extra": (200, 202_353)}
"""Validation images of each first digit that the report takes from an archive, and the
images of the official archive; a smaller one gives fewer in proportion."""


def choose_splits(
    labels: Mapping[str, np.ndarray], keys: Mapping[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Choose the split of every crop of every archive: places in `SPLITS`, uint8 (N,).

    ``labels``, uint8 (N, 6), and ``keys``, `likeness_keys`, are those of each archive
    by its name: train, test and perhaps extra.
    """
    train, validation, test, copies = range(len(SPLITS))
    chosen = {"test": np.full(len(labels["test"]), test, np.uint8)}
    for number, (name, (per_digit, official)) in enumerate(VALIDATION_SIZES.items()):
        if name not in labels:
            continue
        size = max(1, round(per_digit * len(labels[name]) / official))
        rng = np.random.default_rng([seed, number])
        rows = validation_rows(labels[name], size, rng)
        chosen[name] = np.where(rows, validation, train).astype(np.uint8)
        chosen[name][np.isin(keys[name], keys["test"])] = copies
    validated = [keys[name][split == validation] for name, split in chosen.items()]
    for name, split in chosen.items():
        copied = np.isin(keys[name], np.concatenate(validated)) & (split == train)
        split[copied] = copies
    return chosen


def validation_rows(
    labels: np.ndarray, per_digit: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw up to ``per_digit`` rows of each first digit by chance: bool (N,)."""
    chosen = np.zeros(len(labels), bool)
    for digit in range(10):
        rows = np.flatnonzero(labels[:, 1] == digit)
        chosen[rng.permutation(rows)[:per_digit]] = True
    return chosen


def likeness_keys(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute a key for each crop that copies of it share.

    It is the number and a difference hash, which says of 8 x 8 places whether the crop
    grows brighter to the right. A brighter copy mostly keeps it, a rescaled or
    recompressed one about every second time, a shifted one hardly ever; notebook 02
    measures it.

    ``images`` are uint8 (N, side, side), ``labels`` uint8 (N, 6); keys are (N,) of 14
    bytes each.
    """
    side = images.shape[1]
    rows = np.linspace(0, side, 9).astype(int)
    columns = np.linspace(0, side, 10).astype(int)
    sums = np.add.reduceat(images.astype(np.int64), rows[:-1], axis=1)
    sums = np.add.reduceat(sums, columns[:-1], axis=2) / np.diff(columns)
    bits = np.packbits((np.diff(sums, axis=2) > 0).reshape(len(images), -1), axis=1)
    keys = np.concatenate([labels.astype(np.uint8), bits], axis=1)
    return np.ascontiguousarray(keys).view(f"V{keys.shape[1]}").ravel()

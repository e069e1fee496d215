"""Which split each crop belongs to, so that none has a copy in another split."""

import numpy as np

OFFICIAL_TRAIN, OFFICIAL_EXTRA = 33_402, 202_353
"""Images in the official archives, for which the report's validation is sized."""


VALIDATION_TRAIN, VALIDATION_EXTRA = 400, 200
"""Validation images of each first digit, from either archive at its official size."""


def validation_rows(
    labels: np.ndarray, per_digit: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows for validation: up to ``per_digit`` of each first digit, drawn by chance.

    Returns
    -------
    numpy.ndarray
        bool (N,).
    """
    chosen = np.zeros(len(labels), bool)
    for digit in range(10):
        rows = np.flatnonzero(labels[:, 1] == digit)
        chosen[rng.permutation(rows)[:per_digit]] = True
    return chosen


def likeness_keys(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A key for each crop that copies of it share: its number and difference hash.

    The hash says of 8 x 8 places whether the crop grows brighter to the right. A
    brighter copy mostly keeps it, a rescaled or recompressed one about every second
    time, a shifted one hardly ever; notebook 02 measures it.

    Parameters
    ----------
    images
        uint8 (N, side, side).
    labels
        uint8 (N, 6).

    Returns
    -------
    numpy.ndarray
        (N,) of 14 bytes each.
    """
    side = images.shape[1]
    rows = np.linspace(0, side, 9).astype(int)
    columns = np.linspace(0, side, 10).astype(int)
    sums = np.add.reduceat(
        np.add.reduceat(images.astype(np.int64), rows[:-1], axis=1),
        columns[:-1],
        axis=2,
    )
    sums = sums / np.diff(columns)
    bits = np.packbits((np.diff(sums, axis=2) > 0).reshape(len(images), -1), axis=1)
    keys = np.concatenate([labels.astype(np.uint8), bits], axis=1)
    return np.ascontiguousarray(keys).view(f"V{keys.shape[1]}").ravel()

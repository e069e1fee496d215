"""Images drawn for training by how many digits they show."""

from collections.abc import Sequence

import numpy as np

from helpers.accuracy import LONGEST


def length_shares(labels: np.ndarray) -> tuple[float, ...]:
    """The share of the numbers with one digit, with two, and so on to five.

    Parameters
    ----------
    labels
        Integers (N, 6), [length, d1..d5].
    """
    counts = np.bincount(labels[:, 0], minlength=LONGEST + 1)[1 : LONGEST + 1]
    return tuple((counts / counts.sum()).tolist())


def length_weights(labels: np.ndarray, shares: Sequence[float]) -> np.ndarray | None:
    """How often to draw each image, so that the lengths come in given shares.

    A length that no image has is left out, and the others make up for it in their
    proportions.

    Parameters
    ----------
    labels
        Integers (N, 6), [length, d1..d5].
    shares
        Of the numbers with one digit, with two, and so on; they need not add up to 1.
        Empty: as they come.

    Returns
    -------
    numpy.ndarray or None
        float64 (N,) with mean 1; None without ``shares``.

    Raises
    ------
    ValueError
        A share is negative or not finite, or they leave no image to draw.
    """
    if not len(shares):
        return None
    wanted = np.zeros(LONGEST + 2)
    if (
        len(shares) > LONGEST
        or not (np.isfinite(shares) & (np.array(shares) >= 0)).all()
    ):
        raise ValueError(
            f"length_shares are {tuple(shares)}; expected up to {LONGEST} numbers of 0 "
            "or more, the shares of the images with 1, 2, ... digits."
        )
    wanted[1 : 1 + len(shares)] = shares
    lengths = labels[:, 0]
    there = np.bincount(lengths, minlength=len(wanted))
    weights = (wanted / np.maximum(there, 1))[lengths]
    if not weights.any():
        raise ValueError(
            f"length_shares are {tuple(shares)}, but the images have "
            f"{', '.join(map(str, np.unique(lengths)))} digits; expected a share for "
            "one of these."
        )
    return weights / weights.mean()

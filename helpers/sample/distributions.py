"""What is written how large: numbers, box sizes and framing as in the real train set.

The tables are quantiles and counts of the annotations of SVHN's full-number train
set (33,402 images; Netzer et al. 2011). Lengths of the other archives are those of
the report's Table 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from helpers import paper

LENGTHS = {
    "train": tuple(paper.TRAIN_LENGTHS.values()),
    "test": paper.TABLE_2["test"][2:],
    "extra": (9385, 71726, 106789, 14338, 115),
}
"""Images of 1, 2, ... digits in each official archive."""

# How often each digit 0 to 9 stands at each place of a number of 1, 2, 3, 4 digits.
_DIGITS = (
    ((54, 679, 683, 574, 622, 599, 527, 465, 480, 454),),
    (
        (20, 3929, 3095, 2738, 2261, 1738, 1335, 1187, 948, 879),
        (2008, 2040, 1891, 1849, 1752, 1852, 1648, 1786, 1667, 1637),
    ),
    (
        (9, 3912, 1997, 951, 584, 472, 280, 219, 149, 118),
        (1197, 1156, 1041, 931, 875, 852, 734, 726, 636, 543),
        (1122, 943, 836, 887, 870, 882, 832, 807, 810, 702),
    ),
    (
        (0, 715, 545, 85, 44, 20, 11, 6, 8, 0),
        (160, 133, 198, 186, 180, 166, 107, 127, 76, 101),
        (157, 182, 147, 169, 109, 163, 122, 153, 129, 103),
        (217, 156, 148, 120, 160, 133, 127, 115, 139, 119),
    ),
)

# Quantiles of an image's tallest and widest digit box, in pixels.
_SHARES = (0.0, 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1.0)
_HEIGHTS = (9.5, 10.6, 11.7, 14.5, 21.6, 29.6, 41.7, 69.3, 101.5, 170.1, 403.0)
_WIDTHS = (3.0, 3.9, 5.5, 7.1, 10.9, 15.5, 22.9, 40.3, 59.3, 108.5, 207.0)
# The logarithms of the two over their normal scores, smooth between the quantiles;
# the scores go together with this correlation.
_SCORES = ndtri(np.clip(_SHARES, 1e-5, 1 - 1e-5))
_HEIGHT, _WIDTH = (PchipInterpolator(_SCORES, np.log(q)) for q in (_HEIGHTS, _WIDTHS))
_HEIGHT_WIDTH = 0.88

# Quantiles, by length, of what surrounds the number: the image's height over that of
# the union of the boxes, and the width beside the union over the box height.
_FRAME_SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_FRAME_HEIGHTS = (
    (1.0, 1.059, 1.136, 1.188, 1.286, 1.414, 1.611, 1.863, 2.068, 2.667, 6.0),
    (0.97, 1.05, 1.105, 1.148, 1.243, 1.377, 1.591, 1.897, 2.211, 3.333, 6.0),
    (0.97, 1.05, 1.12, 1.176, 1.294, 1.512, 1.87, 2.524, 3.136, 4.76, 7.0),
    (0.97, 1.03, 1.082, 1.12, 1.214, 1.364, 1.655, 2.225, 2.676, 3.826, 6.0),
)
_FRAME_WIDTHS = (
    (0.89, 1.345, 1.598, 1.727, 1.947, 2.312, 2.857, 3.483, 3.971, 5.504, 10.0),
    (0.64, 1.295, 1.568, 1.68, 1.882, 2.19, 2.714, 3.5, 4.348, 7.889, 12.0),
    (0.10, 1.368, 1.651, 1.789, 2.111, 2.739, 3.883, 5.667, 7.25, 11.069, 14.0),
    (0.79, 1.296, 1.611, 1.727, 1.968, 2.389, 3.321, 4.902, 6.15, 8.796, 14.0),
)
_FRAME_HEIGHT_WIDTH = 0.87


@dataclass(frozen=True)
class Order:
    """A number to draw, from left to right, and the room it takes.

    ``height`` and ``width`` are of the tallest and the widest digit box in pixels.
    ``frame_height`` is the image's height over that of the union of the boxes,
    ``frame_width`` its width beside the union over ``height``.
    """

    digits: tuple[int, ...]
    height: float
    width: float
    frame_height: float
    frame_width: float


def draw_order(
    rng: np.random.Generator,
    digits: Sequence[int] | None = None,
    *,
    height: float | None = None,
    width: float | None = None,
) -> Order:
    """Draw an order at random; what is given (digits; sizes in pixels) stays."""
    if digits is None:
        digits = draw_digits(rng, int(draw_lengths(rng, 1, "train")[0]))
    if height is None:
        height = float(_at(rng.standard_normal(), _HEIGHT))
    if width is None:
        score = np.interp(height, _HEIGHTS, _SCORES)
        width = float(_at(_correlated(rng, score, _HEIGHT_WIDTH), _WIDTH))
    row = min(len(digits), len(_FRAME_HEIGHTS)) - 1
    share = rng.random()
    beside = ndtr(_correlated(rng, ndtri(share), _FRAME_HEIGHT_WIDTH))
    frame_height = float(np.interp(share, _FRAME_SHARES, _FRAME_HEIGHTS[row]))
    frame_width = float(np.interp(beside, _FRAME_SHARES, _FRAME_WIDTHS[row]))
    return Order(tuple(digits), height, width, frame_height, frame_width)


def draw_orders(rng: np.random.Generator, count: int, split: str) -> list[Order]:
    """Draw orders whose sizes cover the quantiles of the tables evenly.

    Each takes one of ``count`` equal strata of the heights and one of the widths, so
    that the mean and the high percentiles of a whole archive hardly depend on the seed.
    """
    lengths = draw_lengths(rng, count, split)
    tall = ndtri((rng.permutation(count) + rng.random(count)) / count)
    wide = _correlated(rng, tall, _HEIGHT_WIDTH)
    strata = np.argsort(np.argsort(wide, kind="stable"), kind="stable")
    heights = _at(tall, _HEIGHT)
    widths = _at(ndtri((strata + rng.random(count)) / count), _WIDTH)
    rows = zip(lengths.tolist(), heights.tolist(), widths.tolist(), strict=True)
    return [
        draw_order(rng, draw_digits(rng, length), height=height, width=width)
        for length, height, width in rows
    ]


def draw_lengths(rng: np.random.Generator, count: int, split: str) -> np.ndarray:
    """Draw lengths of numbers, int64 (count,), in an archive's shares to within two."""
    frequencies = np.array(LENGTHS[split], float)
    shares = (rng.permutation(count) + rng.random(count)) / count
    ends = np.cumsum(frequencies) / frequencies.sum()
    return 1 + np.minimum(np.searchsorted(ends, shares, "right"), len(ends) - 1)


def draw_digits(rng: np.random.Generator, length: int) -> tuple[int, ...]:
    """Draw a number of ``length`` digits, each place in its real frequencies."""
    places = _DIGITS[min(length, len(_DIGITS)) - 1]
    tables = [places[min(place, len(places) - 1)] for place in range(length)]
    return tuple(
        int(np.searchsorted(np.cumsum(table), rng.random() * sum(table), "right"))
        for table in tables
    )


def _at(scores, curve):
    """Return the sizes at the given normal scores of a curve."""
    return np.exp(curve(np.clip(scores, _SCORES[0], _SCORES[-1])))


def _correlated(rng: np.random.Generator, scores, correlation: float):
    """Draw normal scores of a given correlation with ``scores``."""
    noise = rng.standard_normal(np.shape(scores))
    return correlation * scores + np.sqrt(1 - correlation**2) * noise

"""Digits written by a hand: strokes of a pen, as notes and chalk boards show them.

Each digit has several forms that people write (a 4 open or closed, a 7 with or without
a bar). A hand has its slant, its pen and its habits, and no two of its strokes are
the same.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of_ink
from workshop.making.forms import FORMS

LARGER = 2
"""Masks are drawn so many times as large and then shrunk, for smooth edges."""


@dataclass(frozen=True)
class Hand:
    """How one person writes, sizes in digit heights.

    Parameters
    ----------
    width
        Of a digit that is neither wide nor narrow.
    slant
        Shift to the left on the way down from the top.
    pen
        Thickness of the strokes.
    wobble
        Deviation of every point from where it should be.
    """

    width: float
    slant: float
    pen: float
    wobble: float


def draw_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's way of writing."""
    return Hand(
        width=float(np.clip(rng.normal(0.62, 0.12), 0.35, 1.0)),
        slant=float(rng.normal(0.12, 0.16)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))),
        wobble=float(rng.uniform(0.01, 0.05)),
    )


def write(
    rng: np.random.Generator, hand: Hand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits by one hand, which keeps to one form of each digit."""
    forms = [forms[rng.integers(len(forms))] for forms in FORMS]
    return tuple(write_digit(rng, hand, forms[digit]) for digit in digits)


def write_digit(rng: np.random.Generator, hand: Hand, form) -> Glyph:
    """A form, see `FORMS`, as it comes out once."""
    spots = sorted({point for stroke in form for point in stroke})
    moved = np.array(spots) + rng.normal(0, hand.wobble, (len(spots), 2))
    moved[:, 0] *= hand.width * np.exp(rng.normal(0, 0.1))
    moved[:, 0] -= hand.slant * moved[:, 1]
    place = dict(zip(spots, moved, strict=True))
    paths = [curve_through([place[point] for point in stroke]) for stroke in form]
    # Where the pen is lifted it comes down a little off.
    paths[1:] = [path + rng.normal(0, 0.3 * hand.wobble, 2) for path in paths[1:]]
    points = np.concatenate(paths)
    scale = (1 - hand.pen) * HEIGHT * LARGER / max(np.ptp(points[:, 1]), 0.5)
    thick = max(2, round(hand.pen * HEIGHT * LARGER))
    start = points.min(0) * scale - thick
    size = np.ceil(np.ptp(points, axis=0) * scale).astype(int) + 2 * thick + 1
    ink = Image.new("L", tuple(size.tolist()))
    pen = ImageDraw.Draw(ink)
    for path in paths:
        line = path * scale - start
        pen.line(line.ravel().tolist(), 255, thick, "curve")
        for place in (line[0], line[-1]):
            dot(pen, place, thick / 2)
    return glyph_of_ink(ink)


def dot(pen: ImageDraw.ImageDraw, place, radius: float) -> None:
    """Put a round dot of ink at a place (x, y), in pixels as its radius."""
    x, y = place
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], 255)


def curve_through(points, steps: int = 8) -> np.ndarray:
    """A curve through points (Catmull and Rom 1974); two are a line.

    Parameters
    ----------
    points
        (N, D), D numbers for each.
    steps
        From a point to the next.

    Returns
    -------
    numpy.ndarray
        float64 (M, D).
    """
    points = np.asarray(points, float)
    if len(points) == 2:
        return points
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    if (points[0] == points[-1]).all():  # a ring goes on where it began
        first, last = points[-2], points[1]
    padded = np.concatenate([[first], points, [last]])
    before, start, end, after = (padded[k : len(padded) - 3 + k] for k in range(4))
    t = (np.arange(steps) / steps)[:, None, None]
    curve = start + 0.5 * t * (
        (end - before)
        + t * (2 * before - 5 * start + 4 * end - after)
        + t * t * (3 * (start - end) + after - before)
    )
    return np.concatenate([np.concatenate(curve.swapaxes(0, 1)), points[-1:]])

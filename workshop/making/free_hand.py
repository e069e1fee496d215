"""Digits by hand as people write them who do not try to be neat.

Between two forms of a digit people write all that lies between them, they round the
corners, lean and bend a digit as a whole, and press the pen now more, now less.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of_ink
from workshop.making.forms import ALL_FORMS
from workshop.making.handwriting import LARGER, curve_through, dot

SLIPS, MIXED, ROUNDED = 0.2, 0.7, 0.3
"""Share of digits in another form than the hand's usual one, of forms between two, and
of digits whose strokes are joined where they meet."""

CORNERED = 4
"""The digit whose strokes are never joined: with round corners it is a 9."""

STEPS = 16
"""Points of a stroke between those of two forms."""

ROOM = 4.5
"""A digit with a ring in it is at least so many pens wide, or the ring would fill."""


@dataclass(frozen=True)
class FreeHand:
    """How one person writes who is free about it, sizes in digit heights.

    Parameters
    ----------
    width
        Of a digit that is neither wide nor narrow.
    spread
        Deviation of the logarithm of a digit's width.
    slant
        Shift to the left on the way down from the top.
    pen
        Thickness of the strokes, and by which share it comes and goes with the
        ``pressure``.
    waver, warp
        Deviation of what bends a digit in places, see `wavering`, and as a whole, see
        `warped`.
    uneven
        Deviation of the heights of digits: how much lower than their line.
    """

    width: float
    slant: float
    pen: float
    spread: float = 0.0
    pressure: float = 0.0
    waver: float = 0.0
    warp: float = 0.0
    uneven: float = 0.0


def draw_free_hand(rng: np.random.Generator) -> FreeHand:
    """Draw a person's free way of writing."""
    return FreeHand(
        width=float(np.clip(np.exp(rng.normal(-0.45, 0.33)), 0.25, 1.5)),
        slant=float(rng.normal(0.17, 0.3)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.2)))),
        spread=float(rng.uniform(0.05, 0.3)),
        pressure=float(rng.uniform(0.0, 0.4)),
        waver=float(rng.uniform(0.0, 0.05)),
        warp=float(rng.uniform(0.0, 0.35)),
        uneven=float(rng.uniform(0.0, 0.2)),
    )


def write_freely(
    rng: np.random.Generator, hand: FreeHand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits of uneven height; one in five in another form than usual."""
    habit = {digit: any_form(rng, digit) for digit in sorted(set(digits))}
    glyphs = []
    for digit in digits:
        form = any_form(rng, digit) if rng.random() < SLIPS else habit[digit]
        glyphs.append(_lowered(rng, write_form(rng, hand, digit, form), hand.uneven))
    return tuple(glyphs)


def any_form(rng: np.random.Generator, digit: int) -> list[np.ndarray]:
    """Strokes of a form of a digit, or of one between two with as many strokes."""
    forms = ALL_FORMS[digit]
    form = forms[rng.integers(len(forms))]
    others = [other for other in forms if len(other) == len(form) and other != form]
    if others and rng.random() < MIXED:
        return between(form, others[rng.integers(len(others))], rng.random())
    return [np.array(stroke) for stroke in form]


def between(form, other, share: float) -> list[np.ndarray]:
    """Strokes ``share`` of the way from those of a form to those of another."""
    strokes = []
    for start, end in zip(form, other, strict=True):
        count = 2 if len(start) == len(end) == 2 else STEPS
        strokes.append(
            (1 - share) * evenly(curve_through(start), count)
            + share * evenly(curve_through(end), count)
        )
    return strokes


def write_form(
    rng: np.random.Generator, hand: FreeHand, digit: int, form: list[np.ndarray]
) -> Glyph:
    """A form of a digit, see `any_form`, as it comes out once."""
    if digit != CORNERED and rng.random() < ROUNDED:
        form = joined(form)
    paths = [
        evenly(stroke, 5) if len(stroke) == 2 else curve_through(stroke)
        for stroke in form
    ]
    points = wavering(rng, np.concatenate(paths), hand.waver)
    points = warped(rng, points, hand.warp)
    width = hand.width * np.exp(rng.normal(0, hand.spread))
    points[:, 0] *= width if digit == 1 else max(width, ROOM * hand.pen)
    points[:, 0] -= (hand.slant + rng.normal(0, 0.06)) * points[:, 1]
    paths = np.split(points, np.cumsum([len(path) for path in paths])[:-1])
    # Where the pen is lifted it comes down a little off.
    paths[1:] = [path + rng.normal(0, 0.3 * hand.waver, 2) for path in paths[1:]]
    return _inked(rng, paths, hand)


def joined(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Strokes, each that begins where the one before ended written on with it."""
    longer = [strokes[0]]
    for stroke in strokes[1:]:
        if np.allclose(longer[-1][-1], stroke[0]):
            longer[-1] = np.concatenate([longer[-1], stroke[1:]])
        else:
            longer.append(stroke)
    return longer


def warped(rng: np.random.Generator, points: np.ndarray, strength: float) -> np.ndarray:
    """Points (K, 2) of the unit square bent smoothly: narrower above, bowed, leaning.

    ``strength`` is the deviation of the shifts at the square's edges.
    """
    x, y = (points - 0.5).T
    terms = np.stack([2 * x * y, 2 * y**2 - 0.25, 2 * x**2 - 0.25])
    return points + (strength * rng.normal(size=(2, 3)) @ terms).T


def wavering(
    rng: np.random.Generator, points: np.ndarray, deviation: float, waves: int = 6
) -> np.ndarray:
    """Points (K, 2) shifted by some waves across the unit square, of about its size.

    Points near each other are shifted alike, so that what meets goes on meeting.
    """
    ways = rng.normal(0, 0.9 * 2 * np.pi, (waves, 2))
    phases = rng.uniform(0, 2 * np.pi, waves)
    heights = rng.normal(0, deviation * np.sqrt(2 / waves), (waves, 2))
    return points + np.sin(points @ ways.T + phases) @ heights


def evenly(path: np.ndarray, count: int) -> np.ndarray:
    """``count`` points on a path, as far from each other along it.

    Points are rows, x and y their first columns; others change along with these.
    """
    along = lengths(path)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, axis) for axis in path.T], 1)


def lengths(path: np.ndarray) -> np.ndarray:
    """From a path's start to each of its points, see `evenly`, along it."""
    steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _inked(rng, paths, hand: FreeHand) -> Glyph:
    """The glyph of a pen led along paths, its pressure coming and going."""
    points = np.concatenate(paths)
    scale = (1 - hand.pen) * HEIGHT * LARGER / max(np.ptp(points[:, 1]), 0.35)
    thick = hand.pen * HEIGHT * LARGER
    room = np.ceil(thick * (1 + hand.pressure)) + 1
    start = points.min(0) * scale - room
    size = np.ceil(np.ptp(points, axis=0) * scale + 2 * room).astype(int)
    ink = Image.new("L", tuple(size.tolist()))
    pen = ImageDraw.Draw(ink)
    for path in paths:
        line = path * scale - start
        phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(1, 6)
        wave = np.sin(phase + np.linspace(0, turns, len(line)))
        widths = np.maximum(2, thick * (1 + hand.pressure * wave))
        for one, next_one, width in zip(line[:-1], line[1:], widths[:-1], strict=True):
            pen.line([*one, *next_one], 255, round(width))
        for place, radius in zip(line, widths / 2, strict=True):
            dot(pen, place, radius)
    return glyph_of_ink(ink)


def _lowered(rng, glyph: Glyph, uneven: float) -> Glyph:
    """A glyph lower than its line, more often near the foot of it than the head."""
    size = float(np.exp(-abs(rng.normal(0, uneven))))
    width, height = (max(2, round(side * size)) for side in glyph.mask.size)
    top = round((HEIGHT - height) * rng.beta(2, 1))
    mask = Image.new("L", (width, HEIGHT))
    mask.paste(glyph.mask.resize((width, height), Image.Resampling.BILINEAR), (0, top))
    return Glyph(mask, glyph.outline * size + [0, top / HEIGHT])

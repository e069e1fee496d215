"""Digits by hand: neat ones of notes and chalk boards, and those of a free hand.

A hand has its width, slant and pen; no two of its digits are the same. A free one also
writes all that lies between two forms of a digit, rounds corners, leans and bends a
digit as a whole, and presses the pen now more, now less.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of_ink
from workshop.making.drawing.forms import ALL_FORMS, FORMS
from workshop.making.drawing.strokes import (
    LARGER,
    blank_round,
    curve_through,
    dot,
    evenly,
    joined,
    warped,
    wavering,
)

SLIP_SHARE, MIXED_SHARE, ROUNDED_SHARE = 0.2, 0.7, 0.3
"""Share of digits in another form than the hand's usual one, of forms between two, and
of digits whose strokes are joined where they meet."""

CORNERED = 4
"""The digit whose strokes are never joined: with round corners it is a 9."""

STEPS = 16
"""Points of a stroke between those of two forms."""

MIN_PENS = 4.5
"""A digit with a ring in it is at least so many pens wide, or the ring would fill."""


@dataclass(frozen=True)
class Hand:
    """How one person writes, sizes in digit heights: neatly, or free about it."""

    width: float  # of a digit that is neither wide nor narrow
    slant: float  # shift to the left on the way down from the top
    pen: float  # thickness of the strokes
    wobble: float = 0.0  # of a neat hand: deviation of every point
    # Of a free hand.
    spread: float = 0.0  # deviation of the logarithm of a digit's width
    pressure: float = 0.0  # share by which the thickness comes and goes
    waver: float = 0.0  # deviation of what bends a digit in places
    warp: float = 0.0  # deviation of what bends it as a whole
    uneven: float = 0.0  # deviation of how much lower than their line digits are


def draw_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's way of writing."""
    return Hand(
        width=float(np.clip(rng.normal(0.62, 0.12), 0.35, 1.0)),
        slant=float(rng.normal(0.12, 0.16)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))),
        wobble=float(rng.uniform(0.01, 0.05)),
    )


def draw_free_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's free way of writing."""
    return Hand(
        width=float(np.clip(np.exp(rng.normal(-0.45, 0.33)), 0.25, 1.5)),
        slant=float(rng.normal(0.17, 0.3)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.2)))),
        spread=float(rng.uniform(0.05, 0.3)),
        pressure=float(rng.uniform(0.0, 0.4)),
        waver=float(rng.uniform(0.0, 0.05)),
        warp=float(rng.uniform(0.0, 0.35)),
        uneven=float(rng.uniform(0.0, 0.2)),
    )


def write(
    rng: np.random.Generator, hand: Hand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """Write a number's digits by one hand, which keeps to one form of each digit."""
    forms = [forms[rng.integers(len(forms))] for forms in FORMS]
    return tuple(write_digit(rng, hand, forms[digit]) for digit in digits)


def write_digit(rng: np.random.Generator, hand: Hand, form) -> Glyph:
    """Write a form, see `FORMS`, as it comes out once."""
    spots = sorted({point for stroke in form for point in stroke})
    moved = np.array(spots) + rng.normal(0, hand.wobble, (len(spots), 2))
    moved[:, 0] *= hand.width * np.exp(rng.normal(0, 0.1))
    moved[:, 0] -= hand.slant * moved[:, 1]
    place = dict(zip(spots, moved, strict=True))
    paths = [curve_through([place[point] for point in stroke]) for stroke in form]
    paths = _lifted(rng, paths, 0.3 * hand.wobble)
    points = np.concatenate(paths)
    scale = (1 - hand.pen) * HEIGHT * LARGER / max(np.ptp(points[:, 1]), 0.5)
    thick = max(2, round(hand.pen * HEIGHT * LARGER))
    ink, start = blank_round(points * scale, thick)
    pen = ImageDraw.Draw(ink)
    for path in paths:
        line = path * scale - start
        pen.line(line.ravel().tolist(), 255, thick, "curve")
        for end in (line[0], line[-1]):
            dot(pen, end, thick / 2)
    return glyph_of_ink(ink)


def write_freely(
    rng: np.random.Generator, hand: Hand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """Write a number's digits of uneven height; some in another form than usual."""
    habit = {digit: any_form(rng, digit) for digit in sorted(set(digits))}
    glyphs = []
    for digit in digits:
        form = any_form(rng, digit) if rng.random() < SLIP_SHARE else habit[digit]
        glyphs.append(_lowered(rng, write_form(rng, hand, digit, form), hand.uneven))
    return tuple(glyphs)


def any_form(rng: np.random.Generator, digit: int) -> list[np.ndarray]:
    """Draw a form of a digit, or one between two with as many strokes."""
    forms = ALL_FORMS[digit]
    form = forms[rng.integers(len(forms))]
    others = [other for other in forms if len(other) == len(form) and other != form]
    if others and rng.random() < MIXED_SHARE:
        return between(form, others[rng.integers(len(others))], rng.random())
    return [np.array(stroke) for stroke in form]


def between(form, other, share: float) -> list[np.ndarray]:
    """Mix strokes, ``share`` of the way from those of a form to those of another."""
    strokes = []
    for start, end in zip(form, other, strict=True):
        count = 2 if len(start) == len(end) == 2 else STEPS
        strokes.append(
            (1 - share) * evenly(curve_through(start), count)
            + share * evenly(curve_through(end), count)
        )
    return strokes


def rounded(rng, digit: int, form: list[np.ndarray]) -> list[np.ndarray]:
    """Join the strokes of a form now and then, but never those of a 4."""
    if digit != CORNERED and rng.random() < ROUNDED_SHARE:
        return joined(form)
    return form


def write_form(
    rng: np.random.Generator, hand: Hand, digit: int, form: list[np.ndarray]
) -> Glyph:
    """Write a form of a digit, see `any_form`, as it comes out once."""
    paths = [
        evenly(stroke, 5) if len(stroke) == 2 else curve_through(stroke)
        for stroke in rounded(rng, digit, form)
    ]
    points = wavering(rng, np.concatenate(paths), hand.waver)
    points = warped(rng, points, hand.warp)
    width = hand.width * np.exp(rng.normal(0, hand.spread))
    points[:, 0] *= width if digit == 1 else max(width, MIN_PENS * hand.pen)
    points[:, 0] -= (hand.slant + rng.normal(0, 0.06)) * points[:, 1]
    paths = np.split(points, np.cumsum([len(path) for path in paths])[:-1])
    return _pressed(rng, _lifted(rng, paths, 0.3 * hand.waver), hand)


def _lifted(rng, paths: list[np.ndarray], deviation: float) -> list[np.ndarray]:
    """Paths, all but the first a little off: where the pen came down again."""
    return [paths[0], *(path + rng.normal(0, deviation, 2) for path in paths[1:])]


def _pressed(rng, paths: list[np.ndarray], hand: Hand) -> Glyph:
    """The glyph of a pen led along paths, its pressure coming and going."""
    points = np.concatenate(paths)
    scale = (1 - hand.pen) * HEIGHT * LARGER / max(np.ptp(points[:, 1]), 0.35)
    thick = hand.pen * HEIGHT * LARGER
    room = np.ceil(thick * (1 + hand.pressure)) + 1
    ink, start = blank_round(points * scale, room)
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

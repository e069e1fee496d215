"""Digits by hand: neat ones of notes and chalk boards, and those of a free hand.

A hand has its width, slant and pen; no two of its digits are the same. A free one also
writes all that lies between two forms of a digit, rounds corners, leans and bends a
digit as a whole, and presses the pen now more, now less.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from helpers.sample.glyphs import HEIGHT, Glyph
from workshop.making.drawing.forms import ALL_FORMS, FORMS
from workshop.making.drawing.strokes import bent, inked, joined, path_through, slanted

SLIP_SHARE, MIXED_SHARE, ROUNDED_SHARE = 0.2, 0.7, 0.3
"""Of a free hand: share of digits in another form than its usual one, of forms between
two, and of digits whose strokes are joined where they meet."""

CORNERED = 4  # its strokes are never joined: with round corners it is a 9
STEPS = 16  # points of a stroke between those of two forms
MIN_PENS = 4.5  # of a digit with a ring in it, in pens, or the ring would fill


@dataclass(frozen=True)
class Hand:
    """How one person writes, sizes in digit heights."""

    width: float  # of a digit that is neither wide nor narrow
    slant: float  # shift to the left on the way down from the top
    pen: float  # thickness of the strokes
    spread: float = 0.0  # deviation of the logarithm of a digit's width
    lean: float = 0.0  # deviation of a digit's slant
    waver: float = 0.0  # deviation of what bends a digit in places
    warp: float = 0.0  # deviation of what bends it as a whole
    pressure: float = 0.0  # share by which the thickness comes and goes
    uneven: float = 0.0  # deviation of how much lower than their line digits are
    free: bool = False  # whether it takes any form, and not always the same


def draw_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's neat way of writing."""
    return Hand(
        width=float(np.clip(rng.normal(0.62, 0.12), 0.35, 1.0)),
        slant=float(rng.normal(0.12, 0.16)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))),
        spread=0.1,
        waver=float(rng.uniform(0.005, 0.03)),
    )


def draw_free_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's free way of writing."""
    return Hand(
        width=float(np.clip(np.exp(rng.normal(-0.45, 0.33)), 0.25, 1.5)),
        slant=float(rng.normal(0.17, 0.3)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.2)))),
        spread=float(rng.uniform(0.05, 0.3)),
        lean=0.06,
        pressure=float(rng.uniform(0.0, 0.4)),
        waver=float(rng.uniform(0.0, 0.05)),
        warp=float(rng.uniform(0.0, 0.35)),
        uneven=float(rng.uniform(0.0, 0.2)),
        free=True,
    )


def write(rng, hand: Hand, digits: tuple[int, ...]) -> tuple[Glyph, ...]:
    """Write a number's digits; a free hand slips into another form than its usual."""
    habit = {digit: draw_form(rng, hand, digit) for digit in sorted(set(digits))}
    glyphs = []
    for digit in digits:
        slips = hand.free and rng.random() < SLIP_SHARE
        form = draw_form(rng, hand, digit) if slips else habit[digit]
        if hand.free:
            form = rounded(rng, digit, form)
        glyphs.append(_lowered(rng, write_form(rng, hand, digit, form), hand.uneven))
    return tuple(glyphs)


def draw_form(rng: np.random.Generator, hand: Hand, digit: int) -> list[np.ndarray]:
    """Draw a form of a digit; of a free hand any, or one between two."""
    forms = (ALL_FORMS if hand.free else FORMS)[digit]
    form = forms[rng.integers(len(forms))]
    others = [other for other in forms if len(other) == len(form) and other != form]
    if hand.free and others and rng.random() < MIXED_SHARE:
        return between(form, others[rng.integers(len(others))], rng.random())
    return [np.array(stroke) for stroke in form]


def between(form, other, share: float) -> list[np.ndarray]:
    """Mix strokes, ``share`` of the way from those of a form to those of another."""
    pairs = zip(form, other, strict=True)
    return [
        (1 - share) * path_through(start, STEPS) + share * path_through(end, STEPS)
        for start, end in pairs
    ]


def rounded(rng, digit: int, form: list[np.ndarray]) -> list[np.ndarray]:
    """Join the strokes of a form now and then, but never those of a 4."""
    if digit != CORNERED and rng.random() < ROUNDED_SHARE:
        return joined(form)
    return form


def write_form(rng, hand: Hand, digit: int, form: list[np.ndarray]) -> Glyph:
    """Write a form of a digit, see `draw_form`, as it comes out once."""
    paths = [path_through(stroke) for stroke in form]
    points = bent(rng, np.concatenate(paths), hand.waver, hand.warp)
    width = hand.width * np.exp(rng.normal(0, hand.spread))
    width = width if digit == 1 else max(width, MIN_PENS * hand.pen)
    points = slanted(points, width, hand.slant + rng.normal(0, hand.lean))
    thickness, end = np.empty(len(points)), 0
    for path in paths:
        start, end = end, end + len(path)
        if start:  # the pen came down again, a little off
            points[start:end] += rng.normal(0, 0.3 * hand.waver, 2)
        phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(1, 6)
        wave = np.sin(phase + np.linspace(0, turns, len(path)))
        thickness[start:end] = hand.pen * (1 + hand.pressure * wave)
    points *= (1 - hand.pen) / max(np.ptp(points[:, 1]), 0.35)
    return inked(points, thickness)


def _lowered(rng, glyph: Glyph, uneven: float) -> Glyph:
    """A glyph lower than its line, more often near the foot of it than the head."""
    size = float(np.exp(-abs(rng.normal(0, uneven))))
    width, height = (max(2, round(side * size)) for side in glyph.mask.size)
    top = round((HEIGHT - height) * rng.beta(2, 1))
    mask = Image.new("L", (width, HEIGHT))
    mask.paste(glyph.mask.resize((width, height), Image.Resampling.BILINEAR), (0, top))
    return Glyph(mask, glyph.outline * size + [0, top / HEIGHT])

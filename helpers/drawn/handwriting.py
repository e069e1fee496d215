"""Digits written by a hand: strokes of a pen, as notes and chalk boards show them.

Each digit has several forms that people write (a 4 open or closed, a 7 with or without
a bar). A hand has its slant, its pen and its habits, and no two of its strokes are
the same.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.drawn.glyphs import HEIGHT, Glyph, glyph_of_ink

SLIPS = 0.2
"""Share of a free hand's digits in another form than it usually writes."""

LARGER = 2
"""Masks are drawn so many times as large and then shrunk, for smooth edges."""

# Of each digit its forms: strokes, each of points (x, y), right and down, from 0 to 1.
# A stroke of two points is straight; one of more bends through them.
_BOWL = ((0.35, 0.47), (0.72, 0.52), (0.86, 0.76), (0.52, 1.0), (0.1, 0.9))
_TURN = ((0.1, 0.22), (0.34, 0.01), (0.76, 0.1), (0.78, 0.38), (0.42, 0.72))
_BELLY = ((0.22, 0.44), (0.6, 0.38), (0.86, 0.68), (0.54, 1.0), (0.1, 0.92))
_HEAD = ((0.82, 0.16), (0.48, 0.0), (0.13, 0.25), (0.42, 0.52), (0.82, 0.24))
_EIGHT = ((0.72, 0.1), (0.36, 0.0), (0.16, 0.22), (0.5, 0.47), (0.85, 0.76))
FORMS = (
    (
        (
            (
                (0.55, 0.0),
                (0.12, 0.35),
                (0.2, 0.85),
                (0.55, 1.0),
                (0.9, 0.45),
                (0.55, 0.0),
            ),
        ),
        (((0.6, 0.03), (0.1, 0.5), (0.5, 1.0), (0.9, 0.5), (0.45, 0.02), (0.4, 0.1)),),
    ),
    (
        (((0.5, 0.0), (0.5, 1.0)),),
        (((0.5, 0.0), (0.5, 1.0)),),
        (((0.2, 0.3), (0.55, 0.0)), ((0.55, 0.0), (0.55, 1.0))),
        (((0.05, 0.42), (0.55, 0.0)), ((0.55, 0.0), (0.55, 1.0))),
        (
            ((0.28, 0.18), (0.52, 0.0)),
            ((0.52, 0.0), (0.52, 1.0)),
            ((0.2, 1.0), (0.85, 1.0)),
        ),
    ),
    (
        ((*_TURN, (0.06, 1.0)), ((0.06, 1.0), (0.92, 0.98))),
        ((*_TURN, (0.1, 0.97)), ((0.1, 0.97), (0.4, 0.9), (0.92, 1.0))),
        ((*_TURN, (0.1, 0.97), (0.06, 0.82), (0.3, 0.84), (0.92, 1.0)),),
        (((0.22, 0.3), *_TURN, (0.06, 1.0)), ((0.06, 1.0), (0.92, 0.98))),
    ),
    (
        (((0.1, 0.14), (0.45, 0.0), (0.8, 0.2), (0.35, 0.47)), _BOWL),
        (
            ((0.1, 0.03), (0.84, 0.02)),
            ((0.84, 0.02), (0.35, 0.42)),
            ((0.35, 0.42), *_BOWL[1:]),
        ),
        (
            (
                *((0.1, 0.12), (0.5, 0.0), (0.8, 0.22), (0.45, 0.48)),
                *((0.36, 0.44), (0.52, 0.44), (0.86, 0.74), (0.5, 1.0), (0.08, 0.9)),
            ),
        ),
    ),
    (
        (
            ((0.72, 0.0), (0.05, 0.64)),
            ((0.05, 0.64), (0.95, 0.64)),
            ((0.72, 0.0), (0.72, 1.0)),
        ),
        (
            ((0.3, 0.0), (0.1, 0.56)),
            ((0.1, 0.56), (0.92, 0.54)),
            ((0.72, 0.2), (0.66, 1.0)),
        ),
        (
            ((0.12, 0.0), (0.12, 0.35), (0.42, 0.52), (0.8, 0.4)),
            ((0.82, 0.0), (0.8, 1.0)),
        ),
        (
            ((0.45, 0.0), (0.05, 0.62)),
            ((0.05, 0.62), (0.95, 0.6)),
            ((0.55, 0.36), (0.5, 1.0)),
        ),
    ),
    (
        (((0.3, 0.02), (0.22, 0.44)), _BELLY, ((0.28, 0.02), (0.88, 0.02))),
        (((0.3, 0.1), (0.22, 0.44)), _BELLY, ((0.3, 0.04), (0.92, 0.0))),
        (
            (
                *((0.86, 0.02), (0.36, 0.04), (0.22, 0.4)),
                *((0.62, 0.44), (0.82, 0.72), (0.5, 1.0), (0.08, 0.94)),
            ),
        ),
    ),
    (
        (
            (
                *((0.74, 0.02), (0.34, 0.26), (0.12, 0.7), (0.45, 1.0)),
                *((0.84, 0.76), (0.55, 0.52), (0.16, 0.7)),
            ),
        ),
        (
            (
                *((0.46, 0.0), (0.2, 0.4), (0.14, 0.8), (0.5, 1.0)),
                *((0.82, 0.82), (0.56, 0.62), (0.16, 0.8)),
            ),
        ),
        (
            (
                *((0.85, 0.1), (0.5, 0.02), (0.16, 0.4), (0.2, 0.86), (0.55, 1.0)),
                *((0.86, 0.74), (0.52, 0.5), (0.18, 0.66)),
            ),
        ),
    ),
    (
        (((0.05, 0.03), (0.9, 0.03)), ((0.9, 0.03), (0.36, 1.0))),
        (((0.05, 0.05), (0.88, 0.02)), ((0.88, 0.02), (0.5, 0.5), (0.42, 1.0))),
        (
            ((0.05, 0.03), (0.9, 0.03)),
            ((0.9, 0.03), (0.4, 1.0)),
            ((0.25, 0.52), (0.88, 0.48)),
        ),
        (
            ((0.08, 0.22), (0.08, 0.03)),
            ((0.08, 0.03), (0.9, 0.03)),
            ((0.9, 0.03), (0.4, 1.0)),
        ),
        (
            ((0.05, 0.15), (0.3, 0.0), (0.6, 0.1), (0.9, 0.02)),
            ((0.9, 0.02), (0.5, 0.45), (0.4, 1.0)),
            ((0.3, 0.52), (0.8, 0.5)),
        ),
    ),
    (
        ((*_EIGHT, (0.5, 1.0), (0.13, 0.78), (0.5, 0.47), (0.8, 0.25), (0.7, 0.06)),),
        (
            ((0.5, 0.0), (0.2, 0.2), (0.5, 0.45), (0.8, 0.22), (0.5, 0.0)),
            ((0.5, 0.45), (0.12, 0.74), (0.5, 1.0), (0.88, 0.72), (0.5, 0.45)),
        ),
        (
            (
                *((0.84, 0.04), (0.3, 0.06), (0.25, 0.3), (0.75, 0.68), (0.55, 1.0)),
                *((0.16, 0.82), (0.45, 0.5), (0.86, 0.06)),
            ),
        ),
    ),
    (
        (_HEAD, ((0.82, 0.16), (0.76, 1.0))),
        (_HEAD, ((0.82, 0.1), (0.8, 0.6), (0.52, 1.0), (0.14, 0.92))),
        ((*_HEAD, (0.76, 0.7), (0.5, 1.0)),),
        (
            (
                *((0.76, 0.12), (0.4, 0.0), (0.15, 0.24), (0.4, 0.46), (0.8, 0.1)),
                *((0.78, 0.5), (0.7, 1.0)),
            ),
        ),
    ),
)

MORE_FORMS = (
    (
        (
            (
                (0.5, 0.0),
                (0.16, 0.17),
                (0.04, 0.5),
                (0.18, 0.85),
                (0.5, 1.0),
                (0.84, 0.83),
                (0.96, 0.5),
                (0.82, 0.15),
                (0.5, 0.0),
            ),
        ),
        (
            (
                (0.62, 0.06),
                (0.3, 0.05),
                (0.06, 0.5),
                (0.3, 0.98),
                (0.75, 0.85),
                (0.92, 0.4),
                (0.6, 0.02),
                (0.35, 0.12),
            ),
        ),
    ),
    (
        (((0.0, 0.58), (0.35, 0.34), (0.6, 0.0)), ((0.6, 0.0), (0.58, 1.0))),
        (((0.12, 0.24), (0.4, 0.02)), ((0.4, 0.02), (0.48, 0.6), (0.9, 1.0))),
        (((0.75, 0.0), (0.25, 1.0)),),
    ),
    (
        (
            ((0.15, 0.1), (0.55, 0.0), (0.72, 0.3), (0.56, 0.98)),
            ((0.05, 1.0), (1.0, 0.98)),
        ),
        (
            (
                (0.12, 0.22),
                (0.5, 0.0),
                (0.8, 0.22),
                (0.52, 0.62),
                (0.18, 0.94),
                (0.06, 0.8),
                (0.26, 0.72),
                (0.6, 0.9),
                (1.0, 0.94),
            ),
        ),
        (
            (
                (0.05, 0.12),
                (0.5, 0.0),
                (0.72, 0.22),
                (0.36, 0.72),
                (0.08, 0.96),
                (0.5, 0.92),
                (1.0, 0.88),
            ),
        ),
        (
            (
                (0.16, 0.34),
                (0.2, 0.08),
                (0.6, 0.0),
                (0.8, 0.26),
                (0.5, 0.66),
                (0.2, 0.96),
                (0.02, 0.88),
                (0.1, 0.74),
                (0.4, 0.84),
                (0.8, 1.0),
                (1.05, 0.9),
            ),
        ),
        (
            (
                (0.0, 0.06),
                (0.5, 0.02),
                (0.86, 0.16),
                (0.6, 0.5),
                (0.1, 0.9),
                (0.2, 1.0),
                (0.98, 0.96),
            ),
        ),
        (
            (
                (0.06, 0.2),
                (0.46, 0.0),
                (0.74, 0.24),
                (0.44, 0.66),
                (0.12, 0.98),
                (0.0, 0.78),
                (0.24, 0.66),
                (0.5, 0.8),
                (0.7, 0.98),
                (1.0, 0.9),
            ),
        ),
    ),
    (
        (
            (
                (0.08, 0.1),
                (0.5, 0.0),
                (0.76, 0.2),
                (0.5, 0.44),
                (0.3, 0.46),
                (0.42, 0.38),
                (0.76, 0.6),
                (0.6, 0.94),
                (0.1, 0.98),
            ),
        ),
        (((0.0, 0.06), (0.7, 0.04), (0.5, 0.4), (0.8, 0.62), (0.6, 0.96), (0.0, 0.9)),),
    ),
    (
        (
            ((0.4, 0.0), (0.1, 0.3), (0.2, 0.58), (0.55, 0.5), (0.8, 0.1)),
            ((0.86, 0.0), (0.62, 0.5), (0.5, 1.0)),
        ),
        (
            ((0.78, 0.1), (0.5, 0.4), (0.1, 0.62), (0.3, 0.62), (0.95, 0.56)),
            ((0.7, 0.05), (0.66, 0.5), (0.7, 1.0)),
        ),
        (((0.2, 0.0), (0.06, 0.5), (0.9, 0.46)), ((0.86, 0.0), (0.7, 1.0))),
    ),
    (
        (
            ((0.2, 0.12), (0.18, 0.46)),
            ((0.18, 0.46), (0.55, 0.42), (0.78, 0.64), (0.6, 0.94), (0.05, 1.0)),
            ((0.2, 0.06), (1.0, 0.02)),
        ),
        (
            (
                (0.9, 0.0),
                (0.3, 0.06),
                (0.2, 0.4),
                (0.7, 0.56),
                (0.7, 0.86),
                (0.3, 1.0),
                (0.02, 0.86),
            ),
        ),
        (
            (
                (0.36, 0.0),
                (0.22, 0.4),
                (0.6, 0.5),
                (0.66, 0.84),
                (0.3, 1.0),
                (0.0, 0.94),
            ),
            ((0.36, 0.0), (0.98, 0.06)),
        ),
    ),
    (
        (
            (
                (0.76, 0.0),
                (0.3, 0.3),
                (0.06, 0.74),
                (0.3, 1.0),
                (0.62, 0.86),
                (0.5, 0.64),
                (0.12, 0.78),
            ),
        ),
        (
            (
                (0.5, 0.0),
                (0.14, 0.5),
                (0.1, 0.9),
                (0.5, 1.0),
                (0.6, 0.76),
                (0.36, 0.66),
                (0.12, 0.84),
            ),
        ),
        (
            (
                (0.3, 0.0),
                (0.14, 0.5),
                (0.22, 0.94),
                (0.6, 0.94),
                (0.62, 0.72),
                (0.4, 0.68),
                (0.2, 0.86),
            ),
        ),
    ),
    (
        (
            ((0.1, 0.2), (0.3, 0.0), (0.75, 0.02)),
            ((0.75, 0.02), (0.6, 0.5), (0.5, 1.0)),
            ((0.1, 0.6), (1.0, 0.5)),
        ),
        (((0.1, 0.08), (0.62, 0.02)), ((0.62, 0.02), (0.3, 1.0))),
        (
            ((0.02, 0.3), (0.08, 0.06), (0.5, 0.08), (0.86, 0.02)),
            ((0.86, 0.02), (0.52, 0.44), (0.36, 1.0)),
        ),
        (
            ((0.0, 0.12), (0.5, 0.06), (0.74, 0.04)),
            ((0.74, 0.04), (0.62, 0.5), (0.1, 1.0)),
        ),
        (((0.1, 0.16), (0.6, 0.0), (0.7, 0.12), (0.5, 0.56), (0.46, 1.0)),),
    ),
    (
        (
            (
                (0.8, 0.22),
                (0.6, 0.0),
                (0.2, 0.2),
                (0.62, 0.52),
                (0.76, 0.84),
                (0.46, 1.0),
                (0.24, 0.8),
                (0.5, 0.52),
                (0.9, 0.2),
            ),
        ),
        (
            ((0.5, 0.02), (0.08, 0.22), (0.5, 0.46), (0.92, 0.22), (0.5, 0.02)),
            ((0.5, 0.46), (0.3, 0.72), (0.5, 1.0), (0.7, 0.72), (0.5, 0.46)),
        ),
        (
            (
                (0.78, 0.12),
                (0.5, 0.0),
                (0.26, 0.16),
                (0.44, 0.46),
                (0.66, 0.76),
                (0.44, 1.0),
                (0.2, 0.82),
                (0.46, 0.5),
                (0.76, 0.22),
                (0.7, 0.06),
            ),
        ),
    ),
    (
        (
            (
                (0.86, 0.06),
                (0.4, 0.0),
                (0.1, 0.2),
                (0.4, 0.4),
                (0.84, 0.14),
                (0.86, 0.6),
                (0.55, 1.0),
                (0.05, 0.96),
            ),
        ),
        (
            ((0.7, 0.04), (0.2, 0.08), (0.12, 0.36), (0.5, 0.5), (0.8, 0.36)),
            ((0.74, 0.06), (0.84, 0.6), (0.6, 1.0), (0.1, 0.86)),
        ),
        (
            (
                (0.74, 0.06),
                (0.3, 0.04),
                (0.2, 0.34),
                (0.62, 0.44),
                (0.8, 0.1),
                (0.66, 0.62),
                (0.3, 1.0),
            ),
        ),
        (
            ((0.7, 0.1), (0.36, 0.04), (0.16, 0.24), (0.4, 0.4), (0.72, 0.16)),
            ((0.74, 0.08), (0.5, 1.0)),
        ),
        (
            (
                (0.66, 0.2),
                (0.4, 0.0),
                (0.1, 0.3),
                (0.34, 0.5),
                (0.68, 0.24),
                (0.62, 0.6),
                (0.3, 1.0),
            ),
        ),
    ),
)
"""Of each digit forms that fewer people write."""

ALL_FORMS = tuple(usual + more for usual, more in zip(FORMS, MORE_FORMS, strict=True))


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
    warp
        Deviation of what bends a digit as a whole, see `warped`.
    uneven
        Deviation of the heights of digits: how much lower than their line.
    """

    width: float
    slant: float
    pen: float
    wobble: float
    warp: float = 0.0
    uneven: float = 0.0


def draw_hand(rng: np.random.Generator) -> Hand:
    """Draw a person's way of writing."""
    return Hand(
        width=float(np.clip(rng.normal(0.62, 0.12), 0.35, 1.0)),
        slant=float(rng.normal(0.12, 0.16)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.16)))),
        wobble=float(rng.uniform(0.01, 0.05)),
    )


def draw_free_hand(rng: np.random.Generator) -> Hand:
    """Draw a way of writing less neat than those of `draw_hand`."""
    return Hand(
        width=float(np.clip(np.exp(rng.normal(-0.5, 0.3)), 0.25, 1.2)),
        slant=float(rng.normal(0.15, 0.27)),
        pen=float(np.exp(rng.uniform(np.log(0.035), np.log(0.2)))),
        wobble=float(rng.uniform(0.01, 0.06)),
        warp=float(rng.uniform(0.0, 0.35)),
        uneven=float(rng.uniform(0.0, 0.2)),
    )


def write(
    rng: np.random.Generator, hand: Hand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits by one hand, which keeps to one form of each digit."""
    forms = [forms[rng.integers(len(forms))] for forms in FORMS]
    return tuple(write_digit(rng, hand, forms[digit]) for digit in digits)


def write_freely(
    rng: np.random.Generator, hand: Hand, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits in any form, of uneven height; one in five in another form."""
    habit = [rng.integers(len(forms)) for forms in ALL_FORMS]
    glyphs = []
    for digit in digits:
        forms = ALL_FORMS[digit]
        own = rng.random() < SLIPS
        form = forms[rng.integers(len(forms)) if own else habit[digit]]
        glyphs.append(_lowered(rng, write_digit(rng, hand, form), hand.uneven))
    return tuple(glyphs)


def _lowered(rng, glyph: Glyph, uneven: float) -> Glyph:
    """A glyph lower than its line, more often near the foot of it than the head."""
    size = float(np.exp(-abs(rng.normal(0, uneven))))
    width, height = (max(2, round(side * size)) for side in glyph.mask.size)
    top = round((HEIGHT - height) * rng.beta(2, 1))
    mask = Image.new("L", (width, HEIGHT))
    mask.paste(glyph.mask.resize((width, height), Image.Resampling.BILINEAR), (0, top))
    return Glyph(mask, glyph.outline * size + [0, top / HEIGHT])


def write_digit(rng: np.random.Generator, hand: Hand, form) -> Glyph:
    """A form, see `FORMS`, as it comes out once."""
    spots = sorted({point for stroke in form for point in stroke})
    moved = np.array(spots) + rng.normal(0, hand.wobble, (len(spots), 2))
    if hand.warp:
        moved = warped(rng, moved, hand.warp)
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
        for x, y in (line[0], line[-1]):
            pen.ellipse(
                [x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2], 255
            )
    return glyph_of_ink(ink)


def warped(rng: np.random.Generator, points: np.ndarray, strength: float) -> np.ndarray:
    """Points (K, 2) of the unit square bent smoothly: narrower above, bowed, leaning.

    ``strength`` is the deviation of the shifts at the square's edges.
    """
    x, y = (points - 0.5).T
    terms = np.stack([2 * x * y, 2 * y**2 - 0.25, 2 * x**2 - 0.25])
    return points + (strength * rng.normal(size=(2, 3)) @ terms).T


def curve_through(points, steps: int = 8) -> np.ndarray:
    """A curve through points (Catmull and Rom 1974), float64 (M, 2); two are a line."""
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
    return np.concatenate([curve.swapaxes(0, 1).reshape(-1, 2), points[-1:]])

"""Digits as old enamel plates and cast numbers have them, which no typeface here has.

Their strokes swell and shrink: a 2 that begins in a ball and ends in a wave, a 7 with a
wavy bar and a leg like a club. Of the real train images a reader that never saw any
took such 7s for 2s and such 2s for 9s.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of_ink
from workshop.making.forms import read_forms
from workshop.making.free_hand import evenly, joined, lengths, warped, wavering
from workshop.making.handwriting import LARGER, curve_through, dot

PLATE_FORMS = read_forms(
    """\
0: 35,6,8 10,30,20 10,70,20 35,94,8 60,70,20 60,30,20 35,6,8
0: 35,6,12 8,50,14 35,94,12 62,50,14 35,6,12
1: 38,7,18 38,93,18 / 14,26,6 36,8,10 / 14,95,8 62,95,8
1: 38,7,18 38,93,18 / 12,26,18 22,22,8 36,8,8
1: 40,6,16 34,50,9 28,92,16 / 28,16,10 40,8,14
1: 36,7,16 36,93,16
2: 16,28,24 14,20,10 34,6,8 58,24,18 48,48,16 18,78,8 8,92,6 /
   8,92,8 26,82,14 46,92,18 62,88,8 64,74,6
2: 18,34,28 8,24,8 32,5,8 60,24,20 46,50,16 14,82,8 8,94,8 /
   8,92,10 30,80,16 50,94,18 66,76,6
2: 14,26,20 16,16,8 34,6,8 58,26,18 40,58,12 8,94,8 / 8,93,12 60,93,12 /
   60,93,10 64,74,6
2: 14,30,14 16,14,8 34,6,10 56,22,14 38,56,12 8,92,10 / 8,92,10 60,92,12
3: 16,20,22 18,10,8 36,6,8 56,24,18 42,44,8 28,46,6 /
   28,46,6 46,48,10 62,70,20 40,94,8 18,92,10 12,80,24
3: 10,26,6 10,10,10 / 10,8,12 58,7,10 / 58,8,8 32,42,8 /
   32,42,8 54,50,14 60,72,18 38,94,8 14,90,10 12,78,20
3: 18,16,12 36,6,10 54,22,12 30,44,8 / 30,44,8 52,54,12 54,78,14 30,95,10 10,88,14
4: 48,6,10 8,66,8 / 6,67,10 66,67,10 / 46,8,16 46,93,18 / 30,95,8 62,95,8
4: 46,6,12 26,50,8 8,62,8 / 8,62,10 62,58,10 / 46,34,12 36,94,14
4: 46,6,12 8,66,10 / 8,66,12 64,66,12 / 46,8,16 46,94,16
5: 18,8,8 54,8,14 60,2,6 / 18,8,8 16,46,8 /
   16,46,6 36,38,8 60,62,20 38,94,8 16,90,10 12,78,24
5: 18,7,12 40,11,16 60,3,6 / 18,8,8 14,48,8 /
   14,48,6 36,38,10 58,62,18 36,94,8 16,90,10 12,78,22
5: 20,8,10 56,8,12 / 20,8,10 16,44,10 / 16,44,8 46,42,12 54,74,14 32,94,10 10,88,14
6: 56,20,22 52,9,8 36,6,8 12,40,20 12,72,20 36,94,8 60,72,20 36,46,8 14,64,10
6: 50,6,10 20,36,12 10,68,14 34,94,12 58,72,14 36,52,10 12,68,12
7: 8,28,6 10,14,12 24,8,18 42,14,16 60,8,8 / 60,8,8 40,44,12 30,72,20 32,92,24
7: 8,26,6 8,8,8 / 8,10,16 60,10,12 / 60,10,8 38,50,12 28,92,22
7: 6,30,8 14,12,20 34,16,12 62,6,10 / 62,6,8 34,52,14 34,92,28
7: 12,26,12 18,14,14 40,16,10 60,6,10 / 60,6,10 38,50,10 34,94,16
7: 8,10,14 60,10,12 / 60,10,10 34,92,16 / 16,95,6 50,95,6
8: 36,6,8 14,24,16 36,46,12 62,72,18 36,94,8 10,72,18 36,46,10 58,24,16 36,6,8
8: 36,6,12 16,24,12 36,46,10 56,24,12 36,6,12 /
   36,46,10 10,72,14 36,94,12 62,72,14 36,46,10
9: 14,80,22 18,91,8 36,94,8 60,60,20 60,28,20 36,6,8 12,28,20 36,54,8 58,36,10
9: 22,94,10 50,64,12 60,32,14 36,6,12 12,28,14 34,48,10 58,32,12"""
)
"""Of each digit forms of strokes, see `read_forms`: points (x, y, thickness)."""

EVEN, THINNEST, NEAR = 0.13, 0.03, 0.01
"""Thickness of strokes that neither swell nor shrink and the least of any, and how near
each other the discs are that make them up, in heights."""

ITALIC, ROUNDED = 0.25, 0.3
"""Share of sets that lean, and of digits of ``CURVED`` whose strokes are joined."""

CURVED = (2, 5, 7)
"""Digits that stay themselves when the corners between their strokes are rounded."""


@dataclass(frozen=True)
class Foundry:
    """How the digits of one maker look.

    Parameters
    ----------
    width
        Of digits, times that of `PLATE_FORMS`.
    weight
        Thickness, times that of `PLATE_FORMS`.
    contrast
        How much strokes swell and shrink: 1 as in `PLATE_FORMS`, 0 not at all.
    balls
        Thickness of free ends, times that of `PLATE_FORMS`.
    slant
        Shift to the left on the way down from the top, in heights.
    waver, warp
        See `free_hand.wavering` and `free_hand.warped`.
    """

    width: float = 1.0
    weight: float = 1.0
    contrast: float = 1.0
    balls: float = 1.0
    slant: float = 0.0
    waver: float = 0.0
    warp: float = 0.0


def draw_foundry(rng: np.random.Generator) -> Foundry:
    """Draw a maker."""
    italic = rng.random() < ITALIC
    return Foundry(
        width=float(np.exp(rng.normal(-0.05, 0.2))),
        weight=float(np.exp(rng.normal(-0.05, 0.25))),
        contrast=float(rng.uniform(0.1, 1.3)),
        balls=float(rng.uniform(0.5, 1.25)),
        slant=float(rng.uniform(0.12, 0.4) if italic else rng.normal(0, 0.04)),
        waver=float(rng.uniform(0.0, 0.02)),
        warp=float(rng.uniform(0.0, 0.15)),
    )


def cast(
    rng: np.random.Generator, foundry: Foundry, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits of one maker, who casts each digit always alike."""
    kept = {digit: cast_digit(rng, foundry, digit) for digit in sorted(set(digits))}
    return tuple(kept[digit] for digit in digits)


def cast_digit(rng: np.random.Generator, foundry: Foundry, digit: int) -> Glyph:
    """One of a digit's forms, as a maker has it."""
    forms = PLATE_FORMS[digit]
    form = [np.array(stroke) for stroke in forms[rng.integers(len(forms))]]
    if digit in CURVED and rng.random() < ROUNDED:
        form = joined(form)
    paths = [_thick(stroke, foundry) for stroke in form]
    points = np.concatenate(paths)
    places = wavering(rng, points[:, :2], foundry.waver)
    places = warped(rng, places, foundry.warp) * [foundry.width, 1]
    places[:, 0] -= foundry.slant * places[:, 1]
    scale = HEIGHT * LARGER
    room = points[:, 2].max()
    start = places.min(0) - room
    size = np.ceil((np.ptp(places, axis=0) + 2 * room) * scale).astype(int)
    ink = Image.new("L", tuple(size.tolist()))
    pen = ImageDraw.Draw(ink)
    for place, thick in zip((places - start) * scale, points[:, 2], strict=True):
        dot(pen, place, max(1.5, thick * scale / 2))
    return glyph_of_ink(ink)


def _thick(stroke: np.ndarray, foundry: Foundry) -> np.ndarray:
    """Points so near on a stroke that discs of their thickness leave no gap."""
    thick = (EVEN + foundry.contrast * (stroke[:, 2] - EVEN)) * foundry.weight
    thick[[0, -1]] *= np.where(thick[[0, -1]] > EVEN, foundry.balls, 1)
    path = curve_through(np.column_stack([stroke[:, :2], np.maximum(thick, THINNEST)]))
    dense = evenly(path, 2 + round(lengths(path)[-1] / NEAR))
    dense[:, 2] = np.maximum(dense[:, 2], THINNEST)
    return dense

"""Digits of old enamel plates and cast numbers: their strokes swell and shrink.

No typeface here has them: a 2 that begins in a ball and ends in a wave, a 7 with a
wavy bar and a leg like a club.
"""

from dataclasses import dataclass

import numpy as np

from helpers.sample.glyphs import Glyph
from workshop.making.drawing.forms import PLATE_FORMS
from workshop.making.drawing.strokes import bent, inked, joined, path_through, slanted

EVEN, MIN_THICKNESS = 0.13, 0.03
"""Thickness in heights of strokes that neither swell nor shrink, and the least."""

ITALIC_SHARE, ROUNDED_SHARE = 0.25, 0.3
"""Share of sets that lean, and of digits of ``CURVED`` whose strokes are joined."""

CURVED = (2, 5, 7)  # stay themselves when corners between strokes are rounded


@dataclass(frozen=True)
class Foundry:
    """How the digits of one maker look."""

    width: float = 1.0  # times that of `PLATE_FORMS`
    weight: float = 1.0  # thickness, times that of `PLATE_FORMS`
    contrast: float = 1.0  # of thick to thin: 1 as in `PLATE_FORMS`, 0 none
    balls: float = 1.0  # thickness of free ends, times that of `PLATE_FORMS`
    slant: float = 0.0  # shift to the left on the way down from the top, in heights
    waver: float = 0.0  # see `strokes.wavering`
    warp: float = 0.0  # see `strokes.warped`


def draw_foundry(rng: np.random.Generator) -> Foundry:
    """Draw a maker."""
    italic = rng.random() < ITALIC_SHARE
    return Foundry(
        width=float(np.exp(rng.normal(-0.05, 0.2))),
        weight=float(np.exp(rng.normal(-0.05, 0.25))),
        contrast=float(rng.uniform(0.1, 1.3)),
        balls=float(rng.uniform(0.5, 1.25)),
        slant=float(rng.uniform(0.12, 0.4) if italic else rng.normal(0, 0.04)),
        waver=float(rng.uniform(0.0, 0.02)),
        warp=float(rng.uniform(0.0, 0.15)),
    )


def cast(rng, foundry: Foundry, digits: tuple[int, ...]) -> tuple[Glyph, ...]:
    """Cast a number's digits by one maker, each digit always alike."""
    glyphs = {}
    for digit in sorted(set(digits)):
        forms = PLATE_FORMS[digit]
        form = [np.array(stroke) for stroke in forms[rng.integers(len(forms))]]
        if digit in CURVED and rng.random() < ROUNDED_SHARE:
            form = joined(form)
        glyphs[digit] = cast_form(rng, foundry, form)
    return tuple(glyphs[digit] for digit in digits)


def cast_form(rng, foundry: Foundry, form: list[np.ndarray]) -> Glyph:
    """Cast strokes (K, 3) of points and their thickness, as a maker has them."""
    points = np.concatenate([_thick(stroke, foundry) for stroke in form])
    places = bent(rng, points[:, :2], foundry.waver, foundry.warp)
    places = slanted(places, foundry.width, foundry.slant)
    return inked(places, points[:, 2])


def _thick(stroke: np.ndarray, foundry: Foundry) -> np.ndarray:
    """Points all along a stroke, and how thick it is there."""
    thick = (EVEN + foundry.contrast * (stroke[:, 2] - EVEN)) * foundry.weight
    thick[[0, -1]] *= np.where(thick[[0, -1]] > EVEN, foundry.balls, 1)
    thick = np.maximum(thick, MIN_THICKNESS)
    dense = path_through(np.column_stack([stroke[:, :2], thick]))
    dense[:, 2] = np.maximum(dense[:, 2], MIN_THICKNESS)
    return dense

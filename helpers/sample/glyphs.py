"""Digits of a typeface as masks of one height with their outlines."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import ConvexHull

from helpers.sample.typefaces import load_font

HEIGHT = 96
"""Height of a mask in pixels; larger digits are enlarged from it."""


@dataclass(frozen=True)
class Glyph:
    """A digit's ink, cropped tight and scaled to one height.

    Parameters
    ----------
    mask
        Greyscale PIL image, ``HEIGHT`` high, ink 255.
    outline
        Corners of the ink's convex hull, float64 (K, 2), in digit heights from the
        top left of the mask.
    """

    mask: Image.Image
    outline: np.ndarray

    @property
    def width(self) -> float:
        """Width of the ink in digit heights."""
        return self.mask.width / HEIGHT


@lru_cache(maxsize=512)
def digit_glyphs(path: Path, weight: int | None) -> tuple[Glyph, ...]:
    """Render the digits 0 to 9 of a font file, at a weight if it varies."""
    font = load_font(path, 160, weight)
    glyphs = []
    for digit in "0123456789":
        ink = Image.new("L", (320, 320))
        ImageDraw.Draw(ink).text((160, 160), digit, 255, font, anchor="mm")
        glyphs.append(glyph_of_ink(ink))
    return tuple(glyphs)


def glyph_of_ink(ink: Image.Image) -> Glyph:
    """Make a glyph of an image of mode L of any size with a digit's ink in it."""
    ink = ink.crop(ink.getbbox())
    width = max(2, round(ink.width * HEIGHT / ink.height))
    return glyph_of(ink.resize((width, HEIGHT), Image.Resampling.BOX))


def glyph_of(mask: Image.Image) -> Glyph:
    """Make a glyph of its mask, of mode L, cropped tight and ``HEIGHT`` high."""
    ink = np.asarray(mask) > 96
    rows = np.flatnonzero(ink.any(1))
    first, last = ink.argmax(1), mask.width - 1 - ink[:, ::-1].argmax(1)
    points = np.concatenate([np.stack([ends[rows], rows], 1) for ends in (first, last)])
    hull = points[ConvexHull(points).vertices] + 0.5
    return Glyph(mask, hull / HEIGHT)

"""Digits of a typeface as masks of one height with their outlines."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
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
    cores = [load_font(path, 160, weight).getmask(digit, "L") for digit in "0123456789"]
    inks = (Image.frombytes("L", core.size, bytes(core)) for core in cores)
    return tuple(glyph_of_ink(ink) for ink in inks)


def glyph_of_ink(ink: Image.Image) -> Glyph:
    """Make a glyph of an image of mode L of any size with a digit's ink in it."""
    ink = ink.crop(ink.getbbox())
    width = max(2, round(ink.width * HEIGHT / ink.height))
    return glyph_of(ink.resize((width, HEIGHT), Image.Resampling.BOX))


def glyph_of(mask: Image.Image) -> Glyph:
    """Make a glyph of its mask, of mode L, cropped tight and ``HEIGHT`` high."""
    rows, columns = np.nonzero(np.asarray(mask) > 96)
    points = np.stack([columns, rows], 1).astype(float)
    hull = points[ConvexHull(points).vertices] + 0.5
    return Glyph(mask, hull / HEIGHT)

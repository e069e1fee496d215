"""Digits of a typeface as masks of one height with their outlines."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFont
from scipy.spatial import ConvexHull

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
    """The glyphs of the digits 0 to 9 in a font file, at a weight if it varies."""
    font = load_font(path, 160, weight)
    return tuple(_glyph(font, digit) for digit in "0123456789")


def load_font(
    path: Path, size: int, weight: int | None = None
) -> ImageFont.FreeTypeFont:
    """A font file at a size in pixels, and at a weight if one is given."""
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    if weight is not None:
        values = [
            weight if axis["name"] in (b"Weight", "Weight") else axis["default"]
            for axis in font.get_variation_axes()
        ]
        font.set_variation_by_axes(values)
    return font


def _glyph(font: ImageFont.FreeTypeFont, text: str) -> Glyph:
    core = font.getmask(text, "L")
    ink = Image.frombytes("L", core.size, bytes(core))
    return glyph_of_ink(ink)


def glyph_of_ink(ink: Image.Image) -> Glyph:
    """A glyph from an image of mode L of any size with a digit's ink in it."""
    ink = ink.crop(ink.getbbox())
    width = max(2, round(ink.width * HEIGHT / ink.height))
    return glyph_of(ink.resize((width, HEIGHT), Image.Resampling.BOX))


def glyph_of(mask: Image.Image) -> Glyph:
    """A glyph from its mask, of mode L, cropped tight and ``HEIGHT`` high."""
    rows, columns = np.nonzero(np.asarray(mask) > 96)
    points = np.stack([columns, rows], 1).astype(float)
    hull = points[ConvexHull(points).vertices] + 0.5
    return Glyph(mask, hull / HEIGHT)

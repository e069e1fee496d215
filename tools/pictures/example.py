"""The two photos of the number 1984 that the diagrams show.

Both were drawn by `helpers.sample.scenes`. They are kept beside this file, so that the
diagrams stay as they are when the sample is drawn in another way.
"""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.preprocessing import crop, gray, grow
from helpers.settings import Settings

DIGITS = (1, 9, 8, 4)
BOXES = np.array(
    [[113, 50, 127, 96], [126, 48, 155, 94], [152, 44, 178, 90], [178, 41, 208, 87]]
)
"""Of the digits in the close-up: left, top, right, bottom in pixels."""


@cache
def photo(name: str) -> Image.Image:
    """Open the photo "close_up" or "street"."""
    with Image.open(Path(__file__).with_name(f"{name}.png")) as image:
        return image.convert("RGB")


def small(image: Image.Image, width: int = 210) -> np.ndarray:
    """Make a photo small and of few colours, for a small file."""
    image = image.copy()
    image.thumbnail((width, width))
    return np.asarray(image.quantize(24, dither=Image.Dither.NONE).convert("RGB"))


@cache
def box() -> np.ndarray:
    """The box around all digits of the close-up: left, top, right, bottom."""
    return np.concatenate([BOXES[:, :2].min(0), BOXES[:, 2:].max(0)])


@cache
def grown_box() -> np.ndarray:
    """The box that the report's networks see."""
    return grow(box(), Settings().margin)


@cache
def colour_crop() -> np.ndarray:
    """The crop in colour, uint8 (32, 32, 3)."""
    return np.asarray(crop(photo("close_up"), grown_box(), Settings().crop_size))


@cache
def gray_crop() -> np.ndarray:
    """The crop as the report's networks see it: uint8 (32, 32)."""
    return gray(colour_crop())

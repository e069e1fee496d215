"""The drawn photos of the number 1984 that several diagrams show."""

from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image, ImageFilter

from helpers.preprocessing import crop, gray, grow
from helpers.sample.distributions import draw_order
from helpers.sample.scenes import Scene, draw_scene
from helpers.settings import Settings

DIGITS = (1, 9, 8, 4)


@cache
def scene() -> Scene:
    """Draw the photo, with the boxes of its digits."""
    rng = np.random.default_rng(8)
    frame = {"height": 46.0, "width": 30.0, "frame_height": 2.6, "frame_width": 5.0}
    order = replace(draw_order(rng, DIGITS), **frame)
    return draw_scene(rng, order, sides=(0.7, 0.5))


@cache
def street() -> Scene:
    """Draw a photo of the same number from afar."""
    rng = np.random.default_rng(88)
    frame = {"height": 34.0, "width": 22.0, "frame_height": 6.5, "frame_width": 9.5}
    order = replace(draw_order(rng, DIGITS), **frame)
    return draw_scene(rng, order, sides=(0.9, 0.6))


def small(image: np.ndarray, width: int = 190) -> np.ndarray:
    """Make a photo small, without noise and of few colours, for a small file."""
    photo = Image.fromarray(image)
    photo.thumbnail((width, width))
    photo = photo.filter(ImageFilter.MedianFilter(3))
    return np.asarray(photo.quantize(24, dither=Image.Dither.NONE).convert("RGB"))


@cache
def grown_box() -> np.ndarray:
    """The box that the report's networks see: left, top, right, bottom."""
    return grow(scene().box, Settings().margin)


@cache
def colour_crop() -> np.ndarray:
    """The crop in colour, uint8 (32, 32, 3)."""
    image = Image.fromarray(scene().image)
    return np.asarray(crop(image, grown_box(), Settings().crop_size))


@cache
def gray_crop() -> np.ndarray:
    """The crop as the report's networks see it: uint8 (32, 32)."""
    return gray(colour_crop())

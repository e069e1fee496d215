"""Drawn photos of numbers, for those who have none of their own."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from helpers.data.photo_folders import NumberPhoto
from helpers.sample.distributions import draw_digits, draw_order
from helpers.sample.scenes import draw_scene
from helpers.sample.typefaces import files

HANDS = ("caveat", "indie_flower", "kalam", "permanent_marker", "shadows_into_light")
"""Families of typefaces that look handwritten."""


def draw_photos(count: int, seed: int) -> tuple[NumberPhoto, ...]:
    """Draw photos of numbers of two to four digits, of each of `KINDS` in turn."""
    photos = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = list(KINDS)[number % len(KINDS)]
        digits = draw_digits(rng, int(rng.integers(2, 5)))
        image, box = KINDS[kind](rng, digits)
        text, box = "".join(map(str, digits)), tuple(map(float, box))
        photos.append(NumberPhoto(image, text, box, f"{kind} {number + 1}", kind))
    return tuple(photos)


def _cut(scene, frame: np.ndarray):
    """Cut a scene to a frame (left, top, right, bottom): image and box."""
    size = scene.image.shape[1::-1]
    frame = np.clip(np.rint(frame).astype(int), 0, np.tile(size, 2))
    image = Image.fromarray(scene.image).crop(tuple(frame.tolist()))
    box = np.clip(scene.box - np.tile(frame[:2], 2), 0, np.tile(image.size, 2))
    return image, box


def _draw_close_up(rng: np.random.Generator, digits):
    """Draw a number that fills the frame, nearer to some edges than to others."""
    order = draw_order(rng, digits)
    larger = max(1.0, 60 / order.height)
    order = replace(order, height=order.height * larger, width=order.width * larger)
    scene = draw_scene(rng, order)
    size = np.tile(scene.box[2:] - scene.box[:2], 2)
    return _cut(scene, scene.box + rng.uniform(0.0, 0.3, 4) * size * (-1, -1, 1, 1))


def _draw_street(rng: np.random.Generator, digits):
    """Draw a wall from afar, a number somewhere on it, other walls beside it."""
    order = draw_order(rng, digits)
    height = float(rng.uniform(24, 48))
    far = replace(
        order,
        height=height,
        width=order.width * height / order.height,
        frame_height=float(rng.uniform(8, 13)),
        frame_width=float(rng.uniform(13, 20)),
    )
    scene = draw_scene(rng, far, sides=(0.8, 0.4))
    size = np.array(scene.image.shape[1::-1])
    window = size * rng.uniform(0.55, 0.8, 2)
    first = np.maximum(0, scene.box[2:] + height - window)
    last = np.minimum(size - window, scene.box[:2] - height)
    corner = first + rng.random(2) * np.maximum(last - first, 0)
    return _cut(scene, np.concatenate([corner, corner + window]))


def _draw_note(rng: np.random.Generator, digits):
    """Draw a number written by hand on paper."""
    choices = files(HANDS[rng.integers(len(HANDS))])
    font = ImageFont.truetype(str(choices[rng.integers(len(choices))]), 150)
    ink = Image.new("L", (480, 320))
    across = 240 - 40 * len(digits) + rng.uniform(-40, 40)
    for digit in digits:
        part = Image.new("L", ink.size)
        place = (across, 80 + rng.uniform(-14, 14))
        ImageDraw.Draw(part).text(place, str(digit), fill=255, font=font)
        part = part.rotate(rng.normal(0, 5), Image.Resampling.BICUBIC, center=place)
        ink.paste(part, mask=part)
        across += font.getlength(str(digit)) + rng.uniform(0, 14)
    ink = ink.rotate(rng.normal(0, 4), Image.Resampling.BICUBIC)
    paper = rng.uniform(150, 245) * np.array([1, 1, rng.uniform(0.75, 1)])
    pen = rng.uniform(0, 90, 3)
    cover = np.asarray(ink, float)[..., None] / 255
    light = 1 + np.linspace(*rng.uniform(-0.2, 0.2, 2), ink.width)[None, :, None]
    pixels = (paper + (pen - paper) * cover) * light
    pixels += rng.normal(0, rng.uniform(1, 6), pixels.shape)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
    return image, ink.point(lambda value: 255 * (value > 60)).getbbox()


KINDS = {"close-up": _draw_close_up, "note": _draw_note, "street": _draw_street}
"""Kinds of photos: a number that fills the frame, one by hand, one in a wide view."""

"""Whole images for the finder: drawn views and scenes with a box for each number."""

from pathlib import Path

import numpy as np
from PIL import Image

from helpers.sample.scenes import draw_scene
from workshop.making.examples import draw_any_order
from workshop.making.hands import spaced_style, varied_glyphs
from workshop.making.shards import drawn_shards
from workshop.making.views import draw_view

SIDE = 192
"""Side of the square that the finder is trained on, in pixels."""

MOST = 3
"""Numbers in a drawn image at most."""

TIGHT = 0.4
"""Share of images that are framed round their number, as those of SVHN are."""

FILLED = 0.45
"""Share of those that are cut to the number, which fills them."""

VERSION = 4
"""Goes up when the same seed begins to give other images."""


def draw_whole(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw images, uint8 (count, 192, 192), and boxes, float32 (count, 3, 4).

    Boxes are left, top, right, bottom in pixels, all 0 where there is none.
    """
    rng = np.random.default_rng(seed)
    images, boxes = [], np.zeros((count, MOST, 4), np.float32)
    for row in range(count):
        if rng.random() < TIGHT:
            pixels, found = _draw_tight(rng, _size(rng, SIDE / 3, SIDE))
        else:
            view = draw_view(rng, _size(rng, SIDE * 0.6, SIDE * 1.6))
            pixels, found = view.image, view.boxes.astype(float)
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
        pixels, found = _place(rng, pixels, found)
        images.append(pixels)
        boxes[row, : len(found)] = found
    return np.stack(images), boxes


def _size(rng, low, high) -> int:
    """A longer side in pixels, each octave as often as another."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high))))


def _draw_tight(rng, long_side):
    scene = draw_scene(rng, draw_any_order(rng), varied_glyphs, spaced_style)
    box = scene.box[None].astype(float)
    image = Image.fromarray(scene.image)
    if rng.random() < FILLED:
        room = np.tile(box[0, 2:] - box[0, :2], 2) * rng.uniform(-0.01, 0.12, 4)
        frame = box[0] + room * [-1, -1, 1, 1]
        frame = np.clip(np.rint(frame), 0, np.tile(image.size, 2)).astype(int)
        if (frame[2:] - frame[:2] >= 4).all():
            image = image.crop(tuple(frame.tolist()))
            box = np.clip(box - np.tile(frame[:2], 2), 0, np.tile(image.size, 2))
    scale = long_side / max(image.size)
    size = [max(8, round(side * scale)) for side in image.size]
    small = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(small), box * scale


def _place(rng, pixels, boxes):
    """Cut or fill an image to the square, edges repeated; drop what is cut off."""
    room = SIDE - np.array(pixels.shape[1::-1])
    start = rng.integers(np.minimum(room, 0), np.maximum(room, 0) + 1)
    before, cut = np.maximum(start, 0), np.maximum(-start, 0)
    pixels = pixels[cut[1] : cut[1] + SIDE, cut[0] : cut[0] + SIDE]
    after = SIDE - before - pixels.shape[1::-1]
    pixels = np.pad(pixels, ((before[1], after[1]), (before[0], after[0])), "edge")
    moved = boxes + np.tile(start, 2)
    inside = np.clip(moved, 0, SIDE)
    sizes, whole = np.diff(_pairs(inside), axis=1), np.diff(_pairs(moved), axis=1)
    seen = sizes.prod(-1) > 0.7 * whole.prod(-1)
    return pixels, inside[seen.ravel()]


def _pairs(boxes):
    return boxes.reshape(-1, 2, 2)


def drawn_whole(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn images and boxes, kept in ``folder``: see `drawn_shards`."""
    name = f"whole_v{VERSION}"
    return drawn_shards(
        draw_whole, folder, name, count, seed, shard=2_500, processes=processes
    )

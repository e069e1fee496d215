"""What the networks learn from, drawn: contexts of numbers, and whole images.

A seed gives the same examples every time; they are kept in files (`shards`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.accuracy import MAX_DIGITS
from helpers.preprocessing import number_label
from helpers.sample import distributions
from helpers.sample.distributions import Order, draw_digits, draw_lengths
from helpers.sample.scenes import draw_scene
from helpers.training.batches import Examples
from workshop.making.contexts import crop_contexts
from workshop.making.drawing.styles import (
    cast_glyphs,
    cast_style,
    free_glyphs,
    near_note,
    varied_glyphs,
    varied_style,
)
from workshop.making.drawing.views import draw_view
from workshop.making.shards import drawn_shards

NOTE_LENGTHS = (0.1, 0.2, 0.25, 0.3, 0.15)
"""Share of notes of one to five digits: longer ones have more to be read wrongly."""

MAX_HEIGHT, MIN_NOTE_HEIGHT = 52, 30
"""Pixels of the tallest digits, which crops show smaller anyway, and of the lowest ones
of notes, which people hold near."""

SIDE = 192  # of the square images that the finder is trained on, in pixels
MAX_NUMBERS = 3  # boxes of such an image, whether it has as many numbers or not

FRAMED_SHARE, CUT_SHARE = 0.4, 0.45
"""Share of whole images that are framed round their number, as those of SVHN are, and
of these that are cut to the number, which fills them."""


def draw_any_order(rng: np.random.Generator) -> Order:
    """An order of a number as of the real train set, or of any one to five digits."""
    if rng.random() < 1 / 2:
        length = min(MAX_DIGITS, int(draw_lengths(rng, 1, "train")[0]))
        digits = draw_digits(rng, length)
    else:
        digits = _any_digits(rng, rng.integers(1, MAX_DIGITS + 1))
    order = distributions.draw_order(rng, digits)
    shrink = min(1.0, MAX_HEIGHT / order.height)
    return replace(order, height=order.height * shrink, width=order.width * shrink)


def draw_note_order(rng: np.random.Generator) -> Order:
    """An order of a number seen from near, of `NOTE_LENGTHS`, each digit as often."""
    digits = _any_digits(rng, 1 + rng.choice(MAX_DIGITS, p=NOTE_LENGTHS))
    height = float(rng.uniform(MIN_NOTE_HEIGHT, MAX_HEIGHT))
    return distributions.draw_order(rng, digits, height=height)


def _any_digits(rng, length: int) -> tuple[int, ...]:
    return tuple(rng.integers(0, 10, length).tolist())


def draw_examples(
    count: int,
    *seed: int,
    draw_order=draw_any_order,
    draw_glyphs=varied_glyphs,
    draw_style=varied_style,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw contexts and labels: uint8 (count, 72, 108) and (count, 6).

    Scenes are drawn to orders of ``draw_order``; the rest as in `draw_scene`.
    """
    rng = np.random.default_rng(seed)
    contexts, labels = [], []
    for _ in range(count):
        scene = draw_scene(rng, draw_order(rng), draw_glyphs, draw_style)
        contexts.append(crop_contexts(Image.fromarray(scene.image), [scene.box])[0])
        labels.append(number_label(scene.digits))
    return np.stack(contexts), np.stack(labels)


draw_notes = partial(
    draw_examples,
    draw_order=draw_note_order,
    draw_glyphs=free_glyphs,
    draw_style=near_note,
)
"""`draw_examples` of notes by hand as people show them: near, in any form."""

draw_cast = partial(draw_examples, draw_glyphs=cast_glyphs, draw_style=cast_style)
"""`draw_examples` of old plates and cast numbers (`drawing.old_plates`)."""


def draw_whole(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw images, uint8 (count, 192, 192), and boxes, float32 (count, 3, 4).

    Boxes are left, top, right, bottom in pixels, all 0 where there is none.
    """
    rng = np.random.default_rng(seed)
    images, boxes = [], np.zeros((count, MAX_NUMBERS, 4), np.float32)
    for row in range(count):
        if rng.random() < FRAMED_SHARE:
            image, found = _framed_number(rng, _long_side(rng, SIDE / 3, SIDE))
        else:
            view = draw_view(rng, _long_side(rng, SIDE * 0.6, SIDE * 1.6))
            image, found = Image.fromarray(view.image), view.boxes.astype(float)
        pixels, found = fit_square(rng, np.asarray(image.convert("L")), found)
        images.append(pixels)
        boxes[row, : len(found)] = found
    return np.stack(images), boxes


def _long_side(rng, low: float, high: float) -> int:
    """A longer side in pixels, each octave as often as another."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high))))


def _framed_number(rng, long_side: int) -> tuple[Image.Image, np.ndarray]:
    scene = draw_scene(rng, draw_any_order(rng), varied_glyphs, varied_style)
    image, boxes = Image.fromarray(scene.image), scene.box[None].astype(float)
    if rng.random() < CUT_SHARE:
        image, boxes = cut_to_number(rng, image, boxes)
    scale = long_side / max(image.size)
    size = [max(8, round(side * scale)) for side in image.size]
    return image.resize(size, Image.Resampling.BILINEAR), boxes * scale


def cut_to_number(
    rng: np.random.Generator, image: Image.Image, boxes: np.ndarray
) -> tuple[Image.Image, np.ndarray]:
    """The part of an image in the first of its boxes (K, 4) or a little beyond it."""
    room = np.tile(boxes[0, 2:] - boxes[0, :2], 2) * rng.uniform(-0.01, 0.12, 4)
    frame = boxes[0] + room * [-1, -1, 1, 1]
    frame = np.clip(np.rint(frame), 0, np.tile(image.size, 2)).astype(int)
    if (frame[2:] - frame[:2] < 4).any():
        return image, boxes
    image = image.crop(tuple(frame.tolist()))
    return image, np.clip(boxes - np.tile(frame[:2], 2), 0, np.tile(image.size, 2))


def fit_square(
    rng: np.random.Generator, pixels: np.ndarray, boxes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cut an image (H, W) to a square or fill it up to one, its edges repeated.

    Boxes (K, 4) move along; those of which 70 % or less are left are dropped.
    """
    room = SIDE - np.array(pixels.shape[::-1])
    start = rng.integers(np.minimum(room, 0), np.maximum(room, 0) + 1)
    before, (left, top) = np.maximum(start, 0), np.maximum(-start, 0)
    pixels = pixels[top : top + SIDE, left : left + SIDE]
    after = SIDE - before - pixels.shape[::-1]
    pixels = np.pad(pixels, np.stack([before, after], 1)[::-1], "edge")
    moved = boxes + np.tile(start, 2)
    inside = np.clip(moved, 0, SIDE)
    return pixels, inside[_area(inside) > 0.7 * _area(moved)]


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)


@dataclass(frozen=True)
class Kind:
    """Examples of one kind, as they are drawn and kept."""

    title: str
    draw: Callable[..., tuple[np.ndarray, np.ndarray]]
    version: int  # goes up when the same seed begins to give other examples
    shard: int = 5_000  # examples in a file


KINDS = {
    "numbers": Kind("numbers", draw_examples, 8),
    "notes": Kind("notes by hand", draw_notes, 6),
    "cast": Kind("old plates", draw_cast, 5),
    "whole": Kind("whole images", draw_whole, 7, shard=2_500),
}


def drawn_examples(
    kind: str, folder: Path | str, count: int, seed: int, shard: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """``count`` examples of one of `KINDS`, those in ``folder`` drawn only once."""
    made = KINDS[kind]
    name, shard = f"{kind}_v{made.version}", shard or made.shard
    return drawn_shards(made.draw, folder, name, count, seed, shard=shard)


def drawn_kinds(
    folder: Path, counts: Mapping[str, int], seed: int, shard: int | None = None
) -> dict[str, Examples]:
    """Contexts of several kinds, as many of each as ``counts`` says."""
    return {
        kind: Examples(*drawn_examples(kind, folder, count, seed, shard))
        for kind, count in counts.items()
    }


def drawn_sources(
    drawn: Mapping[str, Examples], shares: Mapping[str, float], share: float = 1.0
) -> list[tuple[Examples, float]]:
    """Drawn contexts with ``share`` of every batch, for `training.train_reader`.

    ``shares`` is of that, by kind; what it leaves are numbers of all kinds.
    """
    sizes = {"numbers": 1 - sum(shares.values())} | dict(shares)
    return [(drawn[kind], share * size) for kind, size in sizes.items()]

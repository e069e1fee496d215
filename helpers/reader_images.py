"""What the reader sees of an image: gray crops round a number, with room to move.

A training example is a context, a crop with more round the number than the network
sees; each time it is used, another part of it becomes the network's crop.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.accuracy import BLANK, LONGEST
from helpers.drawn import plates
from helpers.drawn.distributions import Order, draw_digits, draw_lengths, draw_order
from helpers.drawn.hands import (
    any_glyphs,
    any_style,
    cast_glyphs,
    cast_style,
    free_glyphs,
    near_note,
    varied_glyphs,
    varied_style,
)
from helpers.drawn.scenes import draw_scene, style_glyphs
from helpers.shards import drawn_shards
from helpers.svhn import grow

SIZE = (72, 48)
"""Width and height of the crop that the network sees, in pixels: four digits side by
side would be 9 pixels wide each in a square of that height."""

MARGIN = 0.15
"""What a crop shows round the number, as a share of the box on every side."""

CONTEXT_SIZE = (108, 72)
"""Width and height of a context in pixels: its middle ``SIZE`` is the crop."""

NOTE_LENGTHS = (0.1, 0.2, 0.25, 0.3, 0.15)
"""Share of notes of one to five digits: longer ones have more to be read wrongly."""

TALLEST = 52
"""Drawn digits are at most so many pixels high: crops show them smaller anyway."""

NEAR = 30
"""Digits of notes are at least so many pixels high: who writes one, shows it."""

VERSION, NOTES_VERSION, CAST_VERSION = 5, 3, 2
"""Go up when the same seed begins to give other drawn examples, notes or cast ones."""


def crop_gray(
    image: Image.Image,
    boxes,
    size: tuple[int, int] = SIZE,
    margin: float = MARGIN,
) -> np.ndarray:
    """Gray crops of one size round boxes; beyond the image its edge is repeated.

    Parameters
    ----------
    image
        Of mode RGB or L.
    boxes
        (N, 4): left, top, right, bottom in pixels, fractions allowed.
    size
        Width and height of a crop, which are scaled apart, with antialias.
    margin
        Room round a box, as a share of its width and height.

    Returns
    -------
    numpy.ndarray
        uint8 (N, height, width).
    """
    crops = [_crop(image, box, size) for box in grow(boxes, margin)]
    return np.array(crops, np.uint8).reshape(-1, *size[::-1])


def crop_contexts(image: Image.Image, boxes) -> np.ndarray:
    """Contexts round boxes, uint8 (N, 72, 108)."""
    room = ((1 + 2 * MARGIN) * CONTEXT_SIZE[1] / SIZE[1] - 1) / 2
    return crop_gray(image, boxes, CONTEXT_SIZE, room)


def middle(contexts):
    """The middles of contexts (N, 72, 108), an array or a tensor: (N, 48, 72)."""
    left, top = (np.array(CONTEXT_SIZE) - SIZE) // 2
    return contexts[:, top : top + SIZE[1], left : left + SIZE[0]]


def _crop(image: Image.Image, box, size: tuple[int, int]) -> np.ndarray:
    low = np.floor(box[:2]).astype(int)
    high = np.maximum(np.ceil(box[2:]).astype(int), low + 1)
    inside_low = np.clip(low, 0, np.array(image.size) - 1)
    inside_high = np.clip(high, inside_low + 1, image.size)
    part = image.crop((*inside_low.tolist(), *inside_high.tolist())).convert("L")
    before, after = inside_low - low, high - inside_high
    if before.any() or after.any():
        left, top = np.maximum(before, 0)
        right, bottom = np.maximum(after, 0)
        pixels = np.pad(np.asarray(part), ((top, bottom), (left, right)), "edge")
        part = Image.fromarray(pixels)
    left, top = np.maximum(np.asarray(box[:2]) - low, 0)
    right = min(max(box[2] - low[0], left + 1e-3), part.width)
    bottom = min(max(box[3] - low[1], top + 1e-3), part.height)
    small = part.resize(
        size,
        Image.Resampling.BILINEAR,
        box=(float(left), float(top), float(right), float(bottom)),
        reducing_gap=3.0,
    )
    return np.asarray(small)


def label_of(digits) -> np.ndarray:
    """[length, d1..d5] of a number, blank 10, uint8 (6,)."""
    label = np.full(1 + LONGEST, BLANK, np.uint8)
    label[0] = len(digits)
    label[1 : 1 + len(digits)] = digits
    return label


def draw_plain_examples(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` in the typefaces of the drawn sample, digits as they are."""
    return draw_examples(
        count, *seed, draw_glyphs=style_glyphs, draw_style=plates.draw_style
    )


def draw_usual_examples(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` without notes by hand, steep numbers and forms of old plates."""
    return draw_examples(count, *seed, draw_glyphs=any_glyphs, draw_style=any_style)


def draw_examples(
    count: int, *seed: int, draw_glyphs=varied_glyphs, draw_style=varied_style
) -> tuple[np.ndarray, np.ndarray]:
    """Draw contexts and labels: uint8 (count, 72, 108) and (count, 6).

    Every second number has the length and digits of the real train set; the others
    have any of one to five digits, each as often, since people read other numbers too.
    """
    return _draw(count, seed, draw_any_order, draw_glyphs, draw_style)


def draw_notes(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` of notes by hand as people show them: near, in any form.

    Numbers of `NOTE_LENGTHS`, each digit as often.
    """
    return _draw(count, seed, _draw_note_order, free_glyphs, near_note)


def draw_cast(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` of old plates and cast numbers (`old_plates`)."""
    return _draw(count, seed, draw_any_order, cast_glyphs, cast_style)


def _draw(count, seed, order_of, draw_glyphs, draw_style):
    """Contexts and labels of ``count`` scenes to the orders that ``order_of`` draws."""
    rng = np.random.default_rng(seed)
    contexts, labels = [], []
    for _ in range(count):
        scene = draw_scene(rng, order_of(rng), draw_glyphs, draw_style)
        contexts.append(crop_contexts(Image.fromarray(scene.image), [scene.box])[0])
        labels.append(label_of(scene.digits))
    return np.stack(contexts), np.stack(labels)


def _draw_note_order(rng: np.random.Generator) -> Order:
    length = 1 + rng.choice(LONGEST, p=NOTE_LENGTHS)
    digits = _any_digits(rng, length)
    return draw_order(rng, digits, height=float(rng.uniform(NEAR, TALLEST)))


def _any_digits(rng: np.random.Generator, length: int) -> tuple[int, ...]:
    return tuple(rng.integers(0, 10, length).tolist())


def draw_any_order(rng: np.random.Generator) -> Order:
    """An order of a number as of the real train set, or of any one to five digits."""
    if rng.random() < 1 / 2:
        length = min(LONGEST, int(draw_lengths(rng, 1, "train")[0]))
        digits = draw_digits(rng, length)
    else:
        digits = _any_digits(rng, rng.integers(1, LONGEST + 1))
    order = draw_order(rng, digits)
    shrink = min(1.0, TALLEST / order.height)
    return replace(order, height=order.height * shrink, width=order.width * shrink)


def drawn_examples(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn contexts and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"numbers_v{VERSION}"
    return drawn_shards(draw_examples, folder, name, count, seed, processes=processes)


def drawn_notes(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn notes and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"notes_v{NOTES_VERSION}"
    return drawn_shards(draw_notes, folder, name, count, seed, processes=processes)


def drawn_cast(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn old plates and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"cast_v{CAST_VERSION}"
    return drawn_shards(draw_cast, folder, name, count, seed, processes=processes)

"""From a whole image to the boxes of the numbers in it."""

import keras
import numpy as np
from PIL import Image

from helpers.svhn import normalise

CELL = 8
"""Side of a cell of the finder's output in pixels of its input."""

STEP = 32
"""The finder's input has sides that are multiples of this."""

LONG_SIDES = (96, 192, 384)
"""Sizes at which an image is looked at: a large number shows best in a small one."""

OVERLAP = 0.4
"""Boxes that share more than this of their union are of one number."""


def find_boxes(
    network: keras.Model, image: Image.Image, most: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest boxes of numbers in an image, best first.

    Returns
    -------
    boxes : numpy.ndarray
        float64 (K, 4), K at most ``most``: left, top, right, bottom in pixels.
    scores : numpy.ndarray
        float64 (K,), 0 to 1.
    """
    boxes, scores = [], []
    for long_side in LONG_SIDES:
        pixels, scale = _at_size(image, long_side)
        inputs = normalise(pixels[None])[..., None]
        cells = keras.ops.convert_to_numpy(network(inputs, training=False))[0]
        found, score = _best_cells(cells, 4 * most)
        boxes.append(found / scale)
        scores.append(score)
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    edges = np.array([*image.size, *image.size])
    boxes = np.clip(boxes, 0, edges)
    is_some = (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)
    boxes, scores = boxes[is_some], scores[is_some]
    kept = _distinct(boxes, scores, most)
    return boxes[kept], scores[kept]


def _at_size(image: Image.Image, long_side: int) -> tuple[np.ndarray, np.ndarray]:
    """Gray pixels at a size, padded, and the scale of x, y, x and y, (4,)."""
    scale = long_side / max(image.size)
    size = [max(8, round(side * scale)) for side in image.size]
    small = image.convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
    width, height = size
    room = ((0, -height % STEP), (0, -width % STEP))
    pixels = np.pad(np.asarray(small), room, "edge")
    across, down = width / image.width, height / image.height
    return pixels, np.array([across, down, across, down])


def _best_cells(cells: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    scores = 1 / (1 + np.exp(-cells[..., 0].astype(float)))
    order = np.argsort(-scores, axis=None)[:most]
    rows, columns = np.unravel_index(order, scores.shape)
    reach = np.exp(np.clip(cells[rows, columns, 1:], -4, 6)).astype(float)
    middle = np.stack([columns, rows], axis=1) + 0.5
    boxes = np.concatenate([middle - reach[:, :2], middle + reach[:, 2:]], axis=1)
    return boxes * CELL, scores[rows, columns]


def _distinct(boxes: np.ndarray, scores: np.ndarray, most: int) -> list[int]:
    """The best boxes that do not overlap a better one by more than ``OVERLAP``."""
    kept = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlap(boxes[index], boxes[other]) < OVERLAP for other in kept):
            kept.append(index)
        if len(kept) == most:
            break
    return kept


def overlap(one, other) -> float:
    """Intersection over union of two boxes: left, top, right, bottom."""
    common, areas = _areas(one, other)
    return float(common / max(sum(areas) - common, 1e-9))


def shared(one, other) -> float:
    """Intersection of two boxes over the smaller of them: 1 where one is inside."""
    common, areas = _areas(one, other)
    return float(common / max(min(areas), 1e-9))


def _areas(one, other):
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = np.prod(np.maximum(high - low, 0))
    return common, [
        np.prod(np.maximum(np.subtract(box[2:], box[:2]), 0)) for box in (one, other)
    ]

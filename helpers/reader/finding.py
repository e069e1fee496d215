"""From a whole image to the boxes of the numbers in it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from PIL import Image

from helpers.evaluation import forward
from helpers.preprocessing import normalise

CELL = 8
"""Side of a cell of the finder's output in pixels of its input."""

INPUT_STEP = 32
"""The finder's input has sides that are multiples of this."""


@dataclass(frozen=True)
class FindingOptions:
    """Bounds of the search for numbers and of the choice among what is read.

    Scores, confidences and intersections over union (``iou``) are 0 to 1; what is said
    to be of something is a share of it.
    """

    long_sides: tuple[int, ...] = (96, 192, 384)  # pixels of the image as searched
    max_boxes: int = 12  # found
    min_score: float = 0.03  # of a box
    max_iou: float = 0.6  # of the boxes of two numbers
    min_averaged_iou: float = 0.6  # of boxes averaged into the best; 1 for no mean
    zoomed_boxes: int = 3  # of the likeliest, searched around again if they are small
    max_zoomed_side: float = 0.3  # of the image's: the longer side of a small box
    zoom_margin: float = 0.5  # of the box's longer side: what is searched around it
    min_zoomed_iou: float = 0.3  # of the box found then with the one found first
    wider: tuple[float, float] = (0.12, 0.06)  # growth of a box, for digits it cuts
    paired_boxes: int = 6  # of the likeliest, which may be two halves of a number
    pair_gap: tuple[float, float] = (0.1, 1.0)  # of the height: least and most between
    min_pair_level: float = 0.5  # of the height: what both have at the same level
    min_pair_width: float = 0.85  # of the image's width: both together
    min_pair_confidence: float = 0.5  # of the likelier half's: both read as one
    min_part_inside: float = 0.7  # of the box of a part, in that of the whole number
    min_whole_score: float = 0.9  # of the part's score: the whole number's
    min_whole_confidence: float = 0.2  # of the part's confidence: the whole number's
    min_other_confidence: float = 0.15  # of another number that is listed
    max_other_inside: float = 0.3  # of the smaller box: what two numbers share


DEFAULTS = FindingOptions()


def find_boxes(
    network: Callable, image: Image.Image, options: FindingOptions = DEFAULTS
) -> tuple[np.ndarray, np.ndarray]:
    """Find the likeliest boxes of numbers in an image, best first.

    Boxes are float64 (K, 4), left, top, right, bottom in pixels, scores (K,), 0 to 1.
    benchmarks/finding.py measures what averaging and the second search bring.
    """
    found = _search(network, image, options.long_sides, 4 * options.max_boxes)
    kept = _suppress(*found, options)
    boxes, scores = _average(*found, kept, options.min_averaged_iou), found[1][kept]
    for row in range(min(options.zoomed_boxes, len(boxes))):
        nearer = _zoom(network, image, boxes[row], scores[row], options)
        boxes[row], scores[row] = nearer
    kept = _suppress(boxes, scores, options)
    return boxes[kept], scores[kept]


def _search(network, image, long_sides, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the boxes of the best ``cells`` of an image at several sizes, and scores."""
    gray, boxes, scores = image.convert("L"), [], []
    for long_side in long_sides:
        scale = long_side / max(image.size)
        size = [max(CELL, round(side * scale)) for side in image.size]
        small = gray.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
        room = [(0, -side % INPUT_STEP) for side in reversed(size)]
        pixels = normalise(np.pad(np.asarray(small), room, "edge")[None])
        found, score = _best_cells(forward(network, pixels[..., None])[0], cells)
        boxes.append(found / np.tile(np.divide(size, image.size), 2))
        scores.append(score)
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    boxes = np.clip(boxes, 0, [*image.size, *image.size])
    is_some = (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)
    return boxes[is_some], scores[is_some]


def _best_cells(cells: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Turn the best cells of a finder's output into boxes of its input, and scores."""
    scores = 1 / (1 + np.exp(-cells[..., 0].astype(float)))
    order = np.argsort(-scores, axis=None)[:most]
    rows, columns = np.unravel_index(order, scores.shape)
    reach = np.exp(np.clip(cells[rows, columns, 1:], -4, 6)).astype(float)
    middle = np.stack([columns, rows], axis=1) + 0.5
    boxes = np.concatenate([middle - reach[:, :2], middle + reach[:, 2:]], axis=1)
    return boxes * CELL, scores[rows, columns]


def _suppress(boxes, scores, options: FindingOptions) -> np.ndarray:
    """Choose the best boxes that are of different numbers: rows, best first."""
    bounds = options.max_boxes, float(options.max_iou), float(options.min_score)
    found = boxes.astype(np.float32), scores.astype(np.float32)
    return tf.image.non_max_suppression(*found, *bounds).numpy()


def _average(boxes, scores, kept: np.ndarray, least_iou: float) -> np.ndarray:
    """Average each kept box with its number's (Gidaris and Komodakis 2015): (K, 4)."""
    shares = intersection_over_union(boxes[kept][:, None], boxes)
    weights = scores * shares * (shares >= least_iou)
    return weights @ boxes / weights.sum(1, keepdims=True)


def _zoom(network, image: Image.Image, box, score, options: FindingOptions):
    """Search again around a small number, whose digits have few pixels in the whole."""
    side = (box[2:] - box[:2]).max()
    if side > options.max_zoomed_side * max(image.size):
        return box, score
    room = options.zoom_margin * side
    low = np.floor(np.maximum(box[:2] - room, 0))
    high = np.ceil(np.minimum(box[2:] + room, image.size))
    part = image.crop([int(edge) for edge in (*low, *high)])
    boxes, scores = _search(network, part, options.long_sides[:2], 8)
    boxes = boxes + np.tile(low, 2)
    same = intersection_over_union(boxes, box) >= options.min_zoomed_iou
    if not same.any():
        return box, score
    best = np.argmax(np.where(same, scores, -1))
    return boxes[best], max(score, scores[best])


# NumPy: `keras.utils.bounding_boxes.compute_iou` takes 50 times as long on so few.
def intersection_over_union(one, other) -> np.ndarray:
    """Return the overlap of boxes (..., 4), left, top, right, bottom: 0 to 1."""
    common, areas = _areas(one, other)
    return common / np.maximum(sum(areas) - common, 1e-9)


def intersection_over_smaller(one, other) -> np.ndarray:
    """Return the shared part of the smaller of boxes (..., 4): 1 for one inside."""
    common, areas = _areas(one, other)
    return common / np.maximum(np.minimum(*areas), 1e-9)


def _areas(one, other):
    one, other = np.asarray(one), np.asarray(other)
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    sides = (high - low, one[..., 2:] - one[..., :2], other[..., 2:] - other[..., :2])
    common, *areas = (np.maximum(each, 0).prod(-1) for each in sides)
    return common, areas

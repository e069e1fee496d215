"""From a whole image to the boxes of the numbers in it."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from helpers.preprocessing import grow, normalise

CELL = 8
"""Side of a cell of the finder's output in pixels of its input."""

STEP = 32
"""The finder's input has sides that are multiples of this."""

LONG_SIDES = (96, 192, 384)
"""Sizes at which an image is looked at: a large number shows best in a small one."""

LOWEST_SCORE = 0.03
"""What is found with a lower score is no number."""

SMALL = 0.3
"""A number no wider and higher than this share of the image's longer side is small."""

AROUND = 0.5
"""What is seen round a small number at the second look, as a share of its longer side,
on every side."""

CLOSER = 3
"""The likeliest boxes that are looked at again."""

SAME = 0.3
"""A box of the second look that shares less of its union with the first is another
number's."""

OVERLAP = 0.6
"""Boxes that share more than this of their union are of one number, all its digits;
at less, half of a number can stand for the whole."""

WIDER = (0.12, 0.06)
"""Room that a box is given for another look, as shares of its width and height, on
every side."""

FULL = 0.85
"""Two boxes side by side that together take so much of an image's width are one number
with digits apart, if they are read as one: who shows little else means all of it."""

JOINED = 6
"""Of the likeliest boxes so many are joined."""

GAPS, LEVEL = (0.1, 1.0), 0.5
"""What may lie between the two, in heights of the higher, and how much of the lower
one's height must be at the height of the other."""

INSIDE, ALIKE, DOUBT = 0.7, 0.9, 0.2
"""A box with so much of it in that of a longer number is a part of that, if the longer
number scores at least so many times as high and is at least so many times as clear:
see `are_parts`."""


def find_boxes(
    network: Callable, image: Image.Image, most: int = 12
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest boxes of numbers in an image, best first.

    What several cells say of a number is averaged, and small numbers are looked at
    twice: benchmarks/finding.py measures what this brings.

    Parameters
    ----------
    network
        From float32 (1, H, W, 1) to the cells of `reader_networks.build_finder`.
    image
        Of any size.
    most
        Boxes at most.

    Returns
    -------
    boxes : numpy.ndarray
        float64 (K, 4), K at most ``most``: left, top, right, bottom in pixels.
    scores : numpy.ndarray
        float64 (K,), 0 to 1.
    """
    found = _search(network, image, LONG_SIDES, 4 * most)
    kept = _distinct(*found, most)
    boxes, scores = _agreed(*found, kept), found[1][kept]
    for row in np.flatnonzero(scores[:CLOSER] >= LOWEST_SCORE):
        boxes[row], scores[row] = _look_closer(network, image, boxes[row], scores[row])
    kept = _distinct(boxes, scores, most)
    return boxes[kept], scores[kept]


def _search(network, image, long_sides, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of an image seen at several sizes, ``most`` of each, and their scores."""
    boxes, scores = [], []
    for long_side in long_sides:
        pixels, scale = _at_size(image, long_side)
        cells = network(normalise(pixels[None])[..., None])
        found, score = _best_cells(cells[0], most)
        boxes.append(found / scale)
        scores.append(score)
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    boxes = np.clip(boxes, 0, [*image.size, *image.size])
    is_some = (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)
    return boxes[is_some], scores[is_some]


def _look_closer(network, image: Image.Image, box, score):
    """The box of a small number as it looks from near, and the better score.

    In the whole image its digits have few pixels, and the box is rough.
    """
    longer = (box[2:] - box[:2]).max()
    if longer > SMALL * max(image.size):
        return box, score
    room = AROUND * longer
    low = np.floor(np.maximum(box[:2] - room, 0))
    high = np.ceil(np.minimum(box[2:] + room, image.size))
    part = image.crop([int(edge) for edge in (*low, *high)])
    boxes, scores = _search(network, part, LONG_SIDES[:2], 8)
    boxes = boxes + np.tile(low, 2)
    same = [row for row in range(len(boxes)) if overlap(boxes[row], box) >= SAME]
    if not same:
        return box, score
    best = max(same, key=lambda row: scores[row])
    return boxes[best], max(score, scores[best])


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
    overlaps = overlap(boxes[:, None], boxes)
    kept = []
    for index in np.argsort(-scores, kind="stable"):
        if (overlaps[index, kept] < OVERLAP).all():
            kept.append(index)
        if len(kept) == most:
            break
    return kept


def _agreed(boxes: np.ndarray, scores: np.ndarray, kept: list[int]) -> np.ndarray:
    """Kept boxes, each the mean of all that are of its number (K, 4).

    Weighted by score and overlap: box voting (Gidaris and Komodakis 2015).
    """
    overlaps = overlap(boxes[kept][:, None], boxes)
    weights = scores * overlaps * (overlaps >= OVERLAP)
    return weights @ boxes / weights.sum(1, keepdims=True)


def overlap(one, other) -> np.ndarray:
    """Intersection over union of boxes (..., 4): left, top, right, bottom."""
    common, areas = _areas(one, other)
    return common / np.maximum(sum(areas) - common, 1e-9)


def shared(one, other) -> np.ndarray:
    """Intersection of boxes (..., 4) over the smaller: 1 where one is inside."""
    common, areas = _areas(one, other)
    return common / np.maximum(np.minimum(*areas), 1e-9)


def widened(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes (K, 4) a little wider, inside an image of a width and height.

    A finder now and then leaves out half of a digit at a number's end, a 1 above all.
    Where more digits were read in the wider box, and no less surely, it brought 14 of
    600 numbers of MNIST's digits and 4 of 500 drawn notes, and cost 2 of 1,500 real
    train images; where less sure answers counted too, 9 of these.
    """
    return np.clip(grow(boxes, WIDER), 0, [*size, *size])


def joined(boxes, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of boxes (K, 4) that may be one number that fills an image's width.

    Where two halves of a number stand apart, a finder now and then takes each for a
    number. Where the whole was read as both together, and half as clearly as the
    clearer, it brought 11 of 250 numbers of MNIST's digits whose images they fill and 4
    of 250 drawn ones, and cost none of 1,426 real train images.

    Parameters
    ----------
    boxes
        (K, 4), the likeliest first: left, top, right, bottom.
    size
        Width and height of the image.

    Returns
    -------
    boxes : numpy.ndarray
        (J, 4), round both of a pair.
    pairs : numpy.ndarray
        int64 (J, 2), the left and the right one.
    """
    boxes = boxes[:JOINED]
    heights = boxes[:, 3] - boxes[:, 1]
    low = np.minimum(boxes[:, None, :2], boxes[:, :2])
    high = np.maximum(boxes[:, None, 2:], boxes[:, 2:])
    across, down = np.moveaxis(high - low, -1, 0)
    lower = np.minimum(heights[:, None], heights)
    higher = np.maximum(heights[:, None], heights)
    gap = (boxes[:, 0] - boxes[:, None, 2]) / higher
    level = lower + higher - down
    pairs = np.argwhere(
        (gap >= GAPS[0])
        & (gap <= GAPS[1])
        & (level >= LEVEL * lower)
        & (lower >= LEVEL * higher)
        & (across >= FULL * size[0])
    )
    left, right = pairs.T
    return np.concatenate([low[left, right], high[left, right]], axis=1), pairs


def are_parts(boxes, scores, lengths, confidences) -> np.ndarray:
    """Which boxes hold but some digits of a longer number in another box: bool (K,).

    A number's confidence is a product over its digits, so that two digits of four are
    nearly always clearer than all: it cannot tell a part from the whole, and the
    finder's scores must. benchmarks/finding.py measures what this brings where numbers
    fill their images; of 1,000 real train images it cost two.

    Parameters
    ----------
    boxes
        (K, 4): left, top, right, bottom.
    scores
        (K,): of the finder.
    lengths
        (K,): digits read in each.
    confidences
        (K,): in what was read, and in its being one.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    holds = (
        (lengths[:, None] > lengths)
        & (areas[:, None] > areas)
        & (scores[:, None] >= ALIKE * scores)
        & (confidences[:, None] >= DOUBT * confidences)
        & (shared(boxes[:, None], boxes) >= INSIDE)
    )
    return holds.any(axis=0)


def _areas(one, other):
    one, other = np.asarray(one), np.asarray(other)
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    common = np.maximum(high - low, 0).prod(-1)
    return common, [
        np.maximum(box[..., 2:] - box[..., :2], 0).prod(-1) for box in (one, other)
    ]

"""From an archive's images and boxes to a network's crops and labels.

Steps three to five of the report's preprocessing: labels, crops, validation.
"""

import typing

import numpy as np
from PIL import Image, ImageOps

from helpers.accuracy import BLANK, MAX_DIGITS

if typing.TYPE_CHECKING:
    from helpers.data.digitstruct import Boxes

GRAY = np.array([0.2989, 0.5870, 0.1140], np.float32)
"""Weights of red, green and blue in gray (ITU-R BT.601)."""


def labels_of(boxes: "Boxes") -> tuple[np.ndarray, np.ndarray]:
    """Label the images of one to five digits.

    Digits stand in the order of the file, as in the report.

    Returns the images' numbers, int32 (N,), ascending, and their labels, uint8 (N, 6):
    [length, d1..d5], blank 10.
    """
    order = np.argsort(boxes.image, kind="stable")
    images, starts, lengths = np.unique(
        boxes.image[order], return_index=True, return_counts=True
    )
    labels = np.full((len(images), 1 + MAX_DIGITS), BLANK, np.uint8)
    labels[:, 0] = np.minimum(lengths, MAX_DIGITS + 1)
    place = np.arange(len(order)) - np.repeat(starts, lengths)
    fits = place < MAX_DIGITS
    rows = np.repeat(np.arange(len(images)), lengths)
    labels[rows[fits], 1 + place[fits]] = boxes.label[order][fits]
    short = lengths <= MAX_DIGITS
    return images[short], labels[short]


def union_boxes(boxes: "Boxes") -> tuple[np.ndarray, np.ndarray]:
    """Find the smallest box around all digits of each image.

    Returns the images' numbers, int32 (N,), ascending, and left, top, right, bottom in
    pixels, float64 (N, 4).
    """
    order = np.argsort(boxes.image, kind="stable")
    images, starts = np.unique(boxes.image[order], return_index=True)

    def over(reduce, values):
        return reduce.reduceat(values[order], starts) if len(starts) else np.empty(0)

    left, top = over(np.minimum, boxes.left), over(np.minimum, boxes.top)
    right = over(np.maximum, boxes.left + boxes.width)
    bottom = over(np.maximum, boxes.top + boxes.height)
    return images, np.stack([left, top, right, bottom], axis=1)


def grow(box, margin: float | tuple[float, float]) -> np.ndarray:
    """Grow boxes (..., 4) by ``margin`` of their width and height on every side.

    Of the width by the first and of the height by the second, if there are two.
    """
    box = np.asarray(box, float)
    room = (box[..., 2:] - box[..., :2]) * margin
    return np.concatenate([box[..., :2] - room, box[..., 2:] + room], axis=-1)


def crop(image: Image.Image, box, crop_size: int) -> Image.Image:
    """Cut the part of an image in a box, whole pixels, as a small square in colour.

    The edges are cut to whole numbers toward zero. What lies beyond the right or the
    lower edge of the image is cut off, what lies beyond the left or the upper edge is
    black, as in the report's program.

    ``box`` is left, top, right, bottom in pixels; at most the image's size is added in
    black. The result is resized with antialias (bicubic). Raises ValueError where no
    part of the box lies in the image.
    """
    size = np.array(image.size)
    # Cut off before they become integers, which hold no infinity.
    left, top = np.trunc(np.clip(box[:2], -size, size))
    right, bottom = np.trunc(np.clip(box[2:], 0, size))
    if not (max(left, 0) < right and max(top, 0) < bottom):
        raise ValueError(
            f"its box {np.round(box, 1).tolist()} holds no pixel of the image, "
            f"{image.width} x {image.height}"
        )
    part = image.crop((max(int(left), 0), max(int(top), 0), int(right), int(bottom)))
    part = eight_bits(part).convert("RGB")
    part = ImageOps.expand(part, (max(-int(left), 0), max(-int(top), 0), 0, 0))
    return part.resize((crop_size, crop_size), Image.Resampling.BICUBIC)


def gray(image) -> np.ndarray:
    """Turn an RGB image, or (..., 3), gray, uint8: 0.2989 R + 0.587 G + 0.114 B.

    Fractions are cut off: the report's weights read that nearly as gray with its
    fractions, and rounded gray less alike.
    """
    return (np.asarray(image, np.float32) @ GRAY).astype(np.uint8)


def normalise(images: np.ndarray) -> np.ndarray:
    """Scale images, uint8 (N, side, side), to mean 0 and standard deviation 1: float32.

    A flat one becomes all 0.
    """
    images = images.astype(np.float32)
    mean = images.mean(axis=(1, 2), keepdims=True)
    deviation = images.std(axis=(1, 2), keepdims=True)
    return (images - mean) / np.where(deviation == 0, 1, deviation)


def eight_bits(image: Image.Image) -> Image.Image:
    """Scale an image of 16 bits to gray of 8; Pillow would cut off at 255."""
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def number_label(digits) -> np.ndarray:
    """Return the label of a number, text or digits: uint8 (6,), blank 10."""
    label = np.full(1 + MAX_DIGITS, BLANK, np.uint8)
    label[0] = len(digits)
    label[1 : 1 + len(digits)] = [int(digit) for digit in digits]
    return label


def label_text(label) -> str:
    """Return a label or an answer, integers (6,), as text: "195" for [3, 1, 9, 5, ...].

    An answer that contradicts itself has "-" for a digit that is missing and those
    that are too many in brackets: "1-9" of length 3, "19(4)" of length 2.
    """
    length, *slots = (int(value) for value in label)
    digits = ["-" if slot == BLANK else str(slot) for slot in slots]
    beyond = "".join(digits[length:]).replace("-", "")
    return "".join(digits[:length]) + (f"({beyond})" if beyond else "")

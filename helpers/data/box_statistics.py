"""What the boxes of an archive tell: lengths, sizes and oddities."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.accuracy import MAX_DIGITS
from helpers.data.digitstruct import Boxes
from helpers.data.images import ARCHIVE_FORMATS, open_image


def lengths(boxes: Boxes) -> pd.Series:
    """Count images by number of digits, from 1 to the longest; from 0 if need be."""
    counts = np.bincount(_digits_of_images(boxes), minlength=2)
    numbers = pd.Series(counts, name="images").rename_axis("digits")
    return numbers if counts[0] else numbers[1:]


def largest_boxes(boxes: Boxes) -> pd.DataFrame:
    """Find ``width`` and ``height`` of each image's widest and tallest box, in pixels.

    A row for each image that has a box, by ascending number.
    """
    sizes = pd.DataFrame({"width": boxes.width, "height": boxes.height})
    return sizes.groupby(boxes.image).max()


def box_summary(boxes: Boxes) -> pd.DataFrame:
    """Take mean, 98th percentile and maximum of each image's widest and tallest box."""
    found = largest_boxes(boxes).describe([0.98]).T[["count", "mean", "98%", "max"]]
    found.columns = ["images", "mean", "p98", "max"]
    names = {"width": "widest", "height": "tallest"}
    return found.astype({"images": int}).rename(names)


def image_sizes(folder: Path, numbers: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Read (width, height) in pixels of the numbered images whose header says so."""
    sizes = {}
    for number in numbers:
        try:
            with (folder / f"{number}.png").open("rb") as file:
                sizes[int(number)] = open_image(file, ARCHIVE_FORMATS).size
        except (OSError, SyntaxError):
            continue
    return sizes


def odd_images(
    boxes: Boxes, sizes: dict[int, tuple[int, int]]
) -> dict[str, np.ndarray]:
    """List the numbers of images that break what one might take for granted of them.

    ``sizes`` are (width, height) in pixels by number; an image that is not in it has no
    edge that a box could cross. The numbers are int32, ascending, by what is odd.
    """
    left, top = boxes.left, boxes.top
    right, bottom = left + boxes.width, top + boxes.height
    edges = [sizes.get(image, (np.inf, np.inf)) for image in boxes.image.tolist()]
    width, height = np.reshape(edges, (-1, 2)).T
    outside = (left < 0) | (top < 0) | (right > width) | (bottom > height)
    same = boxes.image[1:] == boxes.image[:-1]
    across = np.minimum(right[1:], right[:-1]) > np.maximum(left[1:], left[:-1])
    down = np.minimum(bottom[1:], bottom[:-1]) > np.maximum(top[1:], top[:-1])
    back = same & (left[1:] < left[:-1])
    digits = _digits_of_images(boxes)
    return {
        "no box": np.sort(boxes.images[digits == 0]),
        f"more than {MAX_DIGITS} digits": np.sort(boxes.images[digits > MAX_DIGITS]),
        "a box outside the image": np.unique(boxes.image[outside]),
        "overlapping boxes": np.unique(boxes.image[1:][same & across & down]),
        "not from left to right": np.unique(boxes.image[1:][back]),
    }


def _digits_of_images(boxes: Boxes) -> np.ndarray:
    """Number of boxes of each of ``boxes.images``, in their order."""
    counts = pd.Series(boxes.image).value_counts()
    return counts.reindex(boxes.images, fill_value=0).to_numpy()

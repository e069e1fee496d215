"""What the boxes of an archive tell: sizes, lengths and oddities."""

import numpy as np
import pandas as pd

from helpers.digitstruct import Boxes


def lengths(boxes: Boxes) -> pd.Series:
    """Number of images by number of digits, from 1 to the longest; 0 if there are."""
    _, counts = np.unique(boxes.image, return_counts=True)
    counts = np.bincount(counts)
    counts[0] = len(np.setdiff1d(boxes.images, boxes.image))
    numbers = pd.Series(counts, name="images")
    numbers.index.name = "digits"
    return numbers[numbers.index >= (0 if counts[0] else 1)]


def largest_boxes(boxes: Boxes) -> dict[str, np.ndarray]:
    """``width`` and ``height`` of each image's widest and tallest box: float64 (N,)."""
    order = np.argsort(boxes.image, kind="stable")
    _, starts = np.unique(boxes.image[order], return_index=True)
    return {
        name: np.maximum.reduceat(getattr(boxes, name)[order], starts)
        for name in ("width", "height")
    }


def box_summary(boxes: Boxes) -> pd.DataFrame:
    """Mean, 98th percentile and maximum of each image's widest and tallest box."""
    rows = {
        {"width": "widest", "height": "tallest"}[name]: {
            "images": len(sizes),
            "mean": sizes.mean(),
            "p98": np.percentile(sizes, 98),
            "max": sizes.max(),
        }
        for name, sizes in largest_boxes(boxes).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def oddities(boxes: Boxes, sizes: dict[int, tuple[int, int]]) -> pd.Series:
    """Number of boxes, or of images, that break what one might take for granted.

    Parameters
    ----------
    boxes
        Of an archive.
    sizes
        (width, height) in pixels of those of its images that can be read.
    """
    same = boxes.image[1:] == boxes.image[:-1]
    right = (boxes.left + boxes.width)[:-1]
    width, height = np.array(
        [sizes.get(int(image), (np.inf, np.inf)) for image in boxes.image]
    ).T
    outside = (boxes.left < 0) | (boxes.top < 0)
    outside |= boxes.left + boxes.width > width
    outside |= boxes.top + boxes.height > height
    unsorted = same & (boxes.left[1:] < boxes.left[:-1])
    return pd.Series(
        {
            "boxes": len(boxes),
            "boxes that overlap the one before": int(
                (same & (boxes.left[1:] < right)).sum()
            ),
            "boxes reaching outside their image": int(outside.sum()),
            "images not in order from left to right": len(
                np.unique(boxes.image[1:][unsorted])
            ),
            "images of more than five digits": int(
                (np.unique(boxes.image, return_counts=True)[1] > 5).sum()
            ),
            "images that cannot be read": len(boxes.images) - len(sizes),
        }
    )

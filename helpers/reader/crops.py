"""What the reader sees of an image: gray crops round a number."""

import numpy as np
from PIL import Image

from helpers.preprocessing import grow

SIZE = (72, 48)
"""Width and height of the crop that the network sees, in pixels."""

MARGIN = 0.15
"""What a crop shows round the number, as a share of the box on every side."""

CROP_GROWTHS = (-0.03, -0.06, -0.09)
"""Growth of a number's box on every side for each crop that it is read from, as a share
of its size: people draw boxes looser than those of the drawn scenes."""


def crop_gray(
    image: Image.Image, boxes, size: tuple[int, int] = SIZE, margin: float = MARGIN
) -> np.ndarray:
    """Crop boxes in gray, uint8 (N, height, width); the image's edge is repeated.

    ``boxes`` are (N, 4), left, top, right, bottom in pixels, fractions allowed. With
    ``margin``, a share of each side, they are scaled to ``size``, width and height.
    """
    crops = [_crop(image, box, size) for box in grow(boxes, margin)]
    return np.array(crops, np.uint8).reshape(-1, *size[::-1])


def number_crops(image: Image.Image, boxes) -> np.ndarray:
    """Crop each box as often as a number is read: uint8 (N, 3, 48, 72)."""
    crops = [crop_gray(image, grow(boxes, growth)) for growth in CROP_GROWTHS]
    return np.stack(crops, axis=1)


def _crop(image: Image.Image, box, size: tuple[int, int]) -> np.ndarray:
    low = np.floor(box[:2]).astype(int)
    high = np.maximum(np.ceil(box[2:]).astype(int), low + 1)
    inside_low = np.clip(low, 0, np.array(image.size) - 1)
    inside_high = np.clip(high, inside_low + 1, image.size)
    part = image.crop((*inside_low.tolist(), *inside_high.tolist())).convert("L")
    before, after = np.maximum(inside_low - low, 0), np.maximum(high - inside_high, 0)
    if before.any() or after.any():
        room = (before[1], after[1]), (before[0], after[0])
        part = Image.fromarray(np.pad(np.asarray(part), room, "edge"))
    start = box[:2] - low
    end = np.clip(box[2:] - low, start + 1e-3, part.size)
    edges = (*start.tolist(), *end.tolist())
    resample = Image.Resampling.BILINEAR
    return np.asarray(part.resize(size, resample, edges, reducing_gap=3.0))

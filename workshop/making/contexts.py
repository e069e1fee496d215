"""What the reader learns from: crops with more round the number than it sees.

Each time a context is used, another part of it becomes the network's crop.
"""

import numpy as np
from PIL import Image

from helpers.reader.crops import MARGIN, SIZE, crop_gray

CONTEXT_SIZE = (108, 72)
"""Width and height of a context in pixels: its middle ``SIZE`` is the crop."""


def crop_contexts(image: Image.Image, boxes) -> np.ndarray:
    """Crop boxes with the room of a context: uint8 (N, 72, 108)."""
    room = ((1 + 2 * MARGIN) * CONTEXT_SIZE[1] / SIZE[1] - 1) / 2
    return crop_gray(image, boxes, CONTEXT_SIZE, room)


def middle(contexts):
    """Cut the middles of contexts (N, 72, 108), array or tensor: (N, 48, 72)."""
    left, top = (np.array(CONTEXT_SIZE) - SIZE) // 2
    return contexts[:, top : top + SIZE[1], left : left + SIZE[0]]

"""A number as placed glyphs on a plane, and the boxes that people draw round them.

Plane coordinates are in digit heights, x to the right and y downwards.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from helpers.sample.glyphs import HEIGHT, Glyph
from helpers.sample.textures import pixels_per_unit


@dataclass(frozen=True)
class Number:
    """Glyphs, one for each digit, and where they stand.

    ``places``, float64 (N, 2, 3), are affine maps from a glyph's coordinates (digit
    heights from its top left) to the plane.
    """

    glyphs: tuple[Glyph, ...]
    places: np.ndarray

    @property
    def outlines(self) -> list[np.ndarray]:
        """Corners of each digit's hull on the plane, float64 (K, 2)."""
        return [
            glyph.outline @ place[:, :2].T + place[:, 2]
            for glyph, place in zip(self.glyphs, self.places, strict=True)
        ]

    def stretched(self, factor: float) -> "Number":
        """Return the same number, ``factor`` times as wide."""
        return Number(self.glyphs, self.places * np.array([[[factor], [1.0]]]))


def lay_out(
    rng: np.random.Generator,
    glyphs: tuple[Glyph, ...],
    climb: float,
    loose: float,
    spread: float = 0.0,
) -> Number:
    """Place glyphs side by side round the origin.

    ``climb`` is the rise of the baseline from digit to digit (downwards positive, in
    digit heights to a digit height); ``loose`` the disorder of digits fixed one by
    one by hand: gaps, heights, turns; ``spread`` room between them beyond the usual.
    """
    gap = rng.normal(0.1, 0.06) + (rng.uniform(0.1, 0.4) if rng.random() < 0.1 else 0)
    gap = max(gap, 0.01) + spread
    slant = rng.normal(-0.02, 0.07)
    stretches = np.exp(loose * rng.normal(0, 0.05, len(glyphs)))
    turns = loose * rng.normal(0, 0.05, len(glyphs))
    gaps = gap * np.exp(loose * rng.normal(0, 0.4, len(glyphs)))
    drops = loose * rng.normal(0, 0.03, len(glyphs))
    widths = stretches * [glyph.width for glyph in glyphs]
    lefts = np.concatenate([[0.0], np.cumsum((widths + gaps)[:-1])])
    centres = lefts + widths / 2 - (lefts[-1] + widths[-1]) / 2
    cos, sin = np.cos(turns), np.sin(turns)
    places = np.empty((len(glyphs), 2, 3))
    places[:, :, 0] = np.stack([stretches * cos, stretches * sin], 1)
    places[:, :, 1] = np.stack([slant * cos - sin, slant * sin + cos], 1)
    targets = np.stack([centres, drops + climb * centres], 1)
    halves = places[:, :, 0] * (widths / stretches)[:, None] + places[:, :, 1]
    places[:, :, 2] = targets - halves / 2
    return Number(glyphs, places)


def stack(rng: np.random.Generator, glyphs: tuple[Glyph, ...]) -> Number:
    """Place glyphs one below the other, the column centred on the origin."""
    pitch = 1 + max(0.03, rng.normal(0.2, 0.1))
    places = np.zeros((len(glyphs), 2, 3))
    places[:, 0, 0] = places[:, 1, 1] = 1
    for index, glyph in enumerate(glyphs):
        row = index - (len(glyphs) - 1) / 2
        places[index, :, 2] = -glyph.width / 2 + rng.normal(0, 0.02), row * pitch - 0.5
    return Number(glyphs, places)


def ink(number: Number, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint the digits' ink, float32 (H, W) in 0 to 1.

    ``x`` (1, W) and ``y`` (H, 1) are the pixels' places on the plane.
    """
    height, width = len(y), x.size
    scale = pixels_per_unit(x, y)
    origin = 0.5 - np.array([x[0, 0], y[0, 0]]) * scale
    canvas = np.zeros((height, width), np.uint8)
    digits = zip(number.glyphs, number.places, number.outlines, strict=True)
    for glyph, place, outline in digits:
        corners = outline * scale + origin
        left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 2, 0)
        right, bottom = np.ceil(corners.max(0)).astype(int) + 3
        right, bottom = min(right, width), min(bottom, height)
        if right <= left or bottom <= top:
            continue
        shrink = max(1, int(HEIGHT / scale))
        mask = glyph.mask.reduce(shrink) if shrink > 1 else glyph.mask
        # From a pixel of the patch back to a pixel of the mask.
        to_mask = np.linalg.inv(place[:, :2] * scale) * HEIGHT / shrink
        offset = to_mask @ (np.array([left, top]) - origin - place[:, 2] * scale)
        matrix = (*to_mask[0], offset[0], *to_mask[1], offset[1])
        size = int(right - left), int(bottom - top)
        way, smooth = Image.Transform.AFFINE, Image.Resampling.BICUBIC
        patch = mask.transform(size, way, matrix, smooth)
        window = canvas[top:bottom, left:right]
        np.maximum(window, np.asarray(patch), out=window)
    return canvas.astype(np.float32) / 255


def project(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Map points (K, 2) by a homography (3, 3)."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]


def draw_habit(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw the room an annotator leaves left, top, right, bottom of ``count`` digits.

    float64 (4, count), in digit heights.
    """
    sides = rng.normal((0.07, 0.09, 0.08, 0.07), (0.05, 0.055, 0.07, 0.05))
    shift = rng.normal(0, 0.03)
    slips = rng.normal(0, 0.03, (4, count))
    slips[1] = rng.normal(0, 0.015, count)
    slips[3] = -slips[1]
    left, top, right, bottom = sides[:, None] + slips
    return np.array([left + shift, top, right - shift, bottom])


def draw_boxes(number: Number, matrix: np.ndarray, habit: np.ndarray) -> np.ndarray:
    """Draw boxes round digits seen through a homography from the plane to the picture.

    float64 (N, 4): left, top, width, height. All boxes of an image have one height, as
    in the real annotations.
    """
    outlines = number.outlines
    starts = np.cumsum([0, *map(len, outlines[:-1])])
    points = project(np.concatenate(outlines), matrix)
    low, high = (find.reduceat(points, starts) for find in (np.minimum, np.maximum))
    tall = (high - low)[:, 1].max()
    left_room, top_room, right_room, bottom_room = habit
    left = low[:, 0] - left_room * tall
    right = high[:, 0] + right_room * tall
    height = tall * (1 + np.mean(top_room + bottom_room))
    middle = (low[:, 1] + high[:, 1]) / 2 + tall * (bottom_room - top_room) / 2
    width = np.maximum(right - left, 0.15 * tall)
    columns = left, middle - height / 2, width, np.full(len(left), height)
    return np.stack(columns, axis=1)

"""A facade that is being painted, and the simple shapes that things on it are made of.

Boxes are (left, top, right, bottom) in pixels; what lies outside the facade is left
out. Everything is painted in place.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample import plates
from helpers.sample.textures import choose, hsv


@dataclass(frozen=True)
class Site:
    """A facade that is being painted."""

    canvas: np.ndarray  # float32 (H, W, 3) in 0 to 1
    metre: float  # pixels to a metre
    light: tuple[float, float]  # the way shadows fall, in pixels to a pixel of height

    def part(self, box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The canvas in a box, (h, w, 3), and its pixels' x (1, w) and y (h, 1)."""
        height, width = self.canvas.shape[:2]
        left, top = (max(0, int(np.floor(edge))) for edge in box[:2])
        right = max(left, min(width, int(np.ceil(box[2]))))
        bottom = max(top, min(height, int(np.ceil(box[3]))))
        x = np.arange(left, right, dtype=np.float32)[None] + 0.5
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5
        return self.canvas[top:bottom, left:right], x, y

    def fill(self, box, colour, radius=0.0, shape=plates.rounded) -> None:
        """Paint a box with rounded corners, or another shape, in one colour."""
        part, x, y = self.part(np.add(box, (-1, -1, 1, 1)))
        if part.size:
            distance = _distance(box, x, y, shape, radius)
            plates.lay(part, colour, plates.cover(distance, 1.0))

    def shade(self, box, reach: float, radius=0.0, shape=plates.rounded) -> None:
        """Paint the soft shadow of a box that stands out by ``reach`` pixels."""
        fallen = np.add(box, np.array(self.light * 2) * reach)
        part, x, y = self.part(fallen + np.array([-1, -1, 1, 1]) * reach)
        if part.size:
            distance = _distance(fallen, x, y, shape, radius)
            part *= 1 - 0.5 * plates.cover(distance, 1 / max(1.0, reach))[..., None]

    def panel(self, box, colour, reach: float, radius=0.0, shape=plates.rounded):
        """Paint a thing of one colour that stands out by ``reach`` pixels."""
        self.shade(box, reach, radius, shape)
        self.fill(box, colour, radius, shape)

    def disc(self, x, y, radius: float, colour, reach=0.0) -> None:
        """Paint a round thing of one colour that stands out by ``reach`` pixels."""
        box = (x - radius, y - radius, x + radius, y + radius)
        self.panel(box, colour, reach, 0, plates.oval)

    def clad(self, rng, box, painters) -> None:
        """Paint a box in one of weighted materials."""
        part, x, y = self.part(box)
        if min(part.shape[:2]) > 1:
            unit = 0.12 * self.metre * np.exp(rng.normal(0, 0.3))
            painter = choose(rng, painters)
            part[:] = painter(rng, (x - box[0]) / unit, (y - box[1]) / unit)

    def ledge(self, rng, box, depth: float) -> None:
        """Light or darken the edges of a panel, ``depth`` metres wide."""
        step = rng.uniform(0.1, 0.4) * rng.choice((-1, 1))
        depth = max(1.0, depth * self.metre)
        for edge, sign in zip(_edges(box, depth), (1, 1, -1, -1), strict=True):
            part = self.part(edge)[0]
            part *= 1 + sign * step

    def frame(self, box, colour, wide: float) -> None:
        """Paint a frame inside a box, ``wide`` pixels."""
        for edge in _edges(box, wide):
            self.fill(edge, colour)

    def bars(self, rng, box, colour, pitch: float, bar: float) -> None:
        """Paint upright bars side by side, ``bar`` pixels wide every ``pitch``."""
        part, x, _ = self.part(box)
        if part.size:
            across = (x - box[0]) % pitch - pitch / 2
            share = plates.cover(np.abs(across) - bar / 2, 1.0)
            light = 1 + rng.uniform(0, 0.4) * np.sign(across) * (np.abs(across) < bar)
            plates.lay(part, colour * light[..., None], share)

    def strokes(self, box, colour, wide: float, paths) -> None:
        """Paint polylines, in shares of a box, ``wide`` pixels thick."""
        part, x, y = self.part(box)
        if part.size:
            height, width = part.shape[:2]
            mask = Image.new("L", (width * 2, height * 2))
            pen = ImageDraw.Draw(mask)
            start = np.subtract(box[:2], (x[0, 0] - 0.5, y[0, 0] - 0.5))
            for path in paths:
                points = (np.asarray(path) * np.subtract(box[2:], box[:2]) + start) * 2
                pen.line(points.ravel().tolist(), 255, max(1, round(2 * wide)), "curve")
            plates.lay(part, colour, np.asarray(mask.reduce(2), np.float32) / 255)


def _distance(box, x, y, shape, radius: float) -> np.ndarray:
    """From pixels to the outline of a shape in a box, at least 0.6 pixels wide."""
    half = (max(0.3, (box[2] - box[0]) / 2), max(0.3, (box[3] - box[1]) / 2))
    x, y = x - (box[0] + box[2]) / 2, y - (box[1] + box[3]) / 2
    return shape(x, y, half, min(radius, *half))


def _edges(box, wide: float):
    """The boxes along the top, left, bottom and right of a box."""
    left, top, right, bottom = box
    return (
        (left, top, right, top + wide),
        (left, top, left + wide, bottom),
        (left, bottom - wide, right, bottom),
        (right - wide, top, right, bottom),
    )


def cells(box, columns: int, rows: int, gap: float):
    """Give the boxes of a grid in a box, ``gap`` pixels apart and from its edges."""
    step = (np.subtract(box[2:], box[:2]) - gap) / (columns, rows)
    for row, column in np.ndindex(rows, columns):
        start = np.add(box[:2], gap) + step * (column, row)
        yield np.concatenate([start, start + np.maximum(step - gap, 1)])


def dark_colour(rng) -> np.ndarray:
    """Draw a dark colour, float32 (3,)."""
    return hsv(rng.random(), rng.uniform(0, 0.4), rng.uniform(0.02, 0.25))


def any_colour(rng) -> np.ndarray:
    """Draw a colour of things, float32 (3,): black, white, metal or any paint."""
    kind = rng.random()
    if kind < 0.3:
        return dark_colour(rng)
    if kind < 0.55:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.1), rng.uniform(0.75, 1))
    if kind < 0.75:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.15), rng.uniform(0.3, 0.7))
    return hsv(rng.random(), rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.8))

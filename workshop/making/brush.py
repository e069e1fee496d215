"""A facade that is being painted, and the simple shapes that things on it are made of.

Boxes are (left, top, right, bottom) in pixels; what lies outside the facade is left
out.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample import plates
from helpers.sample.textures import choose, hsv


@dataclass(frozen=True)
class Site:
    """A facade that is being painted.

    Parameters
    ----------
    canvas
        float32 (H, W, 3) in 0 to 1, painted in place.
    metre
        Pixels to a metre.
    light
        The way shadows fall, in pixels for each pixel that a thing stands out.
    """

    canvas: np.ndarray
    metre: float
    light: tuple[float, float]

    def part(self, box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The canvas in a box, (h, w, 3), and its pixels' x (1, w) and y (h, 1)."""
        height, width = self.canvas.shape[:2]
        left, top = (max(0, int(np.floor(edge))) for edge in box[:2])
        right = max(left, min(width, int(np.ceil(box[2]))))
        bottom = max(top, min(height, int(np.ceil(box[3]))))
        x = np.arange(left, right, dtype=np.float32)[None] + 0.5
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5
        return self.canvas[top:bottom, left:right], x, y


def fill(site: Site, box, colour, radius=0.0, shape=plates.rounded) -> None:
    """One colour over a box with rounded corners, or of another shape, in place."""
    part, x, y = site.part(np.add(box, (-1, -1, 1, 1)))
    if part.size:
        half = (max(0.3, (box[2] - box[0]) / 2), max(0.3, (box[3] - box[1]) / 2))
        x, y = x - (box[0] + box[2]) / 2, y - (box[1] + box[3]) / 2
        distance = shape(x, y, half, min(radius, *half))
        plates.lay(part, colour, plates.cover(distance, 1.0))


def shade(site: Site, box, reach: float, radius=0.0, shape=plates.rounded) -> None:
    """The soft shadow of a box that stands out by ``reach`` pixels, in place."""
    way = np.array(site.light * 2) * reach
    fallen = np.add(box, way)
    part, x, y = site.part(fallen + np.array([-1, -1, 1, 1]) * reach)
    if part.size:
        half = (max(0.3, (box[2] - box[0]) / 2), max(0.3, (box[3] - box[1]) / 2))
        x, y = x - (fallen[0] + fallen[2]) / 2, y - (fallen[1] + fallen[3]) / 2
        distance = shape(x, y, half, min(radius, *half))
        part *= 1 - 0.5 * plates.cover(distance, 1 / max(1.0, reach))[..., None]


def disc(site: Site, x, y, radius: float, colour, reach: float = 0.0) -> None:
    """A round thing of one colour that stands out by ``reach`` pixels, in place."""
    box = (x - radius, y - radius, x + radius, y + radius)
    if reach:
        shade(site, box, reach, 0, plates.oval)
    fill(site, box, colour, 0, plates.oval)


def clad(rng, site: Site, box, painters) -> None:
    """A material over a box, in place."""
    part, x, y = site.part(box)
    if min(part.shape[:2]) > 1:
        unit = 0.12 * site.metre * np.exp(rng.normal(0, 0.3))
        painter = choose(rng, painters)
        part[:] = painter(rng, (x - box[0]) / unit, (y - box[1]) / unit)


def ledge(rng, site: Site, box, depth: float) -> None:
    """The edges of a panel, ``depth`` metres wide, two lit and two dark, in place."""
    step = rng.uniform(0.1, 0.4) * rng.choice((-1, 1))
    depth = max(1.0, depth * site.metre)
    for edge, sign in zip(edges(box, depth), (1, 1, -1, -1), strict=True):
        part = site.part(edge)[0]
        part *= 1 + sign * step


def edges(box, wide: float):
    """The boxes along the top, left, bottom and right of a box."""
    left, top, right, bottom = box
    return (
        (left, top, right, top + wide),
        (left, top, left + wide, bottom),
        (left, bottom - wide, right, bottom),
        (right - wide, top, right, bottom),
    )


def frame(site: Site, box, colour, wide: float) -> None:
    """A frame inside a box, in place."""
    for edge in edges(box, wide):
        fill(site, edge, colour)


def cells(box, columns: int, rows: int, gap: float):
    """The boxes of a grid inside a box, ``gap`` pixels apart and from its edges."""
    step = np.subtract(box[2:], box[:2]) - gap
    step = step / (columns, rows)
    for row in range(rows):
        for column in range(columns):
            start = np.add(box[:2], gap) + step * (column, row)
            yield np.concatenate([start, start + np.maximum(step - gap, 1)])


def bars(rng, site: Site, box, colour, pitch: float, bar: float) -> None:
    """Upright bars side by side, ``bar`` pixels wide every ``pitch``, in place."""
    part, x, _ = site.part(box)
    if part.size:
        across = (x - box[0]) % pitch - pitch / 2
        share = plates.cover(np.abs(across) - bar / 2, 1.0)
        light = 1 + rng.uniform(0, 0.4) * np.sign(across) * (np.abs(across) < bar)
        share = np.broadcast_to(share, part.shape[:2])
        plates.lay(part, colour * light[..., None], share)


def strokes(site: Site, box, colour, wide: float, paths) -> None:
    """Polylines, in shares of a box, ``wide`` pixels thick, in place."""
    part, x, y = site.part(box)
    if part.size:
        height, width = part.shape[:2]
        mask = Image.new("L", (width * 2, height * 2))
        pen = ImageDraw.Draw(mask)
        start = np.subtract(box[:2], (x[0, 0] - 0.5, y[0, 0] - 0.5))
        for path in paths:
            points = (np.asarray(path) * np.subtract(box[2:], box[:2]) + start) * 2
            pen.line(points.ravel().tolist(), 255, max(1, round(2 * wide)), "curve")
        plates.lay(part, colour, np.asarray(mask.reduce(2), np.float32) / 255)


def dark_colour(rng) -> np.ndarray:
    """A dark colour, float32 (3,)."""
    return hsv(rng.random(), rng.uniform(0, 0.4), rng.uniform(0.02, 0.25))


def any_colour(rng) -> np.ndarray:
    """A colour of things, float32 (3,): black, white, metal or any paint."""
    kind = rng.random()
    if kind < 0.3:
        return dark_colour(rng)
    if kind < 0.55:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.1), rng.uniform(0.75, 1))
    if kind < 0.75:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.15), rng.uniform(0.3, 0.7))
    return hsv(rng.random(), rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.8))

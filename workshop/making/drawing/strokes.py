"""Strokes of a pen: curves through points, bent and joined, and their ink.

Points are rows, x and y their first columns, right and down, in digit heights.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import CubicHermiteSpline

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of_ink

LARGER = 2  # ink is drawn so many times as large and then shrunk, for smooth edges
MAX_GAP = 0.01  # the way between the dots that make up a stroke


def curve_through(points, steps: int = 8) -> np.ndarray:
    """Lead a curve through points (N, D), ``steps`` from one to the next: (M, D).

    It is that of Catmull and Rom (1974); if it ends where it begins, a ring.
    """
    points = np.asarray(points, float)
    slopes = np.gradient(points, axis=0)
    if (points[0] == points[-1]).all():
        slopes[[0, -1]] = (points[1] - points[-2]) / 2
    last = len(points) - 1
    curve = CubicHermiteSpline(range(last + 1), points, slopes)
    return curve(np.linspace(0, last, last * steps + 1))


def evenly(path: np.ndarray, count: int | None = None) -> np.ndarray:
    """Take ``count`` points on a path, by default one every `MAX_GAP` along it."""
    steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0, along[-1], count or 2 + round(along[-1] / MAX_GAP))
    return np.stack([np.interp(places, along, axis) for axis in path.T], 1)


def path_through(points, count: int | None = None) -> np.ndarray:
    """Lead a `curve_through` points, ``count`` of it taken `evenly`."""
    return evenly(curve_through(points), count)


def joined(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Write on with each stroke that begins where the one before ended."""
    longer = [strokes[0]]
    for stroke in strokes[1:]:
        if np.allclose(longer[-1][-1], stroke[0]):
            longer[-1] = np.concatenate([longer[-1], stroke[1:]])
        else:
            longer.append(stroke)
    return longer


def warped(rng: np.random.Generator, points: np.ndarray, strength: float) -> np.ndarray:
    """Bend points (K, 2) of the unit square: narrower above, bowed, leaning.

    ``strength`` is the deviation of the shifts at the square's edges.
    """
    x, y = (points - 0.5).T
    terms = np.stack([2 * x * y, 2 * y**2 - 0.25, 2 * x**2 - 0.25])
    return points + (strength * rng.normal(size=(2, 3)) @ terms).T


def wavering(rng, points: np.ndarray, deviation: float, waves: int = 6) -> np.ndarray:
    """Shift points (K, 2) by some waves across the unit square, of about its size.

    Points near each other are shifted alike, so that what meets goes on meeting.
    """
    ways = rng.normal(0, 0.9 * 2 * np.pi, (waves, 2))
    phases = rng.uniform(0, 2 * np.pi, waves)
    heights = rng.normal(0, deviation * np.sqrt(2 / waves), (waves, 2))
    return points + np.sin(points @ ways.T + phases) @ heights


def bent(rng, points: np.ndarray, waver: float, warp: float) -> np.ndarray:
    """Bend points (K, 2) in places, then as a whole: `wavering`, then `warped`."""
    return warped(rng, wavering(rng, points, waver), warp)


def slanted(points: np.ndarray, width: float, slant: float) -> np.ndarray:
    """Make points (K, 2) so many times as wide, then lean them to the left below."""
    points = points * [width, 1]
    points[:, 0] -= slant * points[:, 1]
    return points


def inked(points: np.ndarray, thickness: np.ndarray) -> Glyph:
    """Make a glyph of round dots at points (K, 2), as thick as said, (K,)."""
    scale = HEIGHT * LARGER
    radii = np.maximum(1.5, thickness * scale / 2)
    start = points.min(0) * scale - radii.max()
    size = np.ceil(points.max(0) * scale + radii.max() - start).astype(int) + 1
    ink = Image.new("L", tuple(size.tolist()))
    pen = ImageDraw.Draw(ink)
    for (x, y), radius in zip(points * scale - start, radii, strict=True):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], 255)
    return glyph_of_ink(ink)

"""Photographs in which a number is somewhere: wide views for a network that finds it.

Sizes on the facade are in metres at ``Site.metre`` pixels each; boxes are (left, top,
right, bottom) in pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers.drawn import camera, numbers, plates, textures
from helpers.drawn.distributions import draw_digits
from helpers.drawn.glyphs import digit_glyphs
from helpers.drawn.textures import choose, hsv, wall_colour
from helpers.drawn.typefaces import draw_typeface

ROOM = 0.06
"""Room that a box leaves at each side of the ink, in digit heights: about what the
annotators of SVHN leave."""

SMALLEST = 7.5
"""Least height of a digit in pixels."""

LEGIBLE = 0.035
"""Least deviation of brightness in a number's box; what is fainter is drawn anew."""

WIDTHS = (0.03, 0.9)
"""Least and largest share of the picture's width that a number is ordered at."""

COUNTS = ((1, 0.77), (0, 0.08), (2, 0.105), (3, 0.045))
"""Numbers in a picture and how often as many are tried; some find no room."""

LENGTHS = ((1, 0.18), (2, 0.36), (3, 0.28), (4, 0.15), (5, 0.03))
"""Digits of a number and how often it has as many."""

ASPECTS = (
    ((4 / 3, 4 / 3), 0.26),
    ((3 / 4, 3 / 4), 0.24),
    ((16 / 9, 16 / 9), 0.1),
    ((9 / 16, 9 / 16), 0.06),
    ((1.0, 1.0), 0.14),
    ((1.5, 3.2), 0.2),
)
"""Ranges of a picture's width over its height and how often each is one."""


@dataclass(frozen=True)
class View:
    """A drawn photograph and the numbers in it.

    Parameters
    ----------
    image
        uint8 (H, W, 3), RGB.
    numbers
        The digits of each number, from left to right, or from the top.
    boxes
        int64 (K, 4): left, top, right, bottom of each whole number in pixels.
    """

    image: np.ndarray
    numbers: tuple[tuple[int, ...], ...]
    boxes: np.ndarray


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


@dataclass(frozen=True)
class _Placed:
    """A number, its digits, and where it is on the facade."""

    digits: tuple[int, ...]
    style: plates.Style
    number: numbers.Number
    height: float
    middle: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """Corners of the digits on the plane, float64 (K, 2), in pixels."""
        return np.concatenate(self.number.outlines) * self.height + self.middle

    def moved(self, scale: float, low: np.ndarray) -> "_Placed":
        """The same on a canvas ``scale`` times as large whose corner is at ``low``."""
        return replace(
            self, height=self.height * scale, middle=(self.middle - low) * scale
        )


def draw_view(rng: np.random.Generator, long_side: int = 256) -> View:
    """Draw a photograph, its longer side ``long_side`` pixels, and its 0 to 3 numbers.

    Raises
    ------
    ValueError
        ``long_side`` is below 64: too small for digits and what is around them.
    """
    if long_side < 64:
        raise ValueError(f"long_side is {long_side}; expected 64 pixels or more.")
    while True:
        view = _draw_once(rng, long_side)
        if all(_contrast(view.image, box) > LEGIBLE for box in view.boxes):
            return view


def _contrast(image, box) -> float:
    """Deviation of the brightness in a box, 0 to 0.5."""
    part = image[box[1] : box[3], box[0] : box[2]]
    return float((part @ textures.LUMA).std()) / 255


def _draw_once(rng, long_side: int) -> View:
    """A view of numbers that can be too faint to read."""
    aspect = rng.uniform(*choose(rng, ASPECTS))
    size = np.rint([long_side * min(1, aspect), long_side * min(1, 1 / aspect)])
    matrix = _camera(rng, size, long_side)
    placed = _place_all(rng, size, matrix)
    boxes = [_box(one, matrix, size) for one in placed]

    width, tall = size
    corners = np.array([[0, 0], [width, 0], [width, tall], [0, tall]], float)
    plane = numbers.project(corners, np.linalg.inv(matrix))
    low, span = plane.min(0), np.ptp(plane, axis=0)
    # A slanting view shows far more of the facade than it has pixels for.
    scale = min(1.0, float(np.sqrt(1.4 * size.prod() / span.prod())))
    shape = np.ceil(span * scale).astype(int) + 1
    on_canvas = [one.moved(scale, low) for one in placed]
    canvas = _facade(rng, (int(shape[0]), int(shape[1])), on_canvas)
    to_canvas = np.diag([scale, scale, 1.0]) @ np.array(
        [[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]
    )
    pixels = (np.clip(canvas, 0, 1) * 255).astype(np.uint8)
    seen = camera.look(
        Image.fromarray(pixels),
        to_canvas @ np.linalg.inv(matrix),
        (int(width), int(tall)),
    )
    return View(
        _photograph(rng, seen, boxes, [one.height for one in placed]),
        tuple(one.digits for one in placed),
        np.array(boxes, np.int64).reshape(-1, 4),
    )


def _camera(rng, size, long_side) -> np.ndarray:
    """The homography from a facade, in pixels, to the picture of it."""
    turned = np.radians(rng.uniform(-15, 15)) if rng.random() < 0.15 else 0.0
    cos, sin = np.cos(turned), np.sin(turned)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    tilt = np.radians(np.clip(rng.normal(0, 4), -9, 9))
    matrix = turn @ camera.view(rng, np.tan(tilt))
    if rng.random() < 0.2:
        away = rng.choice((-1, 1)) * rng.uniform(0.01, 0.03)
        matrix = np.array([[1, 0, 0], [0, 1, 0], [away, 0, 1]]) @ matrix
    unit = long_side / 20
    x, y = size / 2
    to_pixels = np.array([[unit, 0, x], [0, unit, y], [0, 0, 1]])
    return to_pixels @ matrix @ np.linalg.inv(to_pixels)


def _place_all(rng, size, matrix) -> list[_Placed]:
    """Numbers, none over another, at their places on the facade."""
    placed: list[_Placed] = []
    taken: list[np.ndarray] = []
    for _ in range(choose(rng, COUNTS)):
        fellow = placed[0] if placed and rng.random() < 0.6 else None
        for _ in range(6):
            one = _place(rng, size, matrix, fellow)
            box = _box(one, matrix, size)
            if _is_free(box, taken, one.height * 0.6):
                placed.append(one)
                taken.append(box)
                break
    return placed


def _place(rng, size, matrix, fellow) -> _Placed:
    """A number of a random size at a random place; ``fellow`` has its look."""
    digits = draw_digits(rng, choose(rng, LENGTHS))
    style = plates.draw_style(rng) if fellow is None else fellow.style
    glyphs = digit_glyphs(*draw_typeface(rng, style.faces))
    glyphs = tuple(glyphs[digit] for digit in digits)
    if len(glyphs) > 1 and rng.random() < 0.04:
        number = numbers.stack(rng, glyphs)
    else:
        number = numbers.lay_out(rng, glyphs, 0.0, style.loose)
    number = number.stretched(float(np.exp(rng.normal(-0.05, 0.12))))
    points = np.concatenate(number.outlines)
    low, extent = points.min(0), np.ptp(points, axis=0)
    number = numbers.Number(
        number.glyphs,
        number.places - np.array([[[0, 0, 1]]]) * (low + extent / 2)[None, :, None],
    )
    most = min(WIDTHS[1] * size[0], 0.88 * size[1] * extent[0] / extent[1])
    least = min(max(WIDTHS[0] * size[0], SMALLEST * extent[0]), most)
    if fellow is None:
        wanted = np.exp(rng.uniform(np.log(least), np.log(most)))
    else:
        wanted = fellow.height * np.exp(rng.normal(0, 0.15)) * extent[0]
        wanted = np.clip(wanted, least, most)
    share = rng.random(2) if rng.random() < 0.6 else rng.beta(3, 3, 2)
    back = np.linalg.inv(matrix)
    one = _Placed(digits, style, number, float(wanted / extent[0]), np.zeros(2))
    target = size / 2
    for _ in range(3):
        one = replace(one, middle=numbers.project(target[None], back)[0])
        seen = numbers.project(one.points, matrix)
        span = np.ptp(seen, axis=0)
        factor = min(wanted / span[0], *(0.92 * size / span))
        one = replace(one, height=max(one.height * factor, SMALLEST * 0.95))
        room = np.maximum(size - span * factor - 2 * ROOM * one.height - 2, 0)
        target = size / 2 + (share - 0.5) * room
    return one


def _box(one: _Placed, matrix, size) -> np.ndarray:
    """left, top, right, bottom of a number in the picture, int64 (4,)."""
    seen = numbers.project(one.points, matrix)
    room = ROOM * one.height
    low = np.clip(np.floor(seen.min(0) - room), 0, size - 1)
    high = np.clip(np.ceil(seen.max(0) + room), low + 1, size)
    return np.concatenate([low, high]).astype(np.int64)


def _is_free(box, taken, gap: float) -> bool:
    """Whether a box keeps ``gap`` pixels away from all of those taken."""
    return all(
        box[0] > other[2] + gap
        or box[2] < other[0] - gap
        or box[1] > other[3] + gap
        or box[3] < other[1] - gap
        for other in taken
    )


def _facade(rng, shape, placed) -> np.ndarray:
    """Paint walls, things and numbers: float32 (H, W, 3), about 0 to 1."""
    width, tall = shape
    heights = [one.height for one in placed] or [max(shape) / rng.uniform(3, 25)]
    # Most house numbers are 8 to 30 centimetres high.
    metre = heights[0] / np.exp(rng.uniform(np.log(0.08), np.log(0.3)))
    canvas = np.empty((tall, width, 3), np.float32)
    angle = rng.normal(0, 0.9)
    site = Site(canvas, metre, (float(np.sin(angle)), float(abs(np.cos(angle)))))
    taken = [np.concatenate([one.points.min(0), one.points.max(0)]) for one in placed]
    taken = [
        box + one.height * np.array([-0.45, -0.45, 0.45, 0.45])
        for box, one in zip(taken, placed, strict=True)
    ]
    everything = (0, 0, width, tall)
    _clad(rng, site, everything, textures.WALLS)
    _put_bands(rng, site, taken)
    if placed and rng.random() < 0.5:
        choose(rng, HOSTS)(rng, site, taken[0], placed[0].height)
    _put_things(rng, site, taken)
    for one in placed:
        _put_number(rng, site, one)
    camera.light_up(rng, canvas, max(heights[0], max(shape) / 6))
    return canvas


def _put_number(rng, site: Site, one: _Placed) -> None:
    """Plate and digits, and now and then a word above or below them, in place."""
    height, style = one.height, one.style
    extent = np.ptp(one.points, axis=0) / height
    reach = (0.5 * extent.max() * 1.6 + 1) * height
    part, x, y = site.part([*(one.middle - reach), *(one.middle + reach)])
    origin = one.middle - (x[0, 0] - 0.5, y[0, 0] - 0.5)
    x, y = (x - one.middle[0]) / height, (y - one.middle[1]) / height
    thickness = rng.uniform(0.3, 1.2)
    light = (site.light[0] * thickness, site.light[1] * thickness)
    # Room for a word in digit heights, and the side where it is.
    word = rng.uniform(0.3, 0.6) if rng.random() < 0.15 and extent[0] > 0.8 else 0.0
    side = 1 if rng.random() < 0.7 else -1
    if style.plate is not None:
        size = (extent[0] * (1 + 0.3 * word), extent[1] + word)
        plates.put_plate(rng, part, x, y - side * word / 2, style, size, light)
    ink = numbers.ink(one.number, part.shape[:2], height, origin)
    ground = part[ink > 0.5]
    if not len(ground):
        ground = part.reshape(-1, 3)
    gray = ground @ textures.LUMA
    if abs(gray.mean() - style.digit @ textures.LUMA) < 0.1 + gray.std():
        style = replace(style, digit=plates.contrasting(rng, ground.mean(0)))
    plates.put_digits(rng, part, ink, style, height, light)
    if word:
        middle = one.middle[1] + side * height * (extent[1] / 2 + 0.08 + word / 2)
        half = np.array([extent[0], word]) / 2 * height
        centre = np.array([one.middle[0], middle])
        _write(rng, site, (*(centre - half), *(centre + half)), style.digit)


def _put_bands(rng, site: Site, taken) -> None:
    """Sky, ground and other walls beyond the numbers' part of the picture."""
    tall, width = site.canvas.shape[:2]
    bounds = np.array(taken) if taken else np.array([[width / 2, tall / 2] * 2])
    low, high = bounds[:, :2].min(0), bounds[:, 2:].max(0)
    for side in (0, 1):
        if rng.random() < 0.25:
            away = abs(rng.normal(0, 0.6)) * site.metre
            edge = low[0] - away if side == 0 else high[0] + away
            box = (0, 0, edge, tall) if side == 0 else (edge, 0, width, tall)
            _clad(rng, site, box, textures.SURROUNDINGS)
            seam = rng.uniform(0.01, 0.12) * site.metre
            _fill(site, (edge - seam, 0, edge + seam, tall), wall_colour(rng))
    if rng.random() < 0.25:
        edge = low[1] - rng.uniform(0.1, 1.2) * site.metre
        _sky(rng, site, (0, 0, width, edge))
    if rng.random() < 0.35:
        edge = high[1] + rng.uniform(0.2, 1.5) * site.metre
        _street(rng, site, (0, edge, width, tall))


def _put_things(rng, site: Site, taken) -> None:
    """Things of daily life wherever they hide no number, in place."""
    tall, width = site.canvas.shape[:2]
    side = np.sqrt(tall * width) / site.metre
    crowd = 2.5 if rng.random() < 0.15 else 1.0
    taken = list(taken)
    for _ in range(rng.poisson(min(14.0, 1 + crowd * side * rng.uniform(0, 3)))):
        paint, across, down = choose(rng, THINGS)
        size = np.array([rng.uniform(*across), rng.uniform(*down)]) * site.metre
        for _ in range(4):
            start = rng.uniform(-0.6 * size, (width, tall) - 0.4 * size)
            box = np.concatenate([start, start + size])
            if _is_free(box, taken, 0.0):
                paint(rng, site, box)
                if rng.random() < 0.6:
                    taken.append(box)
                break


def _fill(site: Site, box, colour, radius=0.0, shape=plates.rounded) -> None:
    """One colour over a box with rounded corners, or of another shape, in place."""
    part, x, y = site.part(np.add(box, (-1, -1, 1, 1)))
    if part.size:
        half = (max(0.3, (box[2] - box[0]) / 2), max(0.3, (box[3] - box[1]) / 2))
        x, y = x - (box[0] + box[2]) / 2, y - (box[1] + box[3]) / 2
        distance = shape(x, y, half, min(radius, *half))
        plates.lay(part, colour, plates.cover(distance, 1.0))


def _shade(site: Site, box, reach: float, radius=0.0, shape=plates.rounded) -> None:
    """The soft shadow of a box that stands out by ``reach`` pixels, in place."""
    way = np.array(site.light * 2) * reach
    fallen = np.add(box, way)
    part, x, y = site.part(fallen + np.array([-1, -1, 1, 1]) * reach)
    if part.size:
        half = (max(0.3, (box[2] - box[0]) / 2), max(0.3, (box[3] - box[1]) / 2))
        x, y = x - (fallen[0] + fallen[2]) / 2, y - (fallen[1] + fallen[3]) / 2
        distance = shape(x, y, half, min(radius, *half))
        part *= 1 - 0.5 * plates.cover(distance, 1 / max(1.0, reach))[..., None]


def _disc(site: Site, x, y, radius: float, colour, reach: float = 0.0) -> None:
    """A round thing of one colour that stands out by ``reach`` pixels, in place."""
    box = (x - radius, y - radius, x + radius, y + radius)
    if reach:
        _shade(site, box, reach, 0, plates.oval)
    _fill(site, box, colour, 0, plates.oval)


def _clad(rng, site: Site, box, painters) -> None:
    """A material over a box, in place."""
    part, x, y = site.part(box)
    if min(part.shape[:2]) > 1:
        unit = 0.12 * site.metre * np.exp(rng.normal(0, 0.3))
        painter = choose(rng, painters)
        part[:] = painter(rng, (x - box[0]) / unit, (y - box[1]) / unit)


def hedge(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Foliage from near by or far away, in clumps of light and shade."""
    far = np.exp(rng.uniform(0, 2))
    green = textures.leaves(rng, x / far, y / far)
    cell = far * textures.pixels_per_unit(x, y) * rng.uniform(1, 4)
    clumps = 1 + 0.25 * textures.noise(rng, green.shape[:2], max(4.0, cell))
    return green * clumps[..., None]


def _asphalt(rng, site: Site, box) -> None:
    """Grey, grainy ground, in place."""
    _clad(rng, site, box, ((textures.stucco, 1),))
    part = site.part(box)[0]
    part[:] = part.mean(2, keepdims=True) * rng.uniform(0.4, 0.9)


def _ledge(rng, site: Site, box, depth: float) -> None:
    """The edges of a panel, two lit and two dark, in place."""
    step = rng.uniform(0.1, 0.4) * rng.choice((-1, 1))
    depth = max(1.0, depth * site.metre)
    for edge, sign in zip(_edges(box, depth), (1, 1, -1, -1), strict=True):
        part = site.part(edge)[0]
        part *= 1 + sign * step


def _edges(box, wide: float):
    """The boxes along the top, left, bottom and right of a box."""
    left, top, right, bottom = box
    return (
        (left, top, right, top + wide),
        (left, top, left + wide, bottom),
        (left, bottom - wide, right, bottom),
        (right - wide, top, right, bottom),
    )


def _frame(site: Site, box, colour, wide: float) -> None:
    """A frame inside a box, in place."""
    for edge in _edges(box, wide):
        _fill(site, edge, colour)


def _cells(box, columns: int, rows: int, gap: float):
    """The boxes of a grid inside a box, ``gap`` pixels apart and from its edges."""
    step = np.subtract(box[2:], box[:2]) - gap
    step = step / (columns, rows)
    for row in range(rows):
        for column in range(columns):
            start = np.add(box[:2], gap) + step * (column, row)
            yield np.concatenate([start, start + np.maximum(step - gap, 1)])


def _bars(rng, site: Site, box, colour, pitch: float, bar: float) -> None:
    """Upright bars side by side, ``bar`` pixels wide every ``pitch``, in place."""
    part, x, _ = site.part(box)
    if part.size:
        across = (x - box[0]) % pitch - pitch / 2
        share = plates.cover(np.abs(across) - bar / 2, 1.0)
        light = 1 + rng.uniform(0, 0.4) * np.sign(across) * (np.abs(across) < bar)
        share = np.broadcast_to(share, part.shape[:2])
        plates.lay(part, colour * light[..., None], share)


def _strokes(site: Site, box, colour, wide: float, paths) -> None:
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


def _dark(rng) -> np.ndarray:
    return hsv(rng.random(), rng.uniform(0, 0.4), rng.uniform(0.02, 0.25))


def _paint(rng) -> np.ndarray:
    """A colour of things: black, white, metal or any paint."""
    kind = rng.random()
    if kind < 0.3:
        return _dark(rng)
    if kind < 0.55:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.1), rng.uniform(0.75, 1))
    if kind < 0.75:
        return hsv(rng.uniform(0.05, 0.65), rng.uniform(0, 0.15), rng.uniform(0.3, 0.7))
    return hsv(rng.random(), rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.8))


def _sky(rng, site: Site, box) -> None:
    part = site.part(box)[0]
    if min(part.shape[:2]) < 2:
        return
    blue = hsv(rng.normal(0.58, 0.02), rng.uniform(0, 0.6), rng.uniform(0.7, 1))
    clouds = np.clip(textures.fractal(rng, part.shape[:2], part.shape[1] / 4), 0, 1)
    part[:] = blue
    plates.lay(part, np.float32(0.95), clouds * rng.uniform(0, 0.8))
    eaves = rng.uniform(0.05, 0.4) * site.metre
    _fill(site, (box[0], box[3] - eaves, box[2], box[3]), _paint(rng))
    if rng.random() < 0.5:
        _foliage(rng, site, (box[0], box[3] / 2, box[2] * rng.random(), box[3]))
    if rng.random() < 0.3:
        _branch(rng, site, box)


def _street(rng, site: Site, box) -> None:
    paved = ((hedge, 0.35), (textures.tiles, 0.4), (textures.bricks, 0.25))
    if rng.random() < 0.35:
        _asphalt(rng, site, box)
    else:
        _clad(rng, site, box, paved)
    if rng.random() < 0.5:
        step = rng.uniform(0.05, 0.12) * site.metre
        _fill(site, (box[0], box[1] - step, box[2], box[1] + step), _paint(rng))
    if rng.random() < 0.3:
        _stairs(rng, site, box)


def _door(rng, site: Site, box) -> None:
    metre = site.metre
    frame = rng.uniform(0.04, 0.12) * metre
    outer = np.add(box, (-frame, -frame, frame, 0))
    _shade(site, outer, 0.05 * metre)
    _fill(site, outer, _paint(rng))
    if rng.random() < 0.5:
        leaf = ((textures.paint, 0.4), (textures.planks, 0.45), (textures.metal, 0.15))
        _clad(rng, site, box, leaf)
    else:
        _fill(site, box, _paint(rng))
    _ledge(rng, site, box, 0.02)
    width, tall = box[2] - box[0], box[3] - box[1]
    if rng.random() < 0.75:
        columns, rows = rng.integers(1, 3), rng.integers(1, 5)
        glazed = rng.random(rows) < 0.3
        gap = 0.08 * width * rng.uniform(0.7, 1.5)
        for index, panel in enumerate(_cells(box, columns, rows, gap)):
            if glazed[index // columns]:
                pane = _collage if rng.random() < 0.2 else _pane
                pane(rng, site, panel)
            _ledge(rng, site, panel, 0.02)
    side = rng.choice((0.08, 0.92))
    x, y = box[0] + side * width, box[1] + rng.uniform(0.48, 0.58) * tall
    knob, colour = rng.uniform(0.02, 0.05) * metre, _paint(rng)
    _disc(site, x, y, knob, colour, knob)
    if rng.random() < 0.5:
        ends = sorted((x, x + np.sign(0.5 - side) * 0.12 * metre))
        _fill(site, (ends[0], y - knob / 2, ends[1], y + knob / 2), colour)
    if rng.random() < 0.4:
        x, y = box[0] + width / 2, box[1] + rng.uniform(0.4, 0.75) * tall
        slot = (x - 0.15 * metre, y, x + 0.15 * metre, y + 0.06 * metre)
        _fill(site, slot, _paint(rng), 1)
        _ledge(rng, site, slot, 0.01)


def _pane(rng, site: Site, box) -> None:
    """A pane with what it mirrors, or what is behind it."""
    seen = ((textures.glass, 0.8), (hedge, 0.1), (textures.planks, 0.1))
    _clad(rng, site, box, seen)


def _window(rng, site: Site, box) -> None:
    metre, colour = site.metre, _paint(rng)
    frame = rng.uniform(0.04, 0.12) * metre
    _fill(site, box, colour)
    _ledge(rng, site, box, 0.02)
    inner = np.add(box, (frame, frame, -frame, -frame))
    _pane(rng, site, inner)
    part, x, _ = site.part(inner)
    if part.size and rng.random() < 0.3:
        folds = 0.75 + 0.15 * np.sin(x / (rng.uniform(0.02, 0.06) * metre))
        drawn = np.abs(x - x.mean()) > rng.uniform(0, 0.4) * (inner[2] - inner[0])
        share = np.broadcast_to(0.7 * drawn, part.shape[:2])
        plates.lay(part, folds[..., None], share)
    bar = rng.uniform(0.02, 0.06) * metre
    for cell in _cells(inner, *rng.integers(1, 4, 2), 0):
        _frame(site, cell, colour, bar / 2)
    if rng.random() < 0.3:
        thin = max(1.0, rng.uniform(0.01, 0.03) * metre)
        _bars(rng, site, box, _paint(rng), rng.uniform(0.08, 0.16) * metre + 2, thin)
    if rng.random() < 0.6:
        sill = rng.uniform(0.04, 0.1) * metre
        sill = (box[0] - frame, box[3], box[2] + frame, box[3] + sill)
        _shade(site, sill, 0.05 * metre)
        _fill(site, sill, _paint(rng))


def _windows(rng, site: Site, box) -> None:
    """Rows of windows that are all alike."""
    seed = rng.integers(2**32)
    gap = rng.uniform(0.1, 0.4) * site.metre
    for cell in _cells(box, rng.integers(2, 5), rng.integers(1, 4), gap):
        _window(np.random.default_rng(seed), site, cell)


def _letter_box(rng, site: Site, box) -> None:
    width, tall = box[2] - box[0], box[3] - box[1]
    radius = rng.choice((0.01, 0.05, 0.15)) * site.metre
    colour = _paint(rng)
    _shade(site, box, 0.06 * site.metre, radius)
    _fill(site, box, colour, radius)
    _ledge(rng, site, box, 0.01)
    y = box[1] + rng.uniform(0.12, 0.3) * tall
    slot = np.array([box[0] + 0.15 * width, y, box[2] - 0.15 * width, y + 0.1 * tall])
    _fill(site, slot, colour * 0.4)
    kind, below = rng.random(), np.add(slot, (0, 0.2 * tall, 0, 0.4 * tall))
    if kind < 0.4:
        _write(rng, site, below)
    elif kind < 0.7:
        x, y = (box[0] + box[2]) / 2, box[1] + 0.6 * tall
        _disc(site, x, y, 0.015 * site.metre, colour * 0.3)
    else:
        _fill(site, below, np.float32(0.9))
        _print(rng, site, below, np.float32(0.2))


def _letter_boxes(rng, site: Site, box) -> None:
    """Letter-boxes of one make side by side, as in a block of flats."""
    seed = rng.integers(2**32)
    for cell in _cells(box, rng.integers(2, 5), rng.integers(1, 4), 1):
        _letter_box(np.random.default_rng(seed), site, cell)


def _grating(rng, site: Site, box) -> None:
    _fill(site, box, _dark(rng) * 0.6)
    colour, pitch = _paint(rng), max(3.0, rng.uniform(0.03, 0.12) * site.metre)
    _bars(rng, site, box, colour, pitch, pitch * rng.uniform(0.2, 0.6))
    part, _, y = site.part(box)
    if part.size and rng.random() < 0.5:
        share = plates.cover(np.abs((y - box[1]) % pitch - pitch / 2) - pitch / 6, 1.0)
        plates.lay(part, colour, np.broadcast_to(share, part.shape[:2]))
    _frame(site, box, colour, max(1.0, 0.03 * site.metre))


def _fence(rng, site: Site, box) -> None:
    metre, colour = site.metre, _paint(rng)
    behind = rng.random()
    if behind < 0.35:
        _clad(rng, site, box, ((hedge, 1),))
    elif behind < 0.6:
        _fill(site, box, _dark(rng))
    pitch = max(3.0, rng.uniform(0.07, 0.2) * metre)
    bar = max(1.0, pitch * rng.choice((0.15, 0.25, 0.8)) * rng.uniform(0.8, 1.2))
    rail = max(1.0, rng.uniform(0.02, 0.06) * metre)
    _bars(rng, site, box, colour, pitch, bar)
    for share in (0.12, 0.85):
        y = box[1] + share * (box[3] - box[1])
        _fill(site, (box[0], y, box[2], y + rail), colour)
    part, x, y = site.part((box[0], box[1] - pitch, box[2], box[3]))
    if part.size and rng.random() < 0.5:
        across = (x - box[0]) % pitch - pitch / 2
        ball = np.hypot(across, y - box[1]) - bar * rng.uniform(0.6, 1.1)
        plates.lay(part, colour, plates.cover(ball, 1.0))
        middle = box[1] + rng.uniform(0.2, 0.8) * (box[3] - box[1])
        ring = np.abs(np.hypot(across, y - middle) - 0.35 * pitch) - bar / 3
        plates.lay(part, colour, plates.cover(ring, 1.0))


def _foliage(rng, site: Site, box) -> None:
    part, x, y = site.part(box)
    if min(part.shape[:2]) < 3:
        return
    half = np.subtract(box[2:], box[:2]) / 2 + 1
    middle = np.add(box[2:], box[:2]) / 2
    near = 1 - np.hypot((x - middle[0]) / half[0], (y - middle[1]) / half[1])
    cell = max(2.0, rng.uniform(0.06, 0.2) * site.metre)
    ragged = near * 3 + 0.6 * textures.fractal(rng, part.shape[:2], cell, 2)
    unit = rng.uniform(0.1, 0.5) * site.metre
    green = textures.leaves(rng, (x - x[0, 0]) / unit, (y - y[0, 0]) / unit)
    if rng.random() < 0.15:
        green = green[..., rng.permutation(3)]
    plates.lay(part, green, np.clip(2 * ragged - 0.5, 0, 1).astype(np.float32))


def _cable(rng, site: Site, box) -> None:
    along = np.linspace(0, 1, 12)
    sag = rng.normal(0, 0.8) * (along - along**2) + rng.normal(0, 0.2) * along
    path = np.stack([along, 0.5 + sag], 1)
    wide = max(0.7, rng.uniform(0.008, 0.025) * site.metre)
    _strokes(site, box, _paint(rng) * 0.6, wide, [path])


def _branch(rng, site: Site, box) -> None:
    colour = hsv(rng.normal(0.08, 0.02), rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.45))
    paths, start = [], rng.random(2)
    for _ in range(rng.integers(2, 9)):
        turns = rng.normal(rng.normal(0, 0.15, 2), 0.1, (5, 2))
        paths.append(start + np.cumsum(turns, 0))
        start = paths[-1][rng.integers(5)]
    wide = max(0.8, rng.uniform(0.01, 0.04) * site.metre)
    _strokes(site, box, colour, wide, paths)


def _scrolls(rng, site: Site, box) -> None:
    """Wrought iron or stucco: spirals, rings and bows, some mirrored."""
    paths = []
    for _ in range(rng.integers(1, 5)):
        turn = rng.random() * 6 + np.linspace(0, rng.uniform(3, 12), 24)
        radius = rng.uniform(0.1, 0.35) * np.linspace(1, rng.uniform(0.1, 1), 24)
        path = np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)
        path += rng.uniform(0.2, 0.8, 2)
        paths.append(path)
        if rng.random() < 0.6:
            paths.append(path * (-1, 1) + (1, 0))
    wide = max(1.0, rng.uniform(0.01, 0.03) * site.metre)
    _strokes(site, box, _paint(rng), wide, paths)


def _collage(rng, site: Site, box) -> None:
    """Patches of any colour and shape: a poster, coloured glass, things in a heap."""
    part = site.part(box)[0]
    if not part.size:
        return
    height, width = part.shape[:2]
    colours = (np.clip(part, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(colours)
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.6:
        ground = tuple((_paint(rng) * 255).astype(int).tolist())
        pen.rectangle((0, 0, width, height), ground)
    for _ in range(rng.integers(4, 20)):
        colour = tuple((_paint(rng) * 255).astype(int).tolist())
        start = rng.random(2) * (width, height)
        reach = rng.uniform(0.03, 0.3) * np.array([width, height])
        if rng.random() < 0.4:
            pen.ellipse([*(start - reach), *(start + reach)], colour)
        else:
            points = start + reach * rng.normal(0, 1, (rng.integers(3, 6), 2))
            pen.polygon(points.ravel().tolist(), colour)
    part[:] = np.asarray(image, np.float32) / 255


def _pipe(rng, site: Site, box) -> None:
    _shade(site, box, 0.06 * site.metre)
    part, x, _ = site.part(box)
    if part.size:
        across = (x - box[0]) / (box[2] - box[0]) * 2 - 1
        light = np.sqrt(np.clip(1.1 - (across - rng.uniform(-0.4, 0.4)) ** 2, 0.15, 1))
        part[:] = _paint(rng) * light[..., None]
    for _ in range(rng.integers(0, 3)):
        y, wide = rng.uniform(box[1], box[3]), 0.15 * (box[2] - box[0])
        _fill(site, (box[0] - wide, y, box[2] + wide, y + 3 * wide), _paint(rng))


def _lamp(rng, site: Site, box) -> None:
    colour = _paint(rng)
    if rng.random() < 0.5:
        x, wide = (box[0] + box[2]) / 2, max(1.0, 0.02 * site.metre)
        top = box[1] - rng.uniform(0.1, 0.5) * site.metre
        _fill(site, (x - wide, top, x + wide, box[1]), colour)
    shape = plates.oval if rng.random() < 0.7 else plates.rounded
    _shade(site, box, 0.05 * site.metre, 1, shape)
    _fill(site, box, colour, 0.02 * site.metre, shape)
    rim = rng.uniform(0.03, 0.25) * (box[2] - box[0])
    bright = hsv(rng.uniform(0.08, 0.17), rng.uniform(0, 0.3), rng.uniform(0.5, 1))
    _fill(site, np.add(box, (rim, rim, -rim, -rim)), bright, 0, shape)


def _bell(rng, site: Site, box) -> None:
    """A door bell, an intercom or a key pad without figures."""
    plate = _paint(rng)
    _shade(site, box, 0.02 * site.metre)
    _fill(site, box, plate, 0.01 * site.metre)
    colour, size = plates.contrasting(rng, plate), rng.uniform(0.15, 0.35)
    for cell in _cells(box, rng.integers(1, 3), rng.integers(1, 6), 0):
        x, y = (cell[:2] + cell[2:]) / 2
        _disc(site, x, y, size * min(cell[2:] - cell[:2]), colour)


def _board(rng, site: Site, box) -> None:
    """A sign with words, an arrow, or print too fine to read."""
    plate = _paint(rng)
    colour = plates.contrasting(rng, plate)
    _shade(site, box, 0.02 * site.metre)
    _fill(site, box, plate, rng.choice((0.0, 0.03)) * site.metre)
    if rng.random() < 0.3:
        _frame(site, np.add(box, (2, 2, -2, -2)), colour, 1.0)
    gap = 0.1 * min(box[2] - box[0], box[3] - box[1])
    for line in _cells(box, 1, rng.integers(1, 4), gap):
        kind = rng.random()
        if kind < 0.7:
            _write(rng, site, line, colour)
        elif kind < 0.8:
            _arrow(rng, site, line, colour)
        else:
            _print(rng, site, line, colour)


def _print(rng, site: Site, box, colour) -> None:
    """Rows of dashes that look like fine print, in place."""
    part, x, y = site.part(box)
    if part.size:
        pitch = rng.uniform(2.5, 6)
        ends = rng.uniform(0.5, 1, 16)[np.floor((y - box[1]) / pitch).astype(int) % 16]
        lines = (y - box[1]) % pitch < pitch / 2
        lines = lines & ((x - box[0]) / (box[2] - box[0]) < ends)
        inked = rng.random(part.shape[:2], np.float32) < 0.7
        plates.lay(part, colour, 0.7 * (lines & inked).astype(np.float32))


def _arrow(rng, site: Site, box, colour) -> None:
    ends = (0.1, 0.9) if rng.random() < 0.5 else (0.9, 0.1)
    back = ends[1] + np.sign(ends[0] - ends[1]) * 0.25
    tip = (ends[1], 0.5)
    paths = [[(ends[0], 0.5), tip], [(back, 0.2), tip, (back, 0.8)]]
    _strokes(site, box, colour, max(1.0, 0.12 * (box[3] - box[1])), paths)


def _writing(rng, site: Site, box) -> None:
    """A word or a scrawl straight on the wall."""
    if rng.random() < 0.7:
        _write(rng, site, box)
    else:
        path = np.stack([np.linspace(0, 1, 14), rng.uniform(0.1, 0.9, 14)], 1)
        path[:, 0] += rng.normal(0, 0.08, 14)
        _strokes(site, box, _paint(rng), max(1.0, 0.015 * site.metre), [path])


WORDS = (
    *("Post", "Briefe", "Private", "Parking", "Open", "Closed", "Exit", "Entrance"),
    *("Street", "Road", "Lane", "Avenue", "Drive", "House", "Hotel", "Café", "Bar"),
    *("Rue", "Place", "Strasse", "Weg", "Calle", "Via", "School", "Office", "Push"),
    *("Pull", "Welcome", "Garage", "Notice", "Dog", "Bell", "Flat", "The Cottage"),
    *("No Entry", "Mill", "Park", "North", "South", "West", "East", "Studio", "Shop"),
)
"""Words that stand on houses."""


def _draw_word(rng) -> str:
    """A word of the list, or one that is none; never one of digits."""
    if rng.random() < 0.4:
        word = WORDS[rng.integers(len(WORDS))]
    else:
        pairs = [
            "bcdfghjklmnprstvwz"[rng.integers(18)] + "aeiouy"[rng.integers(6)]
            for _ in range(rng.integers(2, 6))
        ]
        word = "".join(pairs).capitalize() + rng.choice(("", "n", "rt", "s"))
    return word.upper() if rng.random() < 0.45 else word


@lru_cache(maxsize=256)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, 40, layout_engine=ImageFont.Layout.BASIC)


def _write(rng, site: Site, box, colour=None) -> None:
    """A word as large as the box lets it, in place."""
    path, _ = draw_typeface(rng, "any")
    core = _font(path).getmask(_draw_word(rng), "L")
    factor = min(np.subtract(box[2:], box[:2]) / core.size)
    width, tall = (max(2, round(side * factor)) for side in core.size)
    left = round((box[0] + box[2] - width) / 2)
    top = round((box[1] + box[3] - tall) / 2)
    part, x, y = site.part((left, top, left + width, top + tall))
    if not part.size:
        return
    mask = Image.frombytes("L", core.size, bytes(core))
    mask = mask.resize((width, tall), Image.Resampling.BILINEAR)
    share = np.asarray(mask, np.float32)[int(y[0, 0]) - top :, int(x[0, 0]) - left :]
    if colour is None:
        colour = plates.contrasting(rng, part.mean((0, 1)))
    plates.lay(part, colour, share[: part.shape[0], : part.shape[1]] / 255)


def _wheel(rng, site: Site, box) -> None:
    side = box[2] - box[0]
    x, y = box[0] + side / 2, box[1] + side / 2
    _disc(site, x, y, side / 2, _dark(rng) * 0.7)
    _disc(site, x, y, 0.3 * side, _paint(rng))
    turns = np.linspace(0, 2 * np.pi, rng.integers(5, 13))
    rays = 0.5 + 0.3 * np.stack([np.cos(turns), np.sin(turns)], 1)
    tyre = (box[0], box[1], box[2], box[1] + side)
    spokes = [[(0.5, 0.5), ray] for ray in rays]
    _strokes(site, tyre, _dark(rng), max(1.0, 0.04 * side), spokes)


def _figure(rng, site: Site, box) -> None:
    """Somebody who stands or walks by, or is painted on the wall."""
    head, coat, legs = (_paint(rng) for _ in range(3))
    size = np.subtract(box[2:], box[:2])
    x, top = box[0] + size[0] / 2, box[1]
    step = rng.uniform(0.05, 0.4)
    walk = [[(0.45, 0.5), (0.5 - step, 1)], [(0.55, 0.5), (0.5 + step, 1)]]
    _strokes(site, box, legs, max(1.0, 0.18 * size[0]), walk)
    body = (box[0] + 0.2 * size[0], top + 0.13 * size[1])
    body = (*body, box[2] - 0.2 * size[0], top + 0.6 * size[1])
    _fill(site, body, coat, 0.2 * size[0])
    _disc(site, x, top + 0.07 * size[1], 0.07 * size[1], head)


def _stairs(rng, site: Site, box) -> None:
    part, _, y = site.part(box)
    if part.size:
        rise = max(4.0, rng.uniform(0.15, 0.2) * site.metre)
        height = ((y - box[1]) % rise) / rise
        light = np.where(height < 0.35, rng.uniform(0.8, 1.1), rng.uniform(0.4, 0.75))
        grain = 1 + 0.05 * textures.noise(rng, part.shape[:2], 3)
        part[:] = wall_colour(rng) * (light * grain)[..., None]


def _vent(rng, site: Site, box) -> None:
    if rng.random() < 0.5:
        _grating(rng, site, box)
        return
    colour = _paint(rng)
    for share in np.linspace(0, 0.8, rng.integers(2, 5)):
        room = share / 2 * (box[2] - box[0])
        inner = np.add(box, (room, room, -room, -room))
        _fill(site, inner, colour * rng.uniform(0.3, 1), 0, plates.oval)


def _screws(rng, site: Site, box) -> None:
    for _ in range(rng.integers(1, 6)):
        x, y = rng.uniform(box[:2], box[2:])
        radius = max(0.8, rng.uniform(0.004, 0.02) * site.metre)
        _disc(site, x, y, radius, _paint(rng), radius)


THINGS: tuple[tuple[tuple[Callable, tuple, tuple], float], ...] = (
    ((_window, (0.4, 1.4), (0.5, 1.6)), 0.12),
    ((_windows, (1.0, 4.0), (0.8, 4.0)), 0.05),
    ((_door, (0.75, 1.1), (1.9, 2.3)), 0.08),
    ((_letter_box, (0.2, 0.5), (0.12, 0.45)), 0.05),
    ((_letter_boxes, (0.5, 1.2), (0.3, 1.0)), 0.02),
    ((_grating, (0.2, 1.2), (0.2, 1.0)), 0.05),
    ((_fence, (0.6, 3.0), (0.6, 1.5)), 0.07),
    ((_foliage, (0.2, 2.0), (0.2, 2.0)), 0.1),
    ((_branch, (0.3, 2.0), (0.3, 2.0)), 0.05),
    ((_cable, (0.3, 4.0), (0.1, 1.5)), 0.05),
    ((_pipe, (0.04, 0.14), (0.5, 5.0)), 0.06),
    ((_lamp, (0.08, 0.3), (0.1, 0.4)), 0.06),
    ((_bell, (0.05, 0.2), (0.08, 0.35)), 0.05),
    ((_board, (0.15, 1.0), (0.08, 0.5)), 0.1),
    ((_writing, (0.2, 1.2), (0.08, 0.4)), 0.06),
    ((_scrolls, (0.1, 0.8), (0.1, 0.8)), 0.05),
    ((_collage, (0.1, 1.5), (0.1, 1.5)), 0.05),
    ((_figure, (0.3, 0.6), (1.2, 1.9)), 0.03),
    ((_wheel, (0.5, 0.7), (0.5, 0.7)), 0.02),
    ((_stairs, (0.8, 2.5), (0.3, 1.0)), 0.03),
    ((_vent, (0.08, 0.3), (0.08, 0.3)), 0.05),
    ((_screws, (0.05, 0.8), (0.05, 0.8)), 0.06),
)
"""Things on and before a facade: painter, widths and heights in metres, weight."""


def _on_door(rng, site: Site, box, height) -> None:
    """A door that the number is on, above or beside."""
    wide, tall = np.array([rng.uniform(0.75, 1.1), rng.uniform(1.9, 2.3)]) * site.metre
    middle, where = (box[0] + box[2]) / 2, rng.random()
    if where < 0.5:
        left = middle - rng.uniform(0.35, 0.65) * wide
        top = box[1] - rng.uniform(0.05, 0.4) * tall
    elif where < 0.75:
        left = middle - rng.uniform(0.4, 0.6) * wide
        top = box[3] + rng.uniform(0.05, 0.2) * site.metre
    else:
        gap = rng.uniform(0.1, 0.4) * site.metre
        left = box[2] + gap if rng.random() < 0.5 else box[0] - gap - wide
        top = box[1] - rng.uniform(0.1, 0.5) * tall
    _door(rng, site, (left, top, left + wide, top + tall))


def _on_mailbox(rng, site: Site, box, height) -> None:
    """A mailbox, on a post or on the wall, that bears the number."""
    tall, width = site.canvas.shape[:2]
    case = box + height * rng.uniform(0.0, 1.0, 4) * (-1, -1, 1, 1)
    radius = min(case[2:] - case[:2]) * rng.choice((0.03, 0.15, 0.5))
    if rng.random() < 0.6:
        _clad(rng, site, (0, 0, width, tall), ((hedge, 0.5), *textures.WALLS))
        middle = (case[0] + case[2]) / 2
        post = rng.uniform(0.1, 0.25) * (case[2] - case[0])
        _fill(site, (middle - post, case[3], middle + post, tall), _paint(rng))
    _shade(site, case, 0.08 * site.metre, radius)
    _fill(site, case, _paint(rng), radius)
    if rng.random() < 0.4:
        flag, thin = _paint(rng), 0.12 * height
        left, top = case[2] - 0.05 * (case[2] - case[0]), case[1] - height
        _fill(site, (left, top, left + thin, top + 2 * height), flag)
        _fill(site, (left, top, left + 4 * thin, top + height / 2), flag)


def _on_kerb(rng, site: Site, box, height) -> None:
    """A kerb between street and lawn with the number painted on it."""
    tall, width = site.canvas.shape[:2]
    top, bottom = box[1::2] + height * rng.uniform(0, 0.3, 2) * (-1, 1)
    lawn = ((hedge, 0.5), (textures.stucco, 0.25), (textures.tiles, 0.25))
    _clad(rng, site, (0, 0, width, top), lawn)
    _asphalt(rng, site, (0, bottom, width, tall))
    kerb = (0, top, width, bottom)
    _clad(rng, site, kerb, ((textures.stucco, 1),))
    stone = site.part(kerb)[0]
    stone *= rng.uniform(0.45, 0.8) / np.maximum(stone.mean((0, 1)), 0.05)
    for y, light in ((top, 1.3), (bottom, 0.5)):
        edge = site.part((0, y, width, y + 0.15 * height))[0]
        edge *= light
    _fill(site, box + height * np.array([0.2, 0.2, -0.2, -0.2]), _paint(rng))


def _on_pillar(rng, site: Site, box, height) -> None:
    """A gate's pillar with fences at its sides."""
    tall, width = site.canvas.shape[:2]
    left, right = box[::2] + height * rng.uniform(0, 1, 2) * (-1, 1)
    top = box[1] - rng.uniform(0.05, 0.6) * site.metre
    if rng.random() < 0.4:
        _sky(rng, site, (0, 0, width, top))
    rise = top + rng.uniform(-0.1, 0.3) * site.metre
    for side in ((-2 * site.metre, rise, left, tall), (right, rise, width, tall)):
        if rng.random() < 0.8:
            _fence(rng, site, side)
    _shade(site, (left, top, right, tall), 0.08 * site.metre)
    _clad(rng, site, (left, top, right, tall), textures.WALLS)
    cap = rng.uniform(0.03, 0.12) * site.metre
    _fill(site, (left - cap, top - cap, right + cap, top + cap / 2), wall_colour(rng))


def _on_board(rng, site: Site, box, height) -> None:
    """A board, a fascia or a shop sign with words below the number."""
    board = box + height * np.exp(rng.normal(-1, 1, 4)) * (-1, -1, 1, 1)
    if rng.random() < 0.3:
        board[[0, 2]] = -1, site.canvas.shape[1] + 1
    colour = _paint(rng)
    _shade(site, board, 0.04 * site.metre)
    _fill(site, board, colour, rng.choice((0.0, 0.05)) * site.metre)
    if rng.random() < 0.6:
        words = (box[0], box[3], box[2], box[3] + height * rng.uniform(0.3, 0.9))
        _fill(site, words, colour)
        _write(rng, site, words)


HOSTS: tuple[tuple[Callable, float], ...] = (
    (_on_door, 0.34),
    (_on_mailbox, 0.18),
    (_on_kerb, 0.08),
    (_on_pillar, 0.2),
    (_on_board, 0.2),
)
"""What a number is fixed to other than a wall and how often each is it."""


def _photograph(rng, seen: Image.Image, boxes, heights) -> np.ndarray:
    """A picture of what is seen: a phone's, or one of a street car's, cut out small."""
    height = float(min(heights, default=30.0))
    if rng.random() < 0.45:
        factor = rng.uniform(1, max(1.0, min(5.0, height / 10)))
        size = [round(side / factor) for side in seen.size]
        middle = boxes[0] / factor if boxes else (0, 0, *size)
        low, high = np.floor(middle[:2]).astype(int), np.ceil(middle[2:]).astype(int)
        small = seen.resize(size, Image.Resampling.BOX)
        middle = (*low.tolist(), *high.tolist())
        pixels = camera.photograph(rng, small, height / factor, middle)
        image = Image.fromarray(pixels).resize(seen.size, Image.Resampling.BICUBIC)
        return np.array(image)
    image = camera.blur(rng, seen, min(height, rng.uniform(7, 30)))
    pixels = _develop(rng, image) * 255
    if rng.random() < 0.4:
        pixels = camera.grain(rng, pixels)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return np.array(camera.compress(rng, image))


def _develop(rng, image: Image.Image) -> np.ndarray:
    """A phone's exposure: brightness brought near to the usual, contrast kept."""
    pixels = np.asarray(image, np.float32) / 255
    mean = float(pixels.mean())
    level = np.exp(rng.normal(np.log(0.45), 0.22))
    gain = (level / max(mean, 0.05)) ** rng.uniform(0.3, 1)
    contrast = gain * rng.uniform(0.8, 1.3)
    cast = 1 + rng.normal(0, 0.03, 3) + rng.normal(0, 0.03) * np.array([1, 0, -1])
    shifted = (pixels - np.float32(mean)) * np.float32(contrast)
    return (shifted + np.float32(mean * gain)) * cast.astype(np.float32)

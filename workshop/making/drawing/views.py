"""Photographs in which a number is somewhere, for a network that finds it.

Boxes are (left, top, right, bottom) in pixels.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from helpers.sample import camera, numbers, plates, textures
from helpers.sample.distributions import draw_digits
from helpers.sample.scenes import too_faint
from helpers.sample.textures import choose, wall_colour
from workshop.making.drawing import clutter, hosts, surroundings, words
from workshop.making.drawing.brush import Site
from workshop.making.drawing.styles import note, varied_glyphs, varied_style

BOX_ROOM = 0.06  # digit heights that a box leaves round the ink, about as SVHN's do
SHEET_SHARE = 0.12  # of views of a sheet of paper with a number by hand

MIN_HEIGHT, MIN_CONTRAST = 7.5, 0.035
"""Of a digit in pixels, and the deviation of brightness in a number's box; what is
fainter is drawn anew."""

WIDTHS, SHEET_WIDTHS = (0.03, 0.9), (0.12, 0.9)
"""Least and largest share of the picture's width that a number is ordered at, on a
facade and on a sheet."""

COUNTS = ((1, 0.77), (0, 0.08), (2, 0.105), (3, 0.045))
"""Numbers in a picture and how often as many are tried; some find no room."""

LENGTHS = ((1, 0.15), (2, 0.3), (3, 0.27), (4, 0.2), (5, 0.08))
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
    """A drawn photograph and the numbers in it."""

    image: np.ndarray  # uint8 (H, W, 3), RGB
    numbers: tuple[tuple[int, ...], ...]  # digits from left to right, or from the top
    boxes: np.ndarray  # int64 (K, 4), of each whole number in pixels


@dataclass(frozen=True)
class _Placed:
    """A number, its digits, and where it is on the facade."""

    digits: tuple[int, ...]
    style: plates.Style
    number: numbers.Number
    height: float  # of a digit in pixels
    middle: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """Corners of the digits on the plane, float64 (K, 2), in pixels."""
        return np.concatenate(self.number.outlines) * self.height + self.middle


def draw_view(rng: np.random.Generator, long_side: int) -> View:
    """Draw a photograph, its longer side 64 pixels or more, and its 0 to 3 numbers."""
    while True:
        view = _draw_once(rng, long_side)
        if all(_contrast(view.image, box) > MIN_CONTRAST for box in view.boxes):
            return view


def _contrast(image, box) -> float:
    """Deviation of the brightness in a box, 0 to 0.5."""
    part = image[box[1] : box[3], box[0] : box[2]]
    return float((part @ textures.LUMA).std()) / 255


def _draw_once(rng, long_side: int) -> View:
    """A view of numbers that can be too faint to read."""
    is_sheet = bool(rng.random() < SHEET_SHARE)
    aspect = rng.uniform(*choose(rng, ASPECTS))
    size = np.rint([long_side * min(1, aspect), long_side * min(1, 1 / aspect)])
    matrix = _camera(rng, size, long_side)
    placed, boxes = _place_all(rng, size, matrix, is_sheet)

    back = np.linalg.inv(matrix)
    plane = numbers.project(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size, back)
    low, span = plane.min(0), np.ptp(plane, axis=0)
    # A slanting view shows far more of the facade than it has pixels for.
    scale = min(1.0, float(np.sqrt(1.4 * size.prod() / span.prod())))
    shape = np.ceil(span * scale).astype(int) + 1
    on_canvas = [
        replace(one, height=one.height * scale, middle=(one.middle - low) * scale)
        for one in placed
    ]
    canvas = _facade(rng, tuple(shape.tolist()), on_canvas, is_sheet)
    pixels = Image.fromarray((np.clip(canvas, 0, 1) * 255).astype(np.uint8))
    to_canvas = [[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]], [0, 0, 1]]
    seen = camera.look(pixels, to_canvas @ back, tuple(size.astype(int).tolist()))
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


def _place_all(rng, size, matrix, is_sheet) -> tuple[list[_Placed], list[np.ndarray]]:
    """Numbers at their places on the facade or the one sheet, and their boxes apart."""
    placed, boxes = [], []
    for _ in range(1 if is_sheet else choose(rng, COUNTS)):
        fellow = placed[0] if placed and rng.random() < 0.6 else None
        if is_sheet:
            style = replace(note(rng), plate=None)
        else:
            style = varied_style(rng) if fellow is None else fellow.style
        widths = SHEET_WIDTHS if is_sheet else WIDTHS
        for _ in range(6):
            one = _place(rng, size, matrix, fellow, style, widths)
            box = _box(one, matrix, size)
            if _is_free(box, boxes, one.height * 0.6):
                placed.append(one)
                boxes.append(box)
                break
    return placed, boxes


def _place(rng, size, matrix, fellow, style, widths) -> _Placed:
    """A number of a random size, near to that of its ``fellow``, at a random place."""
    digits = draw_digits(rng, choose(rng, LENGTHS))
    glyphs = varied_glyphs(rng, style, digits)
    if len(glyphs) > 1 and rng.random() < 0.04:
        number = numbers.stack(rng, glyphs)
    else:
        number = numbers.lay_out(rng, glyphs, style.rise, style.loose, style.spread)
    number = number.stretched(float(np.exp(rng.normal(-0.05, 0.12))))
    points = np.concatenate(number.outlines)
    low, extent = points.min(0), np.ptp(points, axis=0)
    centred = number.places - np.array([0, 0, 1]) * (low + extent / 2)[:, None]
    number = numbers.Number(number.glyphs, centred)
    most = min(widths[1] * size[0], 0.88 * size[1] * extent[0] / extent[1])
    least = min(max(widths[0] * size[0], MIN_HEIGHT * extent[0]), most)
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
        one = replace(one, height=max(one.height * factor, MIN_HEIGHT * 0.95))
        room = np.maximum(size - span * factor - 2 * BOX_ROOM * one.height - 2, 0)
        target = size / 2 + (share - 0.5) * room
    return one


def _box(one: _Placed, matrix, size) -> np.ndarray:
    """left, top, right, bottom of a number in the picture, int64 (4)."""
    seen = numbers.project(one.points, matrix)
    room = BOX_ROOM * one.height
    low = np.clip(np.floor(seen.min(0) - room), 0, size - 1)
    high = np.clip(np.ceil(seen.max(0) + room), low + 1, size)
    return np.concatenate([low, high]).astype(np.int64)


def _is_free(box, taken, gap: float) -> bool:
    """Whether a box keeps ``gap`` pixels away from all of those taken."""
    return all(
        (box[:2] > other[2:] + gap).any() or (box[2:] < other[:2] - gap).any()
        for other in taken
    )


def _facade(rng, shape, placed, is_sheet) -> np.ndarray:
    """Paint walls, or a sheet, things and numbers: float32 (H, W, 3), about 0 to 1."""
    width, tall = shape
    heights = [one.height for one in placed] or [max(shape) / rng.uniform(3, 25)]
    # Most house numbers are 8 to 30 centimetres high.
    metre = heights[0] / np.exp(rng.uniform(np.log(0.08), np.log(0.3)))
    canvas = np.empty((tall, width, 3), np.float32)
    angle = rng.normal(0, 0.9)
    site = Site(canvas, metre, (float(np.sin(angle)), float(abs(np.cos(angle)))))
    taken = [
        np.concatenate([one.points.min(0), one.points.max(0)])
        + one.height * np.array([-0.45, -0.45, 0.45, 0.45])
        for one in placed
    ]
    everything = (0, 0, width, tall)
    site.clad(rng, everything, textures.SHEETS if is_sheet else textures.WALLS)
    if not is_sheet or rng.random() < 0.4:
        _put_bands(rng, site, taken)
        if placed and not is_sheet and rng.random() < 0.5:
            choose(rng, hosts.HOSTS)(rng, site, taken[0], placed[0].height)
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
    x, y = (x - float(one.middle[0])) / height, (y - float(one.middle[1])) / height
    light = np.array(site.light) * rng.uniform(0.3, 1.2)
    # Room for a word in digit heights, and the side where it is.
    word = rng.uniform(0.3, 0.6) if rng.random() < 0.15 and extent[0] > 0.8 else 0.0
    side = 1 if rng.random() < 0.7 else -1
    if style.plate is not None:
        size = (extent[0] * (1 + 0.3 * word), extent[1] + word)
        plates.put_plate(rng, part, x, y - side * word / 2, style, size, light)
    ink = numbers.ink(one.number, x, y)
    ground = part[ink > 0.5]
    if not len(ground):
        ground = part.reshape(-1, 3)
    if too_faint(ground, style.digit):
        style = replace(style, digit=plates.contrasting(rng, ground.mean(0)))
    plates.put_digits(rng, part, ink, style, height, light)
    if word:
        away = np.array([0, side * height * (extent[1] / 2 + 0.08 + word / 2)])
        centre, half = one.middle + away, np.array([extent[0], word]) / 2 * height
        words.write(rng, site, (*(centre - half), *(centre + half)), style.digit)


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
            site.clad(rng, box, textures.SURROUNDINGS)
            seam = rng.uniform(0.01, 0.12) * site.metre
            site.fill((edge - seam, 0, edge + seam, tall), wall_colour(rng))
    if rng.random() < 0.25:
        edge = low[1] - rng.uniform(0.1, 1.2) * site.metre
        surroundings.sky(rng, site, (0, 0, width, edge))
    if rng.random() < 0.35:
        edge = high[1] + rng.uniform(0.2, 1.5) * site.metre
        surroundings.street(rng, site, (0, edge, width, tall))


def _put_things(rng, site: Site, taken) -> None:
    """Things of daily life wherever they hide no number, in place."""
    tall, width = site.canvas.shape[:2]
    side = np.sqrt(tall * width) / site.metre
    crowd = 2.5 if rng.random() < 0.15 else 1.0
    taken = list(taken)
    for _ in range(rng.poisson(min(14.0, 1 + crowd * side * rng.uniform(0, 3)))):
        paint, across, down = choose(rng, clutter.THINGS)
        size = np.array([rng.uniform(*across), rng.uniform(*down)]) * site.metre
        for _ in range(4):
            start = rng.uniform(-0.6 * size, (width, tall) - 0.4 * size)
            box = np.concatenate([start, start + size])
            if _is_free(box, taken, 0.0):
                paint(rng, site, box)
                if rng.random() < 0.6:
                    taken.append(box)
                break


def _photograph(rng, seen: Image.Image, boxes, heights) -> np.ndarray:
    """A picture of what is seen: a phone's, or one of a street car's, cut out small."""
    height = float(min(heights, default=30.0))
    if rng.random() < 0.45:
        factor = rng.uniform(1, max(1.0, min(5.0, height / 10)))
        size = [round(side / factor) for side in seen.size]
        middle = tuple(boxes[0] / factor) if boxes else (0, 0, *size)
        small = seen.resize(size, Image.Resampling.BOX)
        pixels = camera.photograph(rng, small, height / factor, middle)
        image = Image.fromarray(pixels).resize(seen.size, Image.Resampling.BICUBIC)
        return np.array(image)
    image = camera.blur(rng, seen, min(height, rng.uniform(7, 30)))
    pixels = np.clip(_develop(rng, image) * 255, 0, 255)
    image = Image.fromarray(pixels.astype(np.uint8))
    if rng.random() < 0.4:
        image = camera.grain(rng, image)
    return np.array(camera.compress(rng, image))


def _develop(rng, image: Image.Image) -> np.ndarray:
    """A phone's exposure: brightness brought near to the usual, contrast kept."""
    pixels = np.asarray(image, np.float32) / 255
    mean = float(pixels.mean())
    level = np.exp(rng.normal(np.log(0.45), 0.22))
    gain = (level / max(mean, 0.05)) ** rng.uniform(0.3, 1)
    cast = 1 + rng.normal(0, 0.03, 3) + rng.normal(0, 0.03) * np.array([1, 0, -1])
    shifted = (pixels - np.float32(mean)) * np.float32(gain * rng.uniform(0.8, 1.3))
    return (shifted + np.float32(mean * gain)) * cast.astype(np.float32)

"""Photographs of house numbers, drawn: a wall, a plate, digits, light, a camera."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from helpers.sample import camera, numbers, plates, textures
from helpers.sample.distributions import Order, draw_order
from helpers.sample.glyphs import Glyph, digit_glyphs
from helpers.sample.typefaces import draw_typeface

# Slope of a number in the picture: quantiles of the line through the centres of its
# first and last box, in degrees, positive falling, in the real train set.
_TILT_SHARES = (0, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 1)
_TILTS = (-50, -38, -31, -19, -12, -5, 0, 3.5, 8, 12, 18, 25, 40)


@dataclass(frozen=True)
class Scene:
    """A drawn photograph, uint8 (H, W, 3), and the number on it, from left to right.

    ``boxes``, int64 (N, 4), are left, top, width and height of each digit's box in
    pixels, loose as people draw them.
    """

    image: np.ndarray
    digits: tuple[int, ...]
    boxes: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """Left, top, right, bottom of the whole number, int64 (4,)."""
        low, high = self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]
        return np.concatenate([low.min(0), high.max(0)])


def style_glyphs(
    rng: np.random.Generator, style: plates.Style, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """Render a number's digits in a typeface that goes with a style."""
    glyphs = digit_glyphs(*draw_typeface(rng, style.faces))
    return tuple(glyphs[digit] for digit in digits)


def draw_scene(
    rng: np.random.Generator,
    order: Order | None = None,
    draw_glyphs: Callable[..., tuple[Glyph, ...]] = style_glyphs,
    draw_style: Callable[..., plates.Style] = plates.draw_style,
    sides: tuple[float, float] = (0.3, 0.15),
) -> Scene:
    """Draw one scene: a number and its sizes as ordered, in a style and its glyphs.

    ``sides`` are how often another material begins left or right of the number, and
    above or below.
    """
    order = order or draw_order(rng)
    style = draw_style(rng)
    glyphs = draw_glyphs(rng, style, order.digits)
    number, matrix, boxes, size = compose(rng, order, style, glyphs)
    canvas, to_canvas = _facade(rng, number, style, matrix, size, order.height, sides)
    seen = camera.look(canvas, to_canvas, size)
    low = np.clip(boxes[:, :2].min(0), 0, np.array(size) - 1)
    high = np.clip((boxes[:, :2] + boxes[:, 2:]).max(0), low + 1, size)
    middle = (*low.tolist(), *high.tolist())
    image = camera.photograph(rng, seen, order.height, middle)
    return Scene(image, order.digits, boxes)


def compose(
    rng: np.random.Generator, order: Order, style: plates.Style, glyphs
) -> tuple[numbers.Number, np.ndarray, np.ndarray, tuple[int, int]]:
    """Lay out a number and fit view and picture to the sizes ordered.

    Returns
    -------
    number : helpers.sample.numbers.Number
        The glyphs on the facade's plane.
    matrix : numpy.ndarray
        float64 (3, 3), the homography from that plane to the picture.
    boxes, size
        In the picture: `Scene.boxes`, and its width and height in pixels.
    """
    tilt = np.tan(np.radians(np.interp(rng.random(), _TILT_SHARES, _TILTS)))
    climb = tilt * rng.uniform(0.6, 1.0) if style.plate is None else 0.0
    tilt = tilt if style.plate is None else 0.6 * tilt
    if style.rise:
        # Digits in steps, or seen from the side, or some of both.
        tilt += style.rise
        climb += style.rise * rng.random()
    if len(glyphs) > 1 and rng.random() < 0.007:
        number = numbers.stack(rng, glyphs)
    else:
        number = numbers.lay_out(rng, glyphs, climb, style.loose, style.spread)
    matrix = camera.view(rng, tilt - climb)
    habit = numbers.draw_habit(rng, len(glyphs))
    width = order.width * (0.75 if set(order.digits) == {1} else 1)
    boxes = numbers.draw_boxes(number, matrix, habit)
    for _ in range(2):
        squeeze = (width / boxes[:, 2].max()) / (order.height / boxes[:, 3].max())
        number = number.stretched(float(np.clip(squeeze, 0.4, 2.5)))
        boxes = numbers.draw_boxes(number, matrix, habit)
    scale = order.height / boxes[:, 3].max()
    low = boxes[:, :2].min(0)
    union = (boxes[:, :2] + boxes[:, 2:]).max(0) - low
    width = union[0] * scale + order.frame_width * order.height
    frame = width, union[1] * scale * order.frame_height
    size = np.maximum(np.rint(frame), (12, 10)).astype(int)
    spare = size - union * scale
    lean = rng.normal(0, 0.02, 2) + (rng.random(2) < 0.1) * rng.normal(0, 0.15, 2)
    lean[1] -= 0.05
    start = spare * np.clip(0.5 + lean, -0.03, 1.03) - low * scale
    fit = np.array([[scale, 0, start[0]], [0, scale, start[1]], [0, 0, 1]])
    boxes = np.concatenate([boxes[:, :2] * scale + start, boxes[:, 2:] * scale], 1)
    boxes = np.rint(boxes).astype(np.int64)
    return number, fit @ matrix, boxes, (int(size[0]), int(size[1]))


def _facade(rng, number, style, matrix, size, height, sides):
    """Paint the part of the facade that the picture shows, seen from straight ahead.

    Returns a PIL image and the homography from the picture to its pixels.
    """
    width, tall = size
    corners = np.array([[0, 0], [width, 0], [width, tall], [0, tall]], float)
    plane = numbers.project(corners, np.linalg.inv(matrix))
    low, high = plane.min(0), plane.max(0)
    scale = float(np.clip(0.8 * height, 24, 64))
    shape = np.ceil((high - low) * scale).astype(int) + 1
    origin = -low * scale
    x = ((np.arange(shape[0], dtype=np.float32) + 0.5 - origin[0]) / scale)[None]
    y = ((np.arange(shape[1], dtype=np.float32) + 0.5 - origin[1]) / scale)[:, None]
    points = np.concatenate(number.outlines)
    extent = points.max(0) - points.min(0)
    middle = ((points.max(0) + points.min(0)) / 2).tolist()
    light = (float(rng.normal(0, 0.8)), float(abs(rng.normal(0.8, 0.5))))

    canvas = textures.choose(rng, textures.WALLS)(rng, x, y)
    _put_sides(rng, canvas, x, y, extent, sides)
    if style.plate is not None:
        plane = x - middle[0], y - middle[1]
        plates.put_plate(rng, canvas, *plane, style, tuple(extent), light)
    part, x, y = textures.cut(canvas, x, y, points.min(0) - 0.3, points.max(0) + 0.3)
    ink = numbers.ink(number, x, y)
    ground = part[ink > 0.1]
    if too_faint(ground, style.digit):
        style = replace(style, digit=plates.contrasting(rng, ground.mean(0)))
    plates.put_digits(rng, part, ink, style, scale, light)
    camera.light_up(rng, canvas, scale)
    pixels = (np.clip(canvas, 0, 1) * 255).astype(np.uint8)
    to_pixels = np.array([[scale, 0, origin[0]], [0, scale, origin[1]], [0, 0, 1]])
    return Image.fromarray(pixels), to_pixels @ np.linalg.inv(matrix)


def too_faint(ground: np.ndarray, colour: np.ndarray) -> bool:
    """Say whether a colour, (3,), hardly stands out from an uneven ground, (..., 3)."""
    gray = ground @ textures.LUMA
    step = abs(gray.mean() - colour @ textures.LUMA)
    return bool(step < 0.1 + gray.std())


def _put_sides(rng, canvas, x, y, extent, sides) -> None:
    """Let another material begin at some sides of the number, in place."""
    for axis, sign in ((0, -1), (0, 1), (1, -1), (1, 1)):
        if rng.random() > sides[axis]:
            continue
        low, high = np.full(2, -np.inf), np.full(2, np.inf)
        (low if sign > 0 else high)[axis] = start = sign * (
            extent[axis] / 2 + rng.uniform(0.15, 1.8)
        )
        part, u, v = textures.cut(canvas, x, y, low, high)
        if min(part.shape[:2]) < 3:
            continue
        part[:] = textures.choose(rng, textures.SURROUNDINGS)(rng, u, v)
        low[axis], high[axis] = start + np.array([-1, 1]) * rng.uniform(0.02, 0.15)
        textures.cut(canvas, x, y, low, high)[0][:] *= rng.uniform(0.4, 1.1)

"""Plates, stickers and tiles under a number, and the look of its digits.

Distances are in digit heights: negative inside an outline, positive outside.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from helpers.sample.textures import (
    LUMA,
    choose,
    coloured,
    cut,
    fractal,
    hsv,
    noise,
    pixels_per_unit,
    tint,
)


@dataclass(frozen=True)
class Style:
    """Colours and finish of a number and of its plate.

    Colours are float32 (3,): ``plate`` is None for digits straight on the wall, ``rim``
    None for a plate without a border line. ``faces`` names a group of typefaces. In
    digit heights are ``relief``, of the digits over their ground, 0 for paint, and
    ``spread``, room between digits beyond the usual; ``loose``, 0 to 1, is the disorder
    of digits fixed one by one, ``rise`` the number's slope in the picture beyond the
    usual, downwards positive.
    """

    plate: np.ndarray | None
    digit: np.ndarray
    rim: np.ndarray | None
    faces: str
    relief: float
    loose: float
    spread: float = 0.0
    rise: float = 0.0


def enamel(rng: np.random.Generator) -> Style:
    """Draw white digits on blue enamel, now and then on black, green, red or brown."""
    if rng.random() < 0.85:
        plate = tint(rng, rng.normal(0.635, 0.02), (0.45, 0.9), (0.2, 0.65))
    else:
        hue = rng.choice((0.0, 0.02, 0.08, 0.4, 0.5))
        plate = tint(rng, hue, (0.1, 0.8), (0.08, 0.45))
    digit = tint(rng, rng.uniform(0.1, 0.65), (0, 0.08), (0.8, 1))
    rim = digit if rng.random() < 0.6 else None
    return Style(plate, digit, rim, "enamel", 0.0, 0.1)


def sign(rng: np.random.Generator) -> Style:
    """Draw dark digits on a white plate, sticker or piece of marble."""
    plate = tint(rng, rng.uniform(0.08, 0.65), (0, 0.12), (0.75, 1))
    kind = rng.random()
    if kind < 0.45:
        digit = tint(rng, rng.random(), (0, 0.3), (0.02, 0.3))
    elif kind < 0.85:
        digit = tint(rng, rng.normal(0.62, 0.02), (0.4, 0.9), (0.2, 0.6))
    else:
        digit = tint(rng, rng.choice((0.0, 0.99, 0.4, 0.07)), (0.5, 0.9), (0.3, 0.8))
    rim = digit if rng.random() < 0.45 else None
    return Style(plate, digit, rim, "any", 0.0, 0.1)


def coloured_plate(rng: np.random.Generator) -> Style:
    """Draw a plate of any colour with digits lighter or darker than it."""
    plate = tint(rng, rng.random(), (0, 0.6), (0.1, 0.9))
    digit = contrasting(rng, plate)
    rim = digit if rng.random() < 0.3 else None
    return Style(plate, digit, rim, "any", rng.choice((0.0, 0.03)), 0.2)


def brass_plate(rng: np.random.Generator) -> Style:
    """Draw engraved brass, bronze or steel."""
    metal = tint(rng, rng.normal(0.11, 0.02), (0.05, 0.6), (0.35, 0.8))
    digit = metal * rng.uniform(0.1, 0.45)
    return Style(metal, digit, None, "any", 0.0, 0.0)


def mounted(rng: np.random.Generator) -> Style:
    """Draw separate digits of dark or bright metal, plastic or tile on the wall."""
    kind = rng.random()
    if kind < 0.55:
        digit = tint(rng, rng.random(), (0, 0.3), (0.03, 0.3))
    elif kind < 0.75:
        digit = tint(rng, rng.normal(0.11, 0.02), (0.1, 0.6), (0.4, 0.8))
    else:
        digit = tint(rng, rng.random(), (0, 0.1), (0.7, 1))
    return Style(None, digit, None, "mounted", rng.uniform(0.02, 0.09), 1.0)


def painted(rng: np.random.Generator) -> Style:
    """Draw digits painted on the wall by stencil, brush or spray can."""
    kind = rng.random()
    if kind < 0.5:
        digit = tint(rng, rng.random(), (0, 0.4), (0.03, 0.3))
    elif kind < 0.75:
        digit = tint(rng, rng.random(), (0, 0.1), (0.8, 1))
    else:
        hue = rng.choice((0.0, 0.98, 0.6, 0.65, 0.4, 0.08))
        digit = tint(rng, hue, (0.4, 0.9), (0.25, 0.8))
    return Style(None, digit, None, "painted", 0.0, rng.uniform(0.2, 1.2))


STYLES = (
    (enamel, 0.36),
    (sign, 0.18),
    (coloured_plate, 0.06),
    (brass_plate, 0.03),
    (mounted, 0.23),
    (painted, 0.14),
)
"""Kinds of house numbers and how often each is one."""


def draw_style(rng: np.random.Generator) -> Style:
    """Draw a kind of number by its frequency, and its colours."""
    return choose(rng, STYLES)(rng)


def contrasting(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    """Draw a colour lighter or darker than ``ground``, by a step that can be small."""
    level = float(ground @ LUMA)
    step = rng.uniform(0.15, 0.6)
    value = level - step if level > rng.uniform(0.3, 0.7) else level + step
    saturation = rng.uniform(0, 0.5) * rng.random()
    colour = hsv(rng.random(), saturation, 1.0)
    return np.clip(colour * (max(value, 0.02) / (colour @ LUMA)), 0, 1)


def rounded(x: np.ndarray, y: np.ndarray, half, radius: float) -> np.ndarray:
    """Measure the distance to a rectangle with rounded corners."""
    dx, dy = np.abs(x) - (half[0] - radius), np.abs(y) - (half[1] - radius)
    outer = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return outer + np.minimum(np.maximum(dx, dy), 0) - radius


def notched(x: np.ndarray, y: np.ndarray, half, radius: float) -> np.ndarray:
    """Measure the distance to one whose corners are cut out by quarter circles."""
    box = np.maximum(np.abs(x) - half[0], np.abs(y) - half[1])
    bite = radius - np.hypot(np.abs(x) - half[0], np.abs(y) - half[1])
    return np.maximum(box, bite)


def oval(x: np.ndarray, y: np.ndarray, half, radius: float) -> np.ndarray:
    """Measure, to first order, the distance to an ellipse of half axes ``half``."""
    return (np.hypot(x / half[0], y / half[1]) - 1) * min(half)


def cover(distance: np.ndarray, scale: float) -> np.ndarray:
    """Return the share of each pixel inside an outline, float32 in 0 to 1."""
    return np.clip(0.5 - distance * np.float32(scale), 0, 1)


def lay(canvas: np.ndarray, colour, share: np.ndarray) -> None:
    """Put a colour on the canvas, in place, where ``share`` (H, W) says how much."""
    canvas += share[..., None] * (colour - canvas)


def put_plate(
    rng: np.random.Generator, canvas: np.ndarray, x, y, style: Style, size, light
) -> None:
    """Put a plate round a number of ``size`` (width, height), in place.

    ``light`` is how far a shadow falls, across and down, over the height of its caster.
    """
    scale = pixels_per_unit(x, y)
    half = np.array(size) / 2 + np.exp(rng.normal(-1.55, 0.45, 2))
    shape = choose(rng, ((rounded, 0.72), (notched, 0.08), (oval, 0.2)))
    if shape is oval:
        half = np.array(size) / 2 * rng.uniform(1.2, 1.45) + 0.1
        if rng.random() < 0.4:
            half[:] = half.max()
    canvas, x, y = cut(canvas, x, y, -half - 0.3, half + 0.3)
    half = half.tolist()
    radius = min(half) * float(rng.choice((0.02, 0.1, 0.25)))
    distance = shape(x, y, half, radius)
    thickness = rng.uniform(0.01, 0.08)
    dx, dy = light[0] * thickness, light[1] * thickness
    shadow = shape(x - dx, y - dy, half, radius)
    softness = max(0.5, scale * rng.uniform(0.01, 0.06))
    canvas *= 1 - 0.6 * np.clip(0.5 - shadow * scale / softness, 0, 1)[..., None]
    sheen = 1 + 0.04 * noise(rng, distance.shape, scale)
    lay(canvas, coloured(style.plate, sheen), cover(distance, scale))
    if style.rim is not None:
        inset, line = rng.uniform(0.0, 0.12), rng.uniform(0.02, 0.07)
        band = np.abs(distance + inset + line / 2) - line / 2
        lay(canvas, style.rim, cover(band, scale))
    else:
        edge = np.abs(distance + 0.02) - 0.02
        canvas *= 1 - rng.uniform(-0.2, 0.5) * cover(edge, scale)[..., None]
    if rng.random() < 0.4:
        x, y = np.abs(x) - (half[0] - 0.1), np.abs(y) - (half[1] - 0.1)
        spot = np.hypot(x, y if rng.random() < 0.5 else y + half[1] - 0.1)
        spot -= rng.uniform(0.025, 0.05)
        lay(canvas, hsv(0.1, 0.1, rng.uniform(0.1, 0.7)), cover(spot, scale))


def put_digits(
    rng: np.random.Generator, canvas: np.ndarray, ink, style: Style, scale, light
) -> None:
    """Put the digits' ``ink`` on the canvas, in place: shadow, body, bevel, wear.

    ``scale`` is in pixels to a digit height; ``light`` as for `put_plate`.
    """
    if style.relief > 0:
        reach = style.relief * scale
        fallen = shift(ink, (light[1] * reach, light[0] * reach), order=1)
        fallen = gaussian_filter(fallen, max(0.4, reach * rng.uniform(0.1, 0.8)))
        canvas *= 1 - rng.uniform(0.2, 0.65) * fallen[..., None]
    share = ink
    if rng.random() < 0.15:
        worn = fractal(rng, ink.shape, max(1.5, scale * rng.uniform(0.05, 0.3)))
        share = ink * np.clip(1.2 - rng.uniform(0, 0.5) * np.maximum(worn, 0), 0, 1)
    colour = coloured(style.digit, 1 + 0.05 * noise(rng, ink.shape, scale))
    if style.relief > 0.03 and rng.random() < 0.6:
        soft = gaussian_filter(ink, max(0.6, scale * 0.03))
        down, across = np.gradient(soft)
        slope = -light[0] * across - light[1] * down
        steepness = max(1, scale * 0.03)
        colour = colour + rng.uniform(0.3, 1.2) * slope[..., None] * steepness
    lay(canvas, colour, share)

"""Walls and what stands beside them: each a function from coordinates to colours.

Coordinates are in digit heights with the number at the origin: ``x`` float32 (1, W)
to the right, ``y`` float32 (H, 1) downwards. Colours are float32 (H, W, 3) in 0 to 1,
each channel contiguous in memory, which NumPy paints several times as fast.
"""

import numpy as np
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


def noise(rng: np.random.Generator, shape, cells) -> np.ndarray:
    """Draw smooth noise of about unit spread, float32 ``shape``.

    ``cells`` is its cells' size in pixels: a number, or (down, across).
    """
    down, across = cells if isinstance(cells, tuple) else (cells, cells)
    rows = min(shape[0], int(shape[0] / down) + 2)
    columns = min(shape[1], int(shape[1] / across) + 2)
    return enlarge(rng.standard_normal((rows, columns), np.float32), shape)


def enlarge(grid: np.ndarray, shape) -> np.ndarray:
    """Interpolate a grid of float32 to a larger shape."""
    image = Image.fromarray(grid)
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BICUBIC))


def fractal(rng: np.random.Generator, shape, cell: float, octaves: int = 3):
    """Sum noise over ``octaves``, each half as large and half as strong."""
    rows, columns = (min(side, int(side / cell) + 2) for side in shape)
    total = rng.standard_normal((rows, columns), np.float32)
    for octave in range(1, octaves):
        rows, columns = min(2 * rows, shape[0]), min(2 * columns, shape[1])
        finer = rng.standard_normal((rows, columns), np.float32)
        total = enlarge(total, (rows, columns)) + finer / 2**octave
    return enlarge(total, shape)


def coloured(colour: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Paint a colour, (3,), as light as ``light``, (H, W), says."""
    return np.moveaxis(colour[:, None, None] * light, 0, 2)


def cut(canvas: np.ndarray, x: np.ndarray, y: np.ndarray, low, high):
    """Cut a canvas, x and y to what lies between two corners (x, y) of a box."""
    columns = slice(*np.searchsorted(x[0], (low[0], high[0])))
    rows = slice(*np.searchsorted(y[:, 0], (low[1], high[1])))
    return canvas[rows, columns], x[:, columns], y[rows]


def pixels_per_unit(x: np.ndarray, y: np.ndarray) -> float:
    """Count pixels to a digit height on the given coordinates."""
    return 1.0 / float(x[0, 1] - x[0, 0]) if x.size > 1 else 1.0


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """Make a colour, float32 (3,), of hue (turns), saturation and value (0 to 1)."""
    sector = (hue % 1.0) * 6.0
    ramp = np.abs((sector + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0
    pure = np.clip(ramp, 0.0, 1.0)
    return (value * (1.0 - saturation * (1.0 - pure))).astype(np.float32)


def tint(rng: np.random.Generator, hue: float, saturation, value) -> np.ndarray:
    """Draw a colour of a hue; its saturation and value are from ranges (low, high)."""
    return hsv(hue, rng.uniform(*saturation), rng.uniform(*value))


def wall_colour(rng: np.random.Generator) -> np.ndarray:
    """Draw a facade's colour: mostly grey to beige, now and then a bright paint."""
    kind = rng.random()
    if kind < 0.5:
        return tint(rng, rng.normal(0.09, 0.04), (0.0, 0.22), (0.35, 1))
    if kind < 0.68:
        return tint(rng, rng.uniform(0.5, 0.72), (0, 0.15), (0.3, 0.95))
    if kind < 0.84:
        return tint(rng, rng.random(), (0.0, 0.4), (0.08, 0.3))
    hues = (0.0, 0.03, 0.07, 0.11, 0.13, 0.3, 0.42, 0.55, 0.6)
    return tint(rng, rng.choice(hues) + rng.normal(0, 0.02), (0.25, 0.75), (0.3, 0.85))


def paint(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint plaster: one colour, cloudy, sometimes with streaks of dirt."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    light = 1 + 0.03 * rng.random() * noise(rng, shape, unit * rng.uniform(0.5, 2))
    if rng.random() < 0.25:
        streaks = noise(rng, shape, (unit * 3, unit * 0.12))
        light -= rng.uniform(0.02, 0.12) * np.clip(streaks, 0, 2)
    if rng.random() < 0.2:
        spots = fractal(rng, shape, unit * rng.uniform(0.3, 1))
        light -= rng.uniform(0.05, 0.35) * (spots > rng.uniform(1.2, 2))
    return coloured(wall_colour(rng), light)


def stucco(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint rough plaster or stone: grains lit from one side."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    grain = fractal(rng, shape, max(1.0, unit * rng.uniform(0.04, 0.2)), 2)
    relief = grain - np.roll(grain, (1, 1), (0, 1))
    light = 1 + rng.uniform(0.03, 0.14) * relief + 0.03 * noise(rng, shape, unit)
    return coloured(wall_colour(rng), light)


def _shaded(shades: np.ndarray, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Give each whole step of v and u one of the shades (N, N)."""
    row, column = (np.floor(along).astype(int) % len(shades) for along in (v, u))
    return shades.astype(np.float32)[row, column]


def bricks(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint courses of bricks, each of its own shade, with mortar between them."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    height = rng.uniform(0.3, 1.3)
    width = height * rng.uniform(2.2, 3.6)
    joint = height * rng.uniform(0.07, 0.16)
    v = (y + rng.uniform(0, height)) / height
    u = x / width + rng.random() + 0.5 * (np.floor(v).astype(int) % 2)
    light = _shaded(rng.normal(1, 0.1, (32, 32)), v, u)
    edge = np.minimum((v % 1) * height, (u % 1) * width)
    body = np.clip((edge - joint) * unit + 0.5, 0, 1)
    red = tint(rng, rng.normal(0.03, 0.015), (0.25, 0.7), (0.25, 0.65))
    colour = red if rng.random() < 0.7 else wall_colour(rng)
    mortar = tint(rng, 0.09, (0, 0.15), (0.3, 0.8))
    grain = 1 + 0.07 * fractal(rng, shape, max(1.0, unit * 0.15), 2)
    mixed = coloured(mortar, 1 - body) + coloured(colour, body * light)
    return mixed * grain[..., None]


def planks(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint wood: boards with grain along them and dark gaps, upright or lying."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    upright = rng.random() < 0.5
    across = x if upright else y
    cells = (unit * 2.5, unit * 0.08) if upright else (unit * 0.08, unit * 2.5)
    board = rng.uniform(0.6, 3)
    v = across / board + rng.random()
    shade = rng.normal(1, 0.06, 64).astype(np.float32)[np.floor(v).astype(int) % 64]
    gap = np.clip(((v % 1) * board - 0.04) * unit + 0.5, 0.45, 1)
    grain = 1 + rng.uniform(0.02, 0.1) * noise(rng, shape, cells)
    if rng.random() < 0.6:
        colour = tint(rng, rng.normal(0.07, 0.02), (0.2, 0.65), (0.12, 0.6))
    else:
        colour = wall_colour(rng)
    return coloured(colour, grain * shade * gap)


def tiles(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint square or oblong tiles or stone blocks with joints."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    height = rng.uniform(0.5, 4)
    width = height * float(rng.choice((1.0, 1.0, 2.0)))
    joint = rng.uniform(0.02, 0.08)
    v, u = y / height + rng.random(), x / width + rng.random()
    light = _shaded(rng.normal(1, 0.03, (16, 16)), v, u)
    edge = np.minimum((v % 1) * height, (u % 1) * width)
    body = np.clip((edge - joint) * unit + 0.5, 0, 1)
    light = light * (body + (1 - body) * float(rng.choice((0.6, 0.8, 1.2))))
    light = light * (1 + 0.03 * noise(rng, shape, unit))
    return coloured(wall_colour(rng), light)


def metal(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint a gate or a letter-box: sheet metal with ribs or a soft sheen."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    across = x if rng.random() < 0.5 else y
    ribs = np.sin(2 * np.pi * (across / rng.uniform(0.3, 2) + rng.random()))
    sheen = noise(rng, shape, (unit * 4, unit * 4))
    light = 1 + rng.uniform(0, 0.25) * np.tanh(3 * ribs) + 0.08 * sheen
    return coloured(wall_colour(rng), light)


def glass(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint a dark pane with dim reflections."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    sky = tint(rng, rng.uniform(0.4, 0.7), (0, 0.3), (0.1, 0.6))
    mirror = np.clip(fractal(rng, shape, unit * rng.uniform(0.7, 3)), 0, 2)
    dark = tint(rng, rng.random(), (0, 0.3), (0.03, 0.25))
    return dark + coloured(sky, 0.4 * mirror)


def leaves(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint foliage: specks of light and dark green."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    specks = fractal(rng, shape, max(1.5, unit * rng.uniform(0.15, 0.4)), 3)
    green = tint(rng, rng.normal(0.25, 0.04), (0.2, 0.6), (0.2, 0.5))
    return coloured(green, np.clip(1 + 0.5 * specks, 0.05, 2))


def sheet(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Paint paper, blank, ruled or squared, a little crumpled."""
    shape, unit = (y.size, x.size), pixels_per_unit(x, y)
    light = 1 + 0.03 * rng.random() * noise(rng, shape, unit * rng.uniform(1, 5))
    colour = tint(rng, rng.uniform(0.08, 0.65), (0, 0.15), (0.6, 1))
    kind, pitch = rng.random(), rng.uniform(0.4, 2)
    half = max(0.5 / unit, rng.uniform(0.01, 0.03))
    for across in (y, x)[: int(kind > 0.5) + int(kind > 0.75)]:
        away = np.abs((across / pitch) % 1 - 0.5) * pitch
        line = np.clip((half - away) * unit + 0.5, 0, 1)
        light = light * (1 - rng.uniform(0.1, 0.4) * line)
    return coloured(colour, light)


WALLS = (
    (paint, 0.42),
    (stucco, 0.2),
    (tiles, 0.08),
    (bricks, 0.08),
    (planks, 0.08),
    (metal, 0.08),
    (glass, 0.06),
)
"""Materials behind a number and how often each is one."""

SHEETS = ((sheet, 0.85), (paint, 0.15))
"""What a number by hand is written on, where it fills the picture."""

SURROUNDINGS = (*WALLS, (leaves, 0.1))
"""Materials at the side of a number's wall."""


def choose(rng: np.random.Generator, weighted):
    """Draw one of (thing, weight) pairs, by weight."""
    weights = np.cumsum([weight for _, weight in weighted])
    index = np.searchsorted(weights, rng.random() * weights[-1], "right")
    return weighted[index][0]

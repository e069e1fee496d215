"""What is round a house: plants, sky, street and stairs."""

import numpy as np

from helpers.sample import plates, textures
from helpers.sample.textures import hsv, wall_colour
from workshop.making.drawing.brush import Site, any_colour


def hedge(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Foliage from near by or far away, in clumps of light and shade."""
    far = np.exp(rng.uniform(0, 2))
    green = textures.leaves(rng, x / far, y / far)
    cell = far * textures.pixels_per_unit(x, y) * rng.uniform(1, 4)
    clumps = 1 + 0.25 * textures.noise(rng, green.shape[:2], max(4.0, cell))
    return green * clumps[..., None]


def foliage(rng, site: Site, box) -> None:
    """A bush or a creeper with a ragged edge."""
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


def branch(rng, site: Site, box) -> None:
    """Bare twigs."""
    colour = hsv(rng.normal(0.08, 0.02), rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.45))
    paths, start = [], rng.random(2)
    for _ in range(rng.integers(2, 9)):
        turns = rng.normal(rng.normal(0, 0.15, 2), 0.1, (5, 2))
        paths.append(start + np.cumsum(turns, 0))
        start = paths[-1][rng.integers(5)]
    wide = max(0.8, rng.uniform(0.01, 0.04) * site.metre)
    site.strokes(box, colour, wide, paths)


def sky(rng, site: Site, box) -> None:
    """Sky with clouds down to the eaves at the bottom of a box."""
    part = site.part(box)[0]
    if min(part.shape[:2]) < 2:
        return
    blue = hsv(rng.normal(0.58, 0.02), rng.uniform(0, 0.6), rng.uniform(0.7, 1))
    clouds = np.clip(textures.fractal(rng, part.shape[:2], part.shape[1] / 4), 0, 1)
    part[:] = blue
    plates.lay(part, np.float32(0.95), clouds * rng.uniform(0, 0.8))
    eaves = rng.uniform(0.05, 0.4) * site.metre
    site.fill((box[0], box[3] - eaves, box[2], box[3]), any_colour(rng))
    if rng.random() < 0.5:
        foliage(rng, site, (box[0], box[3] / 2, box[2] * rng.random(), box[3]))
    if rng.random() < 0.3:
        branch(rng, site, box)


def asphalt(rng, site: Site, box) -> None:
    """Grey, grainy ground."""
    site.clad(rng, box, ((textures.stucco, 1),))
    part = site.part(box)[0]
    part[:] = part.mean(2, keepdims=True) * rng.uniform(0.4, 0.9)


def street(rng, site: Site, box) -> None:
    """A street, a lawn or paving with its edge along the top of a box."""
    paved = ((hedge, 0.35), (textures.tiles, 0.4), (textures.bricks, 0.25))
    if rng.random() < 0.35:
        asphalt(rng, site, box)
    else:
        site.clad(rng, box, paved)
    if rng.random() < 0.5:
        step = rng.uniform(0.05, 0.12) * site.metre
        site.fill((box[0], box[1] - step, box[2], box[1] + step), any_colour(rng))
    if rng.random() < 0.3:
        stairs(rng, site, box)


def stairs(rng, site: Site, box) -> None:
    """Steps seen from the front."""
    part, _, y = site.part(box)
    if part.size:
        rise = max(4.0, rng.uniform(0.15, 0.2) * site.metre)
        height = ((y - box[1]) % rise) / rise
        light = np.where(height < 0.35, rng.uniform(0.8, 1.1), rng.uniform(0.4, 0.75))
        grain = 1 + 0.05 * textures.noise(rng, part.shape[:2], 3)
        part[:] = wall_colour(rng) * (light * grain)[..., None]

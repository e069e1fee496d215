"""What a number is fixed to: doors, mailboxes, kerbs, pillars and boards.

Each is painted round the number's box; ``height`` is that of its digits in pixels.
"""

import numpy as np

from helpers.sample import textures
from helpers.sample.textures import wall_colour
from workshop.making.drawing import clutter, openings, surroundings, words
from workshop.making.drawing.brush import Site, any_colour


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
    openings.door(rng, site, (left, top, left + wide, top + tall))


def _on_mailbox(rng, site: Site, box, height) -> None:
    """A mailbox, on a post or on the wall, that bears the number."""
    tall, width = site.canvas.shape[:2]
    case = box + height * rng.uniform(0.0, 1.0, 4) * (-1, -1, 1, 1)
    radius = min(case[2:] - case[:2]) * rng.choice((0.03, 0.15, 0.5))
    if rng.random() < 0.6:
        behind = ((surroundings.hedge, 0.5), *textures.WALLS)
        site.clad(rng, (0, 0, width, tall), behind)
        middle = (case[0] + case[2]) / 2
        post = rng.uniform(0.1, 0.25) * (case[2] - case[0])
        site.fill((middle - post, case[3], middle + post, tall), any_colour(rng))
    site.panel(case, any_colour(rng), 0.08 * site.metre, radius)
    if rng.random() < 0.4:
        flag, thin = any_colour(rng), 0.12 * height
        left, top = case[2] - 0.05 * (case[2] - case[0]), case[1] - height
        site.fill((left, top, left + thin, top + 2 * height), flag)
        site.fill((left, top, left + 4 * thin, top + height / 2), flag)


def _on_kerb(rng, site: Site, box, height) -> None:
    """A kerb between street and lawn with the number painted on it."""
    tall, width = site.canvas.shape[:2]
    top, bottom = box[1::2] + height * rng.uniform(0, 0.3, 2) * (-1, 1)
    lawn = ((surroundings.hedge, 0.5), (textures.stucco, 0.25), (textures.tiles, 0.25))
    site.clad(rng, (0, 0, width, top), lawn)
    surroundings.asphalt(rng, site, (0, bottom, width, tall))
    kerb = (0, top, width, bottom)
    site.clad(rng, kerb, ((textures.stucco, 1),))
    stone = site.part(kerb)[0]
    stone *= rng.uniform(0.45, 0.8) / np.maximum(stone.mean((0, 1)), 0.05)
    for y, light in ((top, 1.3), (bottom, 0.5)):
        edge = site.part((0, y, width, y + 0.15 * height))[0]
        edge *= light
    site.fill(box + height * np.array([0.2, 0.2, -0.2, -0.2]), any_colour(rng))


def _on_pillar(rng, site: Site, box, height) -> None:
    """A gate's pillar with fences at its sides."""
    tall, width = site.canvas.shape[:2]
    left, right = box[::2] + height * rng.uniform(0, 1, 2) * (-1, 1)
    top = box[1] - rng.uniform(0.05, 0.6) * site.metre
    if rng.random() < 0.4:
        surroundings.sky(rng, site, (0, 0, width, top))
    rise = top + rng.uniform(-0.1, 0.3) * site.metre
    for side in ((-2 * site.metre, rise, left, tall), (right, rise, width, tall)):
        if rng.random() < 0.8:
            clutter.fence(rng, site, side)
    site.shade((left, top, right, tall), 0.08 * site.metre)
    site.clad(rng, (left, top, right, tall), textures.WALLS)
    cap = rng.uniform(0.03, 0.12) * site.metre
    site.fill((left - cap, top - cap, right + cap, top + cap / 2), wall_colour(rng))


def _on_board(rng, site: Site, box, height) -> None:
    """A board, a fascia or a shop sign with words below the number."""
    board = box + height * np.exp(rng.normal(-1, 1, 4)) * (-1, -1, 1, 1)
    if rng.random() < 0.3:
        board[[0, 2]] = -1, site.canvas.shape[1] + 1
    colour, corner = any_colour(rng), rng.choice((0.0, 0.05)) * site.metre
    site.panel(board, colour, 0.04 * site.metre, corner)
    if rng.random() < 0.6:
        below = (box[0], box[3], box[2], box[3] + height * rng.uniform(0.3, 0.9))
        site.fill(below, colour)
        words.write(rng, site, below)


HOSTS = (
    (_on_door, 0.34),
    (_on_mailbox, 0.18),
    (_on_kerb, 0.08),
    (_on_pillar, 0.2),
    (_on_board, 0.2),
)
"""What a number is fixed to other than a wall and how often each is it."""

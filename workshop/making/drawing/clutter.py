"""Things of daily life on and before a facade, which stand round a number."""

import numpy as np

from helpers.sample import plates
from helpers.sample.textures import hsv
from workshop.making.drawing import openings, surroundings, words
from workshop.making.drawing.brush import Site, any_colour, cells, dark_colour


def _grating(rng, site: Site, box) -> None:
    site.fill(box, dark_colour(rng) * 0.6)
    colour, pitch = any_colour(rng), max(3.0, rng.uniform(0.03, 0.12) * site.metre)
    site.bars(rng, box, colour, pitch, pitch * rng.uniform(0.2, 0.6))
    part, _, y = site.part(box)
    if part.size and rng.random() < 0.5:
        share = plates.cover(np.abs((y - box[1]) % pitch - pitch / 2) - pitch / 6, 1.0)
        plates.lay(part, colour, share)
    site.frame(box, colour, max(1.0, 0.03 * site.metre))


def fence(rng, site: Site, box) -> None:
    """A fence of upright bars, plain or wrought, and what is behind it."""
    metre, colour = site.metre, any_colour(rng)
    behind = rng.random()
    if behind < 0.35:
        site.clad(rng, box, ((surroundings.hedge, 1),))
    elif behind < 0.6:
        site.fill(box, dark_colour(rng))
    pitch = max(3.0, rng.uniform(0.07, 0.2) * metre)
    bar = max(1.0, pitch * rng.choice((0.15, 0.25, 0.8)) * rng.uniform(0.8, 1.2))
    rail = max(1.0, rng.uniform(0.02, 0.06) * metre)
    site.bars(rng, box, colour, pitch, bar)
    for share in (0.12, 0.85):
        y = box[1] + share * (box[3] - box[1])
        site.fill((box[0], y, box[2], y + rail), colour)
    part, x, y = site.part((box[0], box[1] - pitch, box[2], box[3]))
    if part.size and rng.random() < 0.5:
        across = (x - box[0]) % pitch - pitch / 2
        ball = np.hypot(across, y - box[1]) - bar * rng.uniform(0.6, 1.1)
        plates.lay(part, colour, plates.cover(ball, 1.0))
        middle = box[1] + rng.uniform(0.2, 0.8) * (box[3] - box[1])
        ring = np.abs(np.hypot(across, y - middle) - 0.35 * pitch) - bar / 3
        plates.lay(part, colour, plates.cover(ring, 1.0))


def _cable(rng, site: Site, box) -> None:
    along = np.linspace(0, 1, 12)
    sag = rng.normal(0, 0.8) * (along - along**2) + rng.normal(0, 0.2) * along
    path = np.stack([along, 0.5 + sag], 1)
    wide = max(0.7, rng.uniform(0.008, 0.025) * site.metre)
    site.strokes(box, any_colour(rng) * 0.6, wide, [path])


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
    site.strokes(box, any_colour(rng), wide, paths)


def _pipe(rng, site: Site, box) -> None:
    site.shade(box, 0.06 * site.metre)
    part, x, _ = site.part(box)
    if part.size:
        across = (x - box[0]) / (box[2] - box[0]) * 2 - 1
        light = np.sqrt(np.clip(1.1 - (across - rng.uniform(-0.4, 0.4)) ** 2, 0.15, 1))
        part[:] = any_colour(rng) * light[..., None]
    for _ in range(rng.integers(0, 3)):
        y, wide = rng.uniform(box[1], box[3]), 0.15 * (box[2] - box[0])
        site.fill((box[0] - wide, y, box[2] + wide, y + 3 * wide), any_colour(rng))


def _lamp(rng, site: Site, box) -> None:
    colour = any_colour(rng)
    if rng.random() < 0.5:
        x, wide = (box[0] + box[2]) / 2, max(1.0, 0.02 * site.metre)
        top = box[1] - rng.uniform(0.1, 0.5) * site.metre
        site.fill((x - wide, top, x + wide, box[1]), colour)
    shape = plates.oval if rng.random() < 0.7 else plates.rounded
    site.panel(box, colour, 0.05 * site.metre, 0.02 * site.metre, shape)
    rim = rng.uniform(0.03, 0.25) * (box[2] - box[0])
    bright = hsv(rng.uniform(0.08, 0.17), rng.uniform(0, 0.3), rng.uniform(0.5, 1))
    site.fill(np.add(box, (rim, rim, -rim, -rim)), bright, 0, shape)


def _bell(rng, site: Site, box) -> None:
    """A door bell, an intercom or a key pad without figures."""
    plate = any_colour(rng)
    site.panel(box, plate, 0.02 * site.metre, 0.01 * site.metre)
    colour, size = plates.contrasting(rng, plate), rng.uniform(0.15, 0.35)
    for cell in cells(box, rng.integers(1, 3), rng.integers(1, 6), 0):
        x, y = (cell[:2] + cell[2:]) / 2
        site.disc(x, y, size * min(cell[2:] - cell[:2]), colour)


def _board(rng, site: Site, box) -> None:
    """A sign with words, an arrow, or print too fine to read."""
    plate = any_colour(rng)
    colour = plates.contrasting(rng, plate)
    corner = rng.choice((0.0, 0.03)) * site.metre
    site.panel(box, plate, 0.02 * site.metre, corner)
    if rng.random() < 0.3:
        site.frame(np.add(box, (2, 2, -2, -2)), colour, 1.0)
    gap = 0.1 * min(box[2] - box[0], box[3] - box[1])
    for line in cells(box, 1, rng.integers(1, 4), gap):
        kind = rng.random()
        if kind < 0.7:
            words.write(rng, site, line, colour)
        elif kind < 0.8:
            _arrow(rng, site, line, colour)
        else:
            words.fine_print(rng, site, line, colour)


def _arrow(rng, site: Site, box, colour) -> None:
    ends = (0.1, 0.9) if rng.random() < 0.5 else (0.9, 0.1)
    back = ends[1] + np.sign(ends[0] - ends[1]) * 0.25
    tip = (ends[1], 0.5)
    paths = [[(ends[0], 0.5), tip], [(back, 0.2), tip, (back, 0.8)]]
    site.strokes(box, colour, max(1.0, 0.12 * (box[3] - box[1])), paths)


def _writing(rng, site: Site, box) -> None:
    """A word or a scrawl straight on the wall."""
    if rng.random() < 0.7:
        words.write(rng, site, box)
    else:
        path = np.stack([np.linspace(0, 1, 14), rng.uniform(0.1, 0.9, 14)], 1)
        path[:, 0] += rng.normal(0, 0.08, 14)
        site.strokes(box, any_colour(rng), max(1.0, 0.015 * site.metre), [path])


def _wheel(rng, site: Site, box) -> None:
    side = box[2] - box[0]
    x, y = box[0] + side / 2, box[1] + side / 2
    site.disc(x, y, side / 2, dark_colour(rng) * 0.7)
    site.disc(x, y, 0.3 * side, any_colour(rng))
    turns = np.linspace(0, 2 * np.pi, rng.integers(5, 13))
    rays = 0.5 + 0.3 * np.stack([np.cos(turns), np.sin(turns)], 1)
    tyre = (box[0], box[1], box[2], box[1] + side)
    spokes = [[(0.5, 0.5), ray] for ray in rays]
    site.strokes(tyre, dark_colour(rng), max(1.0, 0.04 * side), spokes)


def _figure(rng, site: Site, box) -> None:
    """Somebody who stands or walks by, or is painted on the wall."""
    head, coat, legs = (any_colour(rng) for _ in range(3))
    left, top, right, bottom = box
    width, tall = right - left, bottom - top
    step = rng.uniform(0.05, 0.4)
    walk = [[(0.45, 0.5), (0.5 - step, 1)], [(0.55, 0.5), (0.5 + step, 1)]]
    site.strokes(box, legs, max(1.0, 0.18 * width), walk)
    inner = left + 0.2 * width, right - 0.2 * width
    body = (inner[0], top + 0.13 * tall, inner[1], top + 0.6 * tall)
    site.fill(body, coat, 0.2 * width)
    site.disc(left + width / 2, top + 0.07 * tall, 0.07 * tall, head)


def _vent(rng, site: Site, box) -> None:
    if rng.random() < 0.5:
        _grating(rng, site, box)
        return
    colour = any_colour(rng)
    for share in np.linspace(0, 0.8, rng.integers(2, 5)):
        room = share / 2 * (box[2] - box[0])
        inner = np.add(box, (room, room, -room, -room))
        site.fill(inner, colour * rng.uniform(0.3, 1), 0, plates.oval)


def _screws(rng, site: Site, box) -> None:
    for _ in range(rng.integers(1, 6)):
        x, y = rng.uniform(box[:2], box[2:])
        radius = max(0.8, rng.uniform(0.004, 0.02) * site.metre)
        site.disc(x, y, radius, any_colour(rng), radius)


THINGS = (
    ((openings.window, (0.4, 1.4), (0.5, 1.6)), 0.12),
    ((openings.windows, (1.0, 4.0), (0.8, 4.0)), 0.05),
    ((openings.door, (0.75, 1.1), (1.9, 2.3)), 0.08),
    ((openings.letter_box, (0.2, 0.5), (0.12, 0.45)), 0.05),
    ((openings.letter_boxes, (0.5, 1.2), (0.3, 1.0)), 0.02),
    ((_grating, (0.2, 1.2), (0.2, 1.0)), 0.05),
    ((fence, (0.6, 3.0), (0.6, 1.5)), 0.07),
    ((surroundings.foliage, (0.2, 2.0), (0.2, 2.0)), 0.1),
    ((surroundings.branch, (0.3, 2.0), (0.3, 2.0)), 0.05),
    ((_cable, (0.3, 4.0), (0.1, 1.5)), 0.05),
    ((_pipe, (0.04, 0.14), (0.5, 5.0)), 0.06),
    ((_lamp, (0.08, 0.3), (0.1, 0.4)), 0.06),
    ((_bell, (0.05, 0.2), (0.08, 0.35)), 0.05),
    ((_board, (0.15, 1.0), (0.08, 0.5)), 0.1),
    ((_writing, (0.2, 1.2), (0.08, 0.4)), 0.06),
    ((_scrolls, (0.1, 0.8), (0.1, 0.8)), 0.05),
    ((openings.collage, (0.1, 1.5), (0.1, 1.5)), 0.05),
    ((_figure, (0.3, 0.6), (1.2, 1.9)), 0.03),
    ((_wheel, (0.5, 0.7), (0.5, 0.7)), 0.02),
    ((surroundings.stairs, (0.8, 2.5), (0.3, 1.0)), 0.03),
    ((_vent, (0.08, 0.3), (0.08, 0.3)), 0.05),
    ((_screws, (0.05, 0.8), (0.05, 0.8)), 0.06),
)
"""Things on and before a facade: painter, widths and heights in metres, weight."""

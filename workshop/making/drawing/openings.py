"""What opens in a facade: doors, windows and letter-boxes."""

import numpy as np
from PIL import Image, ImageDraw

from helpers.sample import plates, textures
from workshop.making.drawing import surroundings, words
from workshop.making.drawing.brush import Site, any_colour, cells


def door(rng, site: Site, box) -> None:
    """A door in its frame, with panels, a handle and a slot."""
    metre = site.metre
    frame = rng.uniform(0.04, 0.12) * metre
    outer = np.add(box, (-frame, -frame, frame, 0))
    site.panel(outer, any_colour(rng), 0.05 * metre)
    if rng.random() < 0.5:
        leaf = ((textures.paint, 0.4), (textures.planks, 0.45), (textures.metal, 0.15))
        site.clad(rng, box, leaf)
    else:
        site.fill(box, any_colour(rng))
    site.ledge(rng, box, 0.02)
    width, tall = box[2] - box[0], box[3] - box[1]
    if rng.random() < 0.75:
        columns, rows = rng.integers(1, 3), rng.integers(1, 5)
        glazed = rng.random(rows) < 0.3
        gap = 0.08 * width * rng.uniform(0.7, 1.5)
        for index, panel in enumerate(cells(box, columns, rows, gap)):
            if glazed[index // columns]:
                pane = collage if rng.random() < 0.2 else _pane
                pane(rng, site, panel)
            site.ledge(rng, panel, 0.02)
    side = rng.choice((0.08, 0.92))
    x, y = box[0] + side * width, box[1] + rng.uniform(0.48, 0.58) * tall
    knob, colour = rng.uniform(0.02, 0.05) * metre, any_colour(rng)
    site.disc(x, y, knob, colour, knob)
    if rng.random() < 0.5:
        ends = sorted((x, x + np.sign(0.5 - side) * 0.12 * metre))
        site.fill((ends[0], y - knob / 2, ends[1], y + knob / 2), colour)
    if rng.random() < 0.4:
        x, y = box[0] + width / 2, box[1] + rng.uniform(0.4, 0.75) * tall
        slot = (x - 0.15 * metre, y, x + 0.15 * metre, y + 0.06 * metre)
        site.fill(slot, any_colour(rng), 1)
        site.ledge(rng, slot, 0.01)


def window(rng, site: Site, box) -> None:
    """A window with bars, curtains and a sill, or without."""
    metre, colour = site.metre, any_colour(rng)
    frame = rng.uniform(0.04, 0.12) * metre
    site.fill(box, colour)
    site.ledge(rng, box, 0.02)
    inner = np.add(box, (frame, frame, -frame, -frame))
    _pane(rng, site, inner)
    part, x, _ = site.part(inner)
    if part.size and rng.random() < 0.3:
        folds = 0.75 + 0.15 * np.sin(x / (rng.uniform(0.02, 0.06) * metre))
        drawn = np.abs(x - x.mean()) > rng.uniform(0, 0.4) * (inner[2] - inner[0])
        plates.lay(part, folds[..., None], 0.7 * drawn)
    bar = rng.uniform(0.02, 0.06) * metre
    for cell in cells(inner, *rng.integers(1, 4, 2), 0):
        site.frame(cell, colour, bar / 2)
    if rng.random() < 0.3:
        thin = max(1.0, rng.uniform(0.01, 0.03) * metre)
        site.bars(rng, box, any_colour(rng), rng.uniform(0.08, 0.16) * metre + 2, thin)
    if rng.random() < 0.6:
        sill = rng.uniform(0.04, 0.1) * metre
        sill = (box[0] - frame, box[3], box[2] + frame, box[3] + sill)
        site.panel(sill, any_colour(rng), 0.05 * metre)


def windows(rng, site: Site, box) -> None:
    """Rows of windows that are all alike."""
    seed = rng.integers(2**32)
    gap = rng.uniform(0.1, 0.4) * site.metre
    for cell in cells(box, rng.integers(2, 5), rng.integers(1, 4), gap):
        window(np.random.default_rng(seed), site, cell)


def _pane(rng, site: Site, box) -> None:
    """A pane with what it mirrors, or what is behind it."""
    seen = ((textures.glass, 0.8), (surroundings.hedge, 0.1), (textures.planks, 0.1))
    site.clad(rng, box, seen)


def collage(rng, site: Site, box) -> None:
    """Patches of any colour and shape: a poster, coloured glass, things in a heap."""
    part = site.part(box)[0]
    if not part.size:
        return
    height, width = part.shape[:2]
    image = Image.fromarray((np.clip(part, 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.6:
        pen.rectangle((0, 0, width, height), tuple(np.uint8(any_colour(rng) * 255)))
    for _ in range(rng.integers(4, 20)):
        colour = tuple(np.uint8(any_colour(rng) * 255))
        start = rng.random(2) * (width, height)
        reach = rng.uniform(0.03, 0.3) * np.array([width, height])
        if rng.random() < 0.4:
            pen.ellipse([*(start - reach), *(start + reach)], colour)
        else:
            points = start + reach * rng.normal(0, 1, (rng.integers(3, 6), 2))
            pen.polygon(points.ravel().tolist(), colour)
    part[:] = np.asarray(image, np.float32) / 255


def letter_box(rng, site: Site, box) -> None:
    """A letter-box with its slot and a word, a lock or a label."""
    width, tall = box[2] - box[0], box[3] - box[1]
    radius = rng.choice((0.01, 0.05, 0.15)) * site.metre
    colour = any_colour(rng)
    site.panel(box, colour, 0.06 * site.metre, radius)
    site.ledge(rng, box, 0.01)
    y = box[1] + rng.uniform(0.12, 0.3) * tall
    slot = np.array([box[0] + 0.15 * width, y, box[2] - 0.15 * width, y + 0.1 * tall])
    site.fill(slot, colour * 0.4)
    kind, below = rng.random(), np.add(slot, (0, 0.2 * tall, 0, 0.4 * tall))
    if kind < 0.4:
        words.write(rng, site, below)
    elif kind < 0.7:
        x, y = (box[0] + box[2]) / 2, box[1] + 0.6 * tall
        site.disc(x, y, 0.015 * site.metre, colour * 0.3)
    else:
        site.fill(below, np.float32(0.9))
        words.fine_print(rng, site, below, np.float32(0.2))


def letter_boxes(rng, site: Site, box) -> None:
    """Letter-boxes of one make side by side, as in a block of flats."""
    seed = rng.integers(2**32)
    for cell in cells(box, rng.integers(2, 5), rng.integers(1, 4), 1):
        letter_box(np.random.default_rng(seed), site, cell)

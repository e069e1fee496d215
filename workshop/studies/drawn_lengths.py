"""Drawn numbers of a length that real sets hardly have."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image

from helpers.preprocessing import crop, gray, grow, number_label
from helpers.sample.distributions import draw_digits, draw_order
from helpers.sample.scenes import draw_scene
from helpers.settings import Settings
from helpers.training.batches import Examples
from workshop.making.shards import drawn_shards

VERSION = 1
"""Goes up when the same seed begins to give other drawn numbers."""


def drawn_numbers(
    length: int, count: int, seed: int, settings: Settings, processes: int | None = None
) -> Examples:
    """``count`` drawn numbers of ``length`` digits, cropped as the settings say.

    They are kept in the settings' folder of data, drawn only once; other seeds give
    other numbers.
    """
    side, margin = settings.crop_size, settings.margin
    name = f"length_{length}_{count}_side_{side}_margin_{margin:g}_v{VERSION}"
    images, labels = drawn_shards(
        partial(draw_crops, length, side, margin),
        settings.home / "drawn_lengths",
        name,
        count,
        seed,
        shard=count,
        processes=processes,
    )
    return Examples(images, labels)


def draw_crops(
    length: int, side: int, margin: float, count: int, *seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw crops and labels: uint8 (count, side, side) and (count, 6)."""
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for _ in range(count):
        scene = draw_scene(rng, draw_order(rng, draw_digits(rng, length)))
        box = grow(scene.box, margin)
        images.append(gray(crop(Image.fromarray(scene.image), box, side)))
        labels.append(number_label(scene.digits))
    return np.stack(images), np.stack(labels)


def with_long_numbers(
    data: Mapping[str, Examples],
    settings: Settings,
    length: int = 5,
    train: int = 500,
    test: int = 300,
) -> dict[str, Examples]:
    """The examples, with drawn numbers of a length added to ``train`` and ``test``."""
    more = {
        "train": drawn_numbers(length, train, settings.seed, settings),
        "test": drawn_numbers(length, test, settings.seed + 1, settings),
    }
    joined = {
        name: replace(
            data[name],
            images=np.concatenate([data[name].images, added.images]),
            labels=np.concatenate([data[name].labels, added.labels]),
        )
        for name, added in more.items()
    }
    return dict(data) | joined

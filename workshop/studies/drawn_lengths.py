"""Drawn numbers of a length that real sets hardly have."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from PIL import Image
from tqdm import trange

from helpers.preprocessing import crop, gray, grow, number_label
from helpers.sample.distributions import draw_digits, draw_order
from helpers.sample.scenes import draw_scene
from helpers.settings import Settings
from helpers.training.batches import Examples


def draw_numbers(length: int, count: int, seed: int, settings: Settings) -> Examples:
    """Draw ``count`` numbers of ``length`` digits, cropped as the settings say."""
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for _ in trange(count, desc=f"drawing {length} digits", unit="number"):
        scene = draw_scene(rng, draw_order(rng, draw_digits(rng, length)))
        box = grow(scene.box, settings.margin)
        images.append(gray(crop(Image.fromarray(scene.image), box, settings.crop_size)))
        labels.append(number_label(scene.digits))
    return Examples(np.stack(images), np.stack(labels))


def with_long_numbers(
    data: Mapping[str, Examples],
    settings: Settings,
    length: int = 5,
    train: int = 500,
    test: int = 300,
) -> dict[str, Examples]:
    """Add drawn numbers of a length to the ``train`` and ``test`` examples."""
    joined = dict(data)
    for seed, (name, count) in enumerate({"train": train, "test": test}.items()):
        added = draw_numbers(length, count, settings.seed + seed, settings)
        joined[name] = replace(
            data[name],
            images=np.concatenate([data[name].images, added.images]),
            labels=np.concatenate([data[name].labels, added.labels]),
        )
    return joined

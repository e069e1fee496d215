"""What the tests share: the real images, where there are any, and a made-up few."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.data.digitstruct import Boxes, write_boxes
from helpers.settings import ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that WORKBOOK_REAL_DATA names; without it the test is skipped."""
    value = os.environ.get("WORKBOOK_REAL_DATA")
    if not value:
        pytest.skip("needs real images: set WORKBOOK_REAL_DATA to their folder")
    folder = (ROOT / value).resolve()
    assert folder.is_dir(), f"WORKBOOK_REAL_DATA is {value!r}, which is no folder"
    return folder


@pytest.fixture
def few_numbers(tmp_path) -> Path:
    """A folder of train/ and test/, 60 and 12 images of two digits, one file empty."""
    place = tmp_path / "few"
    for seed, (name, count) in enumerate((("train", 60), ("test", 12))):
        folder = place / name
        folder.mkdir(parents=True)
        rng = np.random.default_rng(seed)
        for number in range(1, count + 1):
            pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
        images = np.arange(1, count + 1)
        digits = [np.arange(count) % 10, rng.integers(0, 10, count)]
        boxes = Boxes(
            image=np.repeat(images, 2),
            label=np.stack(digits, axis=1).ravel().astype(np.int8),
            left=np.tile([5.0, 15.0], count),
            top=np.full(2 * count, 4.0),
            width=np.full(2 * count, 9.0),
            height=np.full(2 * count, 12.0),
            images=images,
        )
        write_boxes(folder / "digitStruct.mat", boxes)
    (place / "test" / "3.png").write_bytes(b"")
    return place

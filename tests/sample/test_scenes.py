"""Drawn street scenes: what they show, and each step on the way there."""

import numpy as np
import pytest
from PIL import Image

from helpers.preprocessing import crop, gray, grow
from helpers.sample import camera, plates, scenes, textures


@pytest.fixture(scope="module")
def crops():
    """What a network sees of 200 scenes: (N, 32, 32)."""
    drawn = (scenes.draw_scene(np.random.default_rng([9, n])) for n in range(200))
    return np.stack(
        [gray(crop(Image.fromarray(s.image), grow(s.box, 0.1), 32)) for s in drawn]
    )


def test_crops_are_as_bright_and_as_contrasty_as_real_ones(crops):
    # Medians over the real train images that come with the workbook's tests.
    assert np.median(crops.mean((1, 2))) == pytest.approx(106, rel=0.12)
    deviations = crops.std((1, 2))
    assert np.median(deviations) == pytest.approx(28.4, rel=0.12)
    assert (deviations < 10).mean() < 0.02  # hardly one is too flat to read
    assert (deviations < 15).any()  # low contrast stays


def test_a_picture_too_dark_or_too_pale_is_brought_nearer_to_usual_ones():
    stripes = np.zeros((20, 20, 3), np.uint8)
    stripes[:, ::2] = 12
    for faint in (stripes, 243 + stripes):
        image = Image.fromarray(faint)
        pixels = camera.expose(np.random.default_rng(6), image, (0, 0, 20, 20))
        assert np.std(pixels) > 1.3 * faint.std()
        assert abs(np.mean(pixels) - 107) < abs(faint.mean() - 107)


@pytest.mark.parametrize("painter", dict(textures.SURROUNDINGS + textures.SHEETS))
def test_wall_is_painted_for_every_pixel(painter):
    x = np.linspace(-2, 2, 30, dtype=np.float32)[None]
    y = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
    wall = painter(np.random.default_rng(7), x, y)
    assert wall.shape == (20, 30, 3)
    assert np.isfinite(wall).all()


@pytest.mark.parametrize("shape", [plates.rounded, plates.notched, plates.oval])
def test_plate_is_inside_its_outline_and_not_outside(shape):
    x, y = np.array([0.0, 1.5, 2.5, 0.0]), np.array([0.0, 0.0, 0.0, 1.2])
    distance = shape(x, y, np.array([2.0, 1.0]), 0.2)
    np.testing.assert_array_equal(distance < 0, [True, True, False, False])

"""Crops and contexts of the reader: where they are, and what is beyond the image."""

import numpy as np
import pytest
from PIL import Image

from helpers.reader.crops import CROP_GROWTHS, MARGIN, SIZE, crop_gray, number_crops
from workshop.making.contexts import CONTEXT_SIZE, crop_contexts, middle


@pytest.fixture
def image():
    """A smooth picture of 90 by 70 pixels in colour."""
    y, x = np.mgrid[:70, :90]
    waves = [np.sin(x / 9 + y / 14), np.cos(x / 13), np.sin(y / 8 - x / 30)]
    pixels = 127.5 + 120 * np.stack(waves, -1)
    return Image.fromarray(pixels.astype(np.uint8))


def plain_crop(image, box, size, margin):
    """A crop as the mean under triangles, the image's edge repeated."""
    gray, (left, top, right, bottom) = np.asarray(image.convert("L"), float), box
    room = margin * (right - left), margin * (bottom - top)
    across = triangles(left - room[0], right + room[0], size[0], image.width)
    down = triangles(top - room[1], bottom + room[1], size[1], image.height)
    return down @ gray @ across.T


def triangles(low, high, side, count):
    """Shares (side, count) of an image's pixels in those of a crop between edges."""
    step = (high - low) / side
    sources = np.arange(np.floor(low), np.ceil(high)).astype(int)
    centres = low + (np.arange(side) + 0.5) * step
    away = np.abs(sources + 0.5 - centres[:, None])
    shares = np.clip(1 - away / max(step, 1), 0, None)
    shares /= shares.sum(1, keepdims=True)
    return shares @ np.eye(count)[np.clip(sources, 0, count - 1)]


BOXES = {
    "whole pixels, enlarged": (20, 15, 32, 25),
    "whole pixels, made smaller": (8, 10, 80, 62),
    "fractions": (20.3, 15.6, 61.8, 40.2),
    "over the left and the top": (-6.5, -9.2, 20, 18.7),
    "over the right and the bottom": (70, 50.5, 99.25, 83),
    "wider than the image": (-20, 30, 110, 40),
    "all outside": (105, 75, 120, 90),
}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_crop_is_a_mean_under_triangles(image, box):
    found = crop_gray(image, [box], size=(15, 12), margin=0.15)[0].astype(float)
    expected = plain_crop(image, box, (15, 12), 0.15)
    assert np.abs(found - expected).max() < 4
    assert np.abs(found - expected).mean() < 1


def test_crops_are_bytes_of_one_size_one_for_each_box(image):
    crops = crop_gray(image, list(BOXES.values()))
    assert crops.shape == (len(BOXES), *SIZE[::-1])
    assert crops.dtype == np.uint8
    for crop, box in zip(crops, BOXES.values(), strict=True):
        np.testing.assert_array_equal(crop, crop_gray(image, np.array([box]))[0])
    gray = crop_gray(image.convert("L"), list(BOXES.values()))
    np.testing.assert_array_equal(gray, crops)


def test_image_of_one_pixel_gives_flat_crops():
    boxes = (0, 0, 1, 1), (0.2, 0.3, 0.6, 0.5), (-3, -2, 4, 6), (0.5, 0.5, 0.5, 0.5)
    assert (crop_gray(Image.new("L", (1, 1), 90), boxes) == 90).all()


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_middle_of_a_context_is_the_crop(image, box):
    context, crop = crop_contexts(image, [box])[0], crop_gray(image, [box])[0]
    assert context.shape == CONTEXT_SIZE[::-1]
    inner = middle(context[None])[0].astype(float)
    # The crop's outermost pixels have fewer neighbours to be interpolated from.
    assert np.abs(inner - crop)[2:-2, 2:-2].max() < 4
    assert np.abs(inner - crop).mean() < 1


def test_number_is_cropped_at_each_growth_of_its_box(image):
    crops = number_crops(image, [(20, 20, 60, 40), (5, 5, 30, 25)])
    assert (crops.shape, crops.dtype) == ((2, len(CROP_GROWTHS), *SIZE[::-1]), np.uint8)
    first = CROP_GROWTHS[0]
    grown = (20 + 40 * -first, 20 + 20 * -first, 60 + 40 * first, 40 + 20 * first)
    expected = crop_gray(image, [grown], margin=MARGIN)[0]
    np.testing.assert_array_equal(crops[0, 0], expected)

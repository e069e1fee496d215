"""Changes at training time: other crops by chance, the number still there to read."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.reader.crops import CONTEXT_SIZE, SIZE
from workshop.making.augmentation import augment, vary_light, zoom

COUNT = 256


@pytest.fixture(scope="module")
def contexts():
    """A dark block, as large as a wide number, in the middle of bright contexts."""
    pixels = np.full((COUNT, *CONTEXT_SIZE[::-1]), 200, np.uint8)
    pixels[:, 22:50, 30:78] = 60
    return pixels


@pytest.fixture(scope="module")
def crops(contexts):
    return augment(contexts, (3, 5)).numpy()


@pytest.fixture(scope="module")
def likeness(contexts, crops):
    """Correlation of each crop with the middle of its context."""
    plain = contexts[0, 12:60, 18:90].astype(float)
    plain = (plain - plain.mean()) / plain.std()
    return (crops[..., 0] * plain).mean((1, 2))


def assert_normal(images):
    np.testing.assert_allclose(images.mean((1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(images.std((1, 2, 3)), 1, atol=1e-4)


def test_crops_are_what_the_network_takes_each_changed_in_its_own_way(crops):
    assert crops.shape == (COUNT, *SIZE[::-1], 1)
    assert crops.dtype == np.float32
    assert_normal(crops)
    assert (np.abs(crops[1:] - crops[:-1]).max((1, 2, 3)) > 0.1).all()


def test_same_seed_same_crops_another_seed_others(contexts, crops):
    again, other = (augment(contexts, seed).numpy() for seed in ((3, 5), (3, 6)))
    np.testing.assert_array_equal(again, crops)
    assert (np.abs(other - crops).max((1, 2, 3)) > 0.1).all()
    compiled = tf.function(augment)(contexts, tf.constant((3, 5)))
    np.testing.assert_allclose(compiled.numpy(), crops, atol=1e-3)


def test_number_can_still_be_seen_a_quarter_light_for_dark(likeness):
    assert np.mean(np.abs(likeness) > 0.6) > 0.9
    assert np.median(np.abs(likeness)) < 0.99
    assert 0.15 < np.mean(likeness < 0) < 0.35


def test_number_moves_to_all_sides(crops, likeness):
    strength = np.abs(crops[..., 0] * np.sign(likeness)[:, None, None] - 1) > 1
    wide, tall = (np.arange(side) - (side - 1) / 2 for side in SIZE)
    total = strength.sum((1, 2))
    across = (strength.sum(1) * wide).sum(1) / total
    down = (strength.sum(2) * tall).sum(1) / total
    for shift in (across, down):
        assert shift.min() < -2
        assert shift.max() > 2
        assert np.abs(np.median(shift)) < 1


def test_narrow_crops_are_the_wide_ones_squeezed(contexts, crops):
    narrow = augment(contexts, (3, 5), 48).numpy()[..., 0]
    assert narrow.shape == (COUNT, 48, 48)
    # Three columns of a wide crop lie where two of a narrow one do.
    parts = crops[..., 0].reshape(COUNT, 48, 24, 3) @ [[1, 0], [0.5, 0.5], [0, 1]]
    pairs = zip(parts / 1.5, narrow, strict=True)
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]
    assert np.quantile(likeness, 0.05) > 0.9


@pytest.mark.parametrize("value", [0, 255])
def test_flat_context_gives_finite_numbers(value):
    flat = np.full((64, *CONTEXT_SIZE[::-1]), value, np.uint8)
    assert np.isfinite(augment(flat, (1, 2)).numpy()).all()


def test_light_varies_and_everything_stays_in_its_place(contexts):
    x = contexts[:, 12:60, 16:64, None].astype(np.float32) / 255
    found = vary_light(tf.constant(x), (8, 1)).numpy()
    assert_normal(found)
    plain = (x[0] - x[0].mean()) / x[0].std()
    likeness = np.abs((found * plain).mean((1, 2, 3)))
    assert np.quantile(likeness, 0.05) > 0.8


def test_boxes_follow_what_they_are_round_and_none_stays_none():
    images = np.zeros((COUNT, 64, 64, 1), np.float32)
    images[:, 24:36, 14:50] = 1
    boxes = np.zeros((COUNT, 2, 4), np.float32)
    boxes[:, 0] = 14, 24, 50, 36
    images, boxes = (array.numpy() for array in zoom(images, boxes, (2, 9)))
    assert (boxes[:, 1] == 0).all()
    kept = boxes[:, 0].any(1)
    assert kept.mean() > 0.9
    for image, box in zip(images[kept], boxes[kept, 0], strict=True):
        rows, columns = np.nonzero(image[..., 0] > 0.5)
        ink = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert np.abs(box - ink).max() < 1.2
    widths = np.ptp(boxes[kept, 0, ::2], axis=1)
    assert widths.min() < 30 < 42 < widths.max()


def test_box_that_mostly_leaves_the_image_is_dropped():
    images = np.zeros((COUNT, 64, 64, 1), np.float32)
    boxes = np.tile(np.float32([54, 24, 64, 40]), (COUNT, 1, 1))
    found = zoom(images, boxes, (2, 9))[1].numpy()[:, 0]
    gone = (found == 0).all(1)
    assert 0.1 < gone.mean() < 0.7
    kept = found[~gone]
    assert (kept[:, :2] < kept[:, 2:]).all()
    assert kept.min() >= 0
    assert kept.max() <= 64

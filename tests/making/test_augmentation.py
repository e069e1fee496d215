"""Changes at training time: other crops by chance, the number still there to read."""

import numpy as np
import pytest

from helpers.reader.crops import SIZE
from workshop.making.augmentation import augment, zoom
from workshop.making.contexts import CONTEXT_SIZE

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


def test_number_is_seen_on_all_sides_a_quarter_light_for_dark(contexts, crops):
    assert (crops.shape, crops.dtype) == ((COUNT, *SIZE[::-1], 1), np.float32)
    np.testing.assert_allclose(crops.mean((1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(crops.std((1, 2, 3)), 1, atol=1e-4)
    plain = contexts[0, 12:60, 18:90].astype(float)
    plain = (plain - plain.mean()) / plain.std()
    likeness = (crops[..., 0] * plain).mean((1, 2))
    assert np.mean(np.abs(likeness) > 0.6) > 0.9
    assert np.median(np.abs(likeness)) < 0.99
    assert 0.15 < np.mean(likeness < 0) < 0.35
    strength = np.abs(crops[..., 0] * np.sign(likeness)[:, None, None] - 1) > 1
    for axis, side in ((1, SIZE[0]), (2, SIZE[1])):
        place = np.arange(side) - (side - 1) / 2
        shift = (strength.sum(axis) * place).sum(1) / strength.sum((1, 2))
        assert shift.min() < -2
        assert shift.max() > 2
        assert np.abs(np.median(shift)) < 1

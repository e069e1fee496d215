"""Batches: every image once a pass, the same from any step on, normalised."""

from itertools import islice

import numpy as np
import pytest

from helpers.evaluation import network_input
from helpers.training.batches import Examples, distort, pass_orders, stream


def numbered(count: int, side: int = 4) -> Examples:
    """Examples whose label is their row."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, side, side), dtype=np.uint8)
    return Examples(images, np.arange(count))


def labels_of(batches, count: int) -> list[list[int]]:
    return [labels.numpy().tolist() for _, labels in islice(batches, count)]


def test_every_pass_holds_every_row_once():
    rows = np.concatenate(labels_of(stream(numbered(10), 4, seed=1), 5))
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))


def test_passes_have_orders_of_their_own():
    first, second = islice(pass_orders(20, seed=1), 2)
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("first_step", [1, 2, 3, 7, 25])
def test_stream_begins_at_any_step(first_step):
    whole = labels_of(stream(numbered(10), 4, seed=1), 30)
    later = stream(numbered(10), 4, seed=1, first_step=first_step)
    assert labels_of(later, 5) == whole[first_step : first_step + 5]


def test_distortion_depends_on_the_step_alone():
    whole = stream(numbered(10), 4, seed=1, distortion=0.2)
    later = stream(numbered(10), 4, seed=1, distortion=0.2, first_step=3)
    expected, _ = list(islice(whole, 4))[3]
    images, _ = next(iter(later))
    np.testing.assert_array_equal(images, expected)


def test_other_seed_gives_another_order():
    one, two = (labels_of(stream(numbered(50), 10, seed=s), 1) for s in (1, 2))
    assert one != two


def test_batch_may_be_larger_than_the_examples():
    ((rows,),) = [labels_of(stream(numbered(3), 7, seed=1), 1)]
    assert len(rows) == 7
    assert sorted(rows[:3]) == sorted(rows[3:6]) == [0, 1, 2]


def test_weighted_pass_holds_each_row_as_often_as_its_weight_says():
    weights = np.array([0.0, 1.0, 0.5, 2.5])
    passes = list(islice(pass_orders(4, seed=1, weights=weights), 200))
    counts = np.array([np.bincount(order, minlength=4) for order in passes])
    assert (counts >= np.floor(weights)).all()
    assert (counts <= np.ceil(weights)).all()
    np.testing.assert_allclose(counts.mean(0), weights, atol=0.15)


def test_weighted_pass_is_shuffled():
    order = next(pass_orders(100, seed=1, weights=np.arange(100.0)))
    assert 0 < (np.diff(order) < 0).sum() < 99


@pytest.mark.parametrize("first_step", [1, 7])
def test_weighted_stream_begins_at_any_step(first_step):
    weights = np.linspace(0.1, 1.9, 10)
    whole = labels_of(stream(numbered(10), 4, seed=1, weights=weights), 12)
    later = stream(numbered(10), 4, seed=1, first_step=first_step, weights=weights)
    assert labels_of(later, 5) == whole[first_step : first_step + 5]


def test_images_come_with_their_labels():
    examples = numbered(10)
    images, labels = next(iter(stream(examples, 6, seed=1)))
    np.testing.assert_allclose(images, network_input(examples.images[labels.numpy()]))


def test_crops_get_mean_0_and_deviation_1():
    images = numbered(5).images
    pixels = images.astype(np.float64)
    mean = pixels.mean((1, 2), keepdims=True)
    deviation = pixels.std((1, 2), keepdims=True)
    expected = ((pixels - mean) / deviation)[..., None]
    np.testing.assert_allclose(network_input(images), expected, atol=1e-5)


def test_flat_crop_becomes_0():
    assert not network_input(np.full((1, 4, 4), 200, np.uint8)).numpy().any()


def test_float_pixels_stay():
    pixels = np.linspace(-0.5, 0.5, 16, dtype=np.float32).reshape(1, 4, 4)
    np.testing.assert_array_equal(network_input(pixels)[..., 0], pixels)


def test_no_distortion_changes_nothing():
    images = network_input(numbered(3, side=8).images)
    np.testing.assert_allclose(distort(images, 0.0, (1, 2)), images, atol=1e-6)


def test_distortion_keeps_pixels_within_their_range():
    images = network_input(numbered(3, side=8).images)
    changed = distort(images, 0.3, (1, 2)).numpy()
    assert changed.min() >= images.numpy().min()
    assert changed.max() <= images.numpy().max()
    assert not np.allclose(changed, images)


def test_metadata_tells_one_changed_pixel():
    examples = numbered(3)
    changed = examples.images.copy()
    changed[2, 0, 0] ^= 1
    other = Examples(changed, examples.labels)
    assert examples.metadata() == numbered(3).metadata() != other.metadata()


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((0, 4, 4), np.uint8), np.zeros(0, int), "none 0"),
        (np.zeros((2, 4, 4, 1), np.uint8), np.zeros(2, int), "height, width"),
        (np.zeros((2, 4, 4)), np.zeros(2, int), "uint8 crops or float32"),
        (
            np.full((2, 4, 4), np.nan, np.float32),
            np.zeros(2, int),
            "pixels that are finite",
        ),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(3, int), "a label for each image"),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(2), "labels that are integers"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0, -1]), "labels from 0"),
    ],
)
def test_examples_that_cannot_be_are_refused(images, labels, words):
    with pytest.raises(ValueError, match=words):
        Examples(images, labels)

"""Batches: every image once a pass or by its weight, the same from any step on."""

from itertools import islice

import numpy as np
import pytest

from helpers.evaluation import network_input
from helpers.training.batches import (
    Examples,
    distort,
    length_shares,
    length_weights,
    pass_orders,
    stream,
)


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


@pytest.mark.parametrize("weights", [None, np.linspace(0.1, 1.9, 10)])
@pytest.mark.parametrize("first_step", [1, 3, 7, 25])
def test_stream_begins_at_any_step(first_step, weights):
    options = {"seed": 1, "weights": weights, "distortion": 0.2}
    whole = islice(stream(numbered(10), 4, **options), first_step, first_step + 5)
    later = islice(stream(numbered(10), 4, first_step=first_step, **options), 5)
    for batch, expected in zip(later, whole, strict=True):
        for array, same in zip(batch, expected, strict=True):
            np.testing.assert_array_equal(array, same)


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


def test_images_come_with_their_labels():
    examples = numbered(10)
    images, labels = next(iter(stream(examples, 6, seed=1)))
    np.testing.assert_allclose(images, network_input(examples.images[labels.numpy()]))


def test_distortion_keeps_pixels_within_their_range():
    images = network_input(numbered(3, side=8).images)
    np.testing.assert_allclose(distort(images, 0.0, (1, 2)), images, atol=1e-6)
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
        (np.zeros((2, 4, 4)), np.zeros(2, int), "uint8 crops"),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(3, int), "a label for each image"),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(2), "labels that are integers"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0, -1]), "labels from 0"),
    ],
)
def test_examples_that_cannot_be_are_refused(images, labels, words):
    with pytest.raises(ValueError, match=words):
        Examples(images, labels)


def of_lengths(*lengths) -> np.ndarray:
    labels = np.full((len(lengths), 6), 10)
    labels[:, 0] = lengths
    return labels


def test_length_shares_are_those_counted_and_change_nothing():
    labels = of_lengths(1, 2, 2, 5)
    assert length_shares(labels) == (0.25, 0.5, 0.0, 0.0, 0.25)
    assert length_weights(labels, length_shares(labels)) == pytest.approx(np.ones(4))
    assert length_weights(labels, ()) is None


@pytest.mark.parametrize(
    ("lengths", "shares", "weights"),
    [
        ((1, 2, 2, 3, 3), (0.4, 0.3, 0.3), [2, 0.75, 0.75, 0.75, 0.75]),
        ((1, 2, 2), (1, 1), [1.5, 0.75, 0.75]),
        ((1, 2), (0.3, 0.1, 0.6), [1.5, 0.5]),  # no image has three digits
    ],
)
def test_weights_give_lengths_their_shares(lengths, shares, weights):
    assert length_weights(of_lengths(*lengths), shares) == pytest.approx(weights)


def test_shares_of_lengths_that_no_image_has_are_refused():
    with pytest.raises(ValueError, match="digits that these images have, 1, 2"):
        length_weights(of_lengths(1, 2), (0, 0, 0, 0, 1))

"""Lengths: shares as counted, weights that give the shares asked for."""

import numpy as np
import pytest

from helpers.training.batches import length_shares, length_weights


def labels_of(*lengths) -> np.ndarray:
    labels = np.full((len(lengths), 6), 10)
    labels[:, 0] = lengths
    return labels


def test_shares_are_those_counted():
    assert length_shares(labels_of(1, 2, 2, 5)) == (0.25, 0.5, 0.0, 0.0, 0.25)


def test_weights_give_the_shares_asked_for():
    labels = labels_of(1, 2, 2, 2, 3, 3)
    weights = length_weights(labels, (0.5, 0.3, 0.2))
    by_length = [weights[labels[:, 0] == length].sum() / 6 for length in (1, 2, 3)]
    assert by_length == pytest.approx([0.5, 0.3, 0.2])
    assert weights.mean() == pytest.approx(1)


def test_images_of_a_length_have_equal_weights():
    weights = length_weights(labels_of(1, 2, 2), (1, 1))
    assert weights[1] == weights[2] == weights[0] / 2


def test_own_shares_change_nothing():
    labels = labels_of(1, 2, 2, 4)
    weights = length_weights(labels, length_shares(labels))
    assert weights == pytest.approx(np.ones(4))


def test_others_make_up_for_a_length_that_no_image_has():
    weights = length_weights(labels_of(1, 2), (0.3, 0.1, 0.6))
    assert weights == pytest.approx([1.5, 0.5])


def test_no_shares_give_no_weights():
    assert length_weights(labels_of(1, 2), ()) is None


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.5, -0.5), "expected up to 5 numbers of 0 or more"),
        ((0.5, float("nan")), "expected up to 5 numbers of 0 or more"),
        ((1, 1, 1, 1, 1, 1), "expected up to 5 numbers of 0 or more"),
        ((0, 0, 0, 0, 1), "the images have 1, 2 digits"),
    ],
)
def test_impossible_shares_are_named(shares, words):
    with pytest.raises(ValueError, match=words):
        length_weights(labels_of(1, 2), shares)

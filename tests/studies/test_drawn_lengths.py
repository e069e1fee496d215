"""Drawn numbers of one length, and examples they are added to."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.training.batches import Examples
from workshop.studies.drawn_lengths import draw_numbers, with_long_numbers


@pytest.fixture
def settings(settings):
    return replace(settings, crop_size=16)


def test_numbers_have_the_length_and_the_crop_s_size(settings):
    numbers = draw_numbers(5, 3, 1, settings)
    assert numbers.images.shape == (3, 16, 16)
    assert (numbers.labels[:, 0] == 5).all()
    assert (numbers.labels[:, 1:] < 10).all()
    assert len(np.unique(numbers.labels, axis=0)) == 3


def test_long_numbers_are_added_to_train_and_test(settings):
    one = Examples(np.zeros((1, 16, 16), np.uint8), np.array([[1, 7, *[10] * 4]]))
    data = dict.fromkeys(("train", "validation", "test"), one)
    joined = with_long_numbers(data, settings, train=3, test=2)
    assert [len(part) for part in joined.values()] == [4, 1, 3]
    assert joined["train"].labels[:, 0].tolist() == [1, 5, 5, 5]
    test = joined["test"].labels[1:].tolist()
    assert not any(label in joined["train"].labels.tolist() for label in test)

"""Splits: who is kept apart for validation, and copies that are in no split."""

import numpy as np
import pytest

from helpers.data.splits import SPLITS, choose_splits, likeness_keys, validation_rows

B = 10
"""The label of a blank."""


def first_digits(digits) -> np.ndarray:
    labels = np.full((len(digits), 6), B, np.uint8)
    labels[:, 0], labels[:, 1] = 1, digits
    return labels


def chosen(keys: dict, seed: int = 0) -> dict:
    """Names of the splits of crops of every first digit with these keys."""
    labels = {name: first_digits(np.arange(len(k)) % 10) for name, k in keys.items()}
    keys = {name: np.array(key) for name, key in keys.items()}
    splits = choose_splits(labels, keys, seed)
    return {name: np.array(SPLITS)[split] for name, split in splits.items()}


def test_validation_is_sized_for_the_share_of_the_official_images():
    count = 3_340  # a tenth of train, a sixtieth of extra
    keys = {
        "test": range(9),
        "train": range(10, 10 + count),
        "extra": range(10_000, 10_000 + count),
    }
    found = chosen(keys)
    assert (found["test"] == "test").all()
    assert (found["train"] == "validation").sum() == 400
    assert (found["extra"] == "validation").sum() == 30
    assert set(found["train"]) == set(found["extra"]) == {"train", "validation"}


def test_copy_of_a_test_image_is_in_no_split():
    found = chosen({"test": [1, 2], "train": [3, 2, 4], "extra": [1, 5]})
    assert found["train"][1] == found["extra"][0] == "copies"


@pytest.mark.parametrize("seed", [0, 1])
def test_copies_never_stand_on_both_sides_of_train_and_validation(seed):
    shared = list(range(1, 21))  # twice in train, and once more in extra
    keys = {"test": [0], "train": shared * 2, "extra": shared}
    found = chosen(keys, seed)
    sides = {
        side: {
            key for name in keys for key in np.array(keys[name])[found[name] == side]
        }
        for side in SPLITS
    }
    assert not sides["train"] & sides["validation"]
    assert sides["copies"] <= sides["validation"]


def test_validation_takes_as_many_of_each_first_digit_where_there_are():
    labels = first_digits(np.repeat([0, 3, 9], [50, 20, 4]))
    rows = validation_rows(labels, 7, np.random.default_rng(1))
    taken = np.bincount(labels[rows, 1], minlength=10)
    np.testing.assert_array_equal(taken, [7, 0, 0, 7, 0, 0, 0, 0, 0, 4])


def test_validation_is_drawn_by_the_seed():
    keys = {"test": [0], "train": range(1, 100)}
    one, again, other = (chosen(keys, seed)["train"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_brighter_copy_of_the_same_number_alone_has_the_same_key():
    rng = np.random.default_rng(2)
    pictures = rng.integers(20, 200, (30, 32, 32), dtype=np.uint8)
    zeros, ones = first_digits(np.zeros(30)), first_digits(np.ones(30))
    keys, others = likeness_keys(pictures, zeros), likeness_keys(pictures, ones)
    assert len(np.unique(np.concatenate([keys, others]))) == 60
    assert (keys == likeness_keys(pictures + np.uint8(30), zeros)).all()


@pytest.mark.parametrize("side", [12, 28, 45, 64])
def test_key_knows_crops_of_any_size(side):
    brighter = np.tile(np.arange(side, dtype=np.uint8), (side, 1))
    images = np.stack([brighter, brighter[:, ::-1]])
    keys = likeness_keys(images, np.zeros((2, 6), np.uint8))
    assert [key.tobytes()[6:] for key in keys] == [b"\xff" * 8, b"\x00" * 8]

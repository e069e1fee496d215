"""Planted near-duplicates are found, look-alikes are not, and what follows of them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from workshop.studies.near_duplicates import (
    ALTERATIONS,
    alter,
    find_pairs,
    leaks,
    pairs_figure,
)

COUNT = 300


def drawn_number(number: int, rng: np.random.Generator) -> np.ndarray:
    """A two-digit number in the one typeface that Pillow has, on a wall of its own."""
    wall = gaussian_filter(rng.normal(size=(32, 32)), 2)
    wall = 110 + 40 * rng.random() + 12 * wall / wall.std()
    picture = Image.fromarray(wall.astype(np.uint8))
    font = ImageFont.load_default(int(rng.integers(20, 26)))
    place = (16 + rng.uniform(-2, 2), 16 + rng.uniform(-2, 2))
    shade = int(rng.choice([30, 230]))
    ImageDraw.Draw(picture).text(place, f"{number:02}", shade, font, "mm")
    return np.asarray(picture)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Each number from 0 to 99 three times over, no two of one picture."""
    rng = np.random.default_rng(0)
    return np.stack([drawn_number(row % 100, rng) for row in range(COUNT)])


def as_set(pairs: pd.DataFrame) -> set:
    return set(zip(pairs["first"], pairs["second"], strict=True))


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_planted_pairs_are_found_and_no_others(crops, kind):
    copies = alter(crops[:100], kind, np.random.default_rng(1))
    found = as_set(find_pairs(np.concatenate([crops, copies])))
    planted = {(row, COUNT + row) for row in range(100)}
    assert len(found & planted) >= 0.95 * len(planted)
    assert len(found & planted) >= 0.95 * len(found)


def test_look_alikes_in_one_typeface_are_hardly_ever_taken_for_duplicates(crops):
    look_alikes = COUNT  # three crops of each number make three pairs of it
    assert len(find_pairs(crops)) <= 0.02 * look_alikes


def test_pairs_are_sorted_unique_and_the_same_each_time(crops):
    copies = alter(crops, "all", np.random.default_rng(2))
    both = np.concatenate([crops, copies])
    pairs, again = (find_pairs(both) for _ in range(2))
    assert pairs["similarity"].is_monotonic_decreasing
    assert (pairs["first"] < pairs["second"]).all()
    assert len(as_set(pairs)) == len(pairs)
    pd.testing.assert_frame_equal(pairs, again)


def test_labels_keep_other_numbers_apart(crops):
    twice = np.concatenate([crops[:20]] * 2)
    labels = np.tile(np.arange(20)[:, None], (2, 6))
    assert len(find_pairs(twice, labels)) == 20
    labels[20:30] += 1
    assert as_set(find_pairs(twice, labels)) == {(r, r + 20) for r in range(10, 20)}


@pytest.mark.parametrize(
    "images", [np.zeros((2, 32, 32), np.float32), np.zeros((2, 48, 48), np.uint8)]
)
def test_other_images_are_refused(images):
    with pytest.raises(ValueError, match=r"expected uint8 \(N, 32, 32\)"):
        find_pairs(images)


def test_crops_of_a_split_with_a_copy_elsewhere_leak():
    pairs = pd.DataFrame({"first": [0, 1, 4], "second": [1, 3, 5]})
    splits = np.array(["train", "train", "test", "test", "validation", "train"])
    assert np.flatnonzero(leaks(pairs, splits, "train")).tolist() == [1, 5]
    assert np.flatnonzero(leaks(pairs, splits, "validation")).tolist() == [4]
    assert not leaks(pairs[:0], splits, "train").any()


def test_figure_shows_each_pair_side_by_side(crops):
    twice = np.concatenate([crops[:3], crops[:3]])
    pairs = find_pairs(twice)
    figure = pairs_figure(twice, pairs, ["0", "1", "2"] * 2)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 3
    picture = shown[0].images[0].get_array()
    np.testing.assert_array_equal(picture[:, :32], twice[pairs["first"].iloc[0]])
    np.testing.assert_array_equal(picture[:, -32:], twice[pairs["second"].iloc[0]])
    assert sorted(axis.get_title() for axis in shown)[0] == "0 0: 1.000"

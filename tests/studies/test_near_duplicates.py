"""Planted near-duplicates are found, look-alikes are not, and what follows of them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from helpers.preprocessing import label_text
from workshop.studies.near_duplicates import (
    KINDS,
    Pairs,
    altered,
    groups,
    leaks,
    near_duplicates,
    pairs_figure,
    repeats,
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


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    tens, ones = np.divmod(np.arange(COUNT) % 100, 10)
    blank = np.full(COUNT, 10)
    return np.stack([np.full(COUNT, 2), tens, ones, blank, blank, blank], axis=1)


def as_set(pairs: Pairs) -> set:
    return set(map(tuple, pairs.rows.tolist()))


@pytest.mark.parametrize("kind", KINDS)
def test_planted_pairs_are_found_and_no_others(crops, kind):
    copies = altered(crops[:100], kind, np.random.default_rng(1))
    found = as_set(near_duplicates(np.concatenate([crops, copies])))
    planted = {(row, COUNT + row) for row in range(100)}
    assert len(found & planted) >= 0.95 * len(planted)
    assert len(found & planted) >= 0.95 * len(found)


def test_look_alikes_in_one_typeface_are_hardly_ever_taken_for_duplicates(crops):
    alike = COUNT  # pairs of one number: three crops of each, three pairs of these
    assert len(near_duplicates(crops)) <= 0.02 * alike


def test_likeness_of_an_exact_copy_is_one(crops):
    pairs = near_duplicates(crops[[5, 6, 5]])
    assert pairs.rows.tolist() == [[0, 2]]
    assert pairs.likeness == pytest.approx(1, abs=1e-5)


def test_the_most_alike_come_first_and_no_pair_twice(crops):
    copies = altered(crops, "all", np.random.default_rng(2))
    pairs = near_duplicates(np.concatenate([crops, copies]), at_least=0.8)
    assert (np.diff(pairs.likeness) <= 0).all()
    assert (pairs.likeness >= 0.8).all()
    assert (pairs.rows[:, 0] < pairs.rows[:, 1]).all()
    assert len(as_set(pairs)) == len(pairs)


def test_labels_keep_other_numbers_apart(crops, labels):
    twice, given = np.concatenate([crops[:20]] * 2), np.concatenate([labels[:20]] * 2)
    assert len(near_duplicates(twice, given)) == 20
    given[20:30, 2] = (given[20:30, 2] + 1) % 10
    assert as_set(near_duplicates(twice, given)) == {(r, r + 20) for r in range(10, 20)}


def test_same_crops_give_the_same_pairs(crops):
    copies = altered(crops, "all", np.random.default_rng(3))
    both = np.concatenate([crops, copies])
    first, second = (near_duplicates(both, at_least=0.8) for _ in range(2))
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.likeness, second.likeness)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_crops(crops, count):
    assert len(near_duplicates(crops[:count])) == 0


def test_crops_of_one_gray_are_paired_with_none(crops):
    plain = np.full((30, 32, 32), 128, np.uint8)
    pairs = near_duplicates(np.concatenate([plain, crops[:10], crops[:10]]))
    assert as_set(pairs) == {(row, row + 10) for row in range(30, 40)}


@pytest.mark.parametrize(
    "images", [np.zeros((2, 32, 32), np.float32), np.zeros((2, 48, 48), np.uint8)]
)
def test_other_images_are_refused(images):
    with pytest.raises(ValueError, match=r"expected uint8 \(N, 32, 32\)"):
        near_duplicates(images)


def test_labels_of_other_images_are_refused(crops, labels):
    with pytest.raises(ValueError, match="299 labels for 300 images"):
        near_duplicates(crops, labels[1:])


@pytest.fixture
def chain() -> Pairs:
    """0 and 3 through 1; 4 and 5; 2 is alone."""
    rows = np.array([[0, 1], [1, 3], [4, 5]])
    return Pairs(rows, np.array([0.99, 0.98, 0.97], np.float32))


def test_pairs_of_pairs_are_one_group(chain):
    number = groups(chain, 6)
    assert number[0] == number[1] == number[3]
    assert number[4] == number[5]
    assert len(set(number[[0, 2, 4]].tolist())) == 3


def test_the_first_of_each_group_stays(chain):
    assert repeats(chain, 6).tolist() == [False, True, False, True, False, True]


def test_train_crops_with_a_copy_elsewhere_leak(chain):
    splits = np.array(["train", "train", "test", "test", "validation", "train"])
    expected = [False, True, False, False, False, True]
    assert leaks(chain, splits).tolist() == expected
    expected = [False, False, False, False, True, False]
    assert leaks(chain, splits, "validation").tolist() == expected


def test_nothing_is_left_out_without_pairs():
    none = Pairs(np.empty((0, 2), np.int64), np.empty(0, np.float32))
    assert groups(none, 3).tolist() == [0, 1, 2]
    assert not repeats(none, 3).any()
    assert not leaks(none, np.array(["train", "test", "train"])).any()


@pytest.mark.parametrize("kind", KINDS)
def test_altered_crops_differ_and_depend_on_the_seed_alone(crops, kind):
    made = [altered(crops[:20], kind, np.random.default_rng(s)) for s in (1, 1, 2)]
    assert made[0].shape == (20, 32, 32)
    assert made[0].dtype == np.uint8
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()
    assert (made[0] != crops[:20]).any(axis=(1, 2)).mean() > 0.9


def test_figure_shows_each_pair_side_by_side(crops, labels):
    pairs = near_duplicates(np.concatenate([crops[:3], crops[:3]]))
    twice = np.concatenate([crops[:3], crops[:3]])
    figure = pairs_figure(
        twice, pairs, [label_text(labels[row]) for row in (0, 1, 2, 0, 1, 2)]
    )
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 3
    picture = shown[0].images[0].get_array()
    np.testing.assert_array_equal(picture[:, :32], twice[pairs.rows[0, 0]])
    np.testing.assert_array_equal(picture[:, -32:], twice[pairs.rows[0, 1]])
    assert sorted(axis.get_title() for axis in shown)[0] == "00 00: 1.000"

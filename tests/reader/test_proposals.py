"""Which boxes a number is read in, and which of them hold a whole number."""

import numpy as np
import pytest

from helpers.reader.finding import FindingOptions
from helpers.reader.proposals import Proposals, are_parts, pair_adjacent

OPTIONS = FindingOptions()
ALL_OF_IT, LEFT_HALF, ELSEWHERE = (10, 10, 90, 40), (8, 10, 45, 38), (100, 10, 130, 40)


def parts(*found):
    """`are_parts` of boxes with scores, lengths and confidences."""
    columns = (np.array(column) for column in zip(*found, strict=True))
    return are_parts(*columns, OPTIONS).tolist()


def test_part_of_a_longer_number_is_one_though_it_is_likelier():
    half, whole = (LEFT_HALF, 0.8, 2, 0.7), (ALL_OF_IT, 0.8, 4, 0.3)
    assert parts(half, whole) == [True, False]
    assert parts(whole, half) == [False, True]


@pytest.mark.parametrize(
    ("box", "score", "length", "confidence"),
    [
        (ELSEWHERE, 0.9, 4, 0.9),
        (ALL_OF_IT, 0.7, 4, 0.9),
        (ALL_OF_IT, 0.9, 2, 0.9),
        (ALL_OF_IT, 0.9, 4, 0.5 * OPTIONS.min_whole_confidence - 0.01),
        ((9, 11, 44, 37), 0.9, 4, 0.9),
    ],
    ids=["apart", "found less", "no longer", "hardly readable", "smaller"],
)
def test_no_part_where_the_other_is(box, score, length, confidence):
    other = (box, score, length, confidence)
    assert parts((LEFT_HALF, 0.8, 2, 0.5), other) == [False, False]


def test_of_three_in_each_other_the_largest_is_whole():
    middle = ((8, 8, 60, 42), 0.6, 3, 0.6)
    found = (LEFT_HALF, 0.5, 2, 0.8), (ALL_OF_IT, 0.7, 4, 0.4), middle
    assert parts(*found) == [True, False, True]


def test_found_boxes_are_proposed_wider_too_inside_the_image():
    boxes = np.array([[50.0, 40, 90, 60], [2, 1, 102, 99]])
    proposals = Proposals.around(boxes, np.array([0.9, 0.5]), (120, 100), OPTIONS)
    across, down = 40 * OPTIONS.wider[0], 20 * OPTIONS.wider[1]
    first = [50 - across, 40 - down, 90 + across, 60 + down]
    expected = [*boxes.tolist(), first, [0, 0, 114, 100]]
    np.testing.assert_allclose(proposals.boxes, expected)
    assert proposals.scores.tolist() == [0.9, 0.5, 0.9, 0.5]


def test_nothing_found_proposes_nothing():
    proposals = Proposals.around(np.empty((0, 4)), np.empty(0), (5, 5), OPTIONS)
    assert (proposals.boxes.shape, proposals.scores.shape) == ((0, 4), (0,))
    assert proposals.choose(np.empty(0, int), np.empty(0), OPTIONS).shape == (0,)


@pytest.mark.parametrize(
    ("other", "width", "is_paired"),
    [
        ((60, 12, 100, 38), 105, True),  # half a height beside it
        ((60, 12, 100, 38), 120, False),  # both do not fill the image
        ((44, 12, 100, 38), 105, False),  # next to it
        ((80, 12, 100, 38), 105, False),  # far off
        ((60, 28, 100, 58), 105, False),  # lower down
        ((60, 12, 100, 22), 105, False),  # much smaller
    ],
)
def test_boxes_side_by_side_that_fill_an_image_are_paired(other, width, is_paired):
    one = (4, 10, 42, 40)
    for found, pair in (((one, other), (0, 1)), ((other, one), (1, 0))):
        boxes, pairs = pair_adjacent(np.array(found, float), (width, 60), OPTIONS)
        assert pairs.tolist() == ([list(pair)] if is_paired else [])
        both = np.concatenate([np.minimum(one, other)[:2], np.maximum(one, other)[2:]])
        assert boxes.tolist() == ([both.tolist()] if is_paired else [])


@pytest.mark.parametrize("most", [0, 1, 4])
def test_paired_boxes_are_some_of_the_likeliest(most):
    spots = np.arange(6) * 20.0
    found = np.stack([spots, 0 * spots, spots + 10, 0 * spots + 20], axis=1)
    options = FindingOptions(paired_boxes=most)
    boxes, pairs = pair_adjacent(found, (10, 20), options)
    assert pairs.tolist() == [[left, left + 1] for left in range(most - 1)]
    assert boxes.shape == (len(pairs), 4)


@pytest.mark.parametrize(
    ("lengths", "confidences", "chosen"),
    [
        ((1, 2), (0.5, 0.5), [1]),
        ((1, 2), (0.5, 0.4), [0]),
        ((1, 1), (0.5, 0.9), [0]),
        ((2, 1), (0.5, 0.9), [0]),
    ],
    ids=["one digit more", "less confident", "no digit more", "one digit less"],
)
def test_wider_box_is_chosen_for_a_digit_that_the_found_one_cuts(
    lengths, confidences, chosen
):
    proposals = Proposals.around(np.array([ALL_OF_IT]), np.ones(1), (99, 50), OPTIONS)
    found = proposals.choose(np.array(lengths), np.array(confidences), OPTIONS)
    assert found.tolist() == chosen


@pytest.mark.parametrize(
    ("length", "confidence", "chosen"),
    [(3, 0.5, [4]), (2, 0.9, [1, 0]), (3, 0.3, [1, 0])],
    ids=["all their digits", "some of them", "hardly readable"],
)
def test_box_around_two_is_chosen_if_all_digits_are_read_in_it(
    length, confidence, chosen
):
    boxes = np.array([(4, 10, 42, 40), (60, 12, 100, 38)], float)
    proposals = Proposals.around(boxes, np.ones(2), (105, 60), OPTIONS)
    lengths = np.array([1, 2, 1, 2, length])
    confidences = np.array([0.7, 0.8, 0.1, 0.1, confidence])
    assert proposals.choose(lengths, confidences, OPTIONS).tolist() == chosen

"""Boxes from a finder's cells, by stand-ins for the network that say known cells."""

import numpy as np
import pytest
from PIL import Image

from helpers.reader.finding import (
    CELL,
    INPUT_STEP,
    FindingOptions,
    find_boxes,
    intersection_over_smaller,
    intersection_over_union,
)

LONG_SIDES = FindingOptions().long_sides


class Marks:
    """Instead of a network: cells that are marked, by the number of the call.

    Each is (row, column, logit, reaches in cells); all other cells are sure that they
    are none. ``seen`` keeps what the network was shown.
    """

    def __init__(self, marks):
        self.marks, self.seen = marks, []

    def __call__(self, inputs):
        height, width = inputs.shape[1] // CELL, inputs.shape[2] // CELL
        cells = np.full((1, height, width, 5), -9.0, np.float32)
        for row, column, logit, reaches in self.marks.get(len(self.seen), ()):
            cells[0, row, column] = logit, *np.log(reaches)
        self.seen.append(np.array(inputs))
        return cells


def marked(long_side, *marks):
    """Marks in the image of one size."""
    return Marks({LONG_SIDES.index(long_side): marks})


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.array(logits)))


@pytest.fixture
def image():
    return Image.new("RGB", (192, 96), (90, 140, 60))


def test_cell_becomes_a_box_round_its_middle(image):
    # The middle of row 3, column 5 is at (44, 28).
    boxes, scores = find_boxes(marked(192, (3, 5, 2.0, (1, 0.5, 2, 0.25))), image)
    assert boxes == pytest.approx(np.array([[44 - 8, 28 - 4, 44 + 16, 28 + 2]]))
    assert scores == pytest.approx([sigmoid(2)])
    assert boxes.dtype == scores.dtype == np.float64


@pytest.mark.parametrize("long_side", LONG_SIDES)
def test_boxes_are_of_the_image_s_size_wherever_they_were_seen(long_side):
    """At a width of 96 pixels instead of 100 the height is 32 instead of 33."""
    network = marked(long_side, (2, 4, 2.0, (1, 1, 2, 1)))
    (box,), _ = find_boxes(network, Image.new("L", (100, 33)))
    across, down = long_side / 100, round(33 * long_side / 100) / 33
    assert box * (across, down, across, down) == pytest.approx([28, 12, 52, 28])


def test_boxes_end_where_the_image_does(image):
    boxes, _ = find_boxes(marked(192, (0, 0, 2.0, (50, 50, 50, 50))), image)
    assert boxes.tolist() == [[0, 0, 192, 96]]


@pytest.mark.parametrize("size", [(192, 40), (77, 190), (1, 40), (500, 3)])
def test_network_is_shown_whole_steps_normalised_the_edge_repeated(size):
    pixels = np.random.default_rng(5).integers(0, 256, size[::-1], dtype=np.uint8)
    network = marked(96)
    boxes, scores = find_boxes(network, Image.fromarray(pixels))
    assert (boxes.shape, scores.shape) == ((0, 4), (0,))
    for shown, long_side in zip(network.seen, LONG_SIDES, strict=True):
        assert shown.dtype == np.float32
        assert shown.shape[0] == shown.shape[3] == 1
        assert max(shown.shape[1:3]) == long_side
        assert all(side % INPUT_STEP == 0 for side in shown.shape[1:3])
        assert shown.mean() == pytest.approx(0, abs=1e-4)
        assert shown.std() == pytest.approx(1, abs=1e-3)
        sides = np.round(np.multiply(size, long_side / max(size))).astype(int)
        last = np.maximum(sides, CELL) - 1
        assert (shown[0, last[1] :] == shown[0, -1:]).all()
        assert (shown[0, :, last[0] :] == shown[0, :, -1:]).all()


def test_boxes_that_overlap_are_one_between_them_nearest_the_best(image):
    wide = (2.5, 1, 2.5, 1)
    # One cell to the side of five: 4 of 6 are shared, and with two cells 3 of 7.
    marks = (3, 5, 1.0, wide), (3, 6, 3.0, wide), (3, 8, 2.0, wide)
    boxes, scores = find_boxes(marked(192, *marks), image)
    weights = np.array([1.0, 4 / 6]) * sigmoid([3.0, 1.0])
    lefts = [np.average([32, 24], weights=weights), 48]
    assert boxes[:, 0].tolist() == pytest.approx(lefts)
    assert (boxes[:, 2] - boxes[:, 0]).tolist() == pytest.approx([40, 40])
    assert scores == pytest.approx(sigmoid([3.0, 2.0]))
    options = FindingOptions(min_averaged_iou=1, max_boxes=1)
    boxes, _ = find_boxes(marked(192, *marks), image, options)
    assert boxes[:, 0].tolist() == pytest.approx([32])


@pytest.mark.parametrize(
    ("one", "other", "union", "smaller"),
    [
        ((0, 0, 4, 4), (2, 2, 6, 6), 4 / 28, 4 / 16),
        ((0, 0, 4, 4), (0, 0, 4, 4), 1, 1),
        ((0, 0, 4, 4), (1, 1, 3, 3), 4 / 16, 1),
        ((0, 0, 4, 4), (4, 0, 8, 4), 0, 0),
        ((0, 0, 4, 4), (2, 2, 2, 2), 0, 0),
        ((3, 3, 3, 3), (3, 3, 3, 3), 0, 0),
    ],
)
def test_overlap_is_the_shared_part_of_the_union_or_the_smaller(
    one, other, union, smaller
):
    assert intersection_over_union(one, other) == pytest.approx(union)
    assert intersection_over_smaller(other, one) == pytest.approx(smaller)


@pytest.mark.parametrize(
    ("near", "is_same"),
    [((7, 12, 3.0, (6, 2, 5, 2)), True), ((2, 3, 3.0, (1, 1, 1, 1)), False)],
    ids=["found again", "another number beside it"],
)
def test_small_number_is_searched_again_from_near(near, is_same):
    """In the 201 by 134 pixels around the box found first, seen at a width of 192."""
    network = Marks({2: [(15, 24, 2.0, (1.5, 0.5, 1.5, 0.5))], 4: [near]})
    (box,), scores = find_boxes(network, Image.new("L", (1600, 1200)))
    far = np.array([184, 120, 208, 128]) * 1600 / 384
    closer = np.add([716, 450] * 2, np.array([52, 44, 140, 76]) * 201 / 192)
    assert box == pytest.approx(closer if is_same else far)
    assert scores == pytest.approx([sigmoid(3.0 if is_same else 2.0)])


def test_large_number_is_searched_once(image):
    network = marked(384, (5, 20, 2.0, (10, 3, 10, 3)))
    find_boxes(network, image)
    assert len(network.seen) == len(LONG_SIDES)

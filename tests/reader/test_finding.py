"""Boxes from a finder's cells, by stand-ins for the network that say known cells."""

import numpy as np
import pytest
from PIL import Image

from helpers.reader import finding
from helpers.reader.finding import (
    CELL,
    DOUBT,
    JOINED,
    LONG_SIDES,
    STEP,
    WIDER,
    are_parts,
    find_boxes,
    joined,
    overlap,
    shared,
    widened,
)
from helpers.reader.networks import build_finder
from helpers.reader.reader import compiled


class Marks:
    """Instead of a network: cells that are marked in the image of one size.

    ``marks`` are (row, column, logit, reaches in cells); all other cells are sure
    that they are none. ``seen`` keeps what the network was shown.
    """

    def __init__(self, long_side, *marks):
        self.size, self.marks, self.seen = LONG_SIDES.index(long_side), marks, []

    def __call__(self, inputs):
        height, width = inputs.shape[1] // CELL, inputs.shape[2] // CELL
        cells = np.full((1, height, width, 5), -9.0, np.float32)
        if len(self.seen) == self.size:
            for row, column, logit, reaches in self.marks:
                cells[0, row, column] = logit, *np.log(reaches)
        self.seen.append(np.array(inputs))
        return cells


class Coarse:
    """Instead of a network: what is bright, to whole cells, surer if it is large."""

    def __init__(self):
        self.seen = []

    def __call__(self, inputs):
        self.seen.append(inputs.shape[1:3])
        bright = inputs[0, ..., 0] > 1
        rows, columns = np.nonzero(bright)
        cells = np.full((1, *np.array(bright.shape) // CELL, 5), -9.0, np.float32)
        if len(rows):
            row = int(rows.min() + rows.max() + 1) // 2 // CELL
            column = int(columns.min() + columns.max() + 1) // 2 // CELL
            edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            reach = np.abs(
                np.subtract((column, row, column, row), np.divide(edges, CELL))
            )
            cells[0, row, column] = np.log(len(rows)), *np.log(np.ceil(reach + 0.5))
        return cells


@pytest.fixture
def image():
    return Image.new("RGB", (192, 96), (90, 140, 60))


def test_cell_becomes_a_box_round_its_middle(image):
    # The middle of row 3, column 5 is at (44, 28).
    network = Marks(192, (3, 5, 2.0, (1, 0.5, 2, 0.25)))
    boxes, scores = find_boxes(network, image)
    assert boxes[0] == pytest.approx([44 - 8, 28 - 4, 44 + 16, 28 + 2])
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-2)))
    assert boxes.dtype == scores.dtype == np.float64
    assert scores[1:].max(initial=0) < 0.01


@pytest.mark.parametrize("long_side", LONG_SIDES)
def test_boxes_are_of_the_image_s_size_wherever_they_were_seen(image, long_side):
    network = Marks(long_side, (2, 4, 2.0, (1, 1, 2, 1)))
    boxes, _ = find_boxes(network, image)
    assert boxes[0] * long_side / 192 == pytest.approx([28, 12, 52, 28])


def test_width_and_height_are_scaled_back_apart():
    """A height of 33 becomes 32 where a width of 100 becomes 96."""
    network = Marks(96, (1, 4, 2.0, (1, 1, 2, 1)))
    boxes, _ = find_boxes(network, Image.new("L", (100, 33)))
    across, down = 100 / 96, 33 / 32
    assert boxes[0] == pytest.approx([28 * across, 4 * down, 52 * across, 20 * down])


def test_boxes_end_where_the_image_does(image):
    boxes, _ = find_boxes(Marks(192, (0, 0, 2.0, (50, 50, 50, 50))), image)
    assert boxes[0].tolist() == [0, 0, 192, 96]


@pytest.mark.parametrize("size", [(192, 96), (77, 190), (1, 40), (500, 3)])
def test_network_is_shown_whole_steps_normalised_at_every_size(size):
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    network = Marks(96)
    find_boxes(network, Image.fromarray(pixels))
    for shown, long_side in zip(network.seen, LONG_SIDES, strict=True):
        assert shown.dtype == np.float32
        assert shown.shape[0] == shown.shape[3] == 1
        assert max(shown.shape[1:3]) == long_side
        assert all(side % STEP == 0 for side in shown.shape[1:3])
        assert shown.mean() == pytest.approx(0, abs=1e-4)
        assert shown.std() == pytest.approx(1, abs=1e-3)


def test_room_repeats_the_edge_and_shifts_nothing():
    pixels = np.zeros((40, 192), np.uint8)
    pixels[-1], pixels[:8, :8] = 200, 255
    network = Marks(96)
    find_boxes(network, Image.fromarray(pixels))
    shown = network.seen[LONG_SIDES.index(192)][0, ..., 0]
    assert shown.shape == (64, 192)
    np.testing.assert_array_equal(shown[40:], np.tile(shown[39], (24, 1)))
    assert (shown[:8, :8] > shown[20, 100]).all()


def test_what_a_network_marks_is_where_it_is_in_the_image():
    """A stand-in that finds what is bright, off the middle across and down."""

    def brightest(inputs):
        count, height, width, _ = inputs.shape
        cells = inputs.reshape(count, height // CELL, CELL, width // CELL, CELL)
        logits = cells.mean((2, 4))[..., None]
        return np.concatenate([logits, np.zeros((*logits.shape[:3], 4))], axis=-1)

    pixels = np.zeros((96, 240), np.uint8)
    pixels[64:84, 180:200] = 255
    boxes, _ = find_boxes(brightest, Image.fromarray(pixels))
    x, y = (boxes[0, :2] + boxes[0, 2:]) / 2
    assert 180 <= x <= 200
    assert 64 <= y <= 84


def test_boxes_that_overlap_are_one_between_them_nearest_the_best(image):
    wide = (2, 1, 2, 1)
    # One cell to the side of four: 3 of 5 are shared, and with two cells 2 of 6.
    network = Marks(192, (3, 5, 1.0, wide), (3, 6, 3.0, wide), (3, 8, 2.0, wide))
    boxes, scores = find_boxes(network, image)
    weights = np.array([1.0, 3 / 5]) / (1 + np.exp([-3.0, -1.0]))
    lefts = [np.average([36, 28], weights=weights), 52]
    assert boxes[:2, 0].tolist() == pytest.approx(lefts)
    assert (boxes[:2, 2] - boxes[:2, 0]).tolist() == pytest.approx([32, 32])
    assert scores[:2] == pytest.approx(1 / (1 + np.exp([-3.0, -2.0])))
    assert scores[2:].max(initial=0) < 0.01


def test_boxes_come_best_first_and_at_most_so_many(image):
    marks = [(2, column, column / 9, (1, 1, 1, 1)) for column in (9, 3, 21, 15)]
    boxes, scores = find_boxes(Marks(192, *marks), image, most=3)
    assert boxes[:, 0].tolist() == pytest.approx([164, 116, 68])
    assert (np.diff(scores) < 0).all()


def test_finder_s_boxes_are_inside_the_image():
    pixels = np.random.default_rng(2).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    finder = build_finder(depths=(2, 2, 4, 4, 4), seed=3)
    network = compiled(finder, (None, None, None, 1))
    boxes, scores = find_boxes(network, Image.fromarray(pixels), most=4)
    assert 1 <= len(boxes) == len(scores) <= 4
    assert (boxes[:, :2] <= boxes[:, 2:]).all()
    assert boxes.min() >= 0
    assert (boxes <= [90, 60, 90, 60]).all()


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 4, 4), (2, 2, 6, 6), 4 / 28),
        ((0, 0, 4, 4), (0, 0, 4, 4), 1),
        ((0, 0, 4, 4), (1, 1, 3, 3), 4 / 16),
        ((0, 0, 4, 2), (1, 0, 5, 2), 6 / 10),
        ((0, 0, 4, 4), (4, 0, 8, 4), 0),
        ((0, 0, 4, 4), (6, 6, 9, 9), 0),
        ((0, 0, 4, 4), (2, 2, 2, 2), 0),
        ((3, 3, 3, 3), (3, 3, 3, 3), 0),
    ],
)
def test_overlap_is_the_shared_part_of_the_union(one, other, share):
    assert overlap(one, other) == pytest.approx(share)
    assert overlap(np.array(other), np.array(one)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 4, 4), (2, 2, 6, 6), 4 / 16),
        ((0, 0, 4, 4), (1, 1, 3, 3), 1),
        ((0, 0, 8, 4), (6, 0, 10, 4), 8 / 16),
        ((0, 0, 4, 4), (4, 0, 8, 4), 0),
        ((0, 0, 4, 4), (2, 2, 2, 2), 0),
    ],
)
def test_shared_is_the_part_of_the_smaller_box(one, other, share):
    assert shared(one, other) == pytest.approx(share)
    assert shared(np.array(other), np.array(one)) == pytest.approx(share)


WHOLE, LEFT_HALF, ELSEWHERE = (10, 10, 90, 40), (8, 10, 45, 38), (100, 10, 130, 40)


def parts(*found):
    """`are_parts` of boxes with scores, lengths and confidences."""
    return are_parts(
        *(np.array(column) for column in zip(*found, strict=True))
    ).tolist()


def test_part_of_a_longer_number_is_one_though_it_is_clearer():
    assert parts((LEFT_HALF, 0.8, 2, 0.7), (WHOLE, 0.8, 4, 0.3)) == [True, False]
    assert parts((WHOLE, 0.9, 4, 0.3), (LEFT_HALF, 0.8, 2, 0.7)) == [False, True]


@pytest.mark.parametrize(
    ("box", "score", "length", "confidence"),
    [
        (ELSEWHERE, 0.9, 4, 0.9),
        (WHOLE, 0.7, 4, 0.9),
        (WHOLE, 0.9, 2, 0.9),
        (WHOLE, 0.9, 4, 0.5 * DOUBT - 0.01),
        ((9, 11, 44, 37), 0.9, 4, 0.9),
    ],
    ids=["apart", "found less", "no longer", "hardly readable", "smaller"],
)
def test_no_part_where_the_other_is(box, score, length, confidence):
    other = (box, score, length, confidence)
    assert parts((LEFT_HALF, 0.8, 2, 0.5), other) == [False, False]


def test_widened_boxes_have_room_and_stay_inside():
    wider = widened(np.array([[50.0, 40, 90, 60], [2, 1, 102, 99]]), (120, 100))
    first = [50 - 40 * WIDER[0], 40 - 20 * WIDER[1]]
    first += [90 + 40 * WIDER[0], 60 + 20 * WIDER[1]]
    np.testing.assert_allclose(wider, [first, [0, 0, 114, 100]])
    assert widened(np.empty((0, 4)), (5, 5)).shape == (0, 4)


@pytest.mark.parametrize(
    ("other", "width", "is_joined"),
    [
        ((60, 12, 100, 38), 105, True),  # half a height beside it
        ((60, 12, 100, 38), 120, False),  # both do not fill the image
        ((44, 12, 100, 38), 105, False),  # next to it
        ((80, 12, 100, 38), 105, False),  # far off
        ((60, 28, 100, 58), 105, False),  # lower down
        ((60, 12, 100, 22), 105, False),  # much smaller
    ],
)
def test_boxes_side_by_side_that_fill_an_image_are_joined(other, width, is_joined):
    one = (4, 10, 42, 40)
    for found, pair in (((one, other), (0, 1)), ((other, one), (1, 0))):
        boxes, pairs = joined(np.array(found, float), (width, 60))
        assert pairs.tolist() == ([list(pair)] if is_joined else [])
        both = np.concatenate([np.minimum(one, other)[:2], np.maximum(one, other)[2:]])
        assert boxes.tolist() == ([both.tolist()] if is_joined else [])


def test_joined_boxes_are_some_of_the_likeliest():
    spots = np.arange(JOINED + 2) * 20.0
    found = np.stack([spots, 0 * spots, spots + 10, 0 * spots + 20], axis=1)
    _, pairs = joined(found, (10, 20))
    assert pairs.tolist() == [[left, left + 1] for left in range(JOINED - 1)]
    boxes, pairs = joined(np.empty((0, 4)), (10, 20))
    assert (boxes.shape, pairs.shape) == ((0, 4), (0, 2))


def test_no_boxes_are_no_parts():
    nothing = np.empty(0)
    assert are_parts(np.empty((0, 4)), nothing, nothing, nothing).shape == (0,)


def test_of_three_in_each_other_the_largest_is_whole():
    found = [
        (LEFT_HALF, 0.5, 2, 0.8),
        (WHOLE, 0.7, 4, 0.4),
        ((8, 8, 60, 42), 0.6, 3, 0.6),
    ]
    assert parts(*found) == [True, False, True]


def test_small_number_is_looked_at_from_near(monkeypatch):
    image, place = Image.new("L", (1600, 1200), 20), (700, 500, 800, 540)
    image.paste(230, place)
    boxes, scores = find_boxes(Coarse(), image)
    monkeypatch.setattr(finding, "SMALL", 0.0)
    far, far_scores = find_boxes(Coarse(), image)
    assert overlap(boxes[0], place) > 1.5 * overlap(far[0], place) > 0
    assert scores[0] > far_scores[0]


def test_large_number_is_looked_at_once(image):
    image.paste((255, 255, 255), (30, 20, 150, 70))
    network = Coarse()
    find_boxes(network, image)
    assert len(network.seen) == len(LONG_SIDES)


def test_second_look_takes_no_other_number_for_the_first():
    """Beside the spot that the first look marks lies a brighter one."""
    image = Image.new("L", (1600, 1200), 20)
    image.paste(230, (760, 500, 800, 540))
    first = (4, 20, 2.0, (1, 1, 1, 1))

    class Both(Marks):
        def __call__(self, inputs):
            if len(self.seen) < len(LONG_SIDES):
                return super().__call__(inputs)
            return Coarse()(inputs)

    boxes, _ = find_boxes(Both(384, first), image)
    assert boxes[0] == pytest.approx(
        np.array([19.5, 3.5, 21.5, 5.5]) * CELL * 1600 / 384
    )

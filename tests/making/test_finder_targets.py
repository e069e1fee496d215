"""The finder's targets on cases worked out by hand, and what its loss prefers."""

import numpy as np
import pytest
import tensorflow as tf

from workshop.making.finder_targets import cell_targets, finder_loss

HEIGHT, WIDTH = 32, 48
NONE = (0, 0, 0, 0)
# In cells: from (1, 0.5) to (4, 2.5), so 3 x 2 round the middle of row 1, column 2.
BOX = (8, 4, 32, 20)


def targets(*boxes, height=HEIGHT, width=WIDTH):
    """Scores and reaches of one image."""
    found = cell_targets(tf.constant([boxes], tf.float32), height, width)
    return tuple(array.numpy()[0] for array in found)


def bell(across, down, wide, tall):
    """The score at a distance from the middle of a box, all in cells."""
    return np.exp(-((across / wide) ** 2 + (down / tall) ** 2) / 2)


def test_every_cell_of_8_pixels_has_a_score_and_four_reaches():
    scores, reaches = targets(BOX)
    assert scores.shape == (4, 6)
    assert reaches.shape == (4, 6, 4)
    assert scores.dtype == reaches.dtype == np.float32


def test_score_is_one_at_the_middle_and_falls_by_the_box_s_size():
    scores, _ = targets(BOX)
    assert scores[1, 2] == pytest.approx(1)
    # 0.22 of three cells across; of two down it would be less than the least, 0.6.
    assert scores[1, 3] == scores[1, 1] == pytest.approx(bell(1, 0, 0.66, 0.6))
    assert scores[0, 2] == scores[2, 2] == pytest.approx(bell(0, 1, 0.66, 0.6))
    assert scores[3, 5] == pytest.approx(bell(3, 2, 0.66, 0.6), abs=1e-6)


def test_reaches_go_from_a_cell_s_middle_to_the_box_s_edges():
    _, reaches = targets(BOX)
    assert reaches[1, 2].tolist() == [1.5, 1, 1.5, 1]
    assert reaches[1, 1].tolist() == [0.5, 1, 2.5, 1]
    assert reaches[3, 5].tolist() == [4.5, 3, -1.5, -1]


def test_no_box_gives_scores_of_0_and_no_cell_inside():
    scores, reaches = targets(NONE, NONE)
    assert (scores == 0).all()
    assert (reaches.min(-1) <= 0).all()


def test_of_two_boxes_each_cell_takes_the_nearer():
    # Two by two cells round the middles of columns 1 and 9 in row 1.
    boxes = (4, 4, 20, 20), (68, 4, 84, 20)
    scores, reaches = targets(*boxes, width=96)
    assert scores[1, 1] == scores[1, 9] == pytest.approx(1)
    assert reaches[1, 1].tolist() == reaches[1, 9].tolist() == [1, 1, 1, 1]
    assert reaches[1, 4].tolist() == [4, 1, -2, 1]
    assert reaches[1, 6].tolist() == [-2, 1, 4, 1]
    assert scores[1, 4] == pytest.approx(bell(3, 0, 0.6, 0.6), abs=1e-6)


def test_near_is_by_the_size_of_the_box():
    """Two cells from a wide box's middle is nearer than one from a small one's."""
    wide, small = (0, 4, 80, 20), (64, 4, 80, 20)
    _, reaches = targets(wide, small, width=96)
    assert reaches[1, 7].tolist() == [7.5, 1, 2.5, 1]
    assert reaches[1, 8].tolist() == [0.5, 1, 1.5, 1]


def test_order_of_boxes_and_rows_of_none_change_nothing():
    other = (30, 18, 46, 30)
    expected = targets(BOX, other)
    for boxes in ((other, BOX), (NONE, BOX, NONE, other)):
        for array, wanted in zip(targets(*boxes), expected, strict=True):
            np.testing.assert_array_equal(array, wanted)


def test_each_image_has_its_own_boxes():
    both = cell_targets(tf.constant([[BOX], [NONE]], tf.float32), HEIGHT, WIDTH)
    for row, box in enumerate((BOX, NONE)):
        for array, wanted in zip(both, targets(box), strict=True):
            np.testing.assert_array_equal(array[row], wanted)


def answer(*boxes):
    """Cells of a finder that is sure and right of an image with these boxes."""
    scores, reaches = targets(*boxes)
    logits = np.where(scores > 0.6, 6.0, -6.0)[..., None]
    return np.concatenate([logits, np.log(np.maximum(reaches, 0.05))], axis=-1)


def loss(cells, *boxes) -> float:
    scores, reaches = (array[None] for array in targets(*boxes))
    return float(finder_loss(tf.constant(cells[None], tf.float32), scores, reaches))


def missed(cells):
    cells[1, 2, 0] = -6


def found_where_nothing_is(cells):
    cells[3, 5, 0] = 6


def unsure(cells):
    cells[1, 2, 0] = 0


def too_narrow(cells):
    cells[1, 2, [1, 3]] -= 0.5


def too_high(cells):
    cells[1, 2, 2] += 0.5


def moved(cells):
    cells[1, 2, 1:] = np.log([2.5, 1, 0.5, 1])


WRONG = (missed, found_where_nothing_is, unsure, too_narrow, too_high, moved)


def test_right_answer_costs_next_to_nothing():
    assert loss(answer(BOX), BOX) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("change", WRONG, ids=[wrong.__name__ for wrong in WRONG])
def test_wrong_answer_costs_more_than_the_right_one(change):
    cells = answer(BOX)
    change(cells)
    assert loss(cells, BOX) > loss(answer(BOX), BOX) + 0.05


def test_box_twice_as_wide_costs_the_logarithm_of_two():
    """Counted where the box is: the middle, and a cell to each side by its score."""
    cells = answer(BOX)
    cells[..., [1, 3]] += np.log(2)
    weight = 1 + 2 * bell(1, 0, 0.66, 0.6)
    cost = loss(cells, BOX) - loss(answer(BOX), BOX)
    assert cost == pytest.approx(np.log(2) * weight / (weight + 1), abs=1e-4)


def test_score_beside_the_middle_costs_less_than_far_away():
    beside, far = answer(BOX), answer(BOX)
    beside[1, 3, 0] = far[3, 5, 0] = 2
    assert loss(beside, BOX) < loss(far, BOX) / 2


def test_image_without_a_number_asks_for_low_scores_and_any_box():
    quiet = answer(NONE)
    assert loss(quiet, NONE) == pytest.approx(0, abs=1e-3)
    other = quiet.copy()
    other[..., 1:] = 3
    assert loss(other, NONE) == loss(quiet, NONE)
    other[2, 2, 0] = 6
    assert loss(other, NONE) > 1


def test_loss_of_extreme_answers_and_its_gradient_are_finite():
    scores, reaches = (tf.constant(array[None]) for array in targets(BOX))
    for value in (-1e3, 1e3):
        cells = tf.fill((1, 4, 6, 5), value)
        with tf.GradientTape() as tape:
            tape.watch(cells)
            found = finder_loss(cells, scores, reaches)
        assert np.isfinite(found)
        assert np.isfinite(tape.gradient(found, cells)).all()

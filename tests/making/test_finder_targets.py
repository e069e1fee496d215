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


def test_score_is_one_at_the_middle_and_falls_by_the_box_s_size():
    scores, reaches = targets(BOX)
    assert (scores.shape, reaches.shape) == ((4, 6), (4, 6, 4))
    assert scores[1, 2] == pytest.approx(1)
    # 0.22 of three cells across; of two down it would be less than the least, 0.6.
    assert scores[1, 3] == scores[1, 1] == pytest.approx(bell(1, 0, 0.66, 0.6))
    assert scores[0, 2] == scores[2, 2] == pytest.approx(bell(0, 1, 0.66, 0.6))
    # Reaches go from a cell's middle to the box's edges.
    assert reaches[1, 1].tolist() == [0.5, 1, 2.5, 1]
    assert reaches[3, 5].tolist() == [4.5, 3, -1.5, -1]


def test_of_two_boxes_each_cell_takes_the_nearer_by_their_sizes():
    # Two by two cells round the middles of columns 1 and 9 in row 1.
    scores, reaches = targets((4, 4, 20, 20), (68, 4, 84, 20), width=96)
    assert scores[1, 1] == scores[1, 9] == pytest.approx(1)
    assert reaches[1, 4].tolist() == [4, 1, -2, 1]
    assert reaches[1, 6].tolist() == [-2, 1, 4, 1]
    # Two cells from a wide box's middle is nearer than one from a small one's.
    _, reaches = targets((0, 4, 80, 20), (64, 4, 80, 20), width=96)
    assert reaches[1, 7].tolist() == [7.5, 1, 2.5, 1]
    assert reaches[1, 8].tolist() == [0.5, 1, 1.5, 1]


def answer(*boxes):
    """Cells of a finder that is sure and right of an image with these boxes."""
    scores, reaches = targets(*boxes)
    logits = np.where(scores > 0.6, 6.0, -6.0)[..., None]
    return np.concatenate([logits, np.log(np.maximum(reaches, 0.05))], axis=-1)


def loss(cells, *boxes) -> float:
    scores, reaches = (array[None] for array in targets(*boxes))
    return float(finder_loss(tf.constant(cells[None], tf.float32), scores, reaches))


WRONG = {
    "missed": ((1, 2, 0), -6),
    "found where nothing is": ((3, 5, 0), 6),
    "unsure": ((1, 2, 0), 0),
    "too narrow": ((1, 2, [1, 3]), np.log(0.9)),
    "too high": ((1, 2, 2), 0.5),
    "moved": ((1, 2, slice(1, None)), np.log([2.5, 1, 0.5, 1])),
}


@pytest.mark.parametrize(("place", "value"), WRONG.values(), ids=WRONG)
def test_wrong_answer_costs_more_than_the_right_one(place, value):
    assert loss(answer(BOX), BOX) == pytest.approx(0, abs=1e-3)
    cells = answer(BOX)
    cells[place] = value
    assert loss(cells, BOX) > 0.05


def test_box_twice_as_wide_costs_the_logarithm_of_two():
    """Counted where the box is: the middle, and a cell to each side by its score."""
    cells = answer(BOX)
    cells[..., [1, 3]] += np.log(2)
    weight = 1 + 2 * bell(1, 0, 0.66, 0.6)
    cost = loss(cells, BOX) - loss(answer(BOX), BOX)
    assert cost == pytest.approx(np.log(2) * weight / (weight + 1), abs=1e-4)


def test_image_without_a_number_asks_for_low_scores_and_any_box():
    quiet = answer(NONE)
    quiet[..., 1:] = 3
    assert loss(quiet, NONE) == pytest.approx(0, abs=1e-3)
    quiet[2, 2, 0] = 6
    assert loss(quiet, NONE) > 1


@pytest.mark.parametrize("value", [-1e3, 1e3])
def test_loss_of_extreme_answers_and_its_gradient_are_finite(value):
    scores, reaches = (tf.constant(array[None]) for array in targets(BOX))
    cells = tf.fill((1, 4, 6, 5), value)
    with tf.GradientTape() as tape:
        tape.watch(cells)
        found = finder_loss(cells, scores, reaches)
    assert np.isfinite(found)
    assert np.isfinite(tape.gradient(found, cells)).all()

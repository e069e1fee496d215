"""Drawn examples: contexts with labels, and whole images with boxes."""

import numpy as np
import pytest
from PIL import Image

from helpers.accuracy import BLANK, MAX_DIGITS
from workshop.making import examples
from workshop.making.contexts import CONTEXT_SIZE
from workshop.making.examples import (
    KINDS,
    MAX_NUMBERS,
    SIDE,
    cut_to_number,
    draw_note_order,
    drawn_examples,
    drawn_kinds,
    drawn_sources,
    fit_square,
)


@pytest.fixture(scope="module")
def drawn():
    """Some examples of each kind."""
    return {name: kind.draw(24, 4, 2) for name, kind in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_examples_another_seed_others(drawn, kind):
    again, others = (KINDS[kind].draw(3, 4, seed) for seed in (2, 3))
    for array, more, other in zip(drawn[kind], again, others, strict=True):
        np.testing.assert_array_equal(more, array[:3])
        assert (other != array[:3]).any()


@pytest.mark.parametrize("kind", ["numbers", "notes", "cast"])
def test_contexts_show_a_number_and_labels_name_it(drawn, kind):
    contexts, labels = drawn[kind]
    assert contexts.shape == (24, *CONTEXT_SIZE[::-1])
    assert labels.shape == (24, 1 + MAX_DIGITS)
    assert contexts.dtype == labels.dtype == np.uint8
    taken = np.arange(MAX_DIGITS) < labels[:, :1]
    assert (labels[:, 1:][taken] < 10).all()
    assert (labels[:, 1:][~taken] == BLANK).all()
    assert len(set(labels[:, 0])) >= 4
    middles = contexts[:, 12:60, 18:90].astype(float)
    assert np.mean(middles.std((1, 2)) > 8) > 0.8


def test_notes_are_seen_from_near_and_long_as_often_as_said():
    rng = np.random.default_rng(1)
    orders = [draw_note_order(rng) for _ in range(1_000)]
    heights = [order.height for order in orders]
    assert min(heights) >= examples.MIN_NOTE_HEIGHT
    assert max(heights) <= examples.MAX_HEIGHT
    lengths = np.bincount([len(order.digits) for order in orders], minlength=6)[1:]
    np.testing.assert_allclose(lengths / 1_000, examples.NOTE_LENGTHS, atol=0.05)


def test_whole_images_are_squares_with_boxes_inside_and_none_last(drawn):
    images, boxes = drawn["whole"]
    assert (images.shape, images.dtype) == ((24, SIDE, SIDE), np.uint8)
    assert (boxes.shape, boxes.dtype) == ((24, MAX_NUMBERS, 4), np.float32)
    deviations = []
    for image, rows in zip(images, boxes, strict=True):
        found = rows[rows.any(1)]
        assert (rows[: len(found)] == found).all()
        assert (found[:, :2] < found[:, 2:]).all()
        assert (found >= 0).all() and (found <= SIDE).all()
        for left, top, right, bottom in found.round().astype(int):
            deviations.append(image[top:bottom, left:right].std())
    assert len(deviations) > 12
    assert np.mean(np.array(deviations) > 8) > 0.8


def block(height, width, box):
    """A dark image with one bright box, and that box."""
    left, top, right, bottom = box
    pixels = np.full((height, width), 40, np.uint8)
    pixels[top:bottom, left:right] = 250
    return pixels, np.array([box], float)


def ends(pixels):
    rows, columns = np.nonzero(pixels > 145)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_boxes_fit_what_is_left_and_fewer_than_seven_tenths_are_none():
    rng = np.random.default_rng(8)
    kept, cut = [], []
    for _ in range(400):
        width = int(rng.integers(100, 310))
        left = int(rng.integers(2, width - 62))
        pixels, boxes = fit_square(rng, *block(220, width, (left, 4, left + 60, 34)))
        assert pixels.shape == (SIDE, SIDE)
        (kept if len(boxes) else cut).append((pixels > 145).sum() / 1_800)
        for box in boxes:
            assert box.tolist() == ends(pixels)
    assert 0.7 < min(kept) < max(kept) == 1
    assert len(cut) > 5
    assert max(cut) <= 0.7


def test_image_cut_to_its_number_is_filled_by_it():
    for seed in range(20):
        pixels, boxes = block(90, 160, (40, 30, 120, 60))
        rng = np.random.default_rng(seed)
        image, (box,) = cut_to_number(rng, Image.fromarray(pixels), boxes)
        assert box.tolist() == ends(np.asarray(image))
        assert box[2] - box[0] >= 0.8 * image.width


def test_kept_examples_are_those_of_their_kind_and_drawn_once(tmp_path):
    counts = {"numbers": 3, "notes": 2}
    first = drawn_kinds(tmp_path, counts, 5, shard=4)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["notes_v6_5_000.npz", "numbers_v8_5_000.npz"]
    again = drawn_examples("notes", tmp_path, 2, 5)
    np.testing.assert_array_equal(again[0], first["notes"].images)
    assert [len(first[kind]) for kind in counts] == [3, 2]


def test_numbers_have_the_share_that_the_other_kinds_leave():
    drawn = {"numbers": "n", "notes": "h", "cast": "p"}
    found = dict(drawn_sources(drawn, {"notes": 0.25, "cast": 0.125}, 0.4))
    assert found == pytest.approx({"n": 0.25, "h": 0.1, "p": 0.05})

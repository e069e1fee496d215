"""Whole images for the finder: boxes round what was drawn, none round what is cut."""

import numpy as np
import pytest

from helpers.sample.scenes import Scene
from workshop.making import finder_images
from workshop.making.finder_images import MOST, SIDE, draw_whole, drawn_whole
from workshop.making.views import View

COUNT = 16
BRIGHT = 250


@pytest.fixture(scope="module")
def drawn():
    return draw_whole(COUNT, 3, 1)


def real(boxes):
    """Boxes (K, 4) of an image without the rows that are none."""
    return boxes[boxes.any(1)]


def test_images_are_square_bytes_and_boxes_floats(drawn):
    images, boxes = drawn
    assert images.shape == (COUNT, SIDE, SIDE)
    assert images.dtype == np.uint8
    assert boxes.shape == (COUNT, MOST, 4)
    assert boxes.dtype == np.float32


def test_boxes_are_inside_their_image_and_none_come_last(drawn):
    for boxes in drawn[1]:
        found = real(boxes)
        assert (boxes[: len(found)] == found).all()
        assert (found[:, :2] < found[:, 2:]).all()
        assert (found >= 0).all()
        assert (found <= SIDE).all()


def test_most_images_show_a_number_that_stands_out(drawn):
    parts = [
        image[top:bottom, left:right]
        for image, boxes in zip(*drawn, strict=True)
        for left, top, right, bottom in real(boxes).round().astype(int)
    ]
    assert len(parts) > COUNT / 2
    assert np.mean([part.std() > 8 for part in parts]) > 0.8


def test_same_seed_same_images_another_seed_others(drawn):
    again, others = (draw_whole(2, 3, seed) for seed in (1, 2))
    for array, more, other in zip(drawn, again, others, strict=True):
        np.testing.assert_array_equal(more, array[:2])
        assert (other != array[:2]).any()


@pytest.fixture
def views(monkeypatch):
    """Views of a bright block each, near a corner, instead of drawn photographs."""

    def draw_view(rng, long_side):
        height = 3 * long_side // 4
        pixels = np.full((height, long_side, 3), 40, np.uint8)
        left = int(rng.integers(2, long_side - 62))
        top = int(rng.integers(2, height - 32))
        pixels[top : top + 30, left : left + 60] = BRIGHT
        box = np.array([[left, top, left + 60, top + 30]])
        return View(pixels, ((1, 2),), box)

    monkeypatch.setattr(finder_images, "draw_view", draw_view)
    monkeypatch.setattr(finder_images, "TIGHT", 0.0)


def test_boxes_fit_what_is_left_of_a_number_and_fewer_than_seven_tenths_are_none(
    views,
):
    images, boxes = draw_whole(300, 8)
    kept, cut = [], []
    for image, (box, *others) in zip(images, boxes, strict=True):
        assert not np.any(others)
        rows, columns = np.nonzero(image > 145)
        share = len(rows) / (60 * 30)
        (kept if box.any() else cut).append(share)
        if box.any():
            ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            assert box.tolist() == list(ends)
    assert 0.7 < min(kept) < 1
    assert max(kept) == 1
    assert len(cut) > 5
    assert max(cut) <= 0.7


def test_number_of_a_framed_scene_has_one_box_round_all_its_digits(monkeypatch):
    def draw_scene(rng, *looks):
        pixels = np.full((90, 120, 3), 40, np.uint8)
        pixels[30:60, 40:50] = pixels[35:65, 70:85] = BRIGHT
        return Scene(pixels, (1, 4), np.array([[40, 30, 10, 30], [70, 35, 15, 30]]))

    monkeypatch.setattr(finder_images, "draw_scene", draw_scene)
    monkeypatch.setattr(finder_images, "TIGHT", 1.0)
    monkeypatch.setattr(finder_images, "FILLED", 0.0)
    images, boxes = draw_whole(60, 8)
    widths = []
    for image, (box, *others) in zip(images, boxes, strict=True):
        assert not np.any(others)
        rows, columns = np.nonzero(image > 145)
        ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        # Scaled pixels at the ends are partly bright: up to one off.
        assert np.abs(box - ends).max() <= 1
        widths.append(box[2] - box[0])
    assert min(widths) < 0.6 * max(widths)


def test_scene_that_is_cut_to_its_number_is_filled_by_it(monkeypatch):
    def draw_scene(rng, *looks):
        pixels = np.full((90, 160, 3), 40, np.uint8)
        return Scene(pixels, (1, 4), np.array([[40, 30, 30, 30], [80, 30, 40, 30]]))

    monkeypatch.setattr(finder_images, "draw_scene", draw_scene)
    monkeypatch.setattr(finder_images, "TIGHT", 1.0)
    monkeypatch.setattr(finder_images, "FILLED", 1.0)
    _, boxes = draw_whole(40, 8)
    width = boxes[:, 0, 2] - boxes[:, 0, 0]
    # The longer side is 64 to 192 pixels, and 0.8 of it or more are the number's.
    assert (width > 0.78 * 64).all()
    assert (width <= 192).all()


def test_image_without_a_number_has_no_box(monkeypatch):
    def draw_view(rng, long_side):
        pixels = np.full((long_side, long_side, 3), 90, np.uint8)
        return View(pixels, (), np.zeros((0, 4), int))

    monkeypatch.setattr(finder_images, "draw_view", draw_view)
    monkeypatch.setattr(finder_images, "TIGHT", 0.0)
    images, boxes = draw_whole(5, 1)
    assert (images == 90).all()
    assert (boxes == 0).all()


def test_small_image_is_filled_up_with_its_edge(monkeypatch):
    def draw_view(rng, long_side):
        pixels = np.full((40, 60, 3), 90, np.uint8)
        pixels[0], pixels[-1] = 10, 200
        return View(pixels, (), np.zeros((0, 4), int))

    monkeypatch.setattr(finder_images, "draw_view", draw_view)
    monkeypatch.setattr(finder_images, "TIGHT", 0.0)
    for image in draw_whole(8, 1)[0]:
        middle = np.flatnonzero(image[:, 0] == 90)
        assert len(middle) == 38
        assert (image[: middle[0]] == 10).all()
        assert (image[middle[-1] + 1 :] == 200).all()


def test_kept_images_are_drawn_once(tmp_path, monkeypatch):
    monkeypatch.setattr(finder_images, "draw_whole", lambda count, *seed: made(count))
    images, boxes = drawn_whole(tmp_path, 30, 5, processes=1)
    assert images.shape == (30, 4, 4)
    assert boxes.shape == (30, MOST, 4)
    monkeypatch.setattr(finder_images, "draw_whole", None)
    again = drawn_whole(tmp_path, 30, 5, processes=1)
    np.testing.assert_array_equal(again[0], images)


def made(count):
    return np.zeros((count, 4, 4), np.uint8), np.zeros((count, MOST, 4), np.float32)

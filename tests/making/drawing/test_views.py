"""Drawn wide views: every number in its box, boxes in the picture, sizes spread."""

import numpy as np
import pytest

from helpers.sample import plates
from workshop.making.drawing import views, words

COUNT = 200


def draw(seed, **options):
    return views.draw_view(np.random.default_rng(seed), **options)


@pytest.fixture(scope="module")
def drawn():
    """Views of the seeds from 0 on."""
    return [draw(seed) for seed in range(COUNT)]


def test_picture_is_as_long_as_asked_whatever_its_shape(drawn):
    shapes = np.array([view.image.shape for view in drawn])
    assert (shapes[:, :2].max(1) == 256).all()
    assert (shapes[:, 2] == 3).all()
    aspects = shapes[:, 1] / shapes[:, 0]
    assert aspects.min() < 0.6 < 2.5 < aspects.max()
    assert drawn[0].image.dtype == np.uint8
    assert max(draw(0, long_side=96).image.shape) == 96


def test_picture_too_small_for_digits_is_refused():
    with pytest.raises(ValueError, match="long_side is 40; expected 64 pixels or more"):
        draw(0, long_side=40)


def test_same_seed_same_bytes_another_seed_others(drawn):
    again = draw(3)
    np.testing.assert_array_equal(again.image, drawn[3].image)
    np.testing.assert_array_equal(again.boxes, drawn[3].boxes)
    assert again.numbers == drawn[3].numbers
    assert drawn[3].image.tobytes() != drawn[4].image.tobytes()


def test_every_number_has_a_box_inside_the_picture(drawn):
    for view in drawn:
        height, width = view.image.shape[:2]
        assert view.boxes.shape == (len(view.numbers), 4)
        assert view.boxes.dtype == np.int64
        assert (view.boxes[:, :2] >= 0).all()
        assert (view.boxes[:, :2] < view.boxes[:, 2:]).all()
        assert (view.boxes[:, 2:] <= (width, height)).all()


def test_numbers_have_one_to_five_digits(drawn):
    found = [number for view in drawn for number in view.numbers]
    assert {len(number) for number in found} == {1, 2, 3, 4, 5}
    assert {digit for number in found for digit in number} == set(range(10))


def test_most_pictures_have_one_number_some_none_some_several(drawn):
    counts = np.bincount([len(view.numbers) for view in drawn], minlength=4) / COUNT
    assert len(counts) == 4
    assert 0.03 < counts[0] < 0.14
    assert 0.7 < counts[1] < 0.9
    assert 0.04 < counts[2] + counts[3] < 0.2


def test_boxes_of_one_picture_keep_apart(drawn):
    several = [view.boxes for view in drawn if len(view.boxes) > 1]
    assert several
    for boxes in several:
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                overlap = np.minimum(one[2:], other[2:]) - np.maximum(
                    one[:2], other[:2]
                )
                assert overlap.min() <= 0


def test_shares_of_the_width_are_spread_over_the_range(drawn):
    shares = np.array(
        [
            (box[2] - box[0]) / view.image.shape[1]
            for view in drawn
            for box in view.boxes
        ]
    )
    found, _ = np.histogram(shares, (0.03, 0.08, 0.16, 0.3, 0.5, 1))
    assert (found > 0.07 * len(shares)).all()


def test_digits_are_seven_pixels_high_or_more(drawn):
    heights = np.concatenate([view.boxes[:, 3] - view.boxes[:, 1] for view in drawn])
    assert heights.min() >= 7
    assert (heights < 16).any()


def test_numbers_are_anywhere_in_the_picture(drawn):
    small = [
        (view.boxes[0, :2] + view.boxes[0, 2:]) / 2 / view.image.shape[1::-1]
        for view in drawn
        if len(view.boxes) and np.ptp(view.boxes[0, ::2]) < 0.2 * view.image.shape[1]
    ]
    assert (np.min(small, 0) < 0.2).all()
    assert (np.max(small, 0) > 0.8).all()


@pytest.fixture
def loud(monkeypatch):
    """Pink digits on white plates, and no other colours or words at all."""
    pink, white = np.array([1, 0, 1], np.float32), np.ones(3, np.float32)
    style = plates.Style(white, pink, None, "enamel", 0.0, 0.0)
    monkeypatch.setattr(views, "spaced_style", lambda rng: style)
    monkeypatch.setattr(views, "note", lambda rng: style)
    monkeypatch.setattr(words, "write", lambda *_: None)
    monkeypatch.setattr(
        views.camera, "light_up", lambda rng, canvas, unit: gray(canvas)
    )


def gray(canvas):
    """Take the colour, in place, out of all that is not pink."""
    pink = (canvas[..., :1] > 0.8) & (canvas[..., 1:2] < 0.3) & (canvas[..., 2:] > 0.8)
    canvas[:] = np.where(pink, canvas, canvas[..., 1:2])


@pytest.mark.usefixtures("loud")
def test_boxes_are_round_the_ink():
    misses = []
    for view in map(draw, range(60)):
        if len(view.boxes) != 1:
            continue
        image = view.image.astype(int)
        pink = image[..., ::2].min(-1) - image[..., 1]
        rows, columns = np.nonzero(pink > 0.3 * pink.max())
        ink = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        tall = view.boxes[0, 3] - view.boxes[0, 1]
        misses.append(np.abs(view.boxes[0] - ink).max() - 0.2 * tall)
    # Blur and compression widen the ink, wear eats some of it.
    assert np.mean(np.array(misses) < 3) > 0.9

"""Drawn wide views: every number in its box, boxes in the picture, sizes spread."""

import numpy as np
import pytest

from helpers.sample import plates
from workshop.making.drawing import views, words
from workshop.making.drawing.views import draw_view

COUNT = 100


def draw(seed, long_side=192):
    return draw_view(np.random.default_rng(seed), long_side)


@pytest.fixture(scope="module")
def drawn():
    """Views of the seeds from 0 on."""
    return [draw(seed) for seed in range(COUNT)]


def test_picture_is_as_long_as_asked_whatever_its_shape(drawn):
    shapes = np.array([view.image.shape for view in drawn])
    assert (shapes[:, :2].max(1) == 192).all()
    assert (shapes[:, 2] == 3).all()
    aspects = shapes[:, 1] / shapes[:, 0]
    assert aspects.min() < 0.6 < 2.5 < aspects.max()
    assert max(draw(0, long_side=96).image.shape) == 96


def test_every_number_has_a_box_inside_the_picture_apart_from_others(drawn):
    for view in drawn:
        boxes = view.boxes
        assert (boxes.shape, boxes.dtype) == ((len(view.numbers), 4), np.int64)
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] < boxes[:, 2:]).all()
        assert (boxes[:, 2:] <= view.image.shape[1::-1]).all()
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                low, high = np.maximum(one, other)[:2], np.minimum(one, other)[2:]
                assert (high - low).min() <= 0


def test_numbers_are_of_any_digits_and_as_many_as_said(drawn):
    found = [number for view in drawn for number in view.numbers]
    assert {len(number) for number in found} == {1, 2, 3, 4, 5}
    assert {digit for number in found for digit in number} == set(range(10))
    counts = np.bincount([len(view.numbers) for view in drawn], minlength=4) / COUNT
    assert 0.03 < counts[0] < 0.14
    assert 0.7 < counts[1] < 0.9
    assert 0.04 < counts[2] + counts[3] < 0.2


def test_numbers_are_of_any_size(drawn):
    sizes = [(box, view.image.shape[1::-1]) for view in drawn for box in view.boxes]
    shares = np.array([(box[2] - box[0]) / size[0] for box, size in sizes])
    found, _ = np.histogram(shares, (0.03, 0.08, 0.16, 0.3, 0.5, 1))
    assert (found > 0.07 * len(shares)).all()
    heights = [box[3] - box[1] for box, _ in sizes]
    assert 7 <= min(heights) < 16


@pytest.fixture
def loud(monkeypatch):
    """Pink digits on white plates, and no other colours or words at all."""
    pink, white = np.array([1, 0, 1], np.float32), np.ones(3, np.float32)
    style = plates.Style(white, pink, None, "enamel", 0.0, 0.0)
    monkeypatch.setattr(views, "varied_style", lambda rng: style)
    monkeypatch.setattr(views, "note", lambda rng: style)
    monkeypatch.setattr(words, "write", lambda *_: None)

    def gray(rng, canvas, unit):
        """Take the colour, in place, out of all that is not pink."""
        is_pink = (canvas[..., 1] < 0.3) & (canvas[..., ::2].min(-1) > 0.8)
        canvas[:] = np.where(is_pink[..., None], canvas, canvas[..., 1:2])

    monkeypatch.setattr(views.camera, "light_up", gray)


@pytest.mark.usefixtures("loud")
def test_boxes_are_round_the_ink():
    misses = []
    for view in (draw(seed, 256) for seed in range(40)):
        if len(view.boxes) != 1:
            continue
        image = view.image.astype(int)
        pink = image[..., ::2].min(-1) - image[..., 1]
        if pink.max() < 20:  # too faint on its wall, drawn in another colour
            continue
        rows, columns = np.nonzero(pink > 0.3 * pink.max())
        ink = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        tall = view.boxes[0, 3] - view.boxes[0, 1]
        misses.append(np.abs(view.boxes[0] - ink).max() - 0.2 * tall)
    # Blur and compression widen the ink, wear eats some of it.
    assert np.mean(np.array(misses) < 3) > 0.85

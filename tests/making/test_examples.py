"""Examples drawn for the reader: shapes, seeds, kinds, and the files that keep them."""

import numpy as np
import pytest

from helpers.accuracy import BLANK
from helpers.reader.crops import CONTEXT_SIZE
from helpers.sample.scenes import draw_scene
from workshop.making import examples
from workshop.making.hands import WRITTEN, cast_glyphs, cast_style, free_glyphs


@pytest.fixture(scope="module")
def drawn():
    """Contexts and labels of 60 drawn numbers."""
    return examples.draw_examples(60, 4, 2)


def test_drawn_examples_are_bytes_in_the_shapes_of_contexts_and_labels(drawn):
    contexts, labels = drawn
    assert contexts.shape == (60, *CONTEXT_SIZE[::-1])
    assert labels.shape == (60, 6)
    assert contexts.dtype == labels.dtype == np.uint8


def test_same_seed_same_examples_another_seed_others(drawn):
    again, others = (examples.draw_examples(8, 4, seed) for seed in (2, 3))
    for array, more, other in zip(drawn, again, others, strict=True):
        np.testing.assert_array_equal(more, array[:8])
        assert (other != array[:8]).any()


def test_drawn_labels_are_of_numbers(drawn):
    lengths, digits = drawn[1][:, 0], drawn[1][:, 1:]
    assert set(lengths) == {1, 2, 3, 4, 5}
    taken = np.arange(5) < lengths[:, None]
    assert (digits[taken] < 10).all()
    assert set(digits[taken]) == set(range(10))
    assert (digits[~taken] == BLANK).all()


def test_drawn_contexts_show_something_in_their_middle(drawn):
    middles = drawn[0][:, 12:60, 12:60].astype(float)
    assert np.mean(middles.std((1, 2)) > 8) > 0.9


@pytest.fixture(scope="module")
def notes():
    """Contexts and labels of 60 drawn notes."""
    return examples.draw_notes(60, 4, 2)


def test_notes_are_examples_too(notes, drawn):
    for array, other in zip(notes, drawn, strict=True):
        assert (array.shape, array.dtype) == (other.shape, other.dtype)
        assert (array != other).any()
    again = examples.draw_notes(8, 4, 2)
    np.testing.assert_array_equal(again[0], notes[0][:8])
    np.testing.assert_array_equal(again[1], notes[1][:8])


def test_notes_are_by_hand_near_and_of_any_number(notes, monkeypatch):
    asked = []

    def draw(rng, order, draw_glyphs, draw_style):
        asked.append((order, draw_style(rng)))
        assert draw_glyphs is free_glyphs
        return draw_scene(rng, order, draw_glyphs, draw_style)

    monkeypatch.setattr(examples, "draw_scene", draw)
    examples.draw_notes(60, 1)
    heights = [order.height for order, _ in asked]
    assert examples.NEAR <= min(heights) < max(heights) <= examples.TALLEST
    assert {len(order.digits) for order, _ in asked} == {1, 2, 3, 4, 5}
    assert {style.faces for _, style in asked} == {WRITTEN}
    found = np.bincount(notes[1][:, 0], minlength=6)[1:] / len(notes[1])
    np.testing.assert_allclose(found, examples.NOTE_LENGTHS, atol=0.12)


def test_cast_numbers_are_examples_of_old_plates(drawn, monkeypatch):
    images, labels = examples.draw_cast(12, 4, 2)
    for array, other in zip((images, labels), drawn, strict=True):
        assert (array.shape[1:], array.dtype) == (other.shape[1:], other.dtype)
    again = examples.draw_cast(3, 4, 2)
    np.testing.assert_array_equal(again[0], images[:3])
    np.testing.assert_array_equal(again[1], labels[:3])

    def draw(rng, order, draw_glyphs, draw_style):
        assert (draw_glyphs, draw_style) == (cast_glyphs, cast_style)
        return draw_scene(rng, order, draw_glyphs, draw_style)

    monkeypatch.setattr(examples, "draw_scene", draw)
    np.testing.assert_array_equal(examples.draw_cast(2, 4, 2)[0], images[:2])


@pytest.fixture
def drawings(monkeypatch):
    """Seeds of the examples drawn, each a flat image that its seed tells."""
    seeds = []

    def draw(count, *seed):
        seeds.append(seed)
        value = sum(seed) % 251
        images = np.full((count, *CONTEXT_SIZE[::-1]), value, np.uint8)
        return images, np.full((count, 6), value % 10, np.uint8)

    monkeypatch.setattr(examples, "draw_examples", draw)
    return seeds


def keep(place, count, seed=1):
    return examples.drawn_examples(place, count, seed, processes=1)


def test_files_that_are_there_are_not_drawn_again(tmp_path, drawings):
    images, labels = keep(tmp_path, 5_010)
    assert images.shape == (5_010, *CONTEXT_SIZE[::-1])
    assert labels.shape == (5_010, 6)
    first, drawn = sorted(tmp_path.iterdir()), len(drawings)
    assert len(first) == 2
    again = keep(tmp_path, 5_010)
    assert len(drawings) == drawn
    np.testing.assert_array_equal(again[0], images)
    first[1].unlink()
    again = keep(tmp_path, 5_010)
    assert len(drawings) == drawn + drawn // 2
    assert len(set(drawings)) == drawn
    np.testing.assert_array_equal(again[0], images)
    np.testing.assert_array_equal(again[1], labels)


def test_fewer_examples_are_the_first_of_many(tmp_path, drawings):
    images, labels = keep(tmp_path, 130)
    drawn = len(drawings)
    fewer = keep(tmp_path, 70)
    assert len(drawings) == drawn
    np.testing.assert_array_equal(fewer[0], images[:70])
    np.testing.assert_array_equal(fewer[1], labels[:70])


def test_another_seed_draws_other_files(tmp_path, drawings):
    one, other = keep(tmp_path, 60), keep(tmp_path, 60, seed=2)
    assert len(list(tmp_path.iterdir())) == 2
    assert (one[0] != other[0]).any()


def test_drawing_that_stops_leaves_no_file(tmp_path, monkeypatch):
    def stop(count, *seed):
        raise KeyboardInterrupt

    monkeypatch.setattr(examples, "draw_examples", stop)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path, 60)
    assert not list(tmp_path.iterdir())

"""Crops and contexts of the reader: where they are, what is beyond, drawn ones too."""

import numpy as np
import pytest
from PIL import Image

from helpers.accuracy import BLANK
from helpers.reader import crops
from helpers.reader.crops import CONTEXT_SIZE, SIZE, crop_contexts, crop_gray
from helpers.sample.scenes import draw_scene
from workshop.making.hands import WRITTEN, cast_glyphs, cast_style, free_glyphs


@pytest.fixture
def image():
    """A smooth picture of 90 by 70 pixels in colour."""
    y, x = np.mgrid[:70, :90]
    waves = [np.sin(x / 9 + y / 14), np.cos(x / 13), np.sin(y / 8 - x / 30)]
    pixels = 127.5 + 120 * np.stack(waves, -1)
    return Image.fromarray(pixels.astype(np.uint8))


def loop_crop(image, box, size, margin):
    """A crop pixel by pixel: the mean under a triangle, the image's edge repeated."""
    gray = np.asarray(image.convert("L"), float).tolist()
    last = image.height - 1, image.width - 1
    left, top, right, bottom = box
    room = margin * (right - left), margin * (bottom - top)
    spans = (left - room[0], right + room[0]), (top - room[1], bottom + room[1])
    across, down = (
        list(triangles(low, high, side))
        for (low, high), side in zip(spans, size, strict=True)
    )
    crop = np.empty(size[::-1])
    for row in range(size[1]):
        for column in range(size[0]):
            total = 0.0
            for y, share in down[row]:
                for x, part in across[column]:
                    y, x = min(max(y, 0), last[0]), min(max(x, 0), last[1])
                    total += share * part * gray[y][x]
            crop[row, column] = total
    return crop


def triangles(low, high, side):
    """For each pixel of a crop, source pixels and their weights, which add up to 1."""
    step = (high - low) / side
    reach = max(step, 1.0)
    sources = np.arange(np.floor(low), np.ceil(high)).astype(int)
    for middle in low + (np.arange(side) + 0.5) * step:
        weights = np.clip(1 - np.abs(sources + 0.5 - middle) / reach, 0, None)
        weights = (weights / weights.sum()).tolist()
        yield [pair for pair in zip(sources.tolist(), weights, strict=True) if pair[1]]


BOXES = {
    "whole pixels, enlarged": (20, 15, 32, 25),
    "whole pixels, made smaller": (8, 10, 80, 62),
    "fractions": (20.3, 15.6, 61.8, 40.2),
    "over the left and the top": (-6.5, -9.2, 20, 18.7),
    "over the right and the bottom": (70, 50.5, 99.25, 83),
    "wider than the image": (-20, 30, 110, 40),
}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_crop_is_what_a_plain_loop_makes(image, box):
    found = crop_gray(image, [box], size=(15, 12), margin=0.15)[0].astype(float)
    expected = loop_crop(image, box, (15, 12), 0.15)
    assert np.abs(found - expected).max() < 4
    assert np.abs(found - expected).mean() < 1


def test_crops_are_bytes_of_one_size_one_for_each_box(image):
    crops = crop_gray(image, list(BOXES.values()))
    assert crops.shape == (len(BOXES), *SIZE[::-1])
    assert crops.dtype == np.uint8
    for crop, box in zip(crops, BOXES.values(), strict=True):
        np.testing.assert_array_equal(crop, crop_gray(image, np.array([box]))[0])


def test_gray_image_gives_the_crops_of_the_colour_one(image):
    boxes = list(BOXES.values())
    np.testing.assert_array_equal(
        crop_gray(image.convert("L"), boxes), crop_gray(image, boxes)
    )


@pytest.mark.parametrize(
    "box",
    [
        (-12, -8, 30, 20),
        (60, 50, 100, 80),
        (-15.5, 20.25, 103.5, 44.75),
        (-40, 10, -20, 30),
        (105, 75, 120, 90),
        (30, -35, 60, -10),
    ],
)
def test_edge_repeats_beyond_the_image(image, box):
    room = 60
    padded = np.pad(np.asarray(image), ((room, room), (room, room), (0, 0)), "edge")
    expected = crop_gray(Image.fromarray(padded), [np.add(box, room)])
    np.testing.assert_array_equal(crop_gray(image, [box]), expected)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "box", [(0, 0, 1, 1), (0.2, 0.3, 0.6, 0.5), (-3, -2, 4, 6), (0.5, 0.5, 0.5, 0.5)]
)
def test_image_of_one_pixel_gives_flat_crops(mode, box):
    image = Image.new(mode, (1, 1), 90 if mode == "L" else (90, 90, 90))
    assert (crop_gray(image, [box]) == 90).all()


def test_margin_is_a_share_of_the_box(image):
    inner = crop_gray(image, [(20, 20, 60, 40)], margin=0.25)
    outer = crop_gray(image, [(10, 15, 70, 45)], margin=0)
    np.testing.assert_array_equal(inner, outer)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_middle_of_a_context_is_the_crop(image, box):
    context, crop = crop_contexts(image, [box])[0], crop_gray(image, [box])[0]
    assert context.shape == CONTEXT_SIZE[::-1]
    middle = context[12:60, 18:90].astype(float)
    # The crop's outermost pixels have fewer neighbours to be interpolated from.
    assert np.abs(middle - crop)[2:-2, 2:-2].max() < 4
    assert np.abs(middle - crop).mean() < 1


@pytest.fixture(scope="module")
def drawn():
    """Contexts and labels of 60 drawn numbers."""
    return crops.draw_examples(60, 4, 2)


def test_drawn_examples_are_bytes_in_the_shapes_of_contexts_and_labels(drawn):
    contexts, labels = drawn
    assert contexts.shape == (60, *CONTEXT_SIZE[::-1])
    assert labels.shape == (60, 6)
    assert contexts.dtype == labels.dtype == np.uint8


def test_same_seed_same_examples_another_seed_others(drawn):
    again, others = (crops.draw_examples(8, 4, seed) for seed in (2, 3))
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
    return crops.draw_notes(60, 4, 2)


def test_notes_are_examples_too(notes, drawn):
    for array, other in zip(notes, drawn, strict=True):
        assert (array.shape, array.dtype) == (other.shape, other.dtype)
        assert (array != other).any()
    again = crops.draw_notes(8, 4, 2)
    np.testing.assert_array_equal(again[0], notes[0][:8])
    np.testing.assert_array_equal(again[1], notes[1][:8])


def test_notes_are_by_hand_near_and_of_any_number(notes, monkeypatch):
    asked = []

    def draw(rng, order, draw_glyphs, draw_style):
        asked.append((order, draw_style(rng)))
        assert draw_glyphs is free_glyphs
        return draw_scene(rng, order, draw_glyphs, draw_style)

    monkeypatch.setattr(crops, "draw_scene", draw)
    crops.draw_notes(60, 1)
    heights = [order.height for order, _ in asked]
    assert crops.NEAR <= min(heights) < max(heights) <= crops.TALLEST
    assert {len(order.digits) for order, _ in asked} == {1, 2, 3, 4, 5}
    assert {style.faces for _, style in asked} == {WRITTEN}
    found = np.bincount(notes[1][:, 0], minlength=6)[1:] / len(notes[1])
    np.testing.assert_allclose(found, crops.NOTE_LENGTHS, atol=0.12)


def test_cast_numbers_are_examples_of_old_plates(drawn, monkeypatch):
    images, labels = crops.draw_cast(12, 4, 2)
    for array, other in zip((images, labels), drawn, strict=True):
        assert (array.shape[1:], array.dtype) == (other.shape[1:], other.dtype)
    again = crops.draw_cast(3, 4, 2)
    np.testing.assert_array_equal(again[0], images[:3])
    np.testing.assert_array_equal(again[1], labels[:3])

    def draw(rng, order, draw_glyphs, draw_style):
        assert (draw_glyphs, draw_style) == (cast_glyphs, cast_style)
        return draw_scene(rng, order, draw_glyphs, draw_style)

    monkeypatch.setattr(crops, "draw_scene", draw)
    np.testing.assert_array_equal(crops.draw_cast(2, 4, 2)[0], images[:2])


@pytest.fixture
def drawings(monkeypatch):
    """Seeds of the examples drawn, each a flat image that its seed tells."""
    seeds = []

    def draw(count, *seed):
        seeds.append(seed)
        value = sum(seed) % 251
        images = np.full((count, *CONTEXT_SIZE[::-1]), value, np.uint8)
        return images, np.full((count, 6), value % 10, np.uint8)

    monkeypatch.setattr(crops, "draw_examples", draw)
    return seeds


def keep(place, count, seed=1):
    return crops.drawn_examples(place, count, seed, processes=1)


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

    monkeypatch.setattr(crops, "draw_examples", stop)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path, 60)
    assert not list(tmp_path.iterdir())

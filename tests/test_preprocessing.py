"""From boxes and images to labels and crops, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.data.digitstruct import Boxes
from helpers.preprocessing import (
    crop,
    gray,
    grow,
    label_text,
    labels_of,
    normalise,
    number_label,
    union_boxes,
)

B = 10
"""The label of a blank."""


def boxes_of(rows) -> Boxes:
    """Boxes from [(image, label, left, top, width, height), ...] in that order."""
    columns = np.array(rows, float).reshape(-1, 6).T
    return Boxes(
        columns[0].astype(np.int32),
        columns[1].astype(np.int8),
        *columns[2:],
        images=np.unique(columns[0]).astype(np.int32),
    )


place = st.floats(-1e3, 1e3)
length = st.floats(0.1, 1e3)
many_boxes = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 9), place, place, length, length)
)


@given(many_boxes)
def test_labels_are_length_and_digits_in_the_order_of_the_file_and_blanks(rows):
    numbers = {}
    for image, digit, *_ in rows:
        numbers.setdefault(image, []).append(digit)
    images, labels = labels_of(boxes_of(rows))
    assert (images.dtype, labels.dtype) == (np.int32, np.uint8)
    assert labels.shape == (len(images), 6)
    assert images.tolist() == sorted(n for n in numbers if len(numbers[n]) <= 5)
    for image, label in zip(images.tolist(), labels.tolist(), strict=True):
        digits = numbers[image]
        assert label == [len(digits), *digits, *[B] * (5 - len(digits))]


def test_number_of_300_digits_has_no_label():
    boxes = boxes_of([(1, 1, 0, 0, 1, 1)] * 300 + [(2, 3, 0, 0, 1, 1)])
    images, labels = labels_of(boxes)
    np.testing.assert_array_equal(images, [2])
    np.testing.assert_array_equal(labels, [[1, 3, B, B, B, B]])


@given(many_boxes)
def test_every_edge_of_a_union_is_that_of_a_box_and_none_lies_outside(rows):
    images, unions = union_boxes(boxes_of(rows))
    assert images.tolist() == sorted({row[0] for row in rows})
    assert unions.shape == (len(images), 4)
    for image, union in zip(images, unions, strict=True):
        own = np.array([row[2:] for row in rows if row[0] == image])
        edges = np.concatenate([own[:, :2], own[:, :2] + own[:, 2:]], axis=1)
        assert (edges[:, :2] >= union[:2]).all()
        assert (edges[:, 2:] <= union[2:]).all()
        assert (edges == union).any(axis=0).all()


@pytest.mark.parametrize(
    ("box", "margin", "grown"),
    [
        ([10, 20, 30, 60], 0.1, [8, 16, 32, 64]),
        ([10, 20, 30, 60], (0.1, 0), [8, 20, 32, 60]),
        ([[0, 0, 9, 9], [0, 0, 100, 1]], 1, [[-9, -9, 18, 18], [-100, -1, 200, 2]]),
    ],
)
def test_each_box_grows_by_its_own_width_and_height(box, margin, grown):
    np.testing.assert_allclose(grow(box, margin), grown)


anywhere = st.floats(-30, 30) | st.floats()


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.tuples(*[anywhere] * 4))
def test_crop_of_any_box_is_the_reports_or_is_refused(width, height, box):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(width), np.arange(height)[:, None] + 9
    image = Image.fromarray(pixels)
    # At most the image's own size of black beyond its left and upper edge.
    left, top = np.trunc(np.clip(box[:2], (-width, -height), (width, height)))
    right, bottom = np.trunc(np.minimum(box[2:], (width, height)))
    if not (left < right and top < bottom and right > 0 and bottom > 0):
        told = f"holds no pixel of the image, {width} x {height}"
        with pytest.raises(ValueError, match=told):
            crop(image, box, 5)
        return
    part = image.crop((left, top, right, bottom))
    expected = part.resize((5, 5), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(crop(image, box, 5), expected)


def test_crop_pads_with_black_beyond_the_left_and_upper_edge_alone():
    found = np.asarray(crop(Image.new("RGB", (4, 4), "white"), (-2.9, -2, 6, 9), 6))
    assert not found[:2].any()
    assert not found[:, :2].any()
    assert (found[2:, 2:] == 255).all()


def test_crop_of_sixteen_bits_is_scaled_to_eight():
    image = Image.fromarray(np.array([[0, 255], [256, 65535]], np.uint16))
    found = np.asarray(crop(image, (0, 0, 2, 2), 2))
    np.testing.assert_array_equal(found[..., 0], [[0, 0], [1, 255]])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1"])
def test_crop_of_an_image_of_any_mode_is_in_colour(mode):
    found = crop(Image.new(mode, (10, 20)), (-10, 0, 10, 20), 20)
    assert (found.mode, found.size) == ("RGB", (20, 20))
    assert found.getpixel((0, 0)) == (0, 0, 0)


def test_crop_is_made_smaller_with_antialias():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    found = np.asarray(crop(Image.fromarray(board), (0, 0, 64, 64), 8))
    assert np.abs(found.astype(int) - 127).max() < 10


def test_gray_weighs_red_green_and_blue_and_cuts_fractions_off():
    colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    # 76.22, 149.69, 29.07 and, as the weights add up to 0.9999, 254.97
    np.testing.assert_array_equal(gray(colours), [76, 149, 29, 254, 0])


def test_normalised_image_has_mean_0_and_deviation_1_or_is_0():
    image = np.array([[[0, 4], [4, 0]], [[10, 10], [10, 14]]], np.uint8)
    third = 1 / np.sqrt(3)
    expected = [[[-1, 1], [1, -1]], [[-third, -third], [-third, 3 * third]]]
    np.testing.assert_allclose(normalise(image), expected, rtol=1e-6)
    assert not normalise(np.full((2, 3, 3), 7, np.uint8)).any()


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ([2, 1, 9, B, B, B], "19"),
        ([3, 0, 0, 7, B, B], "007"),
        ([0, B, B, B, B, B], ""),
        ([3, 1, B, 9, B, B], "1-9"),
        ([3, 1, 9, B, B, B], "19-"),
        ([2, 1, 9, 4, B, B], "19(4)"),
        ([2, 1, B, 4, B, B], "1-(4)"),
        ([10, 1, 2, 3, 4, 5], "12345"),
    ],
)
def test_label_text_hides_no_contradiction(label, text):
    assert label_text(np.array(label, np.uint8)) == text


@pytest.mark.parametrize(
    ("digits", "label"),
    [("307", [3, 3, 0, 7, B, B]), (np.arange(5, 0, -1), [5, 5, 4, 3, 2, 1])],
)
def test_number_label_has_length_digits_and_blanks(digits, label):
    found = number_label(digits)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, label)

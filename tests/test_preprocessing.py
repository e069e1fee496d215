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


def digits_of(numbers) -> Boxes:
    """Boxes of one size from {image: digits}."""
    return boxes_of(
        [(n, digit, 0, 0, 1, 1) for n, digits in numbers.items() for digit in digits]
    )


def test_labels_are_length_digits_and_blanks():
    images, labels = labels_of(digits_of({3: [7], 1: [1, 0, 9], 2: [5, 4, 3, 2, 1]}))
    np.testing.assert_array_equal(images, [1, 2, 3])
    np.testing.assert_array_equal(
        labels, [[3, 1, 0, 9, B, B], [5, 5, 4, 3, 2, 1], [1, 7, B, B, B, B]]
    )


def test_labels_have_the_types_promised():
    images, labels = labels_of(digits_of({1: [2]}))
    assert (images.dtype, labels.dtype) == (np.int32, np.uint8)


def test_digits_stay_in_the_order_of_the_file():
    rows = [(1, 4, 90, 0, 9, 9), (2, 8, 0, 0, 9, 9), (1, 6, 10, 0, 9, 9)]
    _, labels = labels_of(boxes_of(rows))
    np.testing.assert_array_equal(labels[0], [2, 4, 6, B, B, B])


@pytest.mark.parametrize("count", [6, 7, 300])
def test_number_of_more_than_five_digits_has_no_label(count):
    images, labels = labels_of(digits_of({1: [1] * count, 2: [3]}))
    np.testing.assert_array_equal(images, [2])
    np.testing.assert_array_equal(labels, [[1, 3, B, B, B, B]])


def test_no_boxes_no_labels_and_no_unions():
    images, labels = labels_of(boxes_of([]))
    assert (len(images), labels.shape) == (0, (0, 6))
    images, unions = union_boxes(boxes_of([]))
    assert (len(images), unions.shape) == (0, (0, 4))


numbers = st.dictionaries(
    st.integers(1, 300_000), st.lists(st.integers(0, 9), min_size=1, max_size=8)
)


@given(numbers)
def test_every_number_of_one_to_five_digits_can_be_read_off_its_label(numbers):
    images, labels = labels_of(digits_of(numbers))
    read = {
        image: row[1 : 1 + row[0]]
        for image, row in zip(images.tolist(), labels.tolist(), strict=True)
    }
    assert read == {n: digits for n, digits in numbers.items() if len(digits) <= 5}
    assert (labels[:, 1:] == B).sum() == (5 - labels[:, 0].astype(int)).sum()


@given(numbers, st.randoms(use_true_random=False))
def test_labels_do_not_depend_on_how_images_lie_among_one_another(numbers, random):
    rows = [
        [(n, digit, 0, 0, 1, 1) for digit in digits] for n, digits in numbers.items()
    ]
    mixed = []
    while any(rows):  # a digit of any image, each image's in their order
        mixed.append(random.choice([row for row in rows if row]).pop(0))
    for found, expected in zip(
        labels_of(boxes_of(mixed)), labels_of(digits_of(numbers)), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


place = st.floats(-1e3, 1e3)
length = st.floats(0.1, 1e3)
many_boxes = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 9), place, place, length, length)
)


@given(many_boxes)
def test_every_edge_of_a_union_is_that_of_a_box_and_none_lies_outside(rows):
    images, unions = union_boxes(boxes_of(rows))
    assert images.tolist() == sorted({row[0] for row in rows})
    for image, union in zip(images, unions, strict=True):
        own = np.array([row[2:] for row in rows if row[0] == image])
        edges = np.concatenate([own[:, :2], own[:, :2] + own[:, 2:]], axis=1)
        assert (edges[:, :2] >= union[:2]).all()
        assert (edges[:, 2:] <= union[2:]).all()
        assert (edges == union).any(axis=0).all()


def test_union_is_the_smallest_box_around_all_digits():
    rows = [
        (2, 1, 10, 20, 5, 30),
        (2, 2, 14, 15, 6, 10),
        (1, 3, -4, 7.5, 2, 3),
        (2, 3, 12, 40, 3, 12),
    ]
    images, unions = union_boxes(boxes_of(rows))
    np.testing.assert_array_equal(images, [1, 2])
    np.testing.assert_array_equal(unions, [[-4, 7.5, -2, 10.5], [10, 15, 20, 52]])


def test_box_grows_by_its_own_width_and_height():
    np.testing.assert_allclose(grow([10, 20, 30, 60], 0.1), [8, 16, 32, 64])


def test_each_of_many_boxes_grows_by_itself():
    boxes = [[0, 0, 10, 10], [0, 0, 100, 1]]
    expected = [[-5, -5, 15, 15], [-50, -0.5, 150, 1.5]]
    np.testing.assert_allclose(grow(boxes, 0.5), expected)


def photo(width: int, height: int) -> Image.Image:
    """An image whose red is the column, green the row of a pixel."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(width), np.arange(height)[:, None]
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((2, 3, 6, 7), (2, 6), (3, 7)),
        ((2.9, 3.9, 5.1, 6.1), (2, 6), (3, 7)),
        ((-5, -9.5, 4, 4), (0, 4), (0, 4)),
        ((6, 4, 99, 99), (6, 10), (4, 8)),
    ],
)
def test_crop_is_the_whole_pixels_that_the_box_touches(box, columns, rows):
    found = np.asarray(crop(photo(10, 8), box, 4))
    np.testing.assert_array_equal(found[0, :, 0], np.arange(*columns))
    np.testing.assert_array_equal(found[:, 0, 1], np.arange(*rows))


@pytest.mark.parametrize("box", [(20, 0, 30, 8), (0, -5, 9, -1), (3, 3, 3, 9)])
def test_box_without_a_pixel_is_said_with_the_size_of_the_image(box):
    with pytest.raises(ValueError, match=r"holds no pixel of the image, 10 x 8"):
        crop(photo(10, 8), box, 4)


anywhere = st.floats(-30, 30) | st.floats()


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.tuples(*[anywhere] * 4))
def test_crop_of_any_box_holds_the_pixels_it_touches_or_is_refused(width, height, box):
    image = photo(width, height)
    columns = [x for x in range(width) if x < box[2] and x + 1 > box[0]]
    rows = [y for y in range(height) if y < box[3] and y + 1 > box[1]]
    if not columns or not rows:
        with pytest.raises(ValueError, match="holds no pixel"):
            crop(image, box, 5)
        return
    part = Image.fromarray(np.asarray(image)[rows][:, columns])
    expected = part.resize((5, 5), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(crop(image, box, 5), expected)


def test_crop_of_sixteen_bits_is_scaled_to_eight():
    image = Image.fromarray(np.array([[0, 255], [256, 65535]], np.uint16))
    found = np.asarray(crop(image, (0, 0, 2, 2), 2))
    np.testing.assert_array_equal(found[..., 0], [[0, 0], [1, 255]])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1"])
def test_crop_of_an_image_of_any_mode_is_in_colour(mode):
    found = crop(Image.new(mode, (10, 8)), (0, 0, 8, 8), 5)
    assert (found.mode, found.size) == ("RGB", (5, 5))


def test_crop_is_made_smaller_with_antialias():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    found = np.asarray(crop(Image.fromarray(board), (0, 0, 64, 64), 8))
    assert np.abs(found.astype(int) - 127).max() < 10


def test_gray_weighs_red_green_and_blue_and_cuts_fractions_off():
    colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    # 76.22, 149.69, 29.07 and, as the weights add up to 0.9999, 254.97
    np.testing.assert_array_equal(gray(colours), [76, 149, 29, 254, 0])


def test_normalised_image_has_mean_0_and_deviation_1():
    image = np.array([[[0, 4], [4, 0]], [[10, 10], [10, 14]]], np.uint8)
    third = 1 / np.sqrt(3)
    expected = [[[-1, 1], [1, -1]], [[-third, -third], [-third, 3 * third]]]
    np.testing.assert_allclose(normalise(image), expected, rtol=1e-6)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_flat_image_becomes_0(value):
    assert not normalise(np.full((2, 3, 3), value, np.uint8)).any()


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ([2, 1, 9, B, B, B], "19"),
        ([3, 0, 0, 7, B, B], "007"),
        ([5, 1, 2, 3, 4, 5], "12345"),
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
    [
        ((3, 0, 7), [3, 3, 0, 7, B, B]),
        ("307", [3, 3, 0, 7, B, B]),
        (np.array([9, 8, 7, 6, 5]), [5, 9, 8, 7, 6, 5]),
        ("", [0, B, B, B, B, B]),
    ],
)
def test_number_label_has_length_digits_and_blanks(digits, label):
    found = number_label(digits)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, label)

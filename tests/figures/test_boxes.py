"""Figures 1 and 2, and boxes over their images."""

import numpy as np
import pytest
from builders import boxes_of

from helpers.data.digitstruct import Boxes
from helpers.figures.boxes import boxed_images, figure_1, figure_2


@pytest.fixture
def boxes():
    """Two images: the widest boxes are 30 and 4 pixels, the tallest 20 and 9."""
    return boxes_of({1: [(3, 0, 1, 30, 8), (0, 40, 5, 6, 20)], 2: [(7, 2, 3, 4, 9)]})


@pytest.mark.parametrize(("draw", "sizes"), [(figure_1, [4, 30]), (figure_2, [9, 20])])
def test_histogram_counts_the_largest_box_of_each_image(boxes, draw, sizes):
    figure, numbers = draw(boxes)
    assert numbers["pixels"].tolist() == list(range(sizes[1] + 1))
    assert numbers.loc[numbers["images"] == 1, "pixels"].tolist() == sizes
    assert numbers["images"].sum() == 2
    limit = sizes[0] + 0.98 * (sizes[1] - sizes[0])
    assert figure.axes[0].get_xlim() == pytest.approx((0, limit))


def test_real_histograms_end_where_the_reports_do(real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz", allow_pickle=False) as file:
        columns = ("image", "label", "left", "top", "width", "height")
        boxes = Boxes(
            **{name: file[name] for name in columns}, images=file["size_image"]
        )
    for draw, limit, largest in ((figure_1, 51, 207), (figure_2, 86, 403)):
        figure, numbers = draw(boxes)
        assert figure.axes[0].get_xlim() == (0, limit)
        assert numbers["images"].sum() == 33_402
        assert numbers.loc[numbers["images"] > 0, "pixels"].max() == largest
        (curve, _) = figure.axes[0].lines
        assert curve.get_ydata().tolist() == numbers["images"].tolist()[: limit + 1]
        assert curve.get_xdata().tolist() == [p + 0.5 for p in range(limit + 1)]


def test_the_official_curve_is_scaled_to_the_images_drawn(boxes):
    (curve, _) = figure_1(boxes)[0].axes[0].lines
    assert curve.get_ydata()[12] == pytest.approx(1975 * 2 / 33_402)


def test_images_are_shown_with_their_own_boxes_and_digits(boxes):
    images = [np.full((40, 60), shade, np.uint8) for shade in (2, 1)]
    two, one = boxed_images(images, boxes, [2, 1], ["two", "one"]).axes
    assert (two.get_title(), one.get_title()) == ("two", "one")
    assert (two.images[0].get_array() == 2).all()
    assert len(two.patches) == 1
    drawn = [patch.get_bbox().bounds for patch in one.patches]
    assert drawn == [(-0.5, 0.5, 30, 8), (39.5, 4.5, 6, 20)]
    assert [text.get_text() for text in one.texts] == ["3", "0"]

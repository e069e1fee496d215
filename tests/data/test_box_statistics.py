"""Statistics of boxes: cases worked out by hand, and the real annotations."""

import numpy as np
import pytest
from builders import boxes_of
from PIL import Image

from helpers import paper
from helpers.data.box_statistics import (
    box_summary,
    image_sizes,
    largest_boxes,
    lengths,
    odd_images,
)
from helpers.data.digitstruct import Boxes


def ones(rows):
    """Boxes from {image: [(left, top, width, height), ...]}, every digit a 1."""
    return boxes_of({n: [(1, *box) for box in boxes] for n, boxes in rows.items()})


BOX = (10, 10, 5, 8)


def test_lengths_count_images_by_digits_from_0_if_one_has_no_box():
    rows = {5: [BOX] * 3, 1: [BOX], 2: [BOX], 9: [BOX] * 6}
    counts = {1: 2, 2: 0, 3: 1, 4: 0, 5: 0, 6: 1}
    assert lengths(ones(rows)).to_dict() == counts
    assert lengths(ones(rows | {4: []})).to_dict() == {0: 1} | counts


def test_an_image_whose_boxes_lie_apart_in_the_file_counts_once():
    columns = vars(ones({1: [BOX, BOX], 2: [BOX]}))
    images = columns.pop("images")
    apart = Boxes(**{name: columns[name][[0, 2, 1]] for name in columns}, images=images)
    assert lengths(apart).to_dict() == {1: 1, 2: 1}
    assert largest_boxes(apart)["width"].tolist() == [5, 5]


def test_summary_is_of_each_image_s_widest_and_tallest_box():
    boxes = ones({7: [(0, 0, 30, 8), (40, 0, 6, 20)], 2: [(0, 0, 4, 9)]})
    assert largest_boxes(boxes)["width"].tolist() == [4, 30]
    assert largest_boxes(boxes)["height"].tolist() == [9, 20]
    found = box_summary(boxes)
    widest = {"images": 2, "mean": 17, "p98": 4 + 0.98 * 26, "max": 30}
    tallest = {"images": 2, "mean": 14.5, "p98": 9 + 0.98 * 11, "max": 20}
    assert found.loc["widest"].to_dict() == pytest.approx(widest)
    assert found.loc["tallest"].to_dict() == pytest.approx(tallest)


@pytest.mark.parametrize(
    ("row", "oddity"),
    [
        ([], "no box"),
        ([(10 * place, 0, 5, 8) for place in range(6)], "more than 5 digits"),
        ([(-1, 0, 5, 8)], "a box outside the image"),
        ([(0, -0.5, 5, 8)], "a box outside the image"),
        ([(96, 0, 5, 8)], "a box outside the image"),
        ([(0, 43, 5, 8)], "a box outside the image"),
        ([(0, 0, 5, 8), (4, 0, 5, 8)], "overlapping boxes"),
        ([(20, 0, 5, 8), (0, 0, 5, 8)], "not from left to right"),
        ([(0, 0, 5, 8), (0, 20, 5, 8)], None),  # one under the other
        ([(0, 0, 5, 8), (5, 0, 5, 8)], None),  # touching
        ([(0, 0, 100, 50)], None),  # the whole image
    ],
)
def test_each_oddity_is_told_from_the_others(row, oddity):
    plain = [(0, 0, 5, 8), (10, 0, 5, 8)]
    boxes = ones({1: plain, 3: row, 2: plain})
    found = odd_images(boxes, dict.fromkeys((1, 2, 3), (100, 50)))
    odd = {name: images.tolist() for name, images in found.items()}
    assert odd == {name: [3] if name == oddity else [] for name in odd}


def test_images_of_unknown_size_have_no_edge_and_are_no_neighbours():
    found = odd_images(ones({1: [(900, 0, 5, 8)], 2: [(0, 0, 905, 8)]}), {})
    assert not any(len(images) for images in found.values())


def test_sizes_are_of_the_files_that_say_theirs(tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "1.png")
    whole = (tmp_path / "1.png").read_bytes()
    (tmp_path / "2.png").write_bytes(whole[:50])
    (tmp_path / "3.png").touch()
    (tmp_path / "4.png").write_text("no image")
    assert image_sizes(tmp_path, range(1, 6)) == {1: (30, 20), 2: (30, 20)}


def test_real_boxes_are_those_of_the_report(real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz") as file:
        columns = {name: file[name] for name in file.files if "size" not in name}
        real_boxes = Boxes(**columns, images=file["size_image"])
    assert lengths(real_boxes).to_dict() == paper.TRAIN_LENGTHS
    found = box_summary(real_boxes).round(2)
    assert found.loc["widest"].to_dict() == paper.FIGURE_1
    assert found.loc["tallest"].to_dict() == paper.FIGURE_2

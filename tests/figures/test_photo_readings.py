"""Photos of known numbers, and four ways to read them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.data.photo_folders import NumberPhoto
from helpers.evaluation import network_input
from helpers.figures.photo_readings import (
    WAYS,
    boxed_photos,
    by_margin,
    course_photos,
    is_near,
    read_four_ways,
    right_answers,
    square_crops,
    ways_table,
)
from helpers.figures.photos import margin_figure, photos_figure
from helpers.networks import build_network
from helpers.reader import Reading

FOUND = Reading("12", box=(5, 5, 17, 15))


@dataclass(frozen=True)
class FakeReader:
    """Finds one thing in whole photos; reads a box as its width."""

    found: Reading = FOUND

    def read(self, images, boxes=None):
        if boxes is None:
            return [self.found] * len(images)
        return [Reading(str(round(right - left))) for left, _, right, _ in boxes]


@pytest.fixture(scope="module")
def network():
    return build_network(1, seed=0)


def photo(number="12", box=(10, 10, 22, 30)) -> NumberPhoto:
    image = Image.effect_noise((60, 40), 60).convert("RGB")
    return NumberPhoto(image, number, box, f"{number}.png", "photo")


@pytest.fixture
def of_data(settings, tmp_path):
    """Settings on a data folder."""
    (tmp_path / "data").mkdir()
    return replace(settings, data=str(tmp_path / "data"))


@pytest.fixture
def own(tmp_path):
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def test_own_photos_come_first_have_their_own_figures_and_the_bad_are_named(
    of_data, own
):
    (of_data.data_folder / "photos").mkdir()
    for path in (
        own / "143.png",
        own / "IMG_1.png",
        of_data.data_folder / "photos/7.png",
    ):
        Image.new("RGB", (30, 20)).save(path)
    (own / "9.jpg").write_bytes(b"no image")
    found = course_photos(of_data, own=own)
    assert [(p.number, p.box, p.kind) for p in found.photos] == [("143", None, "photo")]
    assert found.settings == replace(of_data, data=str(own))
    bad, unnamed = found.left_out
    assert "9.jpg" in bad
    assert unnamed == "IMG_1.png: its number is not told"


def test_photos_of_the_data_come_next_with_their_boxes(of_data, own):
    folder = of_data.data_folder / "photos"
    folder.mkdir()
    Image.new("RGB", (30, 20)).save(folder / "a.png")
    row = "a.png,25,2,1,22,11"
    (folder / "labels.csv").write_text(f"file,number,left,top,right,bottom\n{row}")
    found = course_photos(of_data, own=own)
    assert [(p.number, p.box) for p in found.photos] == [("25", (2, 1, 22, 11))]
    assert (found.source, found.settings) == ("data/photos", of_data)


def test_without_photos_some_are_drawn_and_figures_say_so(of_data, own):
    found = course_photos(of_data, 3, own=own)
    assert (len(found.photos), found.source) == (3, "drawn")
    assert found.settings.is_drawn
    assert found.settings.figures == of_data.figures


class AlwaysTwelve:
    """Answers 12 to everything, and keeps what it was shown."""

    input_shape = (None, 32, 32, 1)

    def __init__(self):
        self.seen = []

    def __call__(self, images):
        self.seen.append(np.asarray(images))
        return np.stack([np.eye(11)[[2, 1, 2, 10, 10, 10]]] * len(images))


def test_each_way_reads_what_it_should_see():
    network = AlwaysTwelve()
    photos = [photo("12"), photo("40", box=None)]
    answers, found = read_four_ways(photos, network, FakeReader())
    assert answers[list(WAYS)].to_numpy().tolist() == [["12"] * 4] * 2
    assert answers["number"].tolist() == ["12", "40"]
    assert [reading.number for reading in found] == ["12", "12"]
    all_of_it = [(0, 0, 60, 40)] * 2
    grown = [(8.8, 8, 23.2, 32), (3.8, 4, 18.2, 16)]  # the second as it was found
    for seen, boxes in zip(network.seen, (all_of_it, grown), strict=True):
        expected = network_input(square_crops(photos, boxes, 32))
        np.testing.assert_array_equal(seen, expected)


@pytest.fixture
def answers():
    """Three photos, of which the ways read 0, 1, 2 and 3."""
    numbers = ["1", "2", "3"]
    columns = {way: numbers[:n] + ["9"] * (3 - n) for n, way in enumerate(WAYS)}
    kinds = {"name": numbers, "kind": ["note", "note", "street"], "number": numbers}
    return pd.DataFrame(kinds | columns)


def test_table_counts_whole_numbers_by_way_and_kind(answers):
    assert right_answers(answers).sum().tolist() == [0, 1, 2, 3]
    table = ways_table(answers)
    assert table["right"].tolist() == [0, 1, 2, 3]
    assert table["note"].tolist() == [0, 0.5, 1, 1]
    assert table["street"].tolist() == [0, 0, 0, 1]
    assert table["strict"].iloc[1].startswith("33.3% (")
    of_one_kind = ways_table(answers.assign(kind="photo"))
    assert list(of_one_kind) == ["strict", "right", "photos"]


def test_figure_tells_right_from_wrong_and_draws_both_boxes(answers):
    photos = [photo(number) for number in "123"]
    found = FakeReader().read(photos)
    axis, empty, below, _ = photos_figure(photos, answers, found, [1], columns=2).axes
    assert axis.get_title("left") == "2"
    wrong, still_wrong, right, also_right = (text.get_color() for text in below.texts)
    assert wrong == still_wrong != right == also_right
    assert [patch.get_width() for patch in axis.patches] == [12, 12]
    assert not empty.images
    (text,) = photos_figure([], answers, [], []).texts
    assert text.get_text() == "none of these photos"


def test_boxes_told_stay_others_are_the_found_ones_and_the_last_the_whole(network):
    photos = [photo(box=(1, 2, 3, 4)), photo(box=None), photo("60", box=None)]
    boxed = boxed_photos(photos, [FOUND, FOUND, Reading()])
    assert [p.box for p in boxed] == [(1, 2, 3, 4), FOUND.box]
    answers, _ = read_four_ways(photos[2:], network, FakeReader(Reading("")))
    assert answers["box"].tolist() == ["60"]


def test_near_is_half_of_the_union():
    boxes = [(0, 0, 10, 10), (0, 0, 10, 6), (6, 0, 16, 10), None]
    near = [is_near(box, (0, 0, 10, 10)) for box in boxes]
    assert near == [True, True, False, False]


def test_margins_change_the_boxes_that_are_read(network):
    photos = [photo("12"), photo("18")]  # boxes 12 wide, and 18 with a quarter more
    table = by_margin(photos, network, FakeReader(), [0.0, 0.25])
    assert table["reader"].tolist() == [0.5, 0.5]
    assert table["photos"].tolist() == [2, 2]
    (axis,) = margin_figure(table).axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axis.lines}
    assert lines["reader"] == [0.5, 0.5]

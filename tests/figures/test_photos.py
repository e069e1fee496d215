"""Photos of known numbers, four ways to read them, and the figures made of that."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.data.photo_folders import NumberPhoto
from helpers.figures.photos import (
    WAYS,
    boxed_photos,
    by_margin,
    course_photos,
    is_near,
    margin_figure,
    photos_figure,
    read_four_ways,
    right_answers,
    saliency_figure,
    square_crops,
    ways_table,
)
from helpers.networks import build_network
from helpers.sample.photos import KINDS, draw_photos
from helpers.settings import Settings

B = 10
"""A blank."""


@dataclass(frozen=True)
class Read:
    """What a reader gives, as far as the figures look at it."""

    number: str
    box: tuple | None = None


class FakeReader:
    """Finds 12 at a place of its own in whole photos; reads a box as its width."""

    def read(self, images, boxes=None):
        if boxes is None:
            return [Read("12", (5, 5, 17, 15)) for _ in images]
        return [Read(str(round(right - left)), None) for left, _, right, _ in boxes]


@pytest.fixture(scope="module")
def network():
    return build_network(1, seed=0)


def photo(number="12", box=(10, 10, 22, 30), kind="photo") -> NumberPhoto:
    image = Image.effect_noise((60, 40), 60).convert("RGB")
    return NumberPhoto(image, number, box, f"{number}.png", kind)


def save(folder, name: str, size=(30, 20)) -> None:
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size, "red").save(folder / name)


@pytest.fixture
def settings(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    return Settings(data=str(data), figures_root=tmp_path / "figures")


def test_own_photos_come_first(settings, tmp_path):
    own = tmp_path / "photos"
    save(own, "143.png")
    save(settings.data_folder / "photos", "7.png")
    found = course_photos(settings, own=own)
    assert [(p.number, p.box, p.kind) for p in found.photos] == [("143", None, "photo")]
    assert found.settings.figures == tmp_path / "figures" / "photos"


def test_photos_of_the_data_come_next_with_their_boxes(settings, tmp_path):
    folder = settings.data_folder / "photos"
    save(folder, "a.png", size=(2048, 1024))
    (folder / "labels.csv").write_text(
        "file,number,left,top,right,bottom\na.png,25,20,10,220,110\n"
    )
    found = course_photos(settings, own=tmp_path / "none")
    (only,) = found.photos
    assert (only.number, only.image.size) == ("25", (1024, 512))
    assert only.box == (10, 5, 110, 55)
    assert (found.source, found.settings) == ("data/photos", settings)


def test_what_cannot_be_used_is_named_and_the_rest_read(settings, tmp_path):
    own = tmp_path / "photos"
    save(own, "143.png")
    save(own, "IMG_1234.png")
    (own / "9.jpg").write_bytes(b"no image")
    found = course_photos(settings, own=own)
    assert [p.name for p in found.photos] == ["143.png"]
    bad, unnamed = found.left_out
    assert "9.jpg" in bad
    assert unnamed == "IMG_1234.png: its number is not told"


def test_without_photos_some_are_drawn_and_figures_say_so(settings, tmp_path):
    (tmp_path / "photos").mkdir()
    found = course_photos(settings, 3, own=tmp_path / "photos")
    assert (len(found.photos), found.source) == (3, "drawn")
    assert found.settings.is_drawn
    assert found.settings.figures == settings.figures


def test_drawn_photos_are_of_each_kind_and_the_same_again():
    photos = draw_photos(6, seed=1)
    assert [p.kind for p in photos] == [*KINDS, *KINDS]
    for one, again in zip(photos, draw_photos(6, seed=1), strict=True):
        left, top, right, bottom = one.box
        assert 0 <= left < right <= one.image.width
        assert 0 <= top < bottom <= one.image.height
        assert 2 <= len(one.number) <= 4
        assert one.image.tobytes() == again.image.tobytes()
        assert (one.number, one.box) == (again.number, again.box)
    assert photos[0].image.tobytes() != draw_photos(1, seed=2)[0].image.tobytes()


def test_a_drawn_note_has_its_ink_in_its_box():
    note = draw_photos(2, seed=3)[1]
    pixels = np.asarray(note.image.convert("L"), float)
    left, top, right, bottom = map(round, note.box)
    inside = pixels[top:bottom, left:right].min()
    outside = pixels.copy()
    outside[top - 4 : bottom + 4, left - 4 : right + 4] = 255
    assert inside < outside.min()


def test_each_way_reads_what_it_should_see(network, monkeypatch):
    seen = []

    def predicted(given, crops):
        seen.append(crops)
        return np.tile([2, 1, 2, B, B, B], (len(crops), 1))

    monkeypatch.setattr("helpers.figures.photos.predict", predicted)
    photos = [photo("12"), photo("40", box=None)]
    answers, found = read_four_ways(photos, network, FakeReader())
    assert answers[list(WAYS)].to_numpy().tolist() == [["12"] * 4] * 2
    assert [reading.number for reading in found] == ["12", "12"]
    whole, cropped = seen
    all_of_it = [(0, 0, 60, 40)] * 2
    grown = [(8.8, 8, 23.2, 32), (3.8, 4, 18.2, 16)]  # the second as it was found
    np.testing.assert_array_equal(whole, square_crops(photos, all_of_it, 32))
    np.testing.assert_array_equal(cropped, square_crops(photos, grown, 32))


def test_photo_without_any_box_is_read_as_a_whole(network):
    class Blind(FakeReader):
        def read(self, images, boxes=None):
            if boxes is None:
                return [Read("") for _ in images]
            return super().read(images, boxes)

    photos = [photo("60", box=None)]
    answers, found = read_four_ways(photos, network, Blind())
    assert answers["box"].tolist() == ["60"]
    assert boxed_photos(photos, found) == []


@pytest.fixture
def answers():
    """Three photos, of which the ways read 0, 1, 2 and 3."""
    numbers = ["1", "2", "3"]
    columns = {way: numbers[:n] + ["9"] * (3 - n) for n, way in enumerate(WAYS)}
    kinds = {"name": numbers, "kind": ["note", "note", "street"], "number": numbers}
    return pd.DataFrame(kinds | columns)


def test_right_is_the_whole_number(answers):
    assert right_answers(answers).sum().tolist() == [0, 1, 2, 3]


def test_table_counts_by_way_and_kind(answers):
    table = ways_table(answers)
    assert table["right"].tolist() == [0, 1, 2, 3]
    assert table["note"].tolist() == [0, 0.5, 1, 1]
    assert table["street"].tolist() == [0, 0, 0, 1]
    assert table["strict"].iloc[1].startswith("33.3% (")


def test_table_of_one_kind_has_no_columns_of_kinds(answers):
    table = ways_table(answers.assign(kind="photo"))
    assert list(table) == ["strict", "right", "photos"]


def test_figure_tells_right_from_wrong_and_draws_both_boxes(answers):
    photos = [photo(number) for number in "123"]
    found = FakeReader().read([p.image for p in photos])
    figure = photos_figure(photos, answers, found, [1], columns=2)
    axis, empty, below, _ = figure.axes
    assert axis.get_title() == "2"
    colours = [text.get_color() for text in below.texts]
    assert colours == ["firebrick", "firebrick", "green", "green"]
    assert [patch.get_width() for patch in axis.patches] == [12, 12]
    assert not empty.images


def test_figure_of_none_says_so(answers):
    figure = photos_figure([], answers, [], [])
    assert figure.texts[0].get_text() == "none of these photos"


def test_boxes_told_stay_and_others_are_the_found_ones():
    photos = [photo(box=(1, 2, 3, 4)), photo(box=None), photo(box=None)]
    found = [Read("1", (5, 6, 7, 8)), Read("1", (5, 6, 7, 8)), Read("")]
    boxed = boxed_photos(photos, found)
    assert [p.box for p in boxed] == [(1, 2, 3, 4), (5, 6, 7, 8)]


@pytest.mark.parametrize(
    ("box", "near"),
    [((0, 0, 10, 10), True), ((0, 0, 10, 6), True), ((6, 0, 16, 10), False)],
)
def test_near_is_half_of_the_union(box, near):
    assert is_near(box, (0, 0, 10, 10)) is near
    assert not is_near(None, (0, 0, 10, 10))


def test_margins_change_the_boxes_that_are_read(network):
    photos = [photo("12"), photo("18")]  # boxes 12 wide, and 18 with a quarter more
    table = by_margin(photos, network, FakeReader(), [0.0, 0.25])
    assert table["reader"].tolist() == [0.5, 0.5]
    assert table["photos"].tolist() == [2, 2]
    swapped = [replace(p, number="18") for p in photos]
    table = by_margin(swapped, network, FakeReader(), [0.0, 0.25])
    assert table["reader"].tolist() == [0, 1]
    (axis,) = margin_figure(table).axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axis.lines}
    assert lines["reader"] == [0, 1]


def test_saliency_stands_below_each_crop():
    crops = np.zeros((2, 8, 8), np.uint8)
    maps = np.zeros((2, 8, 8))  # nothing matters: no division by nothing
    maps[1, 3, 4] = 2
    figure = saliency_figure([("one", crops, maps), ("two", crops, maps)])
    assert len(figure.axes) == 8
    heat = figure.axes[3].images[1].get_array()
    assert np.argwhere(heat == 1).tolist() == [[3, 4]]

"""The photo picker, its box and files set as by a browser, but without one."""

from dataclasses import dataclass, field
from datetime import datetime, timezone

import numpy as np
import pytest
from builders import encoded
from PIL import Image

from helpers.reader import Reading
from helpers.widgets.photo_box import SliderBox, draw_photo_with_box
from helpers.widgets.photo_picker import PhotoPicker, describe, draw_reading

DIGIT = (("7", 0.9), ("1", 0.1), ("4", 0.0))
BOX = (10, 20, 50, 40)
FOUND = Reading("12", 0.9, BOX, True, (DIGIT, DIGIT))


@dataclass
class FakeReader:
    """Reads a box's width; finds what it is told to."""

    found: Reading = FOUND
    asked: list = field(default_factory=list)

    def read(self, images, boxes=None):
        self.asked.append(boxes and tuple(boxes[0]))
        if boxes is None:
            return [self.found]
        left, _, right, _ = box = tuple(boxes[0])
        return [Reading(str(right - left), 0.9, box, True)]

    def crops(self, image, boxes):
        return np.stack([np.asarray(image.convert("L").resize((8, 8)))] * len(boxes))


@pytest.fixture
def reader():
    return FakeReader()


@pytest.fixture
def picker(reader):
    return PhotoPicker(reader, {"a": photo(), "b": photo(60, 300)})


def photo(width=200, height=100) -> Image.Image:
    return Image.new("RGB", (width, height))


def upload(picker, name: str, content: bytes) -> None:
    """Set what the browser sends; the rest of a file's fields nobody reads."""
    rest = {"type": "", "size": 0, "last_modified": datetime.now(timezone.utc)}
    file = {"name": name, "content": memoryview(content), **rest}
    picker._upload.set_trait("value", (file,))


def drag(picker, left, top, width, height, beside=()):
    """Set what the browser sends, in pixels of the photo as it is shown."""
    new = {"x": left, "y": top, "width": width, "height": height}
    picker._photo.bboxes = [*beside, new]


def test_dragged_box_is_read_and_in_the_still_picture(reader):
    picker = PhotoPicker(reader, {"a": photo()}, {"a": (50, 25, 150.4, 75)})
    assert reader.asked == [(50, 25, 150, 75)]  # the known box; nothing looked for
    before = picker.still()
    drag(picker, 21, 42, 105, 105)
    assert (picker.reading.number, picker.box) == ("50", (10, 20, 60, 70))
    assert picker.still() != before


def test_box_drawn_anew_takes_the_place_of_the_old_one(reader, picker):
    old = picker._photo.bboxes
    drag(picker, 21, 21, 0, 0, beside=old)  # pressed
    drag(picker, 21, 21, 42, 21, beside=old)  # and released
    assert reader.asked[1:] == [(10, 10, 30, 20)]
    assert len(picker._photo.bboxes) == 1


def test_number_is_found_again_where_the_box_is_deleted(reader, picker):
    picker.read((1, 2, 30, 40))
    picker._photo.bboxes = []
    assert (picker.box, reader.asked[-1]) == (FOUND.box, None)


@pytest.mark.parametrize(
    ("box", "cut"),
    [((-5, -5, 999, 999), (0, 0, 200, 100)), ((300, 7, 400, 7), (199, 7, 200, 8))],
)
def test_box_is_cut_to_the_photo_and_never_empty(picker, box, cut):
    picker.read(box)
    assert picker.box == cut


def test_sliders_move_the_box_where_the_library_is_missing():
    moved = []
    box = SliderBox(lambda edges: moved.append(edges.round().tolist()))
    box.show(photo(), (20, 30, 120, 100))
    assert (box._across.value, moved) == ((0.1, 0.6), [])
    box._down.value = 0.25, 0.7  # counted from below, as the slider stands
    assert moved == [[20, 30, 120, 75]]


def test_each_photo_is_read_where_its_number_is_found(reader, picker):
    assert (picker.box, reader.asked) == (FOUND.box, [None])
    assert "12 (90%)" in picker._said.value
    picker._chosen.value = "b"
    assert picker.image.size == (60, 300)
    assert picker.box == FOUND.box
    picker.read((1, 50, 11, 60))
    assert picker.reading.number == "10"
    picker._find.click()
    assert (picker.box, picker.reading) == (FOUND.box, FOUND)


@pytest.mark.parametrize(
    ("reading", "words"),
    [(Reading(), "no number found"), (Reading(error="<b>a: 1"), "&lt;b&gt;a: 1")],
)
def test_nothing_found_is_said_and_all_of_the_photo_stays_in_the_box(reading, words):
    picker = PhotoPicker(FakeReader(reading), {"a": photo()})
    assert words in picker._said.value
    assert picker.box == (0, 0, 200, 100)


@pytest.mark.parametrize(
    ("name", "listed"), [("mine.png", ("a", "mine.png")), ("a", ("a",))]
)
def test_upload_is_shown_and_joins_the_list_or_takes_its_place(reader, name, listed):
    picker = PhotoPicker(reader, {"a": photo()}, {"a": (0, 0, 20, 20)})
    upload(picker, name, encoded(photo(80, 90)))
    assert (picker.image.size, picker.reading) == ((80, 90), reader.found)
    assert (picker._chosen.options, picker._chosen.value) == (listed, name)


def test_first_photo_can_be_an_upload(reader):
    picker = PhotoPicker(reader, {})
    picker._find.click()
    assert reader.asked == []
    assert "upload" in picker._said.value
    upload(picker, "mine.png", encoded(photo()))
    assert picker.reading == reader.found


def test_bad_photo_is_named_and_the_next_one_read(reader, tmp_path):
    picker = PhotoPicker(reader, {"a": tmp_path / "gone.jpg", "b": photo()})
    assert "gone.jpg: no such file" in picker._said.value
    assert (picker.image, picker.reading) == (None, None)
    picker._chosen.value = "b"
    assert picker.reading == reader.found
    upload(picker, "<b>notes.txt", b"milk, bread")
    assert "&lt;b&gt;notes.txt: begins with" in picker._said.value
    assert picker.image.size == (200, 100)
    assert picker._chosen.options == ("a", "b")


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading("143", 0.31, BOX), "143 (31%, not sure)"),
        (Reading("7", 0.94, BOX, True, others=(FOUND,)), "7 (94%); also 12 (90%)"),
    ],
)
def test_reading_in_a_line(reading, words):
    assert describe(reading) == words


def test_box_is_drawn_where_it_is():
    drawn = np.asarray(draw_photo_with_box(photo(210, 105), (10, 10, 60, 40)))
    rows, columns = np.nonzero(drawn[..., 0] > 128)
    assert drawn.shape == (210, 420, 3)
    edges = columns.min(), rows.min(), columns.max(), rows.max()
    assert edges == (20, 20, 119, 79)


def test_chart_has_bars_for_the_likeliest_of_each_digit():
    crop = np.zeros((8, 8))
    seen, *bars = draw_reading(FOUND, crop).axes
    assert seen.images
    for axis in bars:
        labels = [label.get_text() for label in axis.get_yticklabels()]
        assert labels == ["7", "1", "4"]
        assert [text.get_text() for text in axis.texts] == ["90%", "10%", "0%"]
    assert len(draw_reading(Reading(), crop).axes) == 1

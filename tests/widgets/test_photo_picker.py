"""The photo picker, its sliders and files set as by a browser, but without one."""

import io
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import numpy as np
import pytest
from PIL import Image

from helpers.widgets.photo_picker import (
    PhotoPicker,
    describe,
    draw_photo_with_box,
    draw_reading,
)


@dataclass(frozen=True)
class Read:
    """What a reader gives, as far as the picker looks at it."""

    number: str
    confidence: float = 0.9
    box: tuple | None = None
    sure: bool = True
    alternatives: tuple = ((("7", 0.9), ("1", 0.1)),)
    others: tuple = ()
    error: str = ""


@dataclass
class FakeReader:
    """Reads a box's width; finds what it is told to."""

    found: Read = Read("12", box=(10, 20, 50, 40))
    asked: list = field(default_factory=list)

    def read(self, images, boxes=None):
        self.asked.append(boxes and tuple(boxes[0]))
        if boxes is None:
            return [self.found]
        left, _, right, _ = boxes[0]
        return [Read(str(right - left), box=tuple(boxes[0]))]

    def crops(self, image, boxes):
        return np.stack([np.asarray(image.convert("L").resize((8, 8)))] * len(boxes))


@pytest.fixture
def reader():
    return FakeReader()


def photo(width=200, height=100, colour="red") -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def upload(picker, name: str, content: bytes) -> None:
    """Set what the browser sends; the rest of a file's fields nobody reads."""
    picker._upload.set_trait(
        "value",
        (
            {
                "name": name,
                "type": "",
                "size": len(content),
                "content": memoryview(content),
                "last_modified": datetime(2016, 5, 1, tzinfo=timezone.utc),
            },
        ),
    )


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def said(picker) -> str:
    return picker._said.value


def shown(picker) -> Image.Image:
    return Image.open(io.BytesIO(picker._photo.value))


def test_first_photo_is_read_where_its_number_is_found(reader):
    picker = PhotoPicker(reader, {"a": photo(), "b": photo(colour="blue")})
    assert picker.box == (10, 20, 50, 40)
    assert reader.asked == [None]
    assert "12 (90%)" in said(picker)


def test_known_box_is_read_and_nothing_looked_for(reader):
    picker = PhotoPicker(reader, {"a": photo()}, {"a": (30, 10, 90.4, 80)})
    assert reader.asked == [(30, 10, 90, 80)]
    assert picker.reading.number == "60"


def test_sliders_move_the_edges_and_each_move_is_read(reader):
    picker = PhotoPicker(reader, {"a": photo()})
    picker._across.value = (20, 120)
    assert picker.reading.number == "100"
    picker._down.value = (0, 70)  # counted from below, as the slider stands
    assert picker.box == (20, 30, 120, 100)
    assert reader.asked[-1] == picker.box


@pytest.mark.parametrize("ends", [(0, 0), (200, 200)])
def test_box_is_never_empty(reader, ends):
    picker = PhotoPicker(reader, {"a": photo()})
    picker._across.value = ends
    left, _, right, _ = picker.box
    assert 0 <= left < right <= 200


def test_photo_and_crop_are_shown_with_the_box(reader):
    picker = PhotoPicker(reader, {"a": photo()}, {"a": (50, 25, 150, 75)})
    before = shown(picker)
    assert before.size == (420, 210)
    picker._across.value = (0, 150)
    assert before.tobytes() != shown(picker).tobytes()
    assert Image.open(io.BytesIO(picker._chart.value)).format == "PNG"


def test_choosing_shows_another_photo_of_another_size(reader):
    picker = PhotoPicker(reader, {"a": photo(), "b": photo(60, 300)})
    picker._chosen.value = "b"
    assert picker.image.size == (60, 300)
    assert (picker._across.max, picker._down.max) == (60, 300)
    assert picker.box == (10, 20, 50, 40)


def test_button_finds_the_number_again(reader):
    picker = PhotoPicker(reader, {"a": photo()})
    picker.box = (100, 50, 110, 60)
    picker._find.click()
    assert picker.box == (10, 20, 50, 40)
    assert picker.reading == reader.found


def test_nothing_found_is_said_and_all_of_the_photo_stays_in_the_box(reader):
    reader.found = Read("", 0.0, sure=False, alternatives=())
    picker = PhotoPicker(reader, {"a": photo()})
    assert "no number found" in said(picker)
    assert picker.box == (0, 0, 200, 100)


def test_upload_is_shown_and_joins_the_list(reader):
    picker = PhotoPicker(reader, {"a": photo()})
    upload(picker, "mine.png", png(photo(80, 90)))
    assert picker.image.size == (80, 90)
    assert (picker._chosen.options, picker._chosen.value) == (
        ("a", "mine.png"),
        "mine.png",
    )
    picker._chosen.value = "a"
    assert picker.image.size == (200, 100)


def test_first_photo_can_be_an_upload(reader):
    picker = PhotoPicker(reader, {})
    picker._find.click()
    picker._across.value = (0, 1)
    assert reader.asked == []
    assert "upload" in said(picker)
    upload(picker, "mine.png", png(photo()))
    assert picker.reading == reader.found


def test_upload_of_a_known_name_takes_its_place(reader):
    picker = PhotoPicker(reader, {"a": photo()}, {"a": (0, 0, 20, 20)})
    upload(picker, "a", png(photo(80, 90)))
    assert picker._chosen.options == ("a",)
    assert picker.image.size == (80, 90)
    assert picker.reading == reader.found


def test_bad_upload_is_named_and_the_photo_stays(reader):
    picker = PhotoPicker(reader, {"a": photo()})
    upload(picker, "<b>notes.txt", b"milk, bread")
    assert "&lt;b&gt;notes.txt: begins with" in said(picker)
    assert picker.image.size == (200, 100)
    assert picker._chosen.options == ("a",)


def test_bad_photo_of_the_list_is_named_and_the_next_one_read(reader, tmp_path):
    picker = PhotoPicker(reader, {"a": tmp_path / "gone.jpg", "b": photo()})
    assert "gone.jpg: no such file" in said(picker)
    assert (picker.image, picker.reading) == (None, None)
    picker._chosen.value = "b"
    assert picker.reading == reader.found


def test_what_the_reader_cannot_read_is_said(reader):
    reader.found = Read("", error="a: 1 x 1 pixels", alternatives=())
    picker = PhotoPicker(reader, {"a": photo()})
    assert "a: 1 x 1 pixels" in said(picker)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Read("143", 0.98), "143 (98%)"),
        (Read("143", 0.31, sure=False), "143 (31%, not sure)"),
        (Read("7", others=(Read("12", 0.8),)), "7 (90%); also 12 (80%)"),
        (Read("", 0.0), "no number found"),
    ],
)
def test_reading_in_a_line(reading, words):
    assert describe(reading) == words


def test_box_is_drawn_where_it_is():
    image = photo(100, 50, "black")
    drawn = np.asarray(draw_photo_with_box(image, (10, 10, 60, 40), longest=200))
    rows, columns = np.nonzero(drawn[..., 0] > 128)
    assert drawn.shape == (100, 200, 3)
    assert (columns.min(), rows.min()) == (20, 20)
    assert (columns.max(), rows.max()) == (119, 79)
    assert not np.asarray(draw_photo_with_box(image, None)).any()


def test_chart_has_bars_for_the_likeliest_of_each_digit():
    choices = tuple((str(digit), 0.2) for digit in range(5))
    two = replace(Read("00"), alternatives=(choices, choices))
    figure = draw_reading(two, np.zeros((8, 8), np.uint8))
    seen, *bars = figure.axes
    assert seen.images
    assert [[tick.get_text() for tick in axis.get_yticklabels()] for axis in bars] == (
        [["0", "1", "2"]] * 2
    )
    assert [axis.patches[0].get_width() for axis in bars] == [0.2, 0.2]


def test_chart_of_nothing_says_so():
    (axis,) = draw_reading(Read("", alternatives=())).axes
    assert axis.texts[0].get_text() == "no digit"

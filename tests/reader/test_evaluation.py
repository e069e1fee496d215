"""The reader measured: on archives, on photos, and what no score counts."""

import shutil

import h5py
import numpy as np
import pytest
from PIL import Image

from helpers.accuracy import measure
from helpers.reader.evaluation import (
    archive_numbers,
    evaluate_reader,
    photo_numbers,
    read_numbers,
)
from helpers.reader.reader import Reading
from helpers.settings import Settings

B = 10


@pytest.fixture
def settings(few_numbers, tmp_path):
    return Settings(data=str(few_numbers), home=tmp_path / "home")


class Told:
    """A reader that answers by the file's name, and keeps what it was asked for."""

    def __init__(self, answers):
        self.answers, self.boxes = answers, []

    def read(self, images, boxes=None):
        self.boxes += [None] * len(images) if boxes is None else list(boxes)
        answers = [self.answers.get(path.name, ("", 0.0)) for path in images]
        return [Reading(*answer, None, False, ()) for answer in answers]


def test_archive_gives_paths_labels_and_boxes_of_whole_numbers(settings, few_numbers):
    numbers, skipped = archive_numbers("train", settings)
    assert skipped == {}
    assert len(numbers) == 60
    assert numbers.paths[9] == few_numbers / "train" / "10.png"
    assert numbers.labels.shape == (60, 6)
    assert numbers.labels.dtype == np.uint8
    assert (numbers.labels[:, 0] == 2).all()
    np.testing.assert_array_equal(numbers.labels[:, 1], np.arange(60) % 10)
    assert (numbers.labels[:, 3:] == B).all()
    np.testing.assert_array_equal(numbers.boxes, [[5, 4, 24, 16]] * 60)


def cut(path):
    """An image whose file ends too early: it opens, and then has no pixels."""
    return path.read_bytes()[:200]


@pytest.mark.parametrize("content", [b"", b"a door", cut, None])
def test_image_that_cannot_be_opened_is_listed_and_its_label_goes_too(
    settings, few_numbers, content
):
    if content is None:
        (few_numbers / "test" / "3.png").unlink()
    else:
        path = few_numbers / "test" / "3.png"
        content = (
            content(few_numbers / "test" / "1.png") if callable(content) else content
        )
        path.write_bytes(content)
    numbers, skipped = archive_numbers("test", settings)
    assert list(skipped) == [3]
    assert skipped[3]
    assert [int(path.stem) for path in numbers.paths] == [1, 2, *range(4, 13)]
    expected = [0, 1, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert numbers.labels[:, 1].tolist() == expected
    assert len(numbers.boxes) == 11


def test_row_that_is_unsound_costs_its_own_image_alone(settings, few_numbers):
    with h5py.File(few_numbers / "train" / "digitStruct.mat", "r+") as file:
        group = file[file["digitStruct/bbox"][4, 0]]
        file[group["width"][0, 0]][...] = np.nan
    numbers, skipped = archive_numbers("train", settings)
    (number,) = skipped
    assert "width is nan" in skipped[number]
    assert len(numbers) == 59
    assert few_numbers / "train" / f"{number}.png" not in numbers.paths


def test_archive_needs_no_other(settings, few_numbers):
    shutil.rmtree(few_numbers / "train")
    assert len(archive_numbers("test", settings)[0]) == 11


def test_archive_of_nothing_that_opens_is_an_error(settings, few_numbers):
    for path in (few_numbers / "test").glob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="none of its 12 images can be opened"):
        archive_numbers("test", settings)


@pytest.mark.parametrize("chosen", [[2, 0], np.arange(60) % 30 == 7, slice(3)])
def test_rows_keep_file_label_and_box_together(settings, chosen):
    numbers, _ = archive_numbers("train", settings)
    numbers.boxes[:, 0] = np.arange(60)
    rows, places = numbers.rows(chosen), np.arange(60)[chosen].tolist()
    assert len(rows) == len(places)
    assert [int(path.stem) - 1 for path in rows.paths] == places
    assert rows.boxes[:, 0].tolist() == places
    np.testing.assert_array_equal(rows.labels, numbers.labels[places])


def test_answers_are_labels_with_their_confidences(settings):
    numbers = archive_numbers("test", settings)[0].rows([0, 1, 2])
    reader = Told({"1.png": ("307", 0.75), "4.png": ("98765", 0.5)})
    labels, confidences = read_numbers(reader, numbers)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels[0], [3, 3, 0, 7, B, B])
    np.testing.assert_array_equal(labels[1], [0, B, B, B, B, B])
    np.testing.assert_array_equal(labels[2], [5, 9, 8, 7, 6, 5])
    np.testing.assert_array_equal(confidences, [0.75, 0, 0.5])


def test_boxes_are_given_unless_the_number_is_to_be_found(settings):
    numbers = archive_numbers("test", settings)[0].rows([0, 1])
    given, found = Told({}), Told({})
    read_numbers(given, numbers)
    read_numbers(found, numbers, find=True)
    np.testing.assert_array_equal(given.boxes, numbers.boxes)
    assert found.boxes == [None, None]


def test_score_is_that_of_the_answers(settings):
    numbers, _ = archive_numbers("test", settings)
    answers = {
        path.name: (f"{label[1]}{label[2]}", 0.9)
        for path, label in zip(numbers.paths, numbers.labels, strict=True)
    }
    answers["1.png"] = ("12345", 0.9)
    reader = Told(answers)
    score, skipped = evaluate_reader(reader, "test", settings)
    predicted = numbers.labels.copy()
    predicted[0] = [5, 1, 2, 3, 4, 5]
    assert score == measure(predicted.astype(int), numbers.labels)
    assert score.strict.value == pytest.approx(10 / 11)
    assert list(skipped) == [3]


def test_image_in_which_nothing_is_read_counts_as_wrong(settings):
    score, _ = evaluate_reader(Told({}), "test", settings, find=True)
    assert score.images == 11
    assert score.strict.value == 0


@pytest.fixture
def photos(tmp_path):
    """Three photos, two of them with a number in their names; one cannot be read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, size in (("123_door.png", (30, 20)), ("wall.png", (8, 9))):
        Image.new("RGB", size).save(folder / name)
    (folder / "45.jpg").write_bytes(b"")
    return folder


def test_photos_have_the_numbers_of_their_names_anywhere_in_them(photos):
    numbers = photo_numbers(photos)
    assert [path.name for path in numbers.paths] == ["123_door.png", "45.jpg"]
    np.testing.assert_array_equal(
        numbers.labels, [[3, 1, 2, 3, B, B], [2, 4, 5, B, B, B]]
    )
    np.testing.assert_array_equal(numbers.boxes[0], [0, 0, 30, 20])
    assert numbers.boxes.dtype == np.float64


def test_photos_have_the_numbers_and_boxes_of_their_table(photos):
    rows = ["wall.png,007,1,2,6,8.5", "123_door.png,99,,,,"]
    table = "\n".join(["file,number,left,top,right,bottom", *rows])
    (photos / "labels.csv").write_text(table)
    numbers = photo_numbers(str(photos))
    assert [path.name for path in numbers.paths] == ["123_door.png", "wall.png"]
    np.testing.assert_array_equal(
        numbers.labels, [[2, 9, 9, B, B, B], [3, 0, 0, 7, B, B]]
    )
    np.testing.assert_array_equal(numbers.boxes, [[0, 0, 30, 20], [1, 2, 6, 8.5]])


def test_box_of_a_turned_photo_is_the_upright_one(photos):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (50, 40)).save(photos / "7.png", exif=exif)
    numbers = photo_numbers(photos)
    place = [path.name for path in numbers.paths].index("7.png")
    np.testing.assert_array_equal(numbers.boxes[place], [0, 0, 40, 50])

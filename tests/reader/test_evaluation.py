"""The reader measured: on archives, on photos, and what no score counts."""

import shutil

import numpy as np
import pytest

from helpers.accuracy import measure
from helpers.data.digitstruct import read_sound_boxes, write_boxes
from helpers.datasets import evaluate_archive
from helpers.networks import build_network
from helpers.preprocessing import label_text
from helpers.reader.evaluation import archive_numbers, evaluate_reader, read_numbers
from helpers.reader.reader import Reading

B = 10


class Told:
    """A reader that answers by the file's name, and keeps what it was asked for."""

    def __init__(self, answers):
        self.answers, self.boxes = answers, []

    def read(self, images, boxes):
        self.boxes += list(boxes)
        return [Reading(*self.answers.get(path.name, ())) for path in images]


def test_archive_gives_paths_labels_and_boxes_of_whole_numbers(
    few_settings, few_numbers
):
    shutil.rmtree(few_numbers / "test")
    numbers, skipped = archive_numbers("train", few_settings)
    assert (skipped, len(numbers)) == ({}, 60)
    assert numbers.paths[9] == few_numbers / "train" / "10.png"
    assert numbers.labels.dtype == np.uint8
    np.testing.assert_array_equal(numbers.labels[:, 1], np.arange(60) % 10)
    assert (numbers.labels[:, [0, 3, 4, 5]] == [2, B, B, B]).all()
    np.testing.assert_array_equal(numbers.boxes, [[5, 4, 24, 16]] * 60)


def test_what_is_damaged_costs_its_own_image_and_label_as_for_a_network(
    few_settings, few_numbers
):
    path = few_numbers / "test" / "digitStruct.mat"
    boxes, _ = read_sound_boxes(path)
    boxes.left[boxes.image == 5] += 200
    boxes.width[boxes.image == 7] = np.nan
    write_boxes(path, boxes)
    (few_numbers / "test" / "9.png").unlink()
    numbers, skipped = archive_numbers("test", few_settings)
    assert sorted(skipped) == [3, 5, 7, 9]
    kept = [1, 2, 4, 6, 8, 10, 11, 12]
    assert [int(path.stem) for path in numbers.paths] == kept
    assert numbers.labels[:, 1].tolist() == [(number - 1) % 10 for number in kept]
    network = build_network(1, crop_size=8, seed=1)
    expected, reasons = evaluate_archive(network, "test", few_settings)
    assert (skipped, len(numbers.boxes)) == (reasons, expected.images)


@pytest.mark.parametrize("chosen", [[2, 0], np.arange(60) % 30 == 7, slice(3)])
def test_rows_keep_file_label_and_box_together(few_settings, chosen):
    numbers, _ = archive_numbers("train", few_settings)
    numbers.boxes[:, 0] = np.arange(60)
    rows, places = numbers.rows(chosen), np.arange(60)[chosen].tolist()
    assert [int(path.stem) - 1 for path in rows.paths] == places
    assert rows.boxes[:, 0].tolist() == places
    np.testing.assert_array_equal(rows.labels, numbers.labels[places])


def test_answers_are_labels_with_their_confidences(few_settings):
    numbers = archive_numbers("test", few_settings)[0].rows([0, 1, 2])
    reader = Told({"1.png": ("307", 0.75), "4.png": ("98765", 0.5)})
    labels, confidences = read_numbers(reader, numbers)
    assert labels.dtype == np.int64
    expected = [3, 3, 0, 7, B, B], [0, B, B, B, B, B], [5, 9, 8, 7, 6, 5]
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(confidences, [0.75, 0, 0.5])
    np.testing.assert_array_equal(reader.boxes, numbers.boxes)
    read_numbers(reader, numbers, find=True)
    assert reader.boxes[3:] == [None] * 3


def test_score_is_that_of_the_answers(few_settings):
    numbers, _ = archive_numbers("test", few_settings)
    reader = Told({"2.png": (label_text(numbers.labels[1]), 0.9)})
    score, _ = evaluate_reader(reader, "test", few_settings)
    assert score == measure(read_numbers(reader, numbers)[0], numbers.labels)
    assert score.strict.value == pytest.approx(1 / 11)

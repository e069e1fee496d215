"""The weights that the project brings: their metadata, and how much they read."""

import numpy as np
import pytest

from helpers.accuracy import sequence_accuracy
from helpers.data.photo_folders import photo_folder
from helpers.reader import Reader
from helpers.reader.evaluation import archive_numbers, read_numbers
from helpers.reader.weights import SHIPPED
from helpers.sample.scenes import draw_scene
from helpers.settings import Settings
from workshop.studies.calibration import calibration_error, kept_by


@pytest.fixture(scope="module")
def reader():
    return Reader.pretrained()


def test_weights_are_small_and_say_how_they_were_made(reader):
    assert SHIPPED.stat().st_size < 10_000_000
    assert "no photograph" in reader.metadata["trained_on"]
    assert 0 < reader.metadata["sure_from"] < 1
    assert 0.5 < reader.metadata["temperature"] < 2
    assert reader.metadata["measured"]["drawn validation"]["images"] >= 1_000


@pytest.mark.parametrize("find", [False, True])
def test_most_drawn_scenes_are_read(reader, find):
    rng = np.random.default_rng(1)
    scenes = [draw_scene(rng) for _ in range(40)]
    boxes = None if find else [scene.box for scene in scenes]
    readings = reader.read([scene.image for scene in scenes], boxes)
    truth = ["".join(map(str, scene.digits)) for scene in scenes]
    right = [one.number == number for one, number in zip(readings, truth, strict=True)]
    assert np.mean(right) > 0.7


@pytest.fixture(scope="module")
def house_numbers(real_data):
    numbers, _ = archive_numbers("test", Settings(data=str(real_data)))
    assert len(numbers) == 700
    return numbers


def test_house_numbers_are_found_as_promised(reader, house_numbers):
    predicted, _ = read_numbers(reader, house_numbers, find=True)
    assert sequence_accuracy(predicted, house_numbers.labels) >= 0.80


def test_house_numbers_are_read_and_confidence_is_the_share_that_is_right(
    reader, house_numbers
):
    """And those that it is sure of, by a rule set on drawn numbers, are right."""
    predicted, confidences = read_numbers(reader, house_numbers)
    right = (predicted == house_numbers.labels).all(axis=1)
    assert right.mean() >= 0.90
    assert calibration_error(confidences, right) < 0.03
    kept = kept_by(confidences, right, reader.metadata["sure_from"])
    assert kept["accuracy"] >= 0.975
    assert kept["coverage"] >= 0.8


@pytest.mark.parametrize(("find", "least"), [(False, 0.80), (True, 0.65)])
def test_photographs_are_read_as_promised(reader, real_data, find, least):
    photos = photo_folder(real_data / "photos")
    boxes = None if find else [photo.box for photo in photos]
    readings = reader.read([photo.path for photo in photos], boxes)
    pairs = zip(readings, photos, strict=True)
    right = [one.number == photo.number for one, photo in pairs]
    assert len(right) == 59
    assert np.mean(right) >= least

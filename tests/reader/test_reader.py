"""The reader: images of all kinds in, readings out, with boxes right, wrong or none."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from scipy.special import softmax

from helpers.evaluation import network_input
from helpers.reader.crops import SIZE
from helpers.reader.finding import DEFAULTS
from helpers.reader.reader import Reader, Reading

DARK, BRIGHT = (40, 40, 40), (230, 230, 230)
SPOT = (60, 20, 80, 40)
SIDES = {
    "1": (60, 20, 100, 40),
    "2": (40, 20, 80, 40),
    "3": (60, 20, 80, 60),
    "4": (60, 0, 80, 40),
}
"""Boxes with the spot in their left, right, upper and lower half."""


@pytest.fixture
def image():
    """120 x 80 pixels, dark, with one bright spot."""
    image = Image.new("RGB", (120, 80), DARK)
    image.paste(BRIGHT, SPOT)
    return image


@pytest.fixture(scope="module")
def network():
    """Reads which half of a crop is brightest: 1 left, 2 right, 3 upper, 4 lower."""
    kernel = np.zeros((*SIZE[::-1], 6, 11))
    across, down = (
        np.where(np.arange(side) < side // 2, 8, -8) / np.prod(SIZE) for side in SIZE
    )
    kernel[:, :, 1, 1], kernel[:, :, 1, 2] = across, -across
    kernel[:, :, 1, 3], kernel[:, :, 1, 4] = down[:, None], -down[:, None]
    bias = np.full((6, 11), -9.0)
    bias[0, 1], bias[1, 1:5] = 9, 0
    return linear(kernel, bias)


def stubborn() -> keras.Model:
    """Reads 77 in everything, and is sure."""
    bias = 20 * np.eye(11)[[2, 7, 7, 10, 10, 10]]
    return linear(np.zeros((*SIZE[::-1], 6, 11)), bias)


def linear(kernel, bias) -> keras.Model:
    inputs = keras.Input((*SIZE[::-1], 1))
    outputs = layers.Dense(bias.size)(layers.Flatten()(inputs))
    network = keras.Model(inputs, layers.Reshape(bias.shape)(outputs))
    network.set_weights([kernel.reshape(-1, bias.size), bias.ravel()])
    return network


@pytest.fixture(scope="module")
def finder():
    """Finds what is much brighter than the rest of the image."""
    inputs = keras.Input((None, None, 1))
    outputs = layers.Conv2D(5, 1)(layers.AveragePooling2D(8)(inputs))
    finder = keras.Model(inputs, outputs)
    kernel = np.zeros((1, 1, 1, 5))
    kernel[..., 0] = 4
    finder.set_weights([kernel, np.array([-8, 0.5, 0.5, 0.5, 0.5])])
    return finder


@pytest.fixture
def reader(network, finder):
    return Reader(network, finder, {"sure_from": 0.6})


class Guided(Reader):
    """A reader that finds what its metadata says: pairs of a box and a score."""

    def find(self, image):
        boxes, scores = zip(*self.metadata["found"], strict=True)
        return np.array(boxes, float), np.array(scores)


def read_guided(image, network, found, **metadata):
    """Read an image in the boxes that are found as told."""
    return Guided(network, None, {"found": found, **metadata}).read([image])[0]


@pytest.mark.parametrize(("number", "box"), SIDES.items())
def test_number_is_read_where_the_box_says(reader, image, number, box):
    (reading,) = reader.read([image], [box])
    assert (reading.number, reading.box, reading.error) == (number, box, "")
    assert reading.confidence > 0.9
    assert (reading.sure, reading.others) == (True, ())


def test_number_is_found_without_a_box(reader, image):
    given, reading = reader.read([image, image], [SIDES["3"], None])
    assert given == reader.read([image], [SIDES["3"]])[0]
    left, top, right, bottom = reading.box
    assert (reading.error, reading.source) == ("", "image 2")
    assert all(isinstance(edge, int) for edge in reading.box)
    assert SPOT[0] < (left + right) / 2 < SPOT[2]
    assert SPOT[1] < (top + bottom) / 2 < SPOT[3]


def test_paths_images_and_arrays_read_alike_and_what_is_broken_is_told(
    reader, image, tmp_path
):
    box = SIDES["2"]
    path, cut = tmp_path / "a.png", tmp_path / "cut.png"
    image.save(path)
    cut.write_bytes(path.read_bytes()[:-60])
    images = [path, cut, str(path), tmp_path / "no.png", None, image, np.asarray(image)]
    readings = reader.read(images, np.array([box] * len(images)))
    sources = ["a.png", "cut.png", "a.png", "no.png", "image 5", "image 6", "image 7"]
    assert [reading.source for reading in readings] == sources
    broken = {1: "cut short", 3: "no such file", 4: "NoneType"}
    for at, reading in enumerate(readings):
        if at in broken:
            assert reading.error.partition(": ")[0].endswith(reading.source)
            assert broken[at] in reading.error
            assert reading == Reading(source=reading.source, error=reading.error)
        else:
            assert (reading.number, reading.box, reading.error) == ("2", box, "")


@pytest.mark.parametrize(
    "kind", [str, Path, bytes, bytearray, memoryview, np.asarray, Image.open]
)
def test_one_image_alone_is_a_list_of_one(reader, image, tmp_path, kind):
    image.save(tmp_path / "a.png")
    of_bytes = kind in (bytes, bytearray, memoryview)
    content = (tmp_path / "a.png").read_bytes() if of_bytes else tmp_path / "a.png"
    source = kind(image if kind is np.asarray else content)
    (reading,) = reader.read(source, [SIDES["1"]])
    assert (reading.number, reading.error) == ("1", "")
    assert reader.read([source], [SIDES["1"]]) == [reading]


def test_box_may_reach_beyond_the_image(reader, image):
    (reading,) = reader.read([image.crop((0, 20, 80, 40))], [(40, -9, 100.4, 30)])
    assert (reading.number, reading.box, reading.error) == ("2", (40, -9, 100, 30), "")


@pytest.mark.parametrize(
    "box",
    [
        (60, 20, 60, 40),
        (np.nan, 20, 80, 40),
        (-50, 20, 0, 40),
        (-np.inf, 0, 10, 10),
        (0, 0, 1e6, 1e6),
        (1, 2, 3),
        ("a", 1, 2, 3),
        5,
    ],
)
def test_box_without_a_part_of_the_image_is_told_and_the_rest_is_read(
    reader, image, box
):
    wrong, right = reader.read([image, image], [box, SIDES["1"]])
    assert wrong.error.startswith(f"image 1: the box {box} is of no part")
    assert "upright image, 120 x 80" in wrong.error
    assert wrong == Reading(source="image 1", error=wrong.error)
    assert (right.number, right.error) == ("1", "")


@pytest.mark.parametrize("count", [0, 3])
def test_boxes_are_as_many_as_images(reader, image, count):
    assert reader.read([]) == reader.read([], []) == []
    with pytest.raises(ValueError, match=f"{count} boxes for 2 images"):
        reader.read([image, image], [SIDES["1"]] * count)


@pytest.mark.parametrize(("score", "sure"), [(0.79, False), (0.81, True)])
def test_sure_from_the_confidence_that_the_metadata_says(image, score, sure):
    reading = read_guided(image, stubborn(), [(SPOT, score)], sure_from=0.8)
    assert reading.confidence == pytest.approx(score, abs=1e-3)
    assert reading.sure is sure


def test_confidence_and_alternatives_are_at_the_metadata_s_temperature(
    network, finder, image
):
    plain, cold = (
        Reader(network, finder, metadata).read([image], [SIDES["1"]])[0]
        for metadata in ({}, {"temperature": 0.5})
    )
    odds = [
        np.log(one) - np.log(two)
        for (_, one), (_, two), _ in (plain.alternatives[0], cold.alternatives[0])
    ]
    assert odds[1] == pytest.approx(2 * odds[0])
    assert plain.confidence < cold.confidence <= 1


@pytest.mark.parametrize("temperature", [0.2, 5.0])
def test_temperature_chooses_no_other_number(network, image, temperature):
    """Flat crops say little of their four halves, and least when it is hot."""
    flat, spot = (0, 40, 40, 80), SIDES["4"]
    found = (flat, 0.9), (spot, 0.25)
    reading = read_guided(image, network, found, temperature=temperature)
    assert (reading.number, reading.box) == ("4", spot)


def test_others_are_apart_and_the_likeliest_first(image):
    found = (
        ((0, 0, 40, 20), 0.3),
        ((60, 20, 100, 40), 0.9),
        ((61, 21, 101, 41), 0.8),
        ((2, 0, 42, 20), 0.5),
        ((0, 50, 30, 70), 0.4),
        ((100, 60, 120, 80), DEFAULTS.min_other_confidence - 0.01),
    )
    reading = read_guided(image, stubborn(), found)
    assert reading.box == (60, 20, 100, 40)
    assert [other.box for other in reading.others] == [(2, 0, 42, 20), (0, 50, 30, 70)]
    assert all(other.number == "77" and not other.others for other in reading.others)


@pytest.mark.parametrize("size", [(120, 80), (1, 1), (1, 50), (300, 2)])
def test_flat_image_holds_no_number_and_however_small_is_read_in_a_box(reader, size):
    image = Image.new("L", size, 90)
    found, given = reader.read([image, image], [None, (0, 0, *size)])
    assert found == Reading(source="image 1")
    assert (given.box, given.error) == ((0, 0, *size), "")
    assert 0 < given.confidence <= 1


@pytest.mark.parametrize("kind", [Path, Image.open])
def test_boxes_are_in_pixels_of_the_upright_and_large_photo(
    reader, image, tmp_path, kind
):
    """A camera held upright stores its photo on the side, with a note."""
    exif = Image.Exif()
    exif[0x0112] = 6
    large = image.resize((3_600, 2_400), Image.Resampling.NEAREST)
    path = tmp_path / "turned.jpg"
    large.transpose(Image.Transpose.ROTATE_90).save(path, quality=80, exif=exif)
    boxes = [tuple(30 * edge for edge in box) for box in SIDES.values()]
    *given, found = reader.read([kind(path)] * 5, [*boxes, None])
    expected = list(zip(SIDES, boxes, strict=True))
    assert [(reading.number, reading.box) for reading in given] == expected
    left, top, right, bottom = found.box
    assert 30 * SPOT[0] < (left + right) / 2 < 30 * SPOT[2]
    assert 30 * SPOT[1] < (top + bottom) / 2 < 30 * SPOT[3]


def test_crops_of_a_number_are_averaged_as_probabilities_in_any_batches(reader, image):
    crops = reader.crops(image, list(SIDES.values()))
    chances = softmax(np.asarray(reader.network(network_input(crops)), float), axis=-1)
    pairs = crops.reshape(2, 2, *crops.shape[1:])
    found = reader.logits_of_crops(pairs, batch_size=3)
    expected = chances.reshape(2, 2, 6, 11).mean(axis=1)
    np.testing.assert_allclose(np.exp(found), expected, atol=1e-5)

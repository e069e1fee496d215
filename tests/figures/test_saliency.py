"""Which pixels matter: on networks whose answer hangs on pixels that are known."""

import keras
import numpy as np
import pytest

from helpers.evaluation import predict
from helpers.figures.saliency import saliency, saliency_figure
from helpers.networks import build_network

B = 10  # blank
ONE_DIGIT = np.array([[1, 0, B, B, B, B]])
RNG = np.random.default_rng(0)
CROPS = RNG.integers(0, 256, (4, 6, 8), dtype=np.uint8)


def of_one_pixel(images):
    """Logits (N, 6, 11): the first of position p is the pixel in row 0, column p."""
    return keras.ops.pad(images[:, 0, :6], ((0, 0), (0, 0), (0, 10)))


def network_of(function):
    inputs = keras.Input((6, 8, 1))
    return keras.Model(inputs, function(inputs))


@pytest.fixture(scope="module")
def network():
    return network_of(of_one_pixel)


def test_pixels_that_the_digits_hang_on_matter_and_no_other(network):
    labels = [[1, 3, B, B, B, B], [3, 0, 7, 2, B, B], [5, 1, 2, 3, 4, 5]]
    labels = np.array([*labels, [0, B, B, B, B, B]], np.uint8)
    maps = saliency(network, CROPS, labels, batch_size=3)
    assert not maps[:, 1:].any()
    found = [np.flatnonzero(row).tolist() for row in maps[:, 0]]
    assert found == [[1], [1, 2, 3], [1, 2, 3, 4, 5], []]


def test_value_is_the_slope_of_the_log_probability(network):
    crop = RNG.normal(size=(1, 6, 8)).astype(np.float32)
    value = saliency(network, crop, ONE_DIGIT, copies=1, noise=0)[0, 0, 1]
    pixel = crop[0, 0, 1]
    assert value == pytest.approx(1 - np.exp(pixel) / (np.exp(pixel) + 10), rel=1e-5)


def test_copies_of_opposite_slope_do_not_cancel():
    network = network_of(lambda images: of_one_pixel(keras.ops.abs(images)))
    crop = np.zeros((1, 6, 8), np.float32)
    crop[0, 5, 7] = 10
    once, often = (saliency(network, crop, ONE_DIGIT, copies=n) for n in (1, 50))
    assert 0.5 < often[0, 0, 1] / once[0, 0, 1] < 2


def test_without_labels_the_digits_read_are_asked_about():
    network = build_network(5, crop_size=12, depths=(2, 2, 3), seed=1)
    crops = RNG.integers(0, 256, (2, 12, 12), dtype=np.uint8)
    maps = saliency(network, crops, copies=2)
    assert maps.any()
    read = predict(network, crops)
    np.testing.assert_allclose(maps, saliency(network, crops, read, copies=2))


def test_same_seed_same_map(network):
    first, second, other = (saliency(network, CROPS, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_figure_has_the_map_below_each_crop():
    crops = np.zeros((2, 8, 8), np.uint8)
    maps = np.zeros((2, 8, 8))  # nothing matters: no division by nothing
    maps[1, 3, 4] = 2
    figure = saliency_figure([("one", crops, maps), ("two", crops, maps)])
    assert len(figure.axes) == 8
    heat = figure.axes[3].images[1].get_array()
    assert np.argwhere(heat == 1).tolist() == [[3, 4]]

"""The reader's networks: shapes, seeds, sizes, and Keras alone."""

import keras
import numpy as np
import pytest

from helpers.reader.crops import SIZE
from helpers.reader.networks import build_finder, build_reader


def small_reader(**options):
    return build_reader(depths=(3, 4, 5, 6), width=8, **options)


def small_finder(**options):
    return build_finder(depths=(3, 4, 5, 6, 7), **options)


BUILDERS = pytest.mark.parametrize("build", [small_reader, small_finder])


@pytest.fixture
def crops():
    noise = np.random.default_rng(7).standard_normal((3, 64, 96, 1))
    return noise.astype(np.float32)


@pytest.mark.parametrize("size", [SIZE, (40, 32)])
def test_reader_gives_logits_of_six_positions_of_crops_of_its_size(crops, size):
    network = small_reader(size=size)
    assert network.input_shape == (None, *size[::-1], 1)
    logits = np.asarray(network(crops[:, : size[1], : size[0]]))
    assert (logits.shape, logits.dtype) == ((3, 6, 11), np.float32)


@pytest.mark.parametrize("size", [(32, 32), (32, 96), (160, 64)])
def test_finder_takes_any_multiple_of_32(size):
    height, width = size
    network = small_finder()
    cells = network(np.zeros((2, height, width, 1), np.float32))
    assert cells.shape == (2, height // 8, width // 8, 5)


def test_finder_begins_with_scores_of_one_in_a_hundred_and_boxes_of_some_cells(crops):
    cells = np.asarray(small_finder(seed=1)(crops))
    scores = 1 / (1 + np.exp(-cells[..., 0]))
    assert 0.005 < scores.mean() < 0.02
    reaches = np.exp(cells[..., 1:]).mean((0, 1, 2))
    assert reaches == pytest.approx(np.exp([1.0, 0.5, 1.0, 0.5]), rel=0.15)


@BUILDERS
def test_same_seed_same_weights_another_seed_others(build):
    one, again, other = (build(seed=seed).get_weights() for seed in (4, 4, 5))
    for weight, same in zip(one, again, strict=True):
        np.testing.assert_array_equal(weight, same)
    assert any((weight != more).any() for weight, more in zip(one, other, strict=True))
    kernels = [weight for weight in one if weight.ndim > 1]
    assert len({tuple(kernel.ravel()[:4]) for kernel in kernels}) == len(kernels)


@BUILDERS
def test_layers_are_keras_own(build):
    for layer in build().layers:
        assert type(layer).__module__.startswith("keras."), layer.name
        assert not isinstance(layer, keras.layers.Lambda), layer.name

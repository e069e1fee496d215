"""The reader's networks: shapes, seeds, sizes, and Keras alone."""

from functools import partial

import keras
import numpy as np
import pytest

from helpers.reader.crops import SIZE
from helpers.reader.networks import build_finder, build_reader

small_reader = partial(build_reader, depths=(3, 4, 5, 6), width=8)
small_finder = partial(build_finder, depths=(3, 4, 5, 6, 7))
BUILDERS = pytest.mark.parametrize("build", [small_reader, small_finder])
CROPS = np.random.default_rng(7).standard_normal((3, 64, 96, 1), np.float32)


@pytest.mark.parametrize("size", [SIZE, (40, 32)])
def test_reader_gives_logits_of_six_positions_of_crops_of_its_size(size):
    network = small_reader(size=size)
    assert network.input_shape == (None, *size[::-1], 1)
    logits = np.asarray(network(CROPS[:, : size[1], : size[0]]))
    assert (logits.shape, logits.dtype) == ((3, 6, 11), np.float32)


@pytest.mark.parametrize("size", [(32, 32), (32, 96), (160, 64)])
def test_finder_takes_any_multiple_of_32(size):
    cells = small_finder()(np.zeros((2, *size, 1), np.float32))
    assert cells.shape == (2, size[0] // 8, size[1] // 8, 5)


def test_finder_begins_with_scores_of_one_in_a_hundred_and_boxes_of_some_cells():
    cells = np.asarray(small_finder(seed=1)(CROPS))
    scores = 1 / (1 + np.exp(-cells[..., 0]))
    assert 0.005 < scores.mean() < 0.02
    reaches = np.exp(cells[..., 1:]).mean((0, 1, 2))
    assert reaches == pytest.approx(np.exp([1.0, 0.5, 1.0, 0.5]), rel=0.15)


@BUILDERS
def test_same_seed_same_weights_another_seed_others(build):
    one, again, other = (build(seed=seed).get_weights() for seed in (4, 4, 5))
    assert all(map(np.array_equal, one, again))
    assert not all(map(np.array_equal, one, other))
    kernels = [weight for weight in one if weight.ndim > 1]
    assert len({tuple(kernel.ravel()[:4]) for kernel in kernels}) == len(kernels)


@BUILDERS
def test_layers_are_keras_own(build):
    for layer in build().layers:
        assert type(layer).__module__.startswith("keras."), layer.name
        assert not isinstance(layer, keras.layers.Lambda), layer.name

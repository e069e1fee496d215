"""A network of wider crops made from one of narrower ones."""

import numpy as np
import pytest

from helpers.reader.networks import build_reader
from workshop.making.widening import widened


def small_reader(**options):
    return build_reader(depths=(3, 4, 5, 6), width=8, **options)


@pytest.fixture
def crops():
    noise = np.random.default_rng(7).standard_normal((3, 64, 96, 1))
    return noise.astype(np.float32)


@pytest.mark.parametrize("width", [32, 64, 72, 96])
def test_widened_network_keeps_convolutions_and_takes_wider_crops(crops, width):
    network = small_reader(size=(48, 48), seed=2)
    before = network.get_weights()
    wider = widened(network, width)
    assert wider.input_shape == (None, 48, width, 1)
    assert wider(crops[:, :48, :width]).shape == (3, 6, 11)
    for old, new, kept in zip(
        before, wider.get_weights(), network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, kept)
        if old.shape == new.shape:
            np.testing.assert_array_equal(old, new)
        else:
            assert new.shape == (old.shape[0] * width // 48, old.shape[1])


def test_network_widened_to_its_own_width_is_the_same(crops):
    network, crops = small_reader(size=(48, 48), seed=2), crops[:, :48, :48]
    again = widened(network, 48)
    np.testing.assert_allclose(again(crops), network(crops), atol=1e-5)


def test_widened_network_mixes_the_nearest_columns_of_a_map():
    """With two in place of one, each has half of the weight."""
    network = small_reader(size=(48, 48), seed=2)
    wider = widened(network, 96)
    (kernel,), (wide,) = (
        one.get_layer("dense").get_weights() for one in (network, wider)
    )
    kernel, wide = kernel.reshape(6, 6, -1), wide.reshape(6, 12, -1)
    np.testing.assert_allclose(2 * wide[:, 0], kernel[:, 0], rtol=1e-5)
    between = 0.75 * kernel[:, 0] + 0.25 * kernel[:, 1]
    np.testing.assert_allclose(2 * wide[:, 1], between, rtol=1e-4, atol=1e-6)

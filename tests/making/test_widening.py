"""A network stretched to wider crops: what it knows stays."""

import numpy as np
import pytest

from helpers.reader.networks import build_reader
from workshop.making.widening import stretch_network


@pytest.fixture
def network():
    return build_reader(depths=(3, 4, 5, 6), width=8, size=(48, 48), seed=2)


@pytest.mark.parametrize("width", [32, 48, 96])
def test_convolutions_stay_and_wider_crops_are_taken(network, width):
    before = network.get_weights()
    wider = stretch_network(network, width)
    assert wider.input_shape == (None, 48, width, 1)
    for old, new, kept in zip(
        before, wider.get_weights(), network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, kept)
        if old.shape == new.shape:
            np.testing.assert_array_equal(old, new)
        else:
            assert new.shape == (old.shape[0] * width // 48, old.shape[1])


def test_weights_are_mixed_from_the_nearest_columns(network):
    """With two in place of one, each has half of the weight."""
    wider = stretch_network(network, 96)
    (kernel,), (wide,) = (
        one.get_layer("dense").get_weights() for one in (network, wider)
    )
    kernel, wide = kernel.reshape(6, 6, -1), wide.reshape(6, 12, -1)
    np.testing.assert_allclose(2 * wide[:, 0], kernel[:, 0], rtol=1e-5)
    between = 0.75 * kernel[:, 0] + 0.25 * kernel[:, 1]
    np.testing.assert_allclose(2 * wide[:, 1], between, rtol=1e-4, atol=1e-6)

"""Looking inside a network: each step by hand, each picture of what it says."""

import keras
import numpy as np
import pytest

from helpers.evaluation import network_input
from helpers.figures.layer_views import (
    change_by_layer,
    feature_maps,
    first_filters,
    layer_output,
    max_pool,
    relative_change,
    shifted,
    slide,
)
from helpers.networks import build_network


@pytest.fixture(scope="module")
def network():
    return build_network(5, crop_size=12, depths=(2, 2, 3), seed=1)


CROPS = np.random.default_rng(0).integers(0, 256, (2, 12, 12), dtype=np.uint8)


def test_slide_is_what_a_convolution_computes():
    rng = np.random.default_rng(0)
    images, kernel = rng.normal(size=(3, 9, 7)), rng.normal(size=(4, 4))
    expected = keras.ops.conv(images[..., None], kernel[..., None, None])
    np.testing.assert_allclose(slide(images, kernel), expected[..., 0], atol=1e-5)


def test_max_pool_takes_the_largest_of_each_window_and_drops_the_rest():
    maps = np.arange(15).reshape(1, 3, 5)
    assert max_pool(maps, 2).tolist() == [[[6, 8]]]


def test_shifted_moves_right_and_repeats_the_edge():
    images = np.array([[[1, 2, 3, 4]]])
    assert shifted(images, 2).tolist() == [[[1, 1, 1, 2]]]
    assert shifted(images, 0).tolist() == images.tolist()


def test_relative_change_is_1_for_as_far_as_to_another_image():
    before = np.array([[[0.0, 0.0]], [[6.0, 8.0]]])
    assert relative_change(before, before) == 0
    assert relative_change(before, before[::-1]) == 1
    assert relative_change(before, before + np.array([3.0, 4.0])) == 0.5


def test_layer_output_is_the_network_s_on_its_way_to_the_logits(network):
    logits = network.predict_on_batch(network_input(CROPS))
    found = layer_output(network, CROPS, "logits")
    np.testing.assert_allclose(found, logits, rtol=1e-5, atol=1e-6)
    assert layer_output(network, CROPS, "conv3").shape == (2, 9, 9, 3)


def test_change_by_layer_is_that_of_each_layer_s_output(network):
    changes = change_by_layer(network, CROPS, CROPS[::-1], ["conv3", "logits"])
    assert changes.to_dict() == pytest.approx({"conv3": 1, "logits": 1})


def test_first_filters_shows_every_kernel_on_one_scale(network):
    figure, numbers = first_filters(network)
    kernels = np.asarray(network.get_layer("conv3").kernel)
    shown = [axis.images[0] for axis in figure.axes if axis.images]
    largest = np.abs(kernels).max()
    assert [image.get_clim() for image in shown] == [(-largest, largest)] * 3
    np.testing.assert_array_equal(numbers["filter_2"], kernels[:, :, 0, 2].ravel())


def test_feature_maps_shows_the_crop_then_every_channel(network):
    axes = feature_maps(network, CROPS[0], "conv3").axes
    shown = [axis.images[0] for axis in axes if axis.images]
    maps = layer_output(network, CROPS[:1], "conv3")[0]
    np.testing.assert_array_equal(shown[0].get_array(), CROPS[0])
    assert len(shown) == 4
    np.testing.assert_array_equal(shown[2].get_array(), maps[..., 1])


def test_feature_maps_of_many_channels_are_the_strongest_by_name(network):
    axes = feature_maps(network, CROPS[0], "conv3", most=2).axes
    strongest = layer_output(network, CROPS[:1], "conv3")[0].max(axis=(0, 1)).argsort()
    names = [f"channel {n + 1}" for n in sorted(strongest[-2:])]
    assert [axis.get_title() for axis in axes if axis.images] == ["crop", *names]

"""The network in NumPy against arithmetic by hand, finite differences and Keras."""

import keras
import numpy as np
import pytest

from helpers.training.by_hand import (
    Weights,
    cross_entropy,
    descend,
    first_weights,
    forward,
    gradient,
    softmax,
    spread_by_layer,
    xavier,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(20, 16)).astype(np.float32)
LABELS = RNG.integers(0, 10, 20)
WEIGHTS = Weights(*(w + 0.1 for w in first_weights(16, 8, seed=1)))


def test_softmax_of_ratios_one_to_three_and_of_large_logits():
    assert softmax(np.log([1.0, 3.0])) == pytest.approx([0.25, 0.75])
    np.testing.assert_array_equal(softmax(np.array([1e4, 0.0])), [1, 0])


def test_cross_entropy_of_a_quarter_and_three_and_of_a_sure_wrong_answer():
    logits = np.log([[1.0, 3.0], [1.0, 3.0]])
    expected = -(np.log(0.25) + np.log(0.75)) / 2
    assert cross_entropy(logits, np.array([0, 1])) == pytest.approx(expected)
    assert cross_entropy(np.array([[1e4, 0.0]]), np.array([1])) == 1e4


@pytest.mark.parametrize("rectified", [True, False])
def test_gradient_is_the_slope_of_the_loss(rectified):
    def loss(weights):
        return cross_entropy(forward(weights, IMAGES, rectified), LABELS)

    exact = Weights(*(w.astype(float) for w in WEIGHTS))
    slopes = gradient(exact, IMAGES, LABELS, rectified)
    for name in Weights._fields:
        weight, slope = getattr(exact, name), getattr(slopes, name)
        place = (0,) * weight.ndim
        step = np.zeros_like(weight)
        step[place] = 1e-5
        rise = loss(exact._replace(**{name: weight + step}))
        rise -= loss(exact._replace(**{name: weight - step}))
        assert slope[place] == pytest.approx(rise / 2e-5, rel=1e-4, abs=1e-8), name


def test_two_layers_without_relu_are_one():
    one = WEIGHTS.hidden_kernel @ WEIGHTS.output_kernel
    bias = WEIGHTS.hidden_bias @ WEIGHTS.output_kernel + WEIGHTS.output_bias
    np.testing.assert_allclose(
        forward(WEIGHTS, IMAGES, rectified=False), IMAGES @ one + bias, atol=1e-5
    )


def test_same_weights_in_keras_give_the_same_logits():
    dense = keras.layers.Dense
    network = keras.Sequential([keras.Input((16,)), dense(8, "relu"), dense(10)])
    for variable, value in zip(network.trainable_variables, WEIGHTS, strict=True):
        variable.assign(value)
    logits = network(IMAGES)
    np.testing.assert_allclose(forward(WEIGHTS, IMAGES), logits, atol=1e-5)


def test_xavier_has_its_variance_and_type():
    kernel = xavier(300, 500, np.random.default_rng(0))
    assert kernel.shape == (300, 500)
    assert kernel.dtype == np.float32
    assert kernel.var() == pytest.approx(2 / 800, rel=0.02)


def test_descent_learns_what_can_be_learnt():
    images = np.eye(10, dtype=np.float32)[LABELS]
    weights, losses = descend(images, LABELS, steps=300, learning_rate=0.5)
    assert losses[0] > 0.5
    assert losses[-1] < 0.1
    assert (forward(weights, images).argmax(1) == LABELS).all()


@pytest.mark.parametrize(("steps", "decay_rate"), [(1, 1.0), (5, 0.0)])
def test_a_step_goes_down_the_slope_by_the_learning_rate(steps, decay_rate):
    """With decay to 0 only the first step counts."""
    options = {"batch_size": 500, "learning_rate": 0.1, "seed": 3}
    label = np.array([1])
    weights, _ = descend(
        IMAGES[:1], label, steps=steps, decay_rate=decay_rate, **options
    )
    start = first_weights(16, classes=2, seed=3)
    slopes = gradient(start, IMAGES[:1], label)
    expected = start.output_bias - 0.1 * slopes.output_bias
    np.testing.assert_allclose(weights.output_bias, expected, atol=1e-6)


def test_spread_shrinks_with_small_weights_and_grows_with_large_ones():
    inputs = np.random.default_rng(0).normal(size=(200, 128)).astype(np.float32)
    small, large = (spread_by_layer(inputs, scale, layers=5) for scale in (0.1, 5))
    assert len(small) == 6
    assert small[0] == large[0] == pytest.approx(1, abs=0.02)
    assert small[-1] < 1e-4
    assert large[-1] > 100

"""What a training minimises, against arithmetic by hand."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.training.losses import cross_entropy, l2_penalty


@pytest.mark.parametrize("shape", [(20, 6, 11), (20, 10)])
def test_cross_entropy_is_added_over_positions_and_averaged_over_images(shape):
    rng = np.random.default_rng(1)
    logits = rng.normal(size=shape)
    labels = rng.integers(0, shape[-1], shape[:-1])
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    right = np.take_along_axis(chances, labels[..., None], -1)
    loss = cross_entropy(tf.constant(logits, tf.float32), labels)
    assert float(loss) == pytest.approx(-np.log(right).sum() / 20)


def test_penalty_is_half_the_squared_kernels_or_their_first_rows():
    kernels = [tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[2.0], [5.0]])]
    assert float(l2_penalty(kernels, 0.1)) == pytest.approx(0.1 * (30 + 29) / 2)
    assert float(l2_penalty(kernels, 0.1, rows=1)) == pytest.approx(0.1 * (5 + 4) / 2)

"""Which pixels a network reads a number from."""

import keras
import numpy as np
import tensorflow as tf

from helpers.accuracy import BLANK
from helpers.evaluation import network_input

AT_ONCE = 8
"""Crops that are worked on together: what a gradient keeps of each is large."""


def saliency(
    network: keras.Model,
    crops: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    copies: int = 16,
    noise: float = 0.15,
    seed: int = 0,
) -> np.ndarray:
    """How much each pixel matters for the digits read: SmoothGrad, squared.

    The slope of the digits' summed log-probabilities over each pixel, as a root mean
    square over noisy copies of the crop: one crop's slopes alone are mostly chance.
    The noise is of Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise",
    arXiv:1706.03825; their mean lets slopes of opposite sign cancel, squares do not,
    as in Hooker et al. 2019, "A Benchmark for Interpretability Methods in Deep Neural
    Networks", arXiv:1806.10758.

    Parameters
    ----------
    network
        From (N, H, W, 1) to logits (N, 6, 11): [length, d1..d5].
    crops
        uint8 (N, H, W), or float32 pixels as the network takes them.
    labels
        Integers (N, 6), blank 10: the digits to ask about; by default those that the
        network reads. The length and the blank slots do not count.
    copies
        Of each crop.
    noise
        Standard deviation of what is added, as a part of a crop's range of values.
    seed
        Of the noise.

    Returns
    -------
    numpy.ndarray
        float32 (N, H, W), 0 or more: nats for a change by one standard deviation of
        the crop; all 0 where there is no digit.

    Raises
    ------
    ValueError
        The crops, the labels or the number of copies are not as above.
    """
    crops = np.asarray(crops)
    if crops.ndim != 3 or crops.dtype not in (np.uint8, np.float32):
        raise ValueError(
            f"crops are {crops.dtype} {crops.shape}; expected uint8 or float32, "
            "(N, H, W)."
        )
    if copies < 1:
        raise ValueError(f"copies is {copies}; expected 1 or more.")
    if labels is not None and np.shape(labels) != (len(crops), 6):
        raise ValueError(
            f"labels have shape {np.shape(labels)} for {len(crops)} crops; expected "
            f"({len(crops)}, 6)."
        )
    rng = np.random.default_rng(seed)
    maps = np.zeros(crops.shape, np.float32)
    for start in range(0, len(crops), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        inputs = np.asarray(network_input(crops[rows]))
        if labels is None:
            asked = np.asarray(network(inputs, training=False)).argmax(axis=-1)
        else:
            asked = np.asarray(labels[rows])
        spread = noise * np.ptp(inputs, axis=(1, 2), keepdims=True)
        squares = np.zeros(inputs.shape, np.float32)
        for _ in range(copies):
            noisy = inputs + spread * rng.standard_normal(inputs.shape, np.float32)
            squares += _slope(network, noisy, asked) ** 2
        maps[rows] = np.sqrt(squares[..., 0] / copies)
    return maps


def _slope(network: keras.Model, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of the digits' summed log-probabilities over inputs (N, H, W, 1)."""
    digits = labels[:, 1:].astype(np.int32)
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        log_probabilities = tf.nn.log_softmax(network(inputs, training=False)[:, 1:])
        of_digits = tf.gather(log_probabilities, digits, batch_dims=2)
        summed = tf.reduce_sum(tf.where(digits != BLANK, of_digits, 0))
    return tape.gradient(summed, inputs).numpy()

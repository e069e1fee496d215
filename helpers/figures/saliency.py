"""Which pixels a network reads a number from."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from helpers.accuracy import BLANK
from helpers.evaluation import network_input, predict
from helpers.figures.style import image_grid


def saliency(
    network: keras.Model,
    crops: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    copies: int = 16,
    noise: float = 0.15,
    seed: int = 0,
    batch_size: int = 8,
) -> np.ndarray:
    """Measure how much each pixel matters for the digits read: SmoothGrad, squared.

    The slope of the digits' summed log-probabilities over each pixel, as a root mean
    square over noisy copies of the crop (noise: Smilkov et al. 2017, arXiv:1706.03825;
    squares, which do not cancel: Hooker et al. 2019, arXiv:1806.10758). Of crops, as
    `network_input` takes them, come float32 (N, H, W): nats for a change by one
    standard deviation of the crop; all 0 where there is no digit.

    ``labels``, integers (N, 6), have the digits to ask about, by default those read;
    the length and blanks do not count. ``noise`` is the standard deviation of what is
    added, as a part of the crop's range of values.
    """
    answers = predict(network, crops) if labels is None else np.asarray(labels)
    rng = np.random.default_rng(seed)
    maps = np.zeros(crops.shape, np.float32)
    for start in range(0, len(crops), batch_size):
        rows = slice(start, start + batch_size)
        inputs = np.asarray(network_input(crops[rows]))
        spread = noise * np.ptp(inputs, axis=(1, 2), keepdims=True)
        squares = np.zeros(inputs.shape, np.float32)
        for _ in range(copies):
            noisy = inputs + spread * rng.standard_normal(inputs.shape, np.float32)
            squares += _slope(network, noisy, answers[rows]) ** 2
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


def saliency_figure(rows: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    """Show crops, and below each the pixels that its network read it from.

    ``rows`` are a network's name, crops uint8 (N, H, W) and their `saliency`; N is the
    same for all.
    """
    count = len(rows[0][1])
    twice = [crop for _, crops, _ in rows for crop in (*crops, *crops)]
    figure = image_grid(twice, columns=count, side=9 / count)
    axes = np.reshape(figure.axes, (len(rows), 2, count))
    for (name, _, maps), (above, below) in zip(rows, axes, strict=True):
        above[0].set_title(name, fontsize=8, loc="left")
        for axis, heat in zip(below, maps, strict=True):
            most = max(float(np.percentile(heat, 99.5)), 1e-9)
            strength = np.clip(heat / most, 0, 1)
            axis.imshow(strength, "hot", vmin=0, vmax=1, alpha=0.15 + 0.75 * strength)
    return figure

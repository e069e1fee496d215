"""A network of two layers in plain NumPy: every step of its training, written out.

The larger networks do the same by Keras, layer for layer. Here images are rows of
pixels, float32 (N, pixels), and labels are integers (N,), one class each.
"""

from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits


class Weights(NamedTuple):
    """What the network learns, or the loss's slope along each.

    float32 (pixels, hidden), (hidden,), (hidden, classes) and (classes,).
    """

    hidden_kernel: np.ndarray
    hidden_bias: np.ndarray
    output_kernel: np.ndarray
    output_bias: np.ndarray


def first_weights(
    pixels: int, hidden: int = 128, classes: int = 10, seed: int = 0
) -> Weights:
    """Random kernels and biases of 0, to begin with."""
    rng = np.random.default_rng(seed)
    return Weights(
        xavier(pixels, hidden, rng),
        np.zeros(hidden, np.float32),
        xavier(hidden, classes, rng),
        np.zeros(classes, np.float32),
    )


def xavier(inputs: int, outputs: int, rng: np.random.Generator) -> np.ndarray:
    """A random kernel, float32 (inputs, outputs), of variance 2 / (inputs + outputs).

    It keeps the spread of what passes (Glorot and Bengio 2010).
    """
    limit = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def forward(weights: Weights, images: np.ndarray, rectified: bool = True) -> np.ndarray:
    """Logits (N, classes): a matrix product, ReLU if ``rectified``, another product."""
    hidden = images @ weights.hidden_kernel + weights.hidden_bias
    if rectified:
        hidden = np.maximum(hidden, 0)
    return hidden @ weights.output_kernel + weights.output_bias


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits (..., classes) as probabilities: each positive, together 1.

    Subtracting the largest first changes no ratio and keeps powers from overflowing.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log(the probability that softmax gives to the right class)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    right = np.take_along_axis(shifted, labels[:, None], axis=-1)[:, 0]
    return float((np.log(np.exp(shifted).sum(axis=-1)) - right).mean())


def gradient(
    weights: Weights, images: np.ndarray, labels: np.ndarray, rectified: bool = True
) -> Weights:
    """How steeply the cross-entropy rises along every weight, by the chain rule."""
    hidden = images @ weights.hidden_kernel + weights.hidden_bias
    passed = hidden > 0 if rectified else np.ones_like(hidden, bool)
    hidden = hidden * passed
    logits = hidden @ weights.output_kernel + weights.output_bias

    # For softmax and cross-entropy together the slope is what was said less what is.
    slope = softmax(logits)
    slope[np.arange(len(labels)), labels] -= 1
    slope /= len(labels)
    back = (slope @ weights.output_kernel.T) * passed
    return Weights(
        images.T @ back, back.sum(axis=0), hidden.T @ slope, slope.sum(axis=0)
    )


def descend(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int,
    batch_size: int = 50,
    learning_rate: float = 0.05,
    decay_rate: float = 1.0,
    rectified: bool = True,
    seed: int = 0,
) -> tuple[Weights, np.ndarray]:
    """Gradient descent: at each step, a small way down the slope of a random batch.

    The learning rate falls exponentially and ends at ``decay_rate`` times the first.
    Besides the weights the result has each step's cross-entropy before it: float64
    (steps,).
    """
    weights = first_weights(images.shape[1], classes=int(labels.max()) + 1, seed=seed)
    rng = np.random.default_rng(seed)
    losses = np.empty(steps)
    with threadpool_limits(1, "blas"):  # the products are too small to share
        for step in range(steps):
            rows = rng.integers(len(images), size=batch_size)
            batch, right = images[rows], labels[rows]
            losses[step] = cross_entropy(forward(weights, batch, rectified), right)
            slopes = gradient(weights, batch, right, rectified)
            rate = np.float32(learning_rate * decay_rate ** (step / steps))
            weights = Weights(
                *(w - rate * s for w, s in zip(weights, slopes, strict=True))
            )
    return weights, losses


def spread_by_layer(
    inputs: np.ndarray, scale: float, layers: int = 10, seed: int = 0
) -> np.ndarray:
    """Root mean square of the inputs (N, width) and of each layer's outputs with ReLU.

    Every layer has the inputs' width; its weights are `xavier` times ``scale``. The
    result is float64 (1 + layers,).
    """
    rng = np.random.default_rng(seed)
    width = inputs.shape[1]
    outputs = [inputs]
    for _ in range(layers):
        kernel = np.float32(scale) * xavier(width, width, rng)
        outputs.append(np.maximum(outputs[-1] @ kernel, 0))
    return np.array([np.sqrt(np.mean(values**2)) for values in outputs], float)

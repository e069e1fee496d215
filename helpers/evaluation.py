"""What a network answers, and how often it is right."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers.accuracy import POSITIONS, Score, measure
from helpers.errors import InputError
from helpers.networks import CLASSES, build_network, load_report_weights


def forward(
    network: Callable,
    inputs: np.ndarray,
    batch_size: int = 500,
    prepare: Callable | None = None,
) -> np.ndarray:
    """The outputs of a network for inputs (N, ...): float32 (N, ...).

    ``network`` is any function of a batch, which ``prepare`` makes of ``batch_size``
    inputs at a time.
    """
    if not len(inputs):
        raise ValueError("inputs hold none; expected at least one.")
    # Called as it is: `keras.Model.predict` would trace a graph for every network.
    outputs = []
    for start in range(0, len(inputs), batch_size):
        batch = inputs[start : start + batch_size]
        output = network(prepare(batch) if prepare else batch)
        outputs.append(keras.ops.convert_to_numpy(output))
    return np.concatenate(outputs)


def predict(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The likeliest class at every position, for images as `network_input` takes them.

    int64 (N, 6), [length, d1..d5] with blank 10, or (N,) for letters.
    """
    logits = forward(network, images, prepare=network_input)
    return logits.argmax(-1).astype(np.int64)


def evaluate(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> Score:
    """All measures of a network's answers to images whose numbers are known."""
    return measure(predict(network, images), labels)


def network_input(images) -> tf.Tensor:
    """Images (N, height, width) as a network takes them: float32 (N, height, width, 1).

    uint8 crops get mean 0 and standard deviation 1 each, a flat one is all 0
    (report, preprocessing step 4); float32 pixels stay as they are.
    """
    images = tf.convert_to_tensor(images)[..., None]
    if images.dtype == tf.uint8:
        images = tf.image.per_image_standardization(images)
    return images


def load_network(path: Path | str) -> keras.Model:
    """A network for numbers from a file: one of ours (.keras) or the report's (.npz).

    Raises FileNotFoundError, or InputError of a file without a network that gives
    (N, 6, 11).
    """
    path = Path(path)
    expected = "expected a run's network.keras or the report's seven_layer_200k.npz."
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; {expected}")
    if path.suffix == ".npz":
        network = build_network(7)
        load_report_weights(network, path)
        return network
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its parts raise
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{path}: holds no network that Keras can read ({reason}); {expected}"
        ) from error
    if network.output_shape[1:] != (POSITIONS, CLASSES):
        raise InputError(
            f"{path}: its output is {network.output_shape}; expected (None, "
            f"{POSITIONS}, {CLASSES}), the logits of a number."
        )
    return network

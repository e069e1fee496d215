"""What a network answers, and how often it is right."""

from pathlib import Path

import keras
import numpy as np

from helpers.accuracy import POSITIONS, Score, measure
from helpers.batches import network_input
from helpers.networks import CLASSES, build_network, load_report_weights


def predict(network: keras.Model, images: np.ndarray, batch_size=500) -> np.ndarray:
    """The likeliest class at every position.

    Parameters
    ----------
    network
        Logits (N, 6, 11) for numbers, (N, 10) for letters.
    images
        uint8 crops or float32 pixels (N, side, side), see `batches.Examples`.
    batch_size
        Images at a time, which bounds the memory.

    Returns
    -------
    numpy.ndarray
        int64 (N, 6), [length, d1..d5] with blank 10, or (N,).
    """
    if not len(images):
        raise ValueError("images hold none; expected at least one.")
    return np.concatenate(
        [
            network.predict_on_batch(network_input(images[start : start + batch_size]))
            .argmax(-1)
            .astype(np.int64)
            for start in range(0, len(images), batch_size)
        ]
    )


def evaluate(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> Score:
    """All measures of a network's answers to images whose numbers are known."""
    return measure(predict(network, images), labels)


def load_network(path: Path | str) -> keras.Model:
    """A network for numbers from a file: one of ours (.keras, .h5) or the report's.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file holds no network, or one whose output is not (N, 6, 11).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected a trained network (.keras or .h5) or the "
            "report's seven_layer_200k.npz."
        )
    if path.suffix == ".npz":
        network = build_network(7)
        load_report_weights(network, path)
        return network
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its parts raise
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"{path}: holds no Keras network that can be read ({reason}); expected one "
            "that a training run of this workbook saved."
        ) from error
    if network.output_shape[1:] != (POSITIONS, CLASSES):
        raise ValueError(
            f"{path}: its output is {network.output_shape}; expected (None, "
            f"{POSITIONS}, {CLASSES}), the logits of a number."
        )
    return network

"""What a network answers, and how often it is right."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from helpers.accuracy import POSITIONS, Score, measure
from helpers.batches import network_input
from helpers.networks import CLASSES, build_network, load_report_weights
from helpers.settings import Settings
from helpers.store import read_archive


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
    parts = (
        network_input(images[start : start + batch_size])
        for start in range(0, len(images), batch_size)
    )
    # Called as it is: `keras.Model.predict` would trace a graph for every network.
    logits = [
        keras.ops.convert_to_numpy(network(part, training=False)) for part in parts
    ]
    return np.concatenate(logits).argmax(-1).astype(np.int64)


def evaluate(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> Score:
    """All measures of a network's answers to images whose numbers are known."""
    return measure(predict(network, images), labels)


def evaluate_archive(
    network: keras.Model, name: str, settings: Settings
) -> tuple[Score, dict[int, str]]:
    """All measures of a network's answers to every image of an archive.

    Parameters
    ----------
    network
        Its input says how large the crops are.
    name
        ``"train"``, ``"test"`` or ``"extra"``; the source needs no other.
    settings
        Where the archive is, and the margin of the crops.

    Returns
    -------
    score : Score
    skipped : dict
        For the number of each image that no score counts, the reason.

    Raises
    ------
    FileNotFoundError
        The source has no such archive.
    ValueError
        None of its images can be read.
    """
    settings = replace(settings, crop_size=network.input_shape[1])
    split, skipped = read_archive(name, settings)
    if not len(split):
        raise ValueError(
            f"{name} of {settings.data}: none of its {len(skipped)} images can be "
            f"read and cropped ({next(iter(skipped.values()), 'it has none')}); "
            "expected at least one. Use a whole archive in the official layout."
        )
    return evaluate(network, split.images, split.labels), skipped


def load_network(path: Path | str) -> keras.Model:
    """A network for numbers from a file: one of ours (.keras) or the report's (.npz).

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file holds no network, or one whose output is not (N, 6, 11).
    """
    path = Path(path)
    expected = (
        "expected a network that a training run of this workbook saved (.keras) or the "
        "report's seven_layer_200k.npz."
    )
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; {expected}")
    if path.suffix == ".npz":
        network = build_network(7)
        load_report_weights(network, path)
        return network
    if path.suffix != ".keras":
        raise ValueError(f"{path}: its name ends in {path.suffix!r}; {expected}")
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its parts raise
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"{path}: holds no network that Keras can read ({reason}); {expected}"
        ) from error
    if network.output_shape[1:] != (POSITIONS, CLASSES):
        raise ValueError(
            f"{path}: its output is {network.output_shape}; expected (None, "
            f"{POSITIONS}, {CLASSES}), the logits of a number."
        )
    return network

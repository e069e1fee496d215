"""How often a reader's network is right on contexts, and what makes it sure."""

import keras
import numpy as np
from PIL import Image

from helpers.accuracy import coverage_at_accuracy
from helpers.evaluation import forward
from helpers.preprocessing import normalise
from helpers.reader.calibration import fit_temperature
from helpers.reader.crops import MARGIN, SIZE, number_crops
from helpers.reader.decoding import decode
from helpers.reader.reader import Reader
from workshop.making.contexts import CONTEXT_SIZE, middle


def strict(network: keras.Model, contexts: np.ndarray, labels: np.ndarray) -> float:
    """Share of whole numbers read rightly in the middle of contexts (N, 72, 108)."""
    size = network.input_shape[2], SIZE[1]
    crops = [Image.fromarray(crop).resize(size) for crop in middle(contexts)]
    inputs = normalise(np.stack([np.asarray(crop) for crop in crops]))[..., None]
    predicted, _ = decode(forward(network, inputs))
    return float((predicted == labels).all(axis=1).mean())


def calibrate(network: keras.Model, contexts: np.ndarray, labels: np.ndarray) -> dict:
    """`fit_confidences` to held-out contexts, read as a reader does."""
    logits = Reader(network, network, {}).logits_of_crops(reader_crops(contexts))
    return fit_confidences(logits, labels)


def fit_confidences(
    logits: np.ndarray, labels: np.ndarray, accuracy: float = 0.98
) -> dict[str, float]:
    """Fit what makes a reader's confidences mean something.

    That is ``temperature``, see `fit_temperature`, and ``sure_from``, the least
    calibrated confidence from which on a share ``accuracy`` of the numbers are right,
    as Goodfellow et al. (2014) ask what people reach; 1 if there is none.
    """
    temperature = fit_temperature(logits, labels)
    predicted, confidences = decode(logits, temperature)
    right = (predicted == labels).all(axis=1)
    kept = coverage_at_accuracy(confidences, right, accuracy)
    return {"temperature": temperature, "sure_from": min(kept.threshold, 1.0)}


def reader_crops(contexts: np.ndarray) -> np.ndarray:
    """Take the crops that a reader would, of the middles of contexts."""
    centre, reach = np.array(CONTEXT_SIZE) / 2, np.array(SIZE) / (1 + 2 * MARGIN) / 2
    box = [*(centre - reach), *(centre + reach)]
    crops = [number_crops(Image.fromarray(one), [box]) for one in contexts]
    return np.concatenate(crops)

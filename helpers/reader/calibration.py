"""From logits to confidences that say how often they are right."""

import numpy as np
from scipy.optimize import minimize_scalar

from helpers.reader.decoding import decode


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Fit the temperature at which confidences are the share of right answers.

    It minimises the cross-entropy of "right" and "wrong" under the confidences of
    whole numbers, where Guo et al. (2017) have a single class. Fit it on images that
    nothing was trained on.

    ``logits`` are float (N, 6, 11), ``labels`` integers (N, 6), see `decoding.decode`.
    """
    right = (decode(logits)[0] == labels).all(axis=1)

    def cross_entropy(logarithm: float) -> float:
        _, confidences = decode(logits, np.exp(logarithm))
        said = np.where(right, confidences, 1 - confidences)
        return float(-np.log(np.maximum(said, 1e-12)).mean())

    bounds = tuple(np.log([0.1, 10.0]))
    found = minimize_scalar(cross_entropy, bounds=bounds, method="bounded")
    return float(np.exp(found.x))

"""Whether a confidence says how often it is right."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from helpers.accuracy import checked_confidences, wilson_interval
from helpers.reader.decoding import decode

BINS = 15
"""Of a reliability diagram, as many as Guo et al. (2017) have."""


def fit_temperature(
    logits: np.ndarray, labels: np.ndarray, bounds: tuple[float, float] = (0.1, 10.0)
) -> float:
    """Fit the temperature at which confidences are the share of right answers.

    It minimises the cross-entropy of "right" and "wrong" under the confidences of
    whole numbers, where Guo et al. (2017) have a single class. Fit it on images that
    nothing was trained on.

    Parameters
    ----------
    logits
        float (N, 6, 11), see `decoding.decode`.
    labels
        Integers (N, 6), [length, d1..d5], blank 10.
    """
    right = (decode(logits)[0] == labels).all(axis=1)

    def cross_entropy(logarithm: float) -> float:
        _, confidences = decode(logits, np.exp(logarithm))
        said = np.where(right, confidences, 1 - confidences)
        return float(-np.log(np.maximum(said, 1e-12)).mean())

    found = minimize_scalar(
        cross_entropy, bounds=tuple(np.log(bounds)), method="bounded"
    )
    return float(np.exp(found.x))


def reliability(confidences, right, bins: int = BINS) -> pd.DataFrame:
    """Put confidences in bins of equal width beside the share of right answers.

    Returns
    -------
    pandas.DataFrame
        By bin, empty ones left out: ``images``, the mean ``confidence``, the share
        ``right`` and its Wilson interval, ``low`` and ``high``, 95 %.
    """
    confidences, right = checked_confidences(confidences, right)
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    rows = {}
    for number in np.unique(place):
        inside = place == number
        images, correct = int(inside.sum()), int(right[inside].sum())
        low, high = wilson_interval(correct, images)
        rows[int(number)] = {
            "images": images,
            "confidence": confidences[inside].mean(),
            "right": correct / images,
            "low": low,
            "high": high,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("bin")


def calibration_error(confidences, right, bins: int = BINS) -> float:
    """Return the expected calibration error (Guo et al. 2017), 0 to 1.

    The mean over images of the distance between confidence and share right in each
    bin of `reliability`; chance alone makes it larger than 0.
    """
    table = reliability(confidences, right, bins)
    apart = (table["confidence"] - table["right"]).abs()
    return float((apart * table["images"]).sum() / table["images"].sum())


def kept_by(confidences, right, threshold: float) -> dict[str, float]:
    """Count what a threshold that was set elsewhere keeps here.

    Returns
    -------
    dict
        ``images``, ``coverage``, and of those kept the share right, ``accuracy``,
        with its Wilson interval, ``low`` and ``high``, 95 %; these are not numbers if
        none is kept.
    """
    confidences, right = checked_confidences(confidences, right)
    kept = right[confidences >= threshold]
    low, high = wilson_interval(kept.sum(), len(kept)) if len(kept) else (np.nan,) * 2
    return {
        "images": len(right),
        "coverage": len(kept) / len(right),
        "accuracy": float(kept.mean()) if len(kept) else np.nan,
        "low": low,
        "high": high,
    }

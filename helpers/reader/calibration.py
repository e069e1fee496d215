"""Whether a confidence says how often it is right."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from helpers.accuracy import checked_confidences, wilson_interval
from helpers.reader.decoding import decode

BINS = 15
"""Of a reliability diagram, as many as Guo et al. (2017) have."""


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


def reliability(confidences, right, bins: int = BINS) -> pd.DataFrame:
    """Put confidences in bins of equal width beside the share of right answers.

    A row for each bin that holds images: ``images``, the mean ``confidence``, the
    share ``right`` and its 95 % Wilson interval, ``low`` and ``high``.
    """
    confidences, right = checked_confidences(confidences, right)
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    groups = pd.DataFrame({"confidence": confidences, "right": right}).groupby(place)
    table = groups.mean().rename_axis("bin")
    table.insert(0, "images", groups.size())
    bounds = map(wilson_interval, groups["right"].sum(), table["images"])
    table[["low", "high"]] = list(bounds)
    return table


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

    ``images``, ``coverage``, and of those kept the share right, ``accuracy``, with its
    95 % Wilson interval, ``low`` and ``high``; not numbers if none is kept.
    """
    confidences, right = checked_confidences(confidences, right)
    kept = right[confidences >= threshold]
    counts = {"images": len(right), "coverage": len(kept) / len(right)}
    if not len(kept):
        return counts | dict.fromkeys(("accuracy", "low", "high"), np.nan)
    low, high = wilson_interval(kept.sum(), len(kept))
    return counts | {"accuracy": float(kept.mean()), "low": low, "high": high}

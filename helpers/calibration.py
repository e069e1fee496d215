"""Whether a confidence says how often it is right, and what it is good for.

Confidences are floats (N,), 0 to 1, and ``right`` is bool (N,): whether each answer is
right as a whole, the strict measure.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.optimize import minimize_scalar

from helpers.accuracy import checked_confidences, coverage_at_accuracy, wilson_interval
from helpers.figures import styled
from helpers.reading import decode

BINS = 15
"""Of a reliability diagram, as many as Guo et al. (2017) have."""

TARGETS = (0.98, 0.99)
"""Accuracies to be reached: of people (Goodfellow et al. 2014), and half the errors."""

TEMPERATURES = (0.1, 10.0)
"""Between which the best one is looked for."""

RESAMPLES = 1_000
"""Of the bootstrap behind an interval."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which confidences fit best how often answers are right.

    One number for all images, chosen on images that nothing was trained on: it makes
    the cross-entropy of "right" and "wrong" under the confidences of whole numbers
    smallest. Guo et al. (2017) do the same for a single class; a number's six
    positions go right and wrong together, which its own probability does not know.

    Parameters
    ----------
    logits
        float (N, 6, 11), see `reading.decode`.
    labels
        Integers (N, 6), [length, d1..d5], blank 10.
    """
    right = (decode(logits)[0] == labels).all(axis=1)

    def cross_entropy(logarithm: float) -> float:
        _, confidences = decode(logits, np.exp(logarithm))
        said = np.where(right, confidences, 1 - confidences)
        return float(-np.log(np.maximum(said, 1e-12)).mean())

    found = minimize_scalar(
        cross_entropy, bounds=tuple(np.log(TEMPERATURES)), method="bounded"
    )
    return float(np.exp(found.x))


def reliability(confidences, right, bins: int = BINS) -> pd.DataFrame:
    """Confidences in bins of equal width, beside the share of right answers in each.

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
    """How far confidences are from the share of right answers, on average over images.

    The expected calibration error of Guo et al. (2017): the distance in each bin of
    `reliability`, weighted by its images. Chance alone makes it larger than 0, the
    more so the fewer images there are.
    """
    table = reliability(confidences, right, bins)
    apart = (table["confidence"] - table["right"]).abs()
    return float((apart * table["images"]).sum() / table["images"].sum())


def coverage_interval(
    confidences,
    right,
    accuracy: float = 0.98,
    resamples: int = RESAMPLES,
    seed: int = 2016,
) -> tuple[float, float]:
    """Between what `coverage_at_accuracy` lies on other images of the kind, 95 %.

    By the bootstrap: the images are drawn again with replacement, each time the
    threshold is found anew, and the interval has the middle 95 % of what comes out.
    """
    confidences, right = checked_confidences(confidences, right)
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(right), len(right))
        kept = coverage_at_accuracy(confidences[drawn], right[drawn], accuracy)
        shares.append(kept.share)
    low, high = np.quantile(shares, (0.025, 0.975))
    return float(low), float(high)


def coverage_table(
    answers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    targets: tuple[float, ...] = TARGETS,
) -> pd.DataFrame:
    """Coverage at each accuracy to be reached, for several sets of answers.

    Parameters
    ----------
    answers
        Confidences and ``right`` by name.
    targets
        Accuracies.

    Returns
    -------
    pandas.DataFrame
        By name and ``target``: ``images``, ``coverage`` with the bounds of its
        bootstrap interval, ``low`` and ``high``, and the ``threshold``.
    """
    rows = {}
    for name, (confidences, right) in answers.items():
        for target in targets:
            kept = coverage_at_accuracy(confidences, right, target)
            low, high = coverage_interval(confidences, right, target)
            rows[name, target] = {
                "images": len(right),
                "coverage": kept.share,
                "low": low,
                "high": high,
                "threshold": kept.threshold,
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["answers", "target"])
    return table


def kept_by(confidences, right, threshold: float) -> dict[str, float]:
    """What a threshold that was set elsewhere does here.

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


def kept_answers(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Confidences and ``right`` by reader and by whether it was told the box.

    Parameters
    ----------
    table
        What tools/reader_coverage.py keeps: ``trained_on``, ``box``, ``confidence``,
        ``right``.
    """
    return {
        f"{trained_on}, box {box}": (
            rows["confidence"].to_numpy(),
            rows["right"].to_numpy(bool),
        )
        for (trained_on, box), rows in table.groupby(["trained_on", "box"], sort=False)
    }


def sure_table(table: pd.DataFrame) -> pd.DataFrame:
    """What each reader's own threshold does, as `kept_by` counts it.

    Parameters
    ----------
    table
        What tools/reader_coverage.py keeps: besides `kept_answers` its ``sure_from``.
    """
    groups = table.groupby(["trained_on", "box"], sort=False)
    thresholds = groups["sure_from"].first()
    rows = {
        name: {"sure_from": threshold} | kept_by(*answers, threshold)
        for (name, answers), threshold in zip(
            kept_answers(table).items(), thresholds, strict=True
        )
    }
    return pd.DataFrame.from_dict(rows, orient="index")


@styled
def reliability_figure(
    answers: Mapping[str, tuple[np.ndarray, np.ndarray]], bins: int = BINS
) -> Figure:
    """Share of right answers by confidence, a panel for each set; the line is ideal.

    The area of a mark grows with the images in its bin, and its bar is their Wilson
    interval, 95 %.

    Parameters
    ----------
    answers
        Confidences and ``right`` by name.
    bins
        Bins of equal width.
    """
    figure, axes = plt.subplots(
        1,
        len(answers),
        figsize=(3.6 * len(answers), 3.8),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (name, (confidences, right)) in zip(
        axes[0], answers.items(), strict=True
    ):
        table = reliability(confidences, right, bins)
        error = calibration_error(confidences, right, bins)
        axis.plot([0, 1], [0, 1], color="gray", ls=":")
        reach = [table["right"] - table["low"], table["high"] - table["right"]]
        axis.errorbar(
            table["confidence"],
            table["right"],
            yerr=np.maximum(reach, 0),
            fmt="none",
            color="C0",
            alpha=0.5,
        )
        share = table["images"] / table["images"].sum()
        axis.scatter(table["confidence"], table["right"], s=15 + 300 * share)
        axis.set(
            title=f"{name}\n{len(right):,} images, error {100 * error:.1f} points",
            xlabel="confidence",
            xlim=(0, 1),
            ylim=(0, 1.02),
        )
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("whole numbers right")
    return figure


@styled
def coverage_figure(
    answers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    targets: tuple[float, ...] = TARGETS,
) -> Figure:
    """Accuracy of the answers that are kept, as more and more are.

    Parameters
    ----------
    answers
        Confidences and ``right`` by name.
    targets
        Accuracies, each a dotted line; where a curve crosses it last is its coverage.
    """
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    lowest = min(targets)
    for name, (confidences, right) in answers.items():
        confidences, right = checked_confidences(confidences, right)
        order = np.argsort(-confidences, kind="stable")
        number = np.arange(1, len(right) + 1)
        accuracy = np.cumsum(right[order]) / number
        (line,) = axis.plot(number / len(right), accuracy, label=name)
        axis.plot(1, accuracy[-1], "o", color=line.get_color(), clip_on=False)
        lowest = min(lowest, accuracy[-1])
    for target in targets:
        axis.axhline(target, color="gray", ls=":")
    axis.set(
        xlabel="share of the images that are kept, the surest first",
        ylabel="whole numbers right of these",
        xlim=(0, 1),
        ylim=(max(0, lowest - 0.03), 1.005),
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower left")
    return figure

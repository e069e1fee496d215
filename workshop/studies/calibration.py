"""Whether a confidence says how often it is right, and what it is good for.

``answers`` hold, by name, confidences, floats (N,) from 0 to 1, and ``right``, bool
(N,): whether each answer is right as a whole, the strict measure.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from helpers.accuracy import checked_confidences, coverage_at_accuracy, wilson_interval
from helpers.figures.style import percent, styled
from workshop.studies.charts import reach

Answers = Mapping[str, tuple[np.ndarray, np.ndarray]]

TARGETS = (0.98, 0.99)
"""Accuracies to be reached: of people (Goodfellow et al. 2014), and half the errors."""


BINS = 15
"""Of a reliability diagram, as many as Guo et al. (2017) have."""


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


def coverage_interval(confidences, right, accuracy: float) -> tuple[float, float]:
    """Bound what `coverage_at_accuracy` may be on other images of the kind, 95 %.

    By the percentile bootstrap: the images are drawn again with replacement, and the
    threshold is found anew each time.
    """
    found = stats.bootstrap(
        (confidences, right),
        lambda sure, is_right: coverage_at_accuracy(sure, is_right > 0, accuracy).share,
        n_resamples=1_000,
        vectorized=False,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(2016),
    )
    low, high = found.confidence_interval
    return float(low), float(high)


def coverage_table(answers: Answers) -> pd.DataFrame:
    """Measure the coverage of answers at each of the `TARGETS`.

    By name and ``target``: ``coverage``, and the bounds of its bootstrap interval,
    ``low`` and ``high``.
    """
    rows = {}
    for name, (confidences, right) in answers.items():
        for target in TARGETS:
            kept = coverage_at_accuracy(confidences, right, target)
            low, high = coverage_interval(confidences, right, target)
            rows[name, target] = {"coverage": kept.share, "low": low, "high": high}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis(["answers", "target"])


def kept_answers(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Give the answers that tools/reader_coverage.py kept, by reader and box."""
    return {
        name: (rows["confidence"].to_numpy(), rows["right"].to_numpy(bool))
        for name, rows in table.groupby(_names(table), sort=False)
    }


def threshold_table(table: pd.DataFrame) -> pd.DataFrame:
    """Measure what the own threshold of each reader in kept answers does."""
    own = table.groupby(_names(table))["sure_from"].first()
    rows = {
        name: {"sure_from": own[name]} | kept_by(*answers, own[name])
        for name, answers in kept_answers(table).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _names(table: pd.DataFrame) -> np.ndarray:
    return (table["trained_on"] + ", box " + table["box"]).to_numpy()


@styled
def reliability_figure(answers: Answers) -> Figure:
    """Draw the share of right answers by confidence, a panel each; the line is ideal.

    The area of a mark grows with the images in its bin, and its bar is their Wilson
    interval, 95 %.
    """
    size, options = (2.7 * len(answers), 3.2), {"squeeze": False, "sharey": True}
    figure, axes = plt.subplots(
        1, len(answers), figsize=size, layout="constrained", **options
    )
    for axis, (name, pair) in zip(axes[0], answers.items(), strict=True):
        table, error = reliability(*pair), calibration_error(*pair)
        images, place, share, low, high = table.to_numpy().T
        bars = {"fmt": "none", "color": "C0", "alpha": 0.5}
        axis.plot([0, 1], [0, 1], color="gray", ls=":")
        axis.errorbar(place, share, yerr=reach(share, low, high), **bars)
        axis.scatter(place, share, s=15 + 300 * images / images.sum())
        axis.set(
            title=f"{name}\n{images.sum():,.0f} images, error {100 * error:.1f} points",
            xlabel="confidence",
            xlim=(0, 1),
            ylim=(0, 1.02),
        )
        percent(axis.xaxis, axis.yaxis)
        axis.set_xticks((0, 0.5, 1))
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("whole numbers right")
    return figure


@styled
def coverage_figure(answers: Answers) -> Figure:
    """Draw the accuracy of the answers that are kept, as more and more are.

    The `TARGETS` are dotted lines; where a curve crosses one last is its coverage.
    """
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    lowest = min(TARGETS)
    for name, (confidences, right) in answers.items():
        order = np.argsort(-confidences, kind="stable")
        number = np.arange(1, len(right) + 1)
        accuracy = np.cumsum(right[order]) / number
        (line,) = axis.plot(number / len(right), accuracy, label=name)
        axis.plot(1, accuracy[-1], "o", color=line.get_color(), clip_on=False)
        lowest = min(lowest, accuracy[-1])
    for target in TARGETS:
        axis.axhline(target, color="gray", ls=":")
    axis.set(
        xlabel="share of the images that are kept, the surest first",
        ylabel="whole numbers right of these",
        xlim=(0, 1),
        ylim=(max(0, lowest - 0.03), 1.005),
    )
    percent(axis.xaxis, axis.yaxis)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower left")
    return figure

"""Whether a confidence says how often it is right, and what it is good for.

``answers`` hold, by name, confidences, floats (N,) from 0 to 1, and ``right``, bool
(N,): whether each answer is right as a whole, the strict measure.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from helpers.accuracy import coverage_at_accuracy
from helpers.figures.style import percent, styled
from helpers.reader.calibration import calibration_error, kept_by, reliability
from workshop.studies.charts import reach

Answers = Mapping[str, tuple[np.ndarray, np.ndarray]]

TARGETS = (0.98, 0.99)
"""Accuracies to be reached: of people (Goodfellow et al. 2014), and half the errors."""


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
    size, options = (3.6 * len(answers), 3.8), {"squeeze": False, "sharey": True}
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
    axis.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower left")
    return figure

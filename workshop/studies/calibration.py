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

from helpers.accuracy import checked_confidences, coverage_at_accuracy
from helpers.figures.style import styled
from helpers.reader.calibration import BINS, calibration_error, kept_by, reliability

TARGETS = (0.98, 0.99)
"""Accuracies to be reached: of people (Goodfellow et al. 2014), and half the errors."""


RESAMPLES = 1_000
"""Of the bootstrap behind an interval."""


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

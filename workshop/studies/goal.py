"""The report's goal, 95 whole numbers of 100: who reads how many, trained on what."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers import paper
from helpers.accuracy import wilson_interval
from helpers.figures.curves import kept_curves
from helpers.figures.style import styled
from helpers.settings import ROOT, Settings

READER_RESULTS = ROOT / "benchmarks" / "results" / "reader_accuracy.csv"
"""What benchmarks/reader_accuracy.py measured."""

OURS, THEIRS = "measured here", "as published"


def goal_table(
    settings: Settings, reader_results: Path = READER_RESULTS
) -> pd.DataFrame:
    """Strict accuracy of this course's networks and of others, on photographs.

    The report's own weights are measured on official test images alone: the photographs
    that the others here are measured on were among those it learned from. Long runs
    and measurements that were not made have no row.

    Returns
    -------
    pandas.DataFrame
        By ``network``: ``trained_on`` and ``measured_on`` in words, ``images`` measured
        on, ``strict`` with the bounds of its Wilson interval, ``low`` and ``high``,
        95 %, and ``source``, who measured it. The lowest first.
    """
    official = f"{paper.OFFICIAL_TEST:,} official test images"
    rows = [
        _row(
            "the report's own weights",
            f"{paper.CHECKPOINT_TRAINED_ON:,} photographs, train and extra",
            f"the first {paper.CHECKPOINT['images']} official test images",
            paper.CHECKPOINT["images"],
            paper.CHECKPOINT["strict"],
            OURS,
        )
    ]
    rows += [
        _row(one.name, one.trained_on, official, paper.OFFICIAL_TEST, one.strict)
        for one in paper.PUBLISHED
    ]
    kept = kept_curves("figure_03", settings).get("photographs")
    if kept is not None:
        test = kept[kept["part"] == "test"].iloc[-1]
        trained_on = f"{test['train_images']:,} photographs"
        rows.append(_ours("seven layers, trained here", trained_on, test))
    if reader_results.is_file():
        measured = pd.read_csv(reader_results)
        given = (measured["measured_on"] == "test archive") & (
            measured["box"] == "given"
        )
        for _, test in measured[given].iterrows():
            tuned = test["trained_on"] != "drawn images alone"
            name = "the reader, tuned" if tuned else "the reader"
            rows.append(_ours(name, test["trained_on"], test))
    table = pd.DataFrame(rows).sort_values("strict", kind="stable")
    return table.set_index("network")


def _ours(network: str, trained_on: str, test: pd.Series) -> dict:
    images = int(test["images"])
    measured_on = f"{images:,} official train images kept apart, clear ones"
    return _row(network, trained_on, measured_on, images, test["strict"], OURS)


def _row(network, trained_on, measured_on, images, strict, source=THEIRS) -> dict:
    low, high = wilson_interval(round(strict * images), images)
    return {
        "network": network,
        "trained_on": trained_on,
        "measured_on": measured_on,
        "images": images,
        "strict": strict,
        "low": low,
        "high": high,
        "source": source,
    }


@styled
def goal_figure(table: pd.DataFrame) -> Figure:
    """Accuracies with their intervals, the goal a dotted line.

    Parameters
    ----------
    table
        A `goal_table`. Open marks are of others, on other test images.
    """
    figure, axis = plt.subplots(
        figsize=(8.5, 0.9 + 0.5 * len(table)), layout="constrained"
    )
    for place, (_, row) in enumerate(table.iterrows()):
        reach = [[row["strict"] - row["low"]], [row["high"] - row["strict"]]]
        colour = "C0" if row["source"] == OURS else "gray"
        axis.errorbar(
            row["strict"],
            place,
            xerr=np.maximum(reach, 0),
            fmt="o",
            color=colour,
            mfc=colour if row["source"] == OURS else "none",
            capsize=3,
        )
    names = [f"{name}\n{on}" for name, on in table["trained_on"].items()]
    axis.set_yticks(range(len(table)), names, fontsize=8)
    axis.axvline(paper.GOAL, color="k", ls=":")
    axis.set(xlabel="strict: whole numbers right (open: as published)")
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="x", alpha=0.3)
    return figure

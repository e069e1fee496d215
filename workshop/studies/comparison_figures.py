"""Pictures of compared recipes: bands over the seeds, and differences."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from helpers.figures.style import styled
from workshop.studies.ablations import ALL, REFERENCE, differences


@styled
def bands(results: pd.DataFrame) -> Figure:
    """Validation accuracy over the steps: each recipe's mean, and from seed to seed.

    Lines are means over the seeds, bands reach from the lowest to the highest; dots
    are the test images.

    Parameters
    ----------
    results
        From `workshop.studies.ablations.compare`.
    """
    figure, axis = plt.subplots(figsize=(8, 4), layout="tight")
    for number, (name, rows) in enumerate(results.groupby("recipe", sort=False)):
        colour = f"C{number}"
        strict = rows[rows["part"] == "validation"].groupby("step")["strict"]
        test = rows[(rows["part"] == "test") & (rows["length"] == ALL)]
        mean = strict.mean()
        axis.plot(mean.index, mean, color=colour, label=name)
        axis.fill_between(
            mean.index, strict.min(), strict.max(), color=colour, alpha=0.2, lw=0
        )
        axis.plot(test["step"], test["strict"], "o", color=colour, ms=4)
    axis.plot([], [], "o", color="gray", ms=4, label="test, each seed")
    axis.set(xlabel="step", ylabel="strict: whole number right", ylim=(0, 1))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return figure


@styled
def difference_chart(results: pd.DataFrame, reference: str = REFERENCE) -> Figure:
    """What each recipe reads more or less than the reference, in points, with 95 %.

    Parameters
    ----------
    results
        From `workshop.studies.ablations.compare`.
    reference
        Name of the recipe that the others are compared with.
    """
    table = 100 * differences(results, reference)[["difference", "low", "high"]]
    table = table.sort_values("difference", ascending=False)
    test = results[(results["part"] == "test") & (results["length"] == ALL)]
    apart = test[test["recipe"] != reference].merge(
        test[test["recipe"] == reference], on="seed", suffixes=("", "_reference")
    )
    figure, axis = plt.subplots(
        figsize=(8, 0.8 + 0.42 * len(table)), layout="constrained"
    )
    places = np.arange(len(table))
    reach = (table["high"] - table["difference"]).fillna(0)
    axis.errorbar(
        table["difference"], places, xerr=reach, fmt="o", color="C0", capsize=3
    )
    for place, name in zip(places, table.index, strict=True):
        each = apart[apart["recipe"] == name]
        points = 100 * (each["strict"] - each["strict_reference"])
        axis.plot(points, np.full(len(points), place), "|", color="gray", ms=9)
    axis.axvline(0, color="k", lw=1)
    axis.set_yticks(places, table.index)
    seeds = test["seed"].nunique()
    axis.set(
        xlabel=f"strict accuracy on test images: points more than {reference}\n"
        f"(mean of {seeds} seeds, its 95 % interval, and each seed)"
    )
    axis.grid(axis="x", alpha=0.3)
    return figure


@styled
def length_chart(results: pd.DataFrame) -> Figure:
    """Strict accuracy on the test images by number of digits, recipes side by side.

    Marks are means over the seeds, lines reach from the lowest to the highest.

    Parameters
    ----------
    results
        From `workshop.studies.ablations.compare`.
    """
    test = results[(results["part"] == "test") & (results["length"] != ALL)]
    lengths = sorted(test["length"].unique())
    images = test.groupby("length")["images"].first()
    names = test["recipe"].unique()
    figure, axis = plt.subplots(figsize=(8, 3.8), layout="tight")
    for number, name in enumerate(names):
        strict = test[test["recipe"] == name].groupby("length")["strict"]
        mean = strict.mean().reindex(lengths)
        places = np.arange(len(lengths)) + 0.15 * (number - (len(names) - 1) / 2)
        reach = [
            mean - strict.min().reindex(lengths),
            strict.max().reindex(lengths) - mean,
        ]
        axis.errorbar(places, mean, yerr=reach, fmt="o", capsize=3, label=name)
    ticks = [f"{length}\n{images[length]:,} images" for length in lengths]
    axis.set_xticks(range(len(lengths)), ticks)
    axis.set(xlabel="digits", ylabel="strict: whole number right", ylim=(0, 1))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="y", alpha=0.3)
    axis.legend(fontsize=8)
    return figure

"""Figures of logistic regression on letters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter
from sklearn.linear_model import LogisticRegression

from helpers import paper
from helpers.data.notmnist import LETTERS, SIDE
from helpers.figures.style import styled
from helpers.training.baseline import SIZES


@styled
def curve_figure(curve: pd.DataFrame) -> Figure:
    """Accuracy by number of training letters, beside the report's one figure."""
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    axis.plot(curve["letters"], curve["on_train"], "o:", color="gray", label="train")
    axis.fill_between(
        curve["letters"], curve["low"], curve["high"], color="steelblue", alpha=0.25
    )
    axis.plot(
        curve["letters"], curve["accuracy"], "o-", color="steelblue", label="test"
    )
    axis.plot(SIZES[-1], paper.LETTERS_LOGISTIC, "D", color="crimson", label="report")
    axis.set(
        xscale="log", xlabel="letters trained on", ylabel="accuracy", ylim=(0.5, 1.02)
    )
    axis.set_xticks(curve["letters"], minor=False)
    axis.minorticks_off()
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.legend(frameon=False, loc="lower right")
    return figure


@styled
def confusion_figure(counts: pd.DataFrame) -> Figure:
    """The table of `confusion`, its errors in shades, the right answers left white."""
    figure, axis = plt.subplots(figsize=(5, 5), layout="tight")
    errors = counts.to_numpy().astype(float)
    np.fill_diagonal(errors, 0)
    axis.imshow(errors, cmap="Reds")
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        axis.text(
            column,
            row,
            count,
            ha="center",
            va="center",
            fontsize=8,
            color="white" if errors[row, column] > 0.6 * errors.max() else "black",
        )
    axis.set_xticks(range(len(counts)), counts.columns)
    axis.set_yticks(range(len(counts)), counts.index)
    axis.set(xlabel="taken for", ylabel="letter")
    return figure


@styled
def weight_figure(model: LogisticRegression) -> Figure:
    """Each letter's weights as a picture: red speaks for it where white, blue against.

    All share one scale, so that the ten can be compared.
    """
    weights = model.coef_.reshape(-1, SIDE, SIDE)
    reach = np.abs(weights).max()
    figure, axes = plt.subplots(2, 5, figsize=(7.5, 3.4), layout="constrained")
    for axis, letter, picture in zip(axes.flat, LETTERS, weights, strict=True):
        drawn = axis.imshow(picture, cmap="RdBu_r", vmin=-reach, vmax=reach)
        axis.set_title(letter)
        axis.axis("off")
    figure.colorbar(drawn, ax=axes, label="weight", shrink=0.8)
    return figure

"""Figures of logistic regression on letters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay

from helpers import paper
from helpers.data.notmnist import LETTERS, SIDE
from helpers.figures.style import BLUE, RED, SIGNED, percent, styled
from helpers.training.baseline import SIZES


@styled
def curve_figure(curve: pd.DataFrame) -> Figure:
    """Draw accuracy by number of training letters, beside the report's one figure.

    ``curve`` is of `helpers.training.baseline.learning_curve`.
    """
    letters = curve["letters"]
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    axis.plot(letters, curve["on_train"], "o:", color="gray", label="train")
    axis.fill_between(letters, curve["low"], curve["high"], color=BLUE, alpha=0.25)
    axis.plot(letters, curve["accuracy"], "o-", color=BLUE, label="test")
    axis.plot(SIZES[-1], paper.LETTERS_LOGISTIC, "D", color=RED, label="report")
    axis.set(xscale="log", xlabel="letters trained on")
    axis.set(ylabel="accuracy", ylim=(0.5, 1.02))
    axis.set_xticks(letters, minor=False)
    axis.minorticks_off()
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    percent(axis.yaxis)
    axis.legend(frameon=False, loc="lower right")
    return figure


@styled
def confusion_figure(counts: pd.DataFrame) -> Figure:
    """Draw a table of confusions, its errors in shades, the right answers white."""
    errors = counts.to_numpy(copy=True)
    np.fill_diagonal(errors, 0)
    figure, axis = plt.subplots(figsize=(5, 5), layout="tight")
    display = ConfusionMatrixDisplay(errors, display_labels=counts.index)
    display.plot(
        ax=axis, cmap="Reds", colorbar=False, values_format="d", text_kw={"size": 8}
    )
    for text, right in zip(display.text_.diagonal(), np.diag(counts), strict=True):
        text.set_text(right)
    axis.set(xlabel="taken for", ylabel="letter")
    return figure


@styled
def weight_figure(model: LogisticRegression) -> Figure:
    """Draw each letter's weights: blue counts for it where white, red against.

    All share one scale, so that the ten can be compared.
    """
    weights = model.coef_.reshape(-1, SIDE, SIDE)
    reach = np.abs(weights).max()
    figure, axes = plt.subplots(2, 5, figsize=(7.5, 3.4), layout="constrained")
    for axis, letter, picture in zip(axes.flat, LETTERS, weights, strict=True):
        drawn = axis.imshow(picture, cmap=SIGNED, vmin=-reach, vmax=reach)
        axis.set_title(letter)
        axis.axis("off")
    figure.colorbar(drawn, ax=axes, label="weight", shrink=0.8)
    return figure

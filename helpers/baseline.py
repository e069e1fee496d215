"""Logistic regression on single letters: what a tool off the shelf reaches.

It is scikit-learn's, untuned, as in the report (section Benchmark): lbfgs, which stops
after 100 iterations whether it is done or not, and L2 of strength 1.
"""

import warnings
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from threadpoolctl import threadpool_limits

from helpers import report
from helpers.accuracy import wilson_interval
from helpers.figures import styled
from helpers.notmnist import LETTERS, SIDE, Letters

SIZES = (50, 100, 500, 1_000, 5_000, 10_000, 20_000)
"""Numbers of training letters; the report used the last."""


def sizes_up_to(available: int) -> list[int]:
    """Those of `SIZES` that ``available`` letters allow, and then all of them."""
    last = min(available, SIZES[-1])
    return [size for size in SIZES if size < last] + [last]


def fit(letters: Letters) -> LogisticRegression:
    """Train on letters, with every setting left as scikit-learn has it.

    Its warning that it stopped early is not shown: ``n_iter_`` of the model and
    `learning_curve` say it. It runs in one thread: its products are so thin that more
    threads mostly wait for each other, for minutes on a busy machine.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression().fit(_rows(letters), letters.labels)


def predict(model: LogisticRegression, letters: Letters) -> np.ndarray:
    """The class that a model gives each letter: uint8 (N,), 0 to 9 for A to J."""
    return model.predict(_rows(letters))


def learning_curve(
    models: Mapping[int, LogisticRegression], train: Letters, test: Letters
) -> pd.DataFrame:
    """How accuracy grows with the number of training letters.

    Parameters
    ----------
    models
        Each trained on as many of the first letters of ``train`` as its key says.
    train, test
        Letters.

    Returns
    -------
    pandas.DataFrame
        A row for each model: ``letters`` trained on, ``accuracy`` on the test letters
        with the bounds of its 95 % interval ``low`` and ``high``, accuracy ``on_train``
        letters, ``iterations``, and whether it ``converged`` within those allowed.
    """
    rows = []
    for size, model in models.items():
        right = predict(model, test) == test.labels
        low, high = wilson_interval(right.sum(), len(right))
        known = predict(model, train[:size]) == train.labels[:size]
        iterations = int(model.n_iter_.max())
        rows.append(
            {
                "letters": size,
                "accuracy": right.mean(),
                "low": low,
                "high": high,
                "on_train": known.mean(),
                "iterations": iterations,
                "converged": iterations < model.max_iter,
            }
        )
    return pd.DataFrame(rows)


def confusion(labels: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """How many letters of each kind (rows) were taken for each (columns)."""
    counts = confusion_matrix(labels, predicted, labels=np.arange(len(LETTERS)))
    return pd.DataFrame(counts, list(LETTERS), list(LETTERS))


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
    axis.plot(SIZES[-1], report.LETTERS_LOGISTIC, "D", color="crimson", label="report")
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


def _rows(letters: Letters) -> np.ndarray:
    """The pixels of each letter in a row: float32 (N, 784)."""
    return letters.pixels.reshape(len(letters), -1)

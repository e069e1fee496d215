"""What kinds of errors are left when a network misreads a number."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.accuracy import BLANK
from helpers.figures.style import RED, empty_grid, styled

RIGHT = "right"
KINDS = (
    "wrong length",
    "length right, digits too few or many",
    "two digits swapped",
    "one digit wrong",
    "several digits wrong",
)
"""Kinds of errors; an answer is of the first that fits."""

ABOVE = {"xycoords": "axes fraction", "textcoords": "offset points"}
"""Where a text above an image stands: in points from its upper left corner."""


def kind_of_error(predicted, labels) -> np.ndarray:
    """Say of each answer whether it is right, and if not of which of `KINDS`.

    An answer whose length is right can still contradict it: by a blank where a digit
    should be, or a digit beyond its end.

    Of integer arrays (N, 6), [length, d1..d5], blank 10, come strings (N,).
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    wrong = (predicted != labels)[:, 1:]
    blanks = (predicted[:, 1:] == BLANK) != (labels[:, 1:] == BLANK)
    conditions = [
        (predicted == labels).all(axis=1),
        predicted[:, 0] != labels[:, 0],
        blanks.any(axis=1),
        _swapped(predicted[:, 1:], labels[:, 1:], wrong),
        wrong.sum(axis=1) == 1,
    ]
    return np.select(conditions, [RIGHT, *KINDS[:-1]], KINDS[-1])


def _swapped(predicted, labels, wrong) -> np.ndarray:
    """Whether exactly two slots are wrong and hold each other's digit."""
    # The wrong slots first, in their order.
    order = np.argsort(~wrong, axis=1, kind="stable")[:, :2]
    read = np.take_along_axis(predicted, order, axis=1)
    true = np.take_along_axis(labels, order, axis=1)
    return (wrong.sum(axis=1) == 2) & (read == true[:, ::-1]).all(axis=1)


def error_table(predicted, labels) -> pd.DataFrame:
    """Count the answers of each of `KINDS`, with their share of the wrong ones."""
    kinds = pd.Series(kind_of_error(predicted, labels))
    images = kinds.value_counts().reindex(KINDS, fill_value=0)
    return pd.DataFrame({"images": images, "share": images / max(1, images.sum())})


def draw_reading(axis: Axes, predicted, label) -> None:
    """Write a number over an image and below it what was read, wrong digits in red.

    A digit that was not read is a dash; a wrong length stands behind in brackets.
    """
    used = np.flatnonzero((label != BLANK) | (predicted != BLANK)).max()
    read = [
        ("-" if digit == BLANK else str(digit), "black" if digit == true else RED)
        for digit, true in zip(predicted[1 : used + 1], label[1:], strict=False)
    ]
    if predicted[0] != label[0]:
        read.append((f" ({predicted[0]})", RED))
    truth = [(str(digit), "black") for digit in label[1:] if digit != BLANK]
    for height, line in ((13, truth), (2, read)):
        for n, (text, colour) in enumerate(line):
            weight = "bold" if colour == RED else "normal"
            style = ABOVE | {"fontsize": 9, "color": colour, "weight": weight}
            axis.annotate(text, (0, 1), (1 + 6.5 * n, height), **style)


def _show_readings(axes, places, images, predicted, labels) -> None:
    """Show the images at some places, one on each of the axes, as they were read."""
    for axis, place in zip(axes, places, strict=False):
        axis.imshow(images[place], cmap="gray", vmin=0, vmax=255)
        draw_reading(axis, predicted[place], labels[place])


@styled
def wrong_readings(
    images, predicted, labels, most: int = 24, columns: int = 8
) -> Figure:
    """Show the first wrong readings of images uint8 (N, side, side): `draw_reading`."""
    wrong = np.flatnonzero(kind_of_error(predicted, labels) != RIGHT)[:most]
    rows = max(1, -(-len(wrong) // columns))
    figure, axes = empty_grid(rows, columns, (1.15 * columns, 1.5 * rows), layout=None)
    _show_readings(axes.flat, wrong, images, predicted, labels)
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.33 / (1.5 * rows), hspace=0.35)
    return figure


@styled
def error_gallery(images, predicted, labels, each: int = 10) -> Figure:
    """Show wrong readings of images uint8 (N, H, W), of each kind the first few.

    See `draw_reading`.
    """
    kinds = kind_of_error(predicted, labels)
    left = [kind for kind in KINDS if (kinds == kind).any()]
    rows = max(1, len(left))
    figure, axes = empty_grid(rows, each, (0.95 * each, 1.4 * rows), layout=None)
    for row, kind in zip(axes, left, strict=False):
        chosen = np.flatnonzero(kinds == kind)
        heading = f"{kind}: {len(chosen)}"
        row[0].annotate(heading, (0, 1), (1, 27), **ABOVE, weight="bold")
        _show_readings(row, chosen, images, predicted, labels)
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.5 / (1.4 * rows), hspace=0.7)
    return figure

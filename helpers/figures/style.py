"""One look for every figure, and the one way to keep them."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from helpers.files import atomic_write
from helpers.settings import Settings

DPI = 120
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that colour-blind readers tell apart (Okabe and Ito 2008)."""

BLUE, RED, GREEN = PALETTE[:3]
SIGNED = "RdBu"
"""Colours of values about 0: red below, white at 0, blue above."""

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.prop_cycle": plt.cycler(color=PALETTE),
    "figure.dpi": 90,
}


def styled(function: Callable) -> Callable:
    """Decorate a function that makes a figure, so that it looks like the others."""

    # Not rc_context: it would undo what a notebook's backend sets for its first figure.
    @wraps(function)
    def in_style(*arguments, **named):
        before = {name: plt.rcParams[name] for name in STYLE}
        plt.rcParams.update(STYLE)
        try:
            return function(*arguments, **named)
        finally:
            plt.rcParams.update(before)

    return in_style


def save_figure(
    figure: Figure, name: str, settings: Settings, numbers: pd.DataFrame
) -> Path:
    """Keep a figure as ``name``.png and its numbers as ``name``.csv; return the first.

    Both go to ``settings.figures``, whole or not at all; the same figure gives the
    same bytes. A line at its foot says which images it was made from.
    """
    source = "drawn images" if settings.is_drawn else f"images: {settings.source}"
    path = settings.figures / f"{name}.png"
    with atomic_write(path) as picture, atomic_write(path.with_suffix(".csv")) as table:
        numbers.to_csv(table, index=False, float_format="%.6g", lineterminator="\n")
        if source not in [text.get_text() for text in figure.texts]:
            figure.text(0.995, 0.005, source, ha="right", fontsize=7, color="gray")
        figure.savefig(picture, dpi=DPI, metadata={"Software": None})
    return path


@styled
def image_grid(
    images: Sequence,
    titles: Sequence[str] = (),
    columns: int = 10,
    side: float = 0.9,
    cmap: str = "gray",
) -> Figure:
    """Show images in rows of up to ``columns``, each as it is.

    They are PIL images or arrays of any sizes: uint8 is shown from 0, black, to 255,
    other values from the image's smallest to its largest. ``side`` is the width of the
    place for an image, and its height at most, in inches.
    """
    images = [np.asarray(image) for image in images]
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    shapes = [min(1, image.shape[0] / image.shape[1]) for image in images]
    heights = [
        side * max(shapes[row * columns : (row + 1) * columns], default=1)
        + (0.25 if len(titles) else 0.05)
        for row in range(rows)
    ]
    size = columns * side, sum(heights)
    figure, axes = empty_grid(rows, columns, size, height_ratios=heights)
    for axis, image in zip(axes.flat, images, strict=False):
        limits = {"vmin": 0, "vmax": 255} if image.dtype == np.uint8 else {}
        axis.imshow(image, cmap, **limits)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=8)
    return figure


def empty_grid(
    rows: int, columns: int, size: tuple[float, float], **options
) -> tuple[Figure, np.ndarray]:
    """Make a figure of ``size`` in inches, and its axes (rows, columns) without lines.

    ``options`` are of ``matplotlib.pyplot.subplots``.
    """
    options = {"squeeze": False, "layout": "constrained"} | options
    figure, axes = plt.subplots(rows, columns, figsize=size, **options)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes


def draw_outline(axis: Axes, box, colour: str) -> None:
    """Draw a box (left, top, right, bottom), in pixels, over an image."""
    left, top, right, bottom = box
    corner = left - 0.5, top - 0.5  # the middle of the first pixel is 0
    size = right - left, bottom - top
    axis.add_patch(Rectangle(corner, *size, fill=False, ec=colour, clip_on=False))


def percent(*axes: Axis) -> None:
    """Label the ticks of fractions as whole percentages."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
        axis.set_major_formatter(PercentFormatter(1, decimals=0))

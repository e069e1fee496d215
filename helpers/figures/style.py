"""Figures with a fixed look, each kept as a picture and as the numbers in it."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from helpers.data.digitstruct import Boxes
from helpers.data.images import load_photo
from helpers.files import atomic_write
from helpers.settings import Settings

DPI = 120
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
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
    """Keep a figure as ``name``.png and its numbers as ``name``.csv.

    Both go to the settings' folder of figures, whole or not at all; the same figure
    gives the same bytes. A line at its foot says which images it was made from.

    Returns
    -------
    pathlib.Path
        The picture's.
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
    titles: Sequence[str] | None = None,
    columns: int = 10,
    side: float = 0.9,
    cmap: str = "gray",
) -> Figure:
    """Images in rows of up to ``columns``, each as it is, with a title if given.

    Parameters
    ----------
    images
        PIL images or arrays, of any sizes. Whole numbers are shown from 0, black, to
        255; others from their smallest to their largest.
    titles
        One for each image.
    columns
        Images in a row.
    side
        Width of the place for an image, and its height at most, in inches.
    cmap
        Colours of images that have none.
    """
    images = [np.asarray(image) for image in images]
    titles = () if titles is None else titles
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    shapes = [min(1, image.shape[0] / image.shape[1]) for image in images]
    heights = [
        side * max(shapes[row * columns : (row + 1) * columns], default=1)
        + (0.25 if len(titles) else 0.05)
        for row in range(rows)
    ]
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(columns * side, sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image in zip(axes.flat, images, strict=False):
        limits = {"vmin": 0, "vmax": 255} if image.dtype == np.uint8 else {}
        axis.imshow(image, cmap=cmap, **limits)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=8)
    return figure


def photographs(
    folder: Path,
    boxes: Boxes,
    numbers: Sequence[int],
    titles: Sequence[str] | None = None,
    columns: int = 4,
) -> Figure:
    """Numbered images of an archive's folder, the boxes of their digits drawn on."""
    images = [load_photo(folder / f"{number}.png").image for number in numbers]
    figure = image_grid(images, titles, columns, side=9 / columns)
    for axis, number in zip(figure.axes, numbers, strict=False):
        axis.set_title(axis.get_title(), fontsize=8, pad=12)  # above the digits
        draw_boxes(axis, boxes, number)
    return figure


def draw_boxes(axis: Axes, boxes: Boxes, number: int) -> None:
    """Draw the boxes of one image over it, each with its digit above."""
    for row in np.flatnonzero(boxes.image == number):
        left, top = boxes.left[row], boxes.top[row]
        right, bottom = left + boxes.width[row], top + boxes.height[row]
        draw_outline(axis, (left, top, right, bottom), "yellow")
        axis.annotate(
            str(boxes.label[row]),
            ((left + right - 1) / 2, top - 0.5),
            (0, 1),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            bbox={"boxstyle": "square,pad=0.1", "fc": "yellow", "ec": "none"},
        )


def draw_outline(axis: Axes, box, colour: str) -> None:
    """Draw a box (left, top, right, bottom), in pixels, over an image."""
    left, top, right, bottom = box
    corner = left - 0.5, top - 0.5  # the middle of the first pixel is 0
    axis.add_patch(
        Rectangle(
            corner, right - left, bottom - top, fill=False, ec=colour, clip_on=False
        )
    )

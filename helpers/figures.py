"""Figures with a fixed look, each kept as a picture and as the numbers in it."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.digitstruct import Boxes
from helpers.files import whole_file
from helpers.settings import Settings
from helpers.statistics import largest_boxes

DPI = 120
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": DPI,
    "svg.hashsalt": "figures",
}


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
    figure.text(0.995, 0.005, source, ha="right", va="bottom", fontsize=7, color="gray")
    picture = settings.figures / f"{name}.png"
    with plt.rc_context(STYLE), whole_file(picture) as temporary:
        figure.savefig(temporary, dpi=DPI, metadata={"Software": None})
    with whole_file(picture.with_suffix(".csv")) as temporary:
        numbers.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    return picture


def figure_1(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Histogram of each image's widest digit box (report, Figure 1)."""
    return _box_histogram(largest_boxes(boxes)["width"], "widest digit box, pixels")


def figure_2(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Histogram of each image's tallest digit box (report, Figure 2)."""
    return _box_histogram(largest_boxes(boxes)["height"], "tallest digit box, pixels")


def image_grid(
    images, titles=None, columns: int = 10, side: float = 0.9, cmap: str = "gray"
) -> Figure:
    """Images in rows, each with a title if given, as they are without axes."""
    rows = -(-len(images) // columns)
    height = side * (1.3 if titles is not None else 1.05)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(columns * side, rows * height),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.axis("off")
    for number, (axis, image) in enumerate(zip(axes.flat, images, strict=False)):
        axis.imshow(image, cmap=cmap)
        if titles is not None:
            axis.set_title(titles[number], fontsize=8)
    return figure


def _box_histogram(sizes: np.ndarray, label: str) -> tuple[Figure, pd.DataFrame]:
    """A histogram up to the 98th percentile, in bins of one pixel, with its marks."""
    limit = np.percentile(sizes, 98)
    edges = np.arange(0, int(sizes.max()) + 2)
    counts, _ = np.histogram(sizes, edges)
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    axis.bar(edges[:-1], counts, width=1, align="edge", color="steelblue")
    axis.axvline(sizes.mean(), color="k", ls="--", lw=1)
    axis.annotate(
        f"mean {sizes.mean():.2f}",
        (sizes.mean(), counts.max()),
        (4, -2),
        textcoords="offset points",
        va="top",
    )
    axis.set(
        xlim=(0, limit),
        xlabel=f"{label} (shown to the 98th percentile, {limit:.0f}; "
        f"maximum {sizes.max():.0f})",
        ylabel=f"images of {len(sizes):,}",
    )
    return figure, pd.DataFrame({"pixels": edges[:-1], "images": counts})

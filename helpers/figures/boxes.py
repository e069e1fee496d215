"""Figures 1 and 2 of the report: how wide and how tall the digit boxes are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.data.box_statistics import largest_boxes
from helpers.data.digitstruct import Boxes
from helpers.figures.style import styled


def figure_1(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Histogram of each image's widest digit box (report, Figure 1)."""
    return _box_histogram(largest_boxes(boxes)["width"], "widest digit box, pixels")


def figure_2(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Histogram of each image's tallest digit box (report, Figure 2)."""
    return _box_histogram(largest_boxes(boxes)["height"], "tallest digit box, pixels")


@styled
def _box_histogram(sizes: np.ndarray, label: str) -> tuple[Figure, pd.DataFrame]:
    """A histogram up to the 98th percentile, in bins of one pixel, with its marks."""
    limit = np.percentile(sizes, 98)
    edges = np.arange(0, int(sizes.max()) + 2)
    counts, _ = np.histogram(sizes, edges)
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    axis.stairs(counts, edges, fill=True, color="steelblue")
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

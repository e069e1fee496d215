"""Boxes of digits: drawn over their images, and how large they are (Figures 1, 2)."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import paper
from helpers.data.box_statistics import largest_boxes
from helpers.data.digitstruct import Boxes
from helpers.figures.style import BLUE, RED, draw_outline, image_grid, styled


def figure_1(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Draw a histogram of each image's widest digit box (report, Figure 1)."""
    sizes = largest_boxes(boxes)["width"].to_numpy()
    return _box_histogram(sizes, paper.TRAIN_WIDEST, "widest digit box, pixels")


def figure_2(boxes: Boxes) -> tuple[Figure, pd.DataFrame]:
    """Draw a histogram of each image's tallest digit box (report, Figure 2)."""
    sizes = largest_boxes(boxes)["height"].to_numpy()
    return _box_histogram(sizes, paper.TRAIN_TALLEST, "tallest digit box, pixels")


@styled
def _box_histogram(
    sizes: np.ndarray, official: Sequence[int], label: str
) -> tuple[Figure, pd.DataFrame]:
    """Draw a histogram up to the 98th percentile, in bins of one pixel.

    ``official`` are the images of the official train archive by size, drawn over it as
    if they were as many.
    """
    mean, limit = sizes.mean(), np.percentile(sizes, 98)
    edges = np.arange(0, int(sizes.max()) + 2)
    counts, _ = np.histogram(sizes, edges)
    figure, axis = plt.subplots(figsize=(7, 4), layout="tight")
    axis.stairs(counts, edges, fill=True, color=BLUE, label="this run")
    scaled = np.array(official) * len(sizes) / sum(paper.TRAIN_LENGTHS.values())
    line = {"color": RED, "label": "official train set, scaled"}
    axis.plot(np.arange(len(official)) + 0.5, scaled, **line)
    axis.axvline(mean, color="k", ls="--", lw=1, label=f"mean of this run, {mean:.2f}")
    axis.legend(frameon=False, loc="upper right")
    axis.set(
        xlim=(0, limit),
        xlabel=f"{label} (shown to the 98th percentile, {limit:.0f}; "
        f"maximum {sizes.max():.0f})",
        ylabel=f"images of {len(sizes):,}",
    )
    return figure, pd.DataFrame({"pixels": edges[:-1], "images": counts})


def boxed_images(
    images: Sequence,
    boxes: Boxes,
    numbers: Sequence[int],
    titles: Sequence[str] = (),
    columns: int = 4,
) -> Figure:
    """Show images with the boxes of their digits; ``numbers`` are theirs in `Boxes`."""
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
        digit, place = str(boxes.label[row]), ((left + right - 1) / 2, top - 0.5)
        ground = {"boxstyle": "square,pad=0.1", "fc": "yellow", "ec": "none"}
        look = {"ha": "center", "va": "bottom", "fontsize": 8, "bbox": ground}
        axis.annotate(digit, place, (0, 1), textcoords="offset points", **look)

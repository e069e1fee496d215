"""Figures of photos and of what was read in them (Figures 4 and 5)."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from PIL import ImageOps

from helpers.data.photo_folders import NumberPhoto
from helpers.figures.photo_readings import WAYS
from helpers.figures.style import GREEN, RED, draw_outline, empty_grid, percent, styled
from helpers.reader.reader import Reading

SHOWN = (320, 320)
"""Pixels of a photo in a figure at most: the figure's file stays small."""

_BELOW = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": 7}


@styled
def photos_figure(
    photos: Sequence[NumberPhoto],
    answers: pd.DataFrame,
    found: Sequence[Reading],
    chosen: Sequence[int],
    columns: int = 4,
) -> Figure:
    """Show photos with what each way reads below, green where right, red where wrong.

    The box that was told is drawn in yellow, the reader's own in blue. ``answers`` and
    ``found`` are of `photo_readings.read_four_ways`; ``chosen`` are the places of the
    photos to show.
    """
    if not len(chosen):
        figure = plt.figure(figsize=(9, 1))
        figure.text(0.5, 0.5, "none of these photos", ha="center", va="center")
        return figure
    rows = -(-len(chosen) // columns)
    size, heights = (9, 3.1 * rows), [4, 1] * rows
    figure, axes = empty_grid(2 * rows, columns, size, height_ratios=heights)
    pairs = zip(axes[::2].flat, axes[1::2].flat, chosen, strict=False)
    for axis, below, place in pairs:
        photo, row = photos[place], answers.iloc[place]
        axis.set_anchor("S")
        width, height = photo.image.size
        edges = (0, width - 0.5, height - 0.5, 0)
        axis.imshow(ImageOps.contain(photo.image, SHOWN), extent=edges)
        for box, colour in ((photo.box, "yellow"), (found[place].box, "deepskyblue")):
            if box is not None:
                draw_outline(axis, box, colour)
        axis.set_title(photo.number, fontsize=11, fontweight="bold", loc="left")
        axis.set_title(photo.name, fontsize=7, color="gray", loc="right")
        for line, (way, title) in enumerate(WAYS.items()):
            text, offset = f"{title}: {row[way] or 'nothing'}", (0, -7 - 10 * line)
            colour = GREEN if row[way] == row["number"] else RED
            below.annotate(text, (0, 1), offset, color=colour, **_BELOW)
    return figure


@styled
def margin_figure(table: pd.DataFrame) -> Figure:
    """Draw what `photo_readings.by_margin` found as lines over the margin."""
    figure, axis = plt.subplots(figsize=(7, 3.2), layout="tight")
    for name in ("seven layers", "reader"):
        axis.plot(table.index, table[name], "o-", label=name)
    axis.axvline(0, color="gray", lw=1)
    axis.set(
        xlabel="room around the number's box, share of its width and height",
        ylabel=f"whole numbers right, of {int(table['photos'].iloc[0])}",
        ylim=(0, 1),
    )
    percent(axis.xaxis, axis.yaxis)
    axis.legend()
    return figure

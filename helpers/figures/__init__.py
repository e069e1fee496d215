"""The figures of the report and of the course, in one style."""

from helpers.figures.boxes import figure_1, figure_2
from helpers.figures.style import (
    STYLE,
    draw_boxes,
    draw_outline,
    image_grid,
    photographs,
    save_figure,
    styled,
)

__all__ = [
    "STYLE",
    "draw_boxes",
    "draw_outline",
    "figure_1",
    "figure_2",
    "image_grid",
    "photographs",
    "save_figure",
    "styled",
]

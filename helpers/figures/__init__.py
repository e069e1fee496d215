"""The figures of the report and of the course, in one style."""

from helpers.figures.boxes import boxed_images, draw_boxes, figure_1, figure_2
from helpers.figures.style import STYLE, draw_outline, image_grid, save_figure

__all__ = [
    "STYLE",
    "boxed_images",
    "draw_boxes",
    "draw_outline",
    "figure_1",
    "figure_2",
    "image_grid",
    "save_figure",
]

"""What the charts of several studies share."""

import numpy as np
from matplotlib.axes import Axes

from helpers.figures.style import percent


def finish(axis: Axes, strict: bool = True) -> None:
    """Give a chart its grid and legend, and if asked an axis of strict accuracy."""
    if strict:
        axis.set(ylabel="strict: whole number right", ylim=(0, None))
        percent(axis.yaxis)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)


def reach(value, low, high) -> np.ndarray:
    """Tell Matplotlib's ``errorbar`` how far an interval goes below and above."""
    return np.maximum([value - low, high - value], 0)

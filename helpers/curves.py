"""Figures of training runs: how accuracy grew, and what the networks have learnt.

Each gives a matplotlib figure and the numbers in it; `helpers.figures.save_figure`
keeps both.
"""

from collections.abc import Mapping

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers import report
from helpers.accuracy import Score
from helpers.batches import network_input
from helpers.training import Run

MEASURES = {"strict": "strict: whole number right", "six_position": "six-position"}
"""The measures that are drawn, the strict one first, and what a panel calls them."""

FIRST_CONVOLUTIONAL = 5
"""The fewest layers of a network with a convolution."""


def figure_3(run: Run, score: Score, baseline: Score) -> tuple[Figure, pd.DataFrame]:
    """Validation accuracy over the steps and the test accuracy at their end.

    The report's curve, a six-position average over 200,000 steps, is drawn to the
    width of this run (report, Figure 3).

    Parameters
    ----------
    run
        Seven layers.
    score
        Of its network on the test images.
    baseline
        Of the constant answer on the same images.
    """
    history = run.history
    figure, axes = _panels()
    for axis, measure in zip(axes, MEASURES, strict=True):
        axis.plot(history["step"], history[measure], "r-", label="validation")
        tested = getattr(score, measure).value
        _test_dot(axis, run.recipe.steps, tested, "k")
        axis.axhline(getattr(baseline, measure).value, color="gray", lw=0.8, ls=":")
    steps = np.array(list(report.FIGURE_3)) * run.recipe.steps / 200_000
    axes[1].plot(
        steps, list(report.FIGURE_3.values()), "o--", color="gray", mfc="none", lw=0.8
    )
    axes[1].plot(run.recipe.steps, report.FIGURE_3_TEST, "D", color="gray", mfc="none")
    axes[0].plot([], [], "ko", label="test")
    axes[0].plot([], [], color="gray", ls=":", label="constant answer")
    axes[0].plot([], [], "o--", color="gray", mfc="none", label="report, to scale")
    axes[0].plot([], [], "D", color="gray", mfc="none", label="report, test")
    _finish(figure, axes)
    numbers = history[["step", "loss", *MEASURES]].assign(part="validation")
    last = {"step": run.recipe.steps, "part": "test"}
    tested = pd.DataFrame([last | {m: getattr(score, m).value for m in MEASURES}])
    return figure, pd.concat([numbers, tested], ignore_index=True)


def figure_6(
    runs: Mapping[int, Run], scores: Mapping[int, Score]
) -> tuple[Figure, pd.DataFrame]:
    """Accuracy by depth: fully connected networks dotted, convolutional ones solid.

    Lines are validation, dots at their end test; the report's dots, six-position
    averages after 100,000 steps, stand open beside them (report, Figure 6).

    Parameters
    ----------
    runs
        By number of layers.
    scores
        Of the same networks on the test images.
    """
    figure, axes = _panels()
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(runs)))
    steps = max(run.recipe.steps for run in runs.values())
    for (layers, run), colour in zip(sorted(runs.items()), colours, strict=True):
        style = "-" if layers >= FIRST_CONVOLUTIONAL else ":"
        for axis, measure in zip(axes, MEASURES, strict=True):
            history = run.history
            axis.plot(history["step"], history[measure], style, color=colour)
            _test_dot(axis, steps, getattr(scores[layers], measure).value, colour)
        axes[0].plot([], [], style, color=colour, label=f"{layers} layers")
        if layers in report.FIGURE_6:
            published = report.FIGURE_6[layers]
            axes[1].plot(1.06 * steps, published, "o", color=colour, mfc="none")
    axes[0].plot([], [], "o", color="gray", label="test")
    axes[0].plot([], [], "o", color="gray", mfc="none", label="report, test")
    _finish(figure, axes)
    rows = [
        {"layers": layers, "images": scores[layers].images}
        | {m: getattr(scores[layers], m).value for m in MEASURES}
        | {"report_six_position": report.FIGURE_6.get(layers)}
        for layers in sorted(runs)
    ]
    return figure, pd.DataFrame(rows)


def first_filters(network: keras.Model) -> tuple[Figure, pd.DataFrame]:
    """The first convolution's kernels as pictures, dark for negative weights."""
    name = next(n.name for n in network.layers if isinstance(n, keras.layers.Conv2D))
    kernels = np.asarray(network.get_layer(name).kernel)[:, :, 0]
    largest = np.abs(kernels).max()
    figure, axes = _grid(kernels.shape[-1])
    for number, axis in enumerate(axes):
        axis.imshow(kernels[..., number], "gray", vmin=-largest, vmax=largest)
    numbers = pd.DataFrame(kernels.reshape(-1, kernels.shape[-1]))
    return figure, numbers.add_prefix("filter_")


def feature_maps(network: keras.Model, image, layer: str) -> Figure:
    """What each channel of ``layer`` answers to one crop, uint8 (side, side)."""
    part = keras.Model(network.inputs, network.get_layer(layer).output)
    maps = np.asarray(part(network_input(np.asarray(image)[None])))[0]
    figure, axes = _grid(maps.shape[-1] + 1)
    axes[0].imshow(image, "gray")
    for number, axis in enumerate(axes[1:]):
        axis.imshow(maps[..., number], "magma", vmin=0, vmax=maps.max())
    return figure


def _panels():
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharex=True, layout="tight")
    for axis, title in zip(axes, MEASURES.values(), strict=True):
        axis.set(title=title, xlabel="step", ylabel="accuracy")
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.grid(alpha=0.3)
    return figure, axes


def _test_dot(axis, step: int, accuracy: float, colour) -> None:
    axis.plot(step, accuracy, "o", color=colour)
    axis.annotate(
        f"{accuracy:.1%}",
        (step, accuracy),
        (-6, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
        color=colour,
    )


def _finish(figure: Figure, axes) -> None:
    axes[0].set_ylim(0, 1)
    axes[1].set_ylim(0.5, 1)
    axes[0].legend(fontsize=8, loc="lower right")


def _grid(count: int, columns: int = 9):
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9, rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes.ravel()[:count]

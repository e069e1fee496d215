"""Training curves of training runs: their tables, and Figures 3 and 6 drawn from them.

A curve that was kept as CSV gives the same figure again, long after its run.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from helpers import paper
from helpers.accuracy import constant_answer, measure
from helpers.evaluation import evaluate
from helpers.figures.style import PALETTE, RED, percent, styled
from helpers.files import write_table
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.runs import Run

MEASURES = {"strict": "strict: whole number right", "six_position": "six-position"}
"""The measures that are drawn, the strict one first, and what a panel calls them."""

FIRST_CONVOLUTIONAL = 5
"""The fewest layers of a network with a convolution."""


def training_curve(run: Run, data: Mapping[str, Examples]) -> pd.DataFrame:
    """Collect all that the figures draw of a run on numbers, and what it was made from.

    A row for each row of the run's history (``part`` is ``validation``), one for the
    network as it is now on the test images (``test``), and one for the
    `constant_answer` to these (``constant``). ``images`` counts those measured on,
    ``train_images`` those trained on; accuracies are fractions.
    """
    test = data["test"]
    made_of = {
        "layers": run.recipe.layers,
        "steps": run.recipe.steps,
        "distortion": run.recipe.distortion,
        "train_images": len(data["train"]),
        "steps_per_second": run.steps_per_second,
    }
    rows = [
        {"part": "validation", "images": len(data["validation"]), **row}
        for row in run.history.to_dict("records")
    ]
    score = evaluate(run.network, test.images, test.labels)
    rows.append({"part": "test", "step": run.step} | score.values())
    score = measure(constant_answer(test.labels), test.labels)
    rows.append({"part": "constant", "step": run.step} | score.values())
    columns = ["part", "images", "step", "learning_rate", "loss", *MEASURES]
    rows = [made_of | row for row in rows]
    return pd.DataFrame(rows, columns=[*made_of, *columns])


def long_curves(name: str, settings: Settings) -> Path:
    """Return where the table ``name`` of long runs on the settings' images is kept."""
    source = "sample" if settings.is_drawn else "svhn"
    return settings.kept_root / f"{name}_{source}.csv"


def keep_curves(
    name: str, settings: Settings, table: pd.DataFrame, index: bool = False
) -> None:
    """Write a table of long runs for the notebooks to draw, whole or not at all."""
    write_table(long_curves(name, settings), table, index=index)


def kept_curves(name: str, settings: Settings) -> dict[str, pd.DataFrame]:
    """Read the tables of long runs that are there, by what their images are."""
    paths = {
        "drawn images": long_curves(name, replace(settings, data="sample")),
        "photographs": long_curves(name, replace(settings, data="official")),
    }
    return {
        images: pd.read_csv(path) for images, path in paths.items() if path.is_file()
    }


@styled
def figure_3(curve: pd.DataFrame) -> Figure:
    """Draw a `training_curve` beside the report's (report, Figure 3).

    Lines are validation accuracy, dots test accuracy at their end. The steps have a
    logarithmic axis, so that the report's 200,000 fit beside a run of any length.
    """
    validation, test, constant = (
        curve[curve["part"] == part] for part in ("validation", "test", "constant")
    )
    figure, axes = _panels()
    for axis, name in zip(axes, MEASURES, strict=True):
        _log_steps(axis)
        axis.plot(validation["step"], validation[name], color=RED, label="validation")
        axis.axhline(constant[name].item(), color="gray", ls=":", label="constant")
        end = max(1, test["step"].item()), test[name].item()
        axis.plot(*end, "ko", label="test")
        place = {"xytext": (7, -14), "textcoords": "offset points"}
        axis.annotate(f"{end[1]:.1%}", end, **place)
    open_gray = {"color": "gray", "mfc": "none"}
    axes[1].plot(*zip(*paper.FIGURE_3.items(), strict=True), "s--", **open_gray)
    axes[1].plot(paper.FIGURE_3_STEPS, paper.FIGURE_3_TEST, "o", **open_gray)
    axes[0].plot([], [], "s--", label="report, validation", **open_gray)
    axes[0].plot([], [], "o", label="report, test", **open_gray)
    _finish(figure, axes)
    return figure


@styled
def figure_6(curves: pd.DataFrame) -> Figure:
    """Draw accuracy by depth from `training_curve` tables (report, Figure 6).

    Fully connected networks are dotted, convolutional ones solid. Lines are
    validation, dots at their end test; the report's dots, six-position averages, stand
    open at its own 100,000 steps, to which the logarithmic axis reaches.
    """
    figure, axes = _panels()
    for layers, curve in curves.groupby("layers"):
        colour = ("gray", *PALETTE)[layers - 1]
        validation = curve[curve["part"] == "validation"]
        test = curve[curve["part"] == "test"]
        style = "-" if layers >= FIRST_CONVOLUTIONAL else ":"
        line = {"color": colour, "label": f"{layers} layer{'s' * (layers > 1)}"}
        for axis, measured in zip(axes, MEASURES, strict=True):
            axis.plot(validation["step"], validation[measured], style, lw=2, **line)
            axis.plot(test["step"], test[measured], "o", color=colour)
        if layers in paper.FIGURE_6:
            published = paper.FIGURE_6_STEPS, paper.FIGURE_6[layers]
            axes[1].plot(*published, "o", color=colour, mfc="none")
    for axis, measured in zip(axes, MEASURES, strict=True):
        for constant in curves.loc[curves["part"] == "constant", measured].head(1):
            axis.axhline(constant, color="black", lw=0.8, ls="--")
        _log_steps(axis)
    axes[1].set_xlim(right=1.4 * max(paper.FIGURE_6_STEPS, curves["step"].max()))
    axes[0].plot([], [], "--", color="black", lw=0.8, label="constant answer")
    axes[0].plot([], [], "o", color="gray", label="test")
    axes[0].plot([], [], "o", color="gray", mfc="none", label="report, test")
    _finish(figure, axes)
    return figure


@styled
def compare_runs(runs: Mapping[str, Run]) -> Figure:
    """Draw the validation accuracy of runs on numbers that differ in one thing."""
    figure, axes = _panels()
    for axis, measured in zip(axes, MEASURES, strict=True):
        for name, run in runs.items():
            axis.plot(run.history["step"], run.history[measured], label=name)
    _finish(figure, axes)
    return figure


def depth_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Tabulate test accuracy by ``layers`` beside that of the report's Figure 6."""
    test = curves[curves["part"] == "test"].set_index("layers").sort_index()
    published = {1: paper.ONE_LAYER} | paper.FIGURE_6
    test["report_six_position"] = test.index.map(published)
    of_the_run = ["images", "train_images", "steps", "steps_per_second"]
    return test[[*MEASURES, "report_six_position", *of_the_run]]


def depth_gap(curves: pd.DataFrame, measured: str) -> float:
    """Measure by how much convolutional networks beat fully connected ones.

    The mean test accuracy, ``"strict"`` or ``"six_position"``, of the depths with
    convolutions less that of the fully connected ones, a single layer left out, as in
    the report's Figure 6, whose dots give 0.040. Not a number while one kind lacks.
    """
    test = curves[(curves["part"] == "test") & (curves["layers"] > 1)]
    convolutional = test["layers"] >= FIRST_CONVOLUTIONAL
    accuracy = test[measured]
    return float(accuracy[convolutional].mean() - accuracy[~convolutional].mean())


def _panels():
    figure, axes = plt.subplots(
        1, 2, figsize=(10, 4), sharex=True, layout="constrained"
    )
    for axis, title in zip(axes, MEASURES.values(), strict=True):
        axis.set(title=title, xlabel="step", ylabel="accuracy")
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        percent(axis.yaxis)
        axis.grid(alpha=0.3)
    return figure, axes


def _log_steps(axis) -> None:
    """Let the axis of the steps be logarithmic, its ticks still plain numbers."""
    axis.set(xscale="log", xlabel="step (logarithmic)")
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _finish(figure: Figure, axes) -> None:
    """Put the legend above the panels, and begin the axis of strict accuracy at 0."""
    axes[0].set_ylim(0, max(0.1, axes[0].get_ylim()[1]))  # whole percent that differ
    lines = axes[0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside upper center", ncols=5, frameon=False)

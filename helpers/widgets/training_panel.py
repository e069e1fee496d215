"""A panel to turn the knobs of training by hand: change, train, watch, stop, compare.

What it does by mouse `helpers.training.runs.run` does in a line; the panel says which.
"""

import shlex
import threading
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure

from helpers.figures.style import percent
from helpers.recipe import MOST_LAYERS, Recipe
from helpers.settings import SOURCES, Settings
from helpers.training.batches import Examples
from helpers.training.options import recipe_command, written
from helpers.training.progress import Progress
from helpers.training.runs import run
from helpers.widgets.still import Still, png

ROWS = 20
"""Validations in a run of the panel."""

CURVES = {
    "loss": "training loss",
    "strict": "validation, strict",
    "six_position": "validation, six-position",
}
"""What the chart shows of a run, each on an axis of its own."""

KNOBS = {
    "layers": range(1, MOST_LAYERS + 1),
    "widths": None,
    "keep_rate": [n / 20 for n in range(2, 21)],
    "l2_beta": (0.0, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01),
    "initial_learning_rate": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "decay_rate": [n / 100 for n in range(50, 101)],
    "batch_size": (10, 25, 50, 100, 200, 400),
    "steps": None,
}
"""A recipe's values that can be set, the report's Table 4 and the steps: where a
slider stops, or None for a field to type in."""


class TrainingPanel(Still, widgets.VBox):
    """Sliders over a recipe's values, buttons, and the curves of every run.

    It starts from ``recipe``, which also has the values without a slider. ``data`` are
    the examples by name, ``"train"`` and ``"validation"``. The settings' folder keeps
    the runs; one that was made before is shown at once. Its ``recipe`` is as the
    sliders stand; its ``runs`` are all so far by name, the last one last.
    """

    def __init__(
        self, recipe: Recipe, data: Mapping[str, Examples], settings: Settings
    ):
        self.start, self.data, self.settings = recipe, data, settings
        self.runs, self._curves = {}, {}
        self._thread = self._progress = None
        self._knobs = {name: _knob(name, getattr(recipe, name)) for name in KNOBS}
        buttons = []
        for label, icon, style, press in (
            ("Train", "play", "success", self.train),
            ("Stop", "stop", "warning", self.stop),
            ("Report's values", "undo", "", self.reset),
            ("Forget runs", "trash", "", self.forget),
        ):
            button = widgets.Button(description=label, icon=icon, button_style=style)
            button.on_click(lambda _, press=press: press())
            buttons.append(button)
        self._train, self._stop, *_ = buttons
        self._stop.disabled = True
        self._bar = widgets.IntProgress(layout={"width": "300px"})
        self._said = widgets.HTML()
        self._chart = widgets.Image(format="png", layout={"width": "900px"})
        layout = {"width": "620px", "height": "74px"}
        self._export = widgets.Textarea(description="settings", layout=layout)
        knobs = list(self._knobs.values())
        for knob in knobs:
            knob.observe(self._show_settings, "value")
        super().__init__(
            [
                widgets.HBox([widgets.VBox(knobs[:4]), widgets.VBox(knobs[4:])]),
                widgets.HBox(buttons),
                widgets.HBox([self._bar, self._said]),
                self._chart,
                self._export,
            ]
        )
        self._show_settings()
        self._show_curves()

    @property
    def recipe(self) -> Recipe:
        """The recipe as the sliders stand; a ValueError where there is none."""
        values = {name: knob.value for name, knob in self._knobs.items()}
        words = values["widths"].replace(",", " ").split()
        if len(words) != 3 or not all(word.isdigit() and int(word) for word in words):
            raise ValueError(
                f"widths are {values['widths']!r}; expected three whole numbers, as "
                "128 64 16."
            )
        values["widths"] = tuple(map(int, words))
        interval = max(1, values["steps"] // ROWS)
        return replace(self.start, **values, validation_interval=interval)

    def train(self) -> None:
        """Train by the sliders, in the background; `wait` waits for the end."""
        if self._train.disabled:  # a run is under way
            return
        try:
            recipe = self.recipe
        except ValueError as error:
            self._said.value = str(error)
            return
        self._progress = _PanelProgress(self, _label(recipe, self.start))
        self._train.disabled, self._stop.disabled = True, False
        self._thread = threading.Thread(
            target=self._train_by, args=(recipe,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the run under way after the steps at hand, and keep what it has."""
        if self._progress is not None:
            self._progress.stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the run under way to end."""
        if self._thread is not None:
            self._thread.join(seconds)

    def reset(self) -> None:
        """Put the sliders at the report's values; the steps at those of the start."""
        values = Recipe(self.start.layers, steps=self.start.steps)
        for name, knob in self._knobs.items():
            knob.value = _shown(getattr(values, name))

    def forget(self) -> None:
        """Clear the chart; the runs stay on disk."""
        self.runs.clear()
        self._curves.clear()
        self._show_curves()

    def _train_by(self, recipe: Recipe) -> None:
        name, seen = self._progress.name, self._progress.rows
        self._said.value = "reading the images"
        self._curves.pop(name, None)  # the last one goes last
        self.runs.pop(name, None)
        try:
            made = run(recipe, self.data, self.settings, progress=self._progress)
        except Exception as error:  # a thread has no other place to say it
            self._said.value = str(error) or type(error).__name__
        else:
            self.runs[name] = made
            before = made.history
            if seen:  # the rest was made earlier
                before = before[before["step"] < seen[0]["step"]]
            self._curves[name] = before.to_dict("records") + seen
            self._show_curves()
            scores = ", ".join(
                f"{measure.replace('_', '-')} {score:.1%}"
                for measure, score in made.scores.items()
            )
            ended = "" if made.finished else "stopped; "
            self._said.value = (
                f"{ended}{int(made.network.count_params()):,} weights, "
                f"{made.steps_per_second:.0f} steps/s; validation "
                f"({len(self.data['validation']):,} images): {scores or 'not yet'}"
            )
        finally:
            self._train.disabled, self._stop.disabled = False, True

    def _show_settings(self, change=None) -> None:
        """Say the recipe in Python, less what is the report's, and as a command."""
        try:
            recipe = self.recipe
        except ValueError as error:
            self._export.value = str(error)
            return
        changed = _changed(recipe, Recipe()).items()
        code = f"Recipe({', '.join(f'{name}={value!r}' for name, value in changed)})"
        command, settings = recipe_command(recipe), self.settings
        if not settings.is_drawn:
            named = settings.data in SOURCES
            data = settings.data if named else str(settings.data_folder)
            command += f" --data {shlex.quote(data)}"
        self._export.value = f"{code}\n{command}"

    def _show_curves(self) -> None:
        self._chart.value = png(draw_curves(self._curves))


class _PanelProgress(Progress):
    """Shows a run in its panel: a bar, the loss, and curves that grow.

    ``rows`` are what the curves are of, as for `draw_curves`.
    """

    def __init__(self, panel: TrainingPanel, name: str):
        super().__init__()
        self.panel, self.name, self.rows = panel, name, []
        self.drawn = -1.0

    @contextmanager
    def shown(self, name, done, steps):
        bar = self.panel._bar
        bar.max, bar.value = steps, done
        yield

    def advance(self, count, loss, scores):
        bar = self.panel._bar
        bar.value += count
        self.panel._said.value = f"step {bar.value:,} of {bar.max:,}, loss {loss:.3f}"
        self.rows.append({"step": bar.value, "loss": loss})
        if time.monotonic() - self.drawn >= 1:  # a chart takes as long as many steps
            self.panel._curves[self.name] = self.rows
            self.panel._show_curves()
            self.drawn = time.monotonic()

    def row(self, row):
        self.rows.append({name: row[name] for name in row if name != "loss"})


def draw_curves(curves: Mapping[str, list[dict]]) -> Figure:
    """Draw `CURVES` by step, of several runs by the names to stand in the legend.

    Each row has a ``step`` and some of the values.
    """
    figure = Figure(figsize=(9, 3.2), layout="tight")  # no pyplot: another thread draws
    axes = figure.subplots(1, len(CURVES), sharex=True)
    for axis, (measured, title) in zip(axes, CURVES.items(), strict=True):
        for name, rows in curves.items():
            points = pd.DataFrame(rows, columns=["step", measured]).dropna()
            marker = "." if len(points) <= 2 * ROWS else ""
            axis.plot(points["step"], points[measured], marker=marker, label=name)
        axis.set(title=title, xlabel="step")
        axis.grid(alpha=0.3)
    loss, *accuracies = axes
    loss.set_ylim(bottom=0)
    if curves:
        loss.legend(fontsize=8)
    for axis in accuracies:
        axis.set_ylim(0, 1)
        percent(axis.yaxis)
    return figure


def _knob(name: str, value) -> widgets.Widget:
    """A slider or field that can hold ``value``, too, if no slider stops there."""
    look = {
        "description": name.replace("_", " "),
        "style": {"description_width": "130px"},
        "layout": {"width": "420px"},
    }
    if KNOBS[name]:
        options = sorted({*KNOBS[name], value})
        return widgets.SelectionSlider(value=value, options=options, **look)
    if isinstance(value, tuple):
        return widgets.Text(value=_shown(value), **look)
    return widgets.BoundedIntText(value=value, min=1, max=10**9, **look)


def _shown(value):
    """A value of a recipe as its knob has it."""
    return written(value) if isinstance(value, tuple) else value


def _label(recipe: Recipe, start: Recipe) -> str:
    """What a run is called in the legend: its layers, and what else was changed."""
    named = {"layers": recipe.layers, "validation_interval": recipe.validation_interval}
    changed = _changed(recipe, replace(start, **named))
    words = (f"{name} {written(value)}" for name, value in changed.items())
    return ", ".join([f"{recipe.layers} layers", *words])


def _changed(recipe: Recipe, other: Recipe) -> dict:
    """The values of a recipe that another one has not, by name."""
    return {k: v for k, v in vars(recipe).items() if v != vars(other)[k]}

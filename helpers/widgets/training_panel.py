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
from helpers.training.loop import HISTORY
from helpers.training.options import recipe_command, written
from helpers.training.progress import Progress
from helpers.training.runs import run, run_name
from helpers.widgets.still import Still, png

ROWS = 20
"""Validations in a run of the panel, or more: the report has one in 1,000 steps."""

CURVES = {
    "loss": "training loss",
    "strict": "validation, strict",
    "six_position": "validation, six-position",
}
"""What the chart shows of a run, each on an axis of its own."""

MOMENTUM = ("SGD", "RMSprop")
"""The optimizers that take one."""

NETWORK, TRAINING, LIMITS = "Network", "Training", "Regularisation"

KNOBS = {
    "layers": (NETWORK, 1, range(1, MOST_LAYERS + 1)),
    "depths": (NETWORK, 5, None),
    "patch_size": (NETWORK, 5, range(1, 9)),
    "pooling": (NETWORK, 5, None),
    "widths": (NETWORK, 2, None),
    "lrn_alpha": (NETWORK, 5, (0.0, 0.0001, 0.001, 0.01, 0.1, 1.0)),
    "lrn_beta": (NETWORK, 5, (0.25, 0.5, 0.75, 1.0)),
    "lrn_radius": (NETWORK, 5, range(9)),
    "lrn_bias": (NETWORK, 5, (0.5, 1.0, 2.0, 4.0)),
    "optimizer": (TRAINING, 1, (*MOMENTUM, "Adagrad", "Adam", "Nadam")),
    "initial_learning_rate": (
        *(TRAINING, 1),
        (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    ),
    "decay_rate": (TRAINING, 1, [n / 100 for n in range(50, 101)]),
    "momentum": (TRAINING, 1, (0.0, 0.5, 0.8, 0.9, 0.95)),
    "batch_size": (TRAINING, 1, (10, 25, 50, 100, 200, 400)),
    "steps": (TRAINING, 1, None),
    "seed": (TRAINING, 1, None),
    "keep_rate": (LIMITS, 2, [n / 20 for n in range(2, 21)]),
    "l2_beta": (LIMITS, 1, (0.0, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002, 0.005, 0.01)),
    "distortion": (LIMITS, 1, (0.0, 0.02, 0.05, 0.1, 0.15, 0.2)),
}
"""A recipe's values that can be set: those of the report's Table 4, whose strides and
pool are one, ``pooling``, and more. For each its tab, from how many layers on it has an
effect, and where its slider stops, or None for a field to type in or a box to tick."""


class TrainingPanel(Still, widgets.VBox):
    """Knobs for a recipe's values, buttons, and the curves of every run.

    It starts from ``recipe``, which also has the values without a knob, and with the
    curves of its run, if that was made before. ``data`` are the examples by name,
    ``"train"`` and ``"validation"``. The settings' folder keeps the runs; one that was
    made before is shown at once. Its ``recipe`` is as the knobs stand; those without an
    effect in it count as the report's. Its ``runs`` are all so far by name, the last
    one last.
    """

    def __init__(
        self, recipe: Recipe, data: Mapping[str, Examples], settings: Settings
    ):
        self.start, self.data, self.settings = recipe, data, settings
        self.runs, self._curves = {}, {}
        self._thread = self._progress = None
        self._knobs, tabs = {}, {}
        for name, (tab, _, choices) in KNOBS.items():
            knob = self._knobs[name] = _knob(name, choices, getattr(recipe, name))
            knob.observe(self._show_settings, "value")
            tabs.setdefault(tab, []).append(knob)
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
        self._chart = widgets.Image(format="png", layout={"max_width": "100%"})
        layout = {"width": "620px", "height": "96px"}
        self._export = widgets.Textarea(description="settings", layout=layout)
        columns = {"grid_template_columns": "repeat(2, max-content)"}
        pages = [widgets.GridBox(knobs, layout=columns) for knobs in tabs.values()]
        super().__init__(
            [
                widgets.Tab(pages, titles=tuple(tabs)),
                widgets.HBox(buttons),
                widgets.HBox([self._bar, self._said]),
                self._chart,
                self._export,
            ]
        )
        self._show_settings()
        kept = settings.runs / run_name(self.recipe, data) / HISTORY
        if kept.is_file():
            name = _label(self.recipe, recipe)
            self._curves[name] = pd.read_csv(kept).to_dict("records")
        self._show_curves()

    @property
    def recipe(self) -> Recipe:
        """The recipe as the knobs stand; a ValueError where there is none."""
        values = {name: knob.value for name, knob in self._knobs.items()}
        for name in ("depths", "widths"):
            words = values[name].replace(",", " ").split()
            if len(words) != 3 or not all(w.isdigit() and int(w) for w in words):
                raise ValueError(
                    f"{name} are {values[name]!r}; expected three whole numbers, as "
                    f"{written(getattr(Recipe, name))}."
                )
            values[name] = tuple(map(int, words))
        interval = min(Recipe.validation_interval, max(1, values["steps"] // ROWS))
        recipe = replace(self.start, **values, validation_interval=interval)
        idle = {name: getattr(Recipe, name) for name in _idle(recipe)}
        return replace(recipe, **idle)

    def train(self) -> None:
        """Train by the knobs, in the background; `wait` waits for the end."""
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
        """Put the knobs at the report's values; the steps at those of the start."""
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
        """Say the recipe in Python, less what is the report's, and as a command.

        Knobs that have no effect in it are grayed.
        """
        try:
            recipe = self.recipe
        except ValueError as error:
            self._export.value = str(error)
            return
        idle = _idle(recipe)
        for name, knob in self._knobs.items():
            knob.disabled = name in idle
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
    size = 9, 3 + 0.22 * len(curves)  # a line for each in the legend
    figure = Figure(figsize=size, layout="constrained")  # no pyplot: in a thread
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
        figure.legend(
            *loss.get_legend_handles_labels(), loc="outside lower left", fontsize=9
        )
    for axis in accuracies:
        axis.set_ylim(0, 1)
        percent(axis.yaxis)
    return figure


def _idle(recipe: Recipe) -> set[str]:
    """The values that have no effect in a recipe."""
    idle = {name for name, (_, least, _) in KNOBS.items() if recipe.layers < least}
    if recipe.lrn_alpha == 0:
        idle |= {"lrn_beta", "lrn_radius", "lrn_bias"}
    return idle if recipe.optimizer in MOMENTUM else idle | {"momentum"}


def _knob(name: str, choices, value) -> widgets.Widget:
    """A slider, list, box or field that can hold ``value``, too."""
    words = name.replace("_", " ").replace("distortion", "augmentation")
    words = words.replace("lrn", "LRN").replace("l2", "L2")
    look = {"style": {"description_width": "130px"}, "layout": {"width": "380px"}}
    look |= {"description": words, "value": _shown(value)}
    if choices:
        kind = widgets.Dropdown if isinstance(value, str) else widgets.SelectionSlider
        return kind(options=sorted({*choices, value}), **look)
    if isinstance(value, bool):
        return widgets.Checkbox(**look)
    if isinstance(value, int):
        return widgets.BoundedIntText(min=0, max=10**9, **look)
    return widgets.Text(**look)


def _shown(value):
    """A value of a recipe as its knob has it."""
    return written(value) if isinstance(value, tuple) else value


def _label(recipe: Recipe, start: Recipe) -> str:
    """What a run is called in the legend: its layers, and what else was changed."""
    named = ("layers", "validation_interval", *_idle(recipe))
    changed = _changed(recipe, start).items()
    words = (f"{name} {written(value)}" for name, value in changed if name not in named)
    return ", ".join([f"{recipe.layers} layers", *words])


def _changed(recipe: Recipe, other: Recipe) -> dict:
    """The values of a recipe that another one has not, by name."""
    return {k: v for k, v in vars(recipe).items() if v != vars(other)[k]}

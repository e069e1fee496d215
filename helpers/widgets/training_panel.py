"""A panel to turn the knobs of training by hand: change, train, watch, stop, compare.

What it does by mouse `helpers.training.runs.run` does in a line; `recipe_code` and
`helpers.training.options.recipe_command` say which.
"""

import io
import shlex
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers.networks import MOST_LAYERS
from helpers.recipe import Recipe
from helpers.settings import SOURCES, Settings
from helpers.training.batches import Examples
from helpers.training.options import recipe_command, written
from helpers.training.progress import Progress
from helpers.training.runs import run

ROWS = 20
"""Validations in a run of the panel: points of its curve."""

MEASURES = {"strict": "strict", "six_position": "six-position"}

BETAS = (0.0, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01)
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
BATCHES = (10, 25, 50, 100, 200, 400)
KNOBS = {
    "layers": (widgets.IntSlider, "layers", {"min": 1, "max": MOST_LAYERS}),
    "widths": (widgets.Text, "hidden widths", {}),
    "keep_rate": (
        widgets.FloatSlider,
        "keep rate",
        {"min": 0.1, "max": 1, "step": 0.05},
    ),
    "l2_beta": (widgets.SelectionSlider, "L2 beta", {"options": BETAS}),
    "initial_learning_rate": (
        widgets.SelectionSlider,
        "learning rate",
        {"options": RATES},
    ),
    "decay_rate": (widgets.FloatSlider, "decay", {"min": 0.5, "max": 1, "step": 0.01}),
    "batch_size": (widgets.SelectionSlider, "batch size", {"options": BATCHES}),
    "steps": (widgets.BoundedIntText, "steps", {"min": 1, "max": 1_000_000}),
}
"""A recipe's values that can be set: the report's Table 4, and the steps."""


class TrainingPanel(widgets.VBox):
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
        self.runs, self._histories = {}, {}
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
        self._bar = widgets.IntProgress(layout=widgets.Layout(width="300px"))
        self._said = widgets.HTML()
        self._chart = widgets.Image(format="png", layout=widgets.Layout(width="900px"))
        layout = widgets.Layout(width="620px", height="74px")
        self._export = widgets.Textarea(description="settings", layout=layout)
        for knob in self._knobs.values():
            knob.observe(self._show_settings, "value")
        knobs = list(self._knobs.values())
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
        for name in ("keep_rate", "decay_rate"):
            values[name] = round(values[name], 6)  # 0.8 comes as 0.7999999999999999
        words = values["widths"].replace(",", " ").split()
        if len(words) != 3 or not all(word.isdigit() and int(word) for word in words):
            raise ValueError(
                f"hidden widths are {values['widths']!r}; "
                "expected three whole numbers, as 128 64 16."
            )
        values["widths"] = tuple(map(int, words))
        interval = max(1, values["steps"] // ROWS)
        return replace(self.start, **values, validation_interval=interval)

    def train(self) -> None:
        """Train by the sliders, in the background; `wait` waits for the end."""
        if self._thread is not None and self._thread.is_alive():
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
        self._histories.clear()
        self._show_curves()

    def _train_by(self, recipe: Recipe) -> None:
        name = self._progress.name
        self._said.value = "reading the images"
        try:
            made = run(recipe, self.data, self.settings, progress=self._progress)
        except Exception as error:  # a thread has no other place to say it
            self._said.value = str(error) or type(error).__name__
        else:
            self.runs.pop(name, None)  # the last one goes last
            self.runs[name] = made
            self._keep(name, made.history)
            scores = ", ".join(
                f"{title} {made.scores[measure]:.1%}"
                for measure, title in MEASURES.items()
                if measure in made.scores
            )
            ended = "" if made.finished else "stopped; "
            self._said.value = (
                f"{ended}{int(made.network.count_params()):,} weights, "
                f"{made.steps_per_second:.0f} steps/s; validation "
                f"({len(self.data['validation']):,} images): {scores or 'not yet'}"
            )
        finally:
            self._train.disabled, self._stop.disabled = False, True

    def _keep(self, name: str, history: pd.DataFrame) -> None:
        self._histories.pop(name, None)
        self._histories[name] = history
        self._show_curves()

    def _show_settings(self, change=None) -> None:
        try:
            recipe = self.recipe
            command = recipe_command(recipe) + _data_option(self.settings)
            self._export.value = f"{recipe_code(recipe)}\n{command}"
        except ValueError as error:
            self._export.value = str(error)

    def _show_curves(self) -> None:
        picture = io.BytesIO()
        compare_histories(self._histories).savefig(picture, format="png", dpi=100)
        self._chart.value = picture.getvalue()


class _PanelProgress(Progress):
    """Shows a run in its panel: a bar, the loss, and a curve that grows."""

    def __init__(self, panel: TrainingPanel, name: str):
        super().__init__()
        self.panel, self.name, self.rows = panel, name, []

    @contextmanager
    def shown(self, name, done, steps):
        bar = self.panel._bar
        bar.max, bar.value = steps, done
        yield

    def advance(self, count, loss, scores):
        bar = self.panel._bar
        bar.value += count
        self.panel._said.value = f"step {bar.value:,} of {bar.max:,}, loss {loss:.3f}"

    def row(self, row):
        self.rows.append(row)
        self.panel._keep(self.name, pd.DataFrame(self.rows))


def recipe_code(recipe: Recipe) -> str:
    """The recipe as Python: only what differs from the report's is spelt out."""
    changed = _changed(recipe, Recipe())
    return f"Recipe({', '.join(f'{k}={v!r}' for k, v in changed.items())})"


def compare_histories(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Validation accuracy by step of several runs, a panel for each measure.

    ``histories``, by the name to stand in the legend, have the columns ``step``,
    ``strict`` and ``six_position``, fractions; without a row nothing is drawn.
    """
    figure = Figure(figsize=(9, 3.2), layout="tight")  # no pyplot: another thread draws
    axes = figure.subplots(1, len(MEASURES), sharex=True)
    for axis, (measure, title) in zip(axes, MEASURES.items(), strict=True):
        for name, history in histories.items():
            if len(history):
                axis.plot(history["step"], history[measure], ".-", label=name)
        axis.set(title=title, xlabel="step", ylim=(0, 1))
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.grid(alpha=0.3)
    if axes[0].lines:
        axes[0].legend(fontsize=8)
    axes[0].set_ylabel("validation accuracy")
    return figure


def _knob(name: str, value) -> widgets.Widget:
    """A slider or field that can hold ``value``, though it be beyond the usual ones."""
    kind, title, limits = KNOBS[name]
    if "options" in limits:
        limits = {"options": sorted({*limits["options"], value})}
    elif kind is widgets.FloatSlider:
        limits = limits | {"min": min(limits["min"], value)}
    return kind(
        value=_shown(value),
        description=title,
        style={"description_width": "110px"},
        layout=widgets.Layout(width="400px"),
        **limits,
    )


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


def _data_option(settings: Settings) -> str:
    """The option that names the images to a shell, if they are not the sample."""
    if settings.is_drawn:
        return ""
    data = settings.data if settings.data in SOURCES else str(settings.data_folder)
    return f" --data {shlex.quote(data)}"

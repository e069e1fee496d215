"""The panel, pressed as a mouse would press it, without a browser."""

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from builders import bright_numbers

from helpers import paper
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.runs import run
from helpers.widgets import training_panel
from helpers.widgets.training_panel import KNOBS, TrainingPanel, draw_curves

START = Recipe(layers=2, crop_size=12, widths=(8, 8, 4), batch_size=10, steps=40)
CONVOLUTIONS = {name for name, (_, layers, _) in KNOBS.items() if layers == 5}
DATA = {"train": bright_numbers(50, 1), "validation": bright_numbers(20, 2)}


@pytest.fixture
def panel(tmp_path):
    return TrainingPanel(START, DATA, Settings(runs_root=tmp_path))


def press(panel, label: str) -> None:
    buttons = panel.children[1].children
    next(button for button in buttons if button.description == label).click()
    panel.wait(600)


def test_knobs_start_at_the_recipe_and_change_it(panel):
    assert panel.recipe == replace(START, validation_interval=2)
    by_pooling = {"convolution_stride", "pool_size", "pool_stride"}
    assert {*paper.TABLE_4} - {*panel._knobs} == by_pooling
    panel._knobs["keep_rate"].value = 0.5
    panel._knobs["widths"].value = "9, 8, 7"
    assert (panel.recipe.keep_rate, panel.recipe.widths) == (0.5, (9, 8, 7))


@pytest.mark.parametrize(
    ("changes", "idle"),
    [
        ({"layers": 5}, set()),
        ({"layers": 5, "lrn_alpha": 0.0}, {"lrn_beta", "lrn_bias", "lrn_radius"}),
        ({"optimizer": "Adam"}, {"momentum", *CONVOLUTIONS}),
        ({"layers": 1}, {"keep_rate", "widths", *CONVOLUTIONS}),
    ],
)
def test_knob_without_effect_is_grayed_and_leaves_the_run(panel, changes, idle):
    panel._knobs["momentum"].value, panel._knobs["lrn_bias"].value = 0.9, 2.0
    for name, value in changes.items():
        panel._knobs[name].value = value
    assert {name for name, knob in panel._knobs.items() if knob.disabled} == idle
    assert all(getattr(panel.recipe, n) == getattr(Recipe, n) for n in idle)


def test_training_is_that_of_the_plain_function(panel, tmp_path):
    press(panel, "Train")
    (made,) = panel.runs.values()
    assert made.finished
    plain = run(panel.recipe, DATA, Settings(runs_root=tmp_path / "other"))
    found, expected = (r.history.drop(columns="seconds") for r in (made, plain))
    np.testing.assert_array_equal(found, expected)
    assert "validation (20 images): strict" in panel._said.value
    assert panel._train.disabled is False


def test_chart_grows_with_each_run_and_is_cleared(panel, tmp_path):
    empty = panel._chart.value
    press(panel, "Train")
    one = panel._chart.value
    assert TrainingPanel(START, DATA, Settings(runs_root=tmp_path)).still() == one
    panel._knobs["layers"].value = 1
    press(panel, "Train")
    assert list(panel.runs) == ["2 layers", "1 layers"]
    assert len({empty, one, panel._chart.value}) == 3
    press(panel, "Forget runs")
    assert (panel.runs, panel._chart.value) == ({}, empty)


@pytest.mark.parametrize(
    ("steps", "step", "rows"),
    [(40, 6, 3), (2_000, 1, 0)],  # one validation in twenty
)
def test_stop_keeps_what_was_trained(panel, steps, step, rows):
    panel._knobs["steps"].value = steps
    panel._bar.observe(
        lambda change: panel.stop() if change["new"] >= step else None, "value"
    )
    press(panel, "Train")
    (made,) = panel.runs.values()
    assert (made.finished, len(made.history)) == (False, rows)
    assert panel._said.value.startswith("stopped; ")
    assert panel._said.value.endswith("not yet") == (not rows)
    loss, strict, _ = (axis.lines[0] for axis in draw_curves(panel._curves).axes)
    assert loss.get_xdata()[-1] == made.step
    assert len(strict.get_xdata()) == rows


def test_run_taken_up_again_has_the_curve_of_all_its_steps(panel):
    panel._bar.observe(lambda to: panel.stop() if to["new"] <= 2 else None, "value")
    press(panel, "Train")
    assert not panel.runs["2 layers"].finished
    press(panel, "Train")
    made = panel.runs["2 layers"]
    loss, strict, _ = (axis.lines[0] for axis in draw_curves(panel._curves).axes)
    steps = made.history["step"].tolist()
    assert loss.get_xdata().tolist() == strict.get_xdata().tolist() == steps


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("some cause")])
def test_error_is_said(panel, monkeypatch, error):
    monkeypatch.setattr(training_panel, "run", Mock(side_effect=error))
    press(panel, "Train")
    assert panel._said.value == (str(error) or "MemoryError")
    assert panel._train.disabled is False


def test_second_press_while_training_does_nothing(panel, monkeypatch):
    def press_again(*_, **options):
        if training.call_count == 1:
            panel.train()
        raise ValueError("the end")

    training = Mock(side_effect=press_again)
    monkeypatch.setattr(training_panel, "run", training)
    press(panel, "Train")
    assert training.call_count == 1


def test_report_button_sets_table_4_and_leaves_the_steps(panel):
    panel._knobs["keep_rate"].value = 0.5
    press(panel, "Report's values")
    report = Recipe(2, steps=40, crop_size=12)
    assert panel.recipe == replace(report, validation_interval=2)


@pytest.mark.parametrize("words", ["128", "a b c", "8 0 8"])
def test_bad_widths_are_said_and_nothing_is_trained(panel, words):
    panel._knobs["widths"].value = words
    assert "expected three whole numbers" in panel._export.value
    press(panel, "Train")
    assert "expected three whole numbers" in panel._said.value
    assert panel.runs == {}


def test_export_makes_the_recipe_again_and_names_the_images(tmp_path):
    start = replace(START, keep_rate=0.03, decay_rate=0.123, l2_beta=0.0007)
    panel = TrainingPanel(start, DATA, Settings(data=str(tmp_path), runs_root=tmp_path))
    assert panel.recipe == replace(start, validation_interval=2)
    panel._knobs["batch_size"].value = 100
    code, command = panel._export.value.splitlines()
    assert eval(code, {"Recipe": Recipe}) == panel.recipe
    assert "batch_size" not in code  # the report's own
    assert command.startswith("python -m helpers train --report --layers 2")
    assert "--l2-beta 0.0007" in command
    assert command.endswith(f" --data {tmp_path}")

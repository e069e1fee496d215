"""The figures of training runs: what they show of which run."""

from types import SimpleNamespace

import pandas as pd

from helpers.curves import compare_runs


def run_of(*strict):
    """A run whose six-position accuracy is 0.1 above its strict one."""
    history = pd.DataFrame({"step": range(1, len(strict) + 1), "strict": strict})
    return SimpleNamespace(history=history.assign(six_position=history["strict"] + 0.1))


def test_compare_runs_draws_every_run_in_both_measures_the_strict_one_first():
    figure = compare_runs({"small": run_of(0.1, 0.2), "large": run_of(0.3, 0.4)})
    strict, six_position = figure.axes
    assert [line.get_label() for line in strict.lines] == ["small", "large"]
    assert [line.get_ydata().tolist() for line in strict.lines] == [
        [0.1, 0.2],
        [0.3, 0.4],
    ]
    assert [line.get_ydata().tolist() for line in six_position.lines] == [
        [0.2, 0.1 + 0.2],
        [0.4, 0.5],
    ]

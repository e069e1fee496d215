"""Figures of a search from its table, and the panel that follows it."""

import time

import optuna
import pytest

from workshop.studies.search import SPACE, study_table
from workshop.studies.search_figures import SearchPanel, trials_figure, values_figure


def new_study(trials: int = 0):
    """Trials whose accuracy is their keep rate; each fourth was pruned."""
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(1)
    )
    for number in range(trials):
        trial = study.ask(SPACE)
        trial.report(trial.params["keep_rate"], 1)
        if number % 4 == 3:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, trial.params["keep_rate"])
    return study


@pytest.fixture(scope="module")
def table():
    return study_table(new_study(12))


def test_trials_figure_shows_what_each_trial_reached(table):
    (axis,) = trials_figure(table).axes
    pruned, complete, best, table_4 = axis.lines
    assert pruned.get_xdata().tolist() == [3, 7, 11]
    assert len(complete.get_ydata()) == 9
    assert best.get_ydata()[-1] == table.query("state == 'complete'")["strict"].max()
    assert table_4.get_ydata()[0] == table["strict"][0]


def test_values_have_a_panel_each(table):
    panels = {axis.get_xlabel(): axis for axis in values_figure(table).axes}
    assert panels.keys() == SPACE.keys()
    points = panels["keep_rate"].collections[0].get_offsets()
    assert len(points) == 9
    assert (points[:, 0] == points[:, 1]).all()
    assert panels["l2_beta"].get_xscale() == "log"


def until(condition) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_panel_follows_the_study_until_stopped(monkeypatch):
    study = new_study(1)
    panel = SearchPanel(study, seconds=0.01)
    assert panel._message.value == "1 complete"
    assert f"{study.best_value:.4g}" in panel._best.value
    assert bytes(panel._chart.value).startswith(b"\x89PNG")
    with monkeypatch.context() as patch:

        def away(*arguments, **named):
            raise OSError("the database is away")

        patch.setattr(study, "get_trials", away)
        assert until(lambda: panel._message.value == "the database is away")
    study.tell(study.ask(SPACE), 0.5)
    assert until(lambda: panel._message.value == "2 complete")
    panel.stop()
    panel._thread.join()
    study.tell(study.ask(SPACE), 0.6)
    assert panel._message.value == "2 complete"

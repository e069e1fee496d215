"""The search's panel: it shows the study as it is, until it is stopped."""

import time

import optuna
import pytest

from workshop.studies.search import SPACE
from workshop.studies.search_panel import SearchPanel


@pytest.fixture
def study():
    return optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(1)
    )


def add_trial(study, strict: float) -> None:
    study.tell(study.ask(SPACE), strict)


def until(condition) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_panel_shows_the_study(study):
    add_trial(study, 0.25)
    panel = SearchPanel(study, seconds=600)
    panel.stop()
    assert panel._said.value == "1 complete"
    assert "0.25" in panel._best.value
    assert bytes(panel._chart.value).startswith(b"\x89PNG")


def test_panel_follows_the_study_until_stopped(study):
    panel = SearchPanel(study, seconds=0.01)
    add_trial(study, 0.5)
    assert until(lambda: panel._said.value == "1 complete")
    panel.stop()
    panel._thread.join()
    add_trial(study, 0.6)
    assert panel._said.value == "1 complete"


def test_database_that_is_away_is_asked_again(study, monkeypatch):
    panel = SearchPanel(study, seconds=0.01)
    with monkeypatch.context() as patch:

        def away(*arguments, **named):
            raise OSError("the database is away")

        patch.setattr(study, "get_trials", away)
        assert until(lambda: panel._said.value == "the database is away")
    add_trial(study, 0.5)
    assert until(lambda: panel._said.value == "1 complete")
    panel.stop()

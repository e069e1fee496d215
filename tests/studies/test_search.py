"""The search: equal budgets, trials that add up however they are interrupted."""

import multiprocessing
import time
from dataclasses import replace

import optuna
import pytest
from builders import TINY, bright_numbers

from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.loop import TrainingDiverged
from helpers.training.runs import number_data, run, train
from workshop.studies import search as module
from workshop.studies.search import (
    SPACE,
    open_study,
    recipe_values,
    search,
    search_together,
    study_table,
    trial_recipe,
)

DATA = {"train": bright_numbers(60, 1), "validation": bright_numbers(40, 2)}


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'search.db'}"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A search of three trials in one go."""
    folder = tmp_path_factory.mktemp("search")
    study = open_study(TINY, DATA, f"sqlite:///{folder / 'search.db'}")
    return search(study, TINY, DATA, Settings(runs_root=folder), 3)


def params_of(study) -> list[dict]:
    return [trial.params for trial in study.trials]


def test_own_values_are_in_the_space_and_give_the_recipe_itself():
    base = Recipe(steps=3_000, validation_interval=300)
    values = recipe_values(base)
    assert trial_recipe(values, base) == base
    for name, value in values.items():
        assert SPACE[name]._contains(SPACE[name].to_internal_repr(value)), name


def test_search_begins_with_the_recipe_itself_and_ends_in_time(study, settings):
    assert len(study.trials) == 3
    assert study.trials[0].params == recipe_values(TINY)
    own = run(trial_recipe(recipe_values(TINY), TINY), DATA, settings)
    assert study.trials[0].value == own.scores["strict"]


def test_table_has_the_trials(study):
    table = study_table(study)
    assert table.index.tolist() == [0, 1, 2]
    assert table["strict"].tolist() == [trial.value for trial in study.trials]
    assert table["rows"].tolist() == [len(t.intermediate_values) for t in study.trials]
    assert (table["seconds"] > 0).all()
    assert table[[*SPACE]].to_dict("records") == params_of(study)


def test_search_goes_on_as_if_it_had_never_stopped(study, settings, tmp_path):
    place = f"sqlite:///{tmp_path / 'parts.db'}"
    for trials in (2, 3, 3):
        again = search(open_study(TINY, DATA, place), TINY, DATA, settings, trials)
    assert params_of(again) == params_of(study)
    assert [t.value for t in again.trials] == [t.value for t in study.trials]


def test_ctrl_c_stops_and_the_trial_is_taken_up_again(
    settings, storage, monkeypatch, capsys
):
    study = open_study(TINY, DATA, storage)
    with monkeypatch.context() as patch:

        class Stopped(module._TrialProgress):
            def row(self, row):
                super().row(row)
                self.stop.set()

        patch.setattr(module, "_TrialProgress", Stopped)
        search(study, TINY, DATA, settings, 1)
    assert "Stopped: the same call goes on" in capsys.readouterr().out
    search(study, TINY, DATA, settings, 1)
    ended = study_table(study).query("state == 'complete'")
    assert len(ended) == 1
    assert ended["l2_beta"].iloc[0] == TINY.l2_beta


def test_trial_that_diverges_is_pruned(settings, storage, monkeypatch):
    def diverge(*_, **__):
        raise TrainingDiverged("the loss is not finite")

    monkeypatch.setattr(module, "run", diverge)
    study = search(open_study(TINY, DATA, storage), TINY, DATA, settings, 2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED"] * 2
    assert "not finite" in study.trials[1].user_attrs["ended"]
    assert study_table(study)["strict"].isna().all()


def test_trial_worse_than_the_median_is_pruned_with_its_last_row():
    study = optuna.create_study(
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=0),
    )

    def objective(trial):
        strict = 0.9 - 0.8 * trial.number
        progress = module._TrialProgress(trial, TINY)
        progress.row({"step": 10, "strict": strict})
        return strict

    study.optimize(objective, n_trials=2)
    table = study_table(study)
    assert table["state"].tolist() == ["complete", "pruned"]
    assert table["strict"].tolist() == pytest.approx([0.9, 0.1])


@pytest.fixture
def twelve(few_settings):
    """Settings of a few images of twelve pixels."""
    return replace(few_settings, crop_size=12)


@pytest.mark.long
def test_processes_search_together(twelve, storage):
    study = search_together(TINY, twelve, storage, trials=6, processes=2)
    table = study_table(study)
    assert 6 <= len(table) <= 7
    assert set(table["state"]) <= {"complete", "pruned"}
    assert table.loc[0, "width_scale"] == 1
    assert table["l2_beta"].is_unique


@pytest.mark.long
def test_killed_trial_is_taken_up_where_it_was(twelve, storage, tmp_path):
    data = number_data(twelve)
    base = replace(TINY, steps=20_000)
    study = open_study(base, data, storage, twelve.seed)
    context = multiprocessing.get_context("spawn")
    work = base, twelve, storage, 1
    worker = context.Process(target=module._search_alone, args=work)
    worker.start()
    while not study.trials[0].intermediate_values:
        assert worker.is_alive()
        time.sleep(0.05)
    worker.kill()
    worker.join()
    rows = study.trials[0].intermediate_values
    assert study.trials[0].state.name == "RUNNING"

    time.sleep(3)  # by then the killed trial has missed two signs of life
    study = open_study(base, data, storage, twelve.seed, heartbeat=1)
    search(study, base, data, twelve, 1)
    killed, again = study.trials
    assert (killed.state.name, again.state.name) == ("FAIL", "COMPLETE")
    assert again.params == killed.params
    assert len(again.intermediate_values) == 10
    assert rows.items() <= again.intermediate_values.items()
    undisturbed = train(trial_recipe(again.params, base), data, tmp_path / "other")
    assert again.value == undisturbed.scores["strict"]


@pytest.mark.long
def test_error_in_a_process_is_raised(twelve, storage):
    base = replace(TINY, crop_size=9)  # not the images' own size
    with pytest.raises(ValueError, match="12 pixels wide; expected 9"):
        search_together(base, twelve, storage, trials=1, processes=1)

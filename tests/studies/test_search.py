"""The search: equal budgets, trials that add up however they are interrupted."""

import multiprocessing
import time
from dataclasses import replace

import numpy as np
import optuna
import pytest

from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.runs import number_data, run, train
from workshop.studies import search as module
from workshop.studies.search import (
    SPACE,
    best_recipe,
    draw_recipe,
    open_study,
    search,
    search_together,
    study_of,
    study_table,
    values_of,
)

TINY = Recipe(layers=2, crop_size=12, widths=(8, 8, 4), steps=20)


def numbers(count: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    labels = np.full((count, 6), 10)
    labels[:, 0] = 1
    labels[:, 1] = rng.integers(0, 2, count)
    images = rng.integers(0, 60, (count, 12, 12), dtype=np.uint8)
    images[np.arange(count), labels[:, 1]] += 150
    return Examples(images, labels)


DATA = {"train": numbers(60, 1), "validation": numbers(40, 2)}


@pytest.fixture
def settings(tmp_path):
    return Settings(runs_root=tmp_path / "runs")


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'search.db'}"


def params_of(study) -> list[dict]:
    return [trial.params for trial in study.trials]


def test_own_values_give_the_recipe_itself():
    base = Recipe(steps=3_000, validation_interval=300)
    assert best_recipe(values_of(base), base) == base


def test_report_s_recipe_is_within_the_space():
    for name, value in values_of(Recipe()).items():
        assert SPACE[name]._contains(SPACE[name].to_internal_repr(value)), name


@pytest.mark.parametrize("seed", range(20))
def test_every_trial_sees_as_many_images_and_has_ten_rows(seed):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
    recipe = draw_recipe(study.ask(), Recipe(steps=3_000))
    assert recipe.steps * recipe.batch_size == 300_000
    assert recipe.validation_interval * 10 == recipe.steps


def test_scales_change_all_sizes_together():
    values = values_of(Recipe()) | {"depth_scale": 0.5, "width_scale": 2.0}
    recipe = best_recipe(values, Recipe())
    assert (recipe.depths, recipe.widths) == ((8, 16, 32), (256, 128, 32))


def test_search_begins_with_the_recipe_itself_and_ends_in_time(settings, storage):
    study = search(open_study(TINY, DATA, storage), TINY, DATA, settings, 3)
    assert len(study.trials) == 3
    assert study.trials[0].params == values_of(TINY)
    own = run(best_recipe(values_of(TINY), TINY), DATA, settings)
    assert study.trials[0].value == own.scores["strict"]


def test_search_goes_on_as_if_it_had_never_stopped(settings, tmp_path):
    whole, parts = (f"sqlite:///{tmp_path / name}.db" for name in ("whole", "parts"))
    study = search(open_study(TINY, DATA, whole), TINY, DATA, settings, 4)
    for trials in (2, 4, 4):
        again = search(open_study(TINY, DATA, parts), TINY, DATA, settings, trials)
    assert params_of(again) == params_of(study)
    assert [t.value for t in again.trials] == [t.value for t in study.trials]


def test_other_seed_draws_other_values(settings, storage, tmp_path):
    other = f"sqlite:///{tmp_path / 'other.db'}"
    studies = [
        search(open_study(TINY, DATA, place, seed), TINY, DATA, settings, 2)
        for seed, place in ((1, storage), (2, other))
    ]
    assert params_of(studies[0])[1] != params_of(studies[1])[1]


def test_values_of_a_trial_differ_from_each_other(settings, storage):
    study = search(open_study(TINY, DATA, storage), TINY, DATA, settings, 2)
    shares = [
        (study.trials[1].params[name] - SPACE[name].low)
        / (SPACE[name].high - SPACE[name].low)
        for name in ("keep_rate", "lrn_beta")
    ]
    assert abs(shares[0] - shares[1]) > 1e-6


def test_other_budget_or_data_is_another_study(storage):
    names = {
        open_study(base, data, storage).study_name
        for base, data in (
            (TINY, DATA),
            (replace(TINY, steps=40), DATA),
            (TINY, DATA | {"train": numbers(60, 3)}),
        )
    }
    assert len(names) == 3


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
        search(study, TINY, DATA, settings, 2)
    assert "Stopped: the same call goes on" in capsys.readouterr().out
    search(study, TINY, DATA, settings, 2)
    ended = study_table(study).query("state == 'complete'")
    assert len(ended) == 2
    assert ended["l2_beta"].iloc[0] == TINY.l2_beta


def test_trial_that_diverges_is_given_up(settings, storage, monkeypatch):
    absurd = {
        "initial_learning_rate": optuna.distributions.FloatDistribution(0.05, 1e9)
    }
    monkeypatch.setattr(module, "SPACE", SPACE | absurd)
    study = open_study(TINY, DATA, storage)
    study.enqueue_trial(values_of(TINY) | {"initial_learning_rate": 1e9})
    search(study, TINY, DATA, settings, 2)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"]
    assert "not finite" in study.trials[1].user_attrs["ended"]


def test_trial_worse_than_most_is_given_up():
    study = optuna.create_study(
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=0),
    )
    recipe = replace(TINY, steps=20, validation_interval=10)
    good, bad = ({"step": 10, "strict": strict} for strict in (0.9, 0.1))
    trial = study.ask()
    module._TrialProgress(trial, recipe).row(good)
    study.tell(trial, 0.9)
    with pytest.raises(optuna.TrialPruned):
        module._TrialProgress(study.ask(), recipe).row(bad)


def test_table_has_a_row_for_each_trial(settings, storage):
    study = search(open_study(TINY, DATA, storage), TINY, DATA, settings, 2)
    table = study_table(study)
    assert table.index.tolist() == [0, 1]
    assert table["strict"].tolist() == [trial.value for trial in study.trials]
    assert table["rows"].tolist() == [len(t.intermediate_values) for t in study.trials]
    assert (table["seconds"] > 0).all()


def test_table_of_a_study_just_opened_says_what_waits(storage):
    table = study_table(open_study(TINY, DATA, storage))
    assert table["state"].tolist() == ["waiting"]
    assert table["strict"].isna().all()


def test_study_is_made_again_from_its_table(settings, storage, tmp_path):
    study = search(open_study(TINY, DATA, storage), TINY, DATA, settings, 3)
    again = study_of(study_table(study))
    ended = [t for t in study.trials if t.state.name == "COMPLETE"]
    assert params_of(again) == [trial.params for trial in ended]
    assert again.best_value == study.best_value


@pytest.mark.long
def test_processes_search_together(few_numbers, tmp_path):
    settings = Settings(
        data=str(few_numbers),
        crop_size=12,
        home=tmp_path / "home",
        runs_root=tmp_path / "runs",
    )
    storage = f"sqlite:///{tmp_path / 'search.db'}"
    study = search_together(TINY, settings, storage, trials=6, processes=2)
    table = study_table(study)
    assert 6 <= len(table) <= 7
    assert set(table["state"]) <= {"complete", "pruned"}
    assert table.loc[0, "width_scale"] == 1
    numbers = [trial.params["l2_beta"] for trial in study.trials]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.long
def test_killed_trial_is_taken_up_where_it_was(few_numbers, tmp_path, monkeypatch):
    settings = Settings(
        data=str(few_numbers),
        crop_size=12,
        home=tmp_path / "home",
        runs_root=tmp_path / "runs",
    )
    data = number_data(settings)
    storage = f"sqlite:///{tmp_path / 'search.db'}"
    base = replace(TINY, steps=20_000)
    study = open_study(base, data, storage, settings.seed)
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=module._work, args=(base, settings, storage, 1))
    worker.start()
    while not study.trials[0].intermediate_values:
        assert worker.is_alive()
        time.sleep(0.05)
    worker.kill()
    worker.join()
    rows = study.trials[0].intermediate_values
    assert study.trials[0].state.name == "RUNNING"

    monkeypatch.setattr(module, "HEARTBEAT", 1)
    time.sleep(3)  # by then the killed trial has missed two signs of life
    study = open_study(base, data, storage, settings.seed)
    search(study, base, data, settings, 1)
    killed, again = study.trials
    assert (killed.state.name, again.state.name) == ("FAIL", "COMPLETE")
    assert again.params == killed.params
    assert len(again.intermediate_values) == 10
    assert rows.items() <= again.intermediate_values.items()
    undisturbed = train(best_recipe(again.params, base), data, tmp_path / "undisturbed")
    assert again.value == undisturbed.scores["strict"]


@pytest.mark.long
def test_process_that_fails_is_named(few_numbers, tmp_path):
    settings = Settings(data=str(few_numbers), crop_size=12, home=tmp_path / "home")
    number_data(settings)
    storage = f"sqlite:///{tmp_path / 'search.db'}"
    base = replace(TINY, crop_size=9)  # not the images' own size
    with pytest.raises(RuntimeError, match="1 of 1 processes of the search failed"):
        search_together(base, settings, storage, trials=1, processes=1)

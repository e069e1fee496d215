"""Comparisons: every run measured, differences and rates worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import evaluate
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.progress import Progress
from helpers.training.runs import run
from helpers.training.tasks import NUMBERS
from workshop.studies import ablations
from workshop.studies.ablations import (
    REFERENCE,
    at_lengths,
    compare,
    compare_all,
    differences,
    optimizers,
    other_lengths,
    tune_rate,
    tune_rates,
    without_each,
)

TINY = Recipe(
    layers=2, crop_size=12, widths=(8, 8, 4), steps=20, validation_interval=10
)


def numbers(count: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    labels = np.full((count, 6), 10)
    labels[:, 0] = rng.integers(1, 3, count)
    labels[:, 1] = rng.integers(0, 10, count)
    labels[labels[:, 0] == 2, 2] = 1
    return Examples(rng.integers(0, 256, (count, 12, 12), dtype=np.uint8), labels)


DATA = {"train": numbers(60, 1), "validation": numbers(20, 2), "test": numbers(30, 3)}


@pytest.fixture
def settings(tmp_path):
    return Settings(runs_root=tmp_path / "runs")


def results_of(**strict) -> pd.DataFrame:
    """Results with the test accuracies of two or three seeds for each recipe."""
    return pd.DataFrame(
        [
            {
                "recipe": name,
                "seed": seed,
                "part": "test",
                "length": 0,
                "images": 100,
                "step": 20,
                "strict": value,
                "six_position": 0.9,
            }
            for name, values in strict.items()
            for seed, value in enumerate(values)
        ]
    )


def test_every_technique_s_recipe_differs_from_the_report_s_in_one_field():
    recipes = without_each(Recipe())
    assert recipes.pop(REFERENCE) == Recipe()
    report = Recipe().metadata()
    changed = [
        set(recipe.metadata().items()) - set(report.items())
        for recipe in recipes.values()
    ]
    assert len(changed) == 7
    assert all(len(change) == 1 for change in changed)


@pytest.mark.parametrize("name", without_each(Recipe()))
def test_every_technique_can_be_left_out(name):
    network = NUMBERS.build(without_each(Recipe())[name])
    assert network.output_shape == (None, 6, 11)


def test_without_normalisation_activations_stay():
    recipe = without_each(Recipe())["without local response normalisation"]
    layer = NUMBERS.build(recipe).get_layer("lrn1")
    x = np.random.default_rng(1).normal(size=(1, 2, 2, 16)).astype(np.float32)
    np.testing.assert_allclose(layer(x), x, rtol=1e-6)


def test_optimizers_are_four_and_only_one_has_momentum():
    recipes = optimizers(Recipe())
    assert {recipe.optimizer for recipe in recipes.values()} == {
        "SGD",
        "Adam",
        "Adagrad",
    }
    assert [r.momentum for r in recipes.values()].count(0.0) == 3


def test_other_lengths_are_shares():
    for recipe in list(other_lengths(Recipe()).values())[1:]:
        assert sum(recipe.length_shares) == pytest.approx(1)
        assert len(recipe.length_shares) == 5


def test_results_are_those_of_the_runs(settings):
    recipes = {"one": TINY, "two": replace(TINY, keep_rate=0.5)}
    results = compare(recipes, (1, 2), DATA, settings)
    made = run(replace(recipes["two"], seed=2), DATA, settings)
    rows = results[(results["recipe"] == "two") & (results["seed"] == 2)]
    history = rows[rows["part"] == "validation"]
    assert history["strict"].tolist() == made.history["strict"].tolist()
    assert history["step"].tolist() == [10, 20]
    test = rows[rows["part"] == "test"].set_index("length")
    score = evaluate(made.network, DATA["test"].images, DATA["test"].labels)
    assert test.loc[0, "strict"] == score.strict.value
    assert test.loc[0, "images"] == test.loc[[1, 2], "images"].sum() == 30
    assert len(results) == 4 * (2 + 3)


def test_run_that_diverges_reads_nothing(settings):
    recipes = {"absurd": replace(TINY, initial_learning_rate=1e9)}
    results = compare(recipes, [1], DATA, settings)
    assert results["part"].tolist() == ["validation", "test", "test", "test"]
    assert results["images"].tolist()[:2] == [20, 30]
    assert not results["strict"].any()


@pytest.fixture
def second_stops():
    """Makes the progress of runs, of which the second is stopped."""
    shown = []

    def progress():
        shown.append(Progress())
        if len(shown) == 2:
            shown[-1].stop.set()
        return shown[-1]

    return progress


TWO = {"one": TINY, "two": replace(TINY, keep_rate=0.5)}


def test_stop_keeps_the_runs_before_it(settings, second_stops):
    results = compare(TWO, [1], DATA, settings, progress=second_stops)
    assert set(results["recipe"]) == {"one"}


def test_stopped_comparison_gives_no_part_of_the_results(settings, second_stops):
    with pytest.raises(KeyboardInterrupt):
        compare_all(TWO, [1], DATA, settings, second_stops)
    results = compare_all(TWO, [1], DATA, settings)
    assert set(results["recipe"]) == {"one", "two"}


def test_difference_is_of_runs_of_the_same_seed():
    results = results_of(base=[0.5, 0.6, 0.7], other=[0.4, 0.52, 0.63])
    row = differences(results, "base").loc["other"]
    assert row["difference"] == pytest.approx(-0.25 / 3)
    # Student's t for 2 degrees of freedom is 4.303.
    reach = 4.303 * np.std([-0.1, -0.08, -0.07], ddof=1) / np.sqrt(3)
    assert row["high"] - row["difference"] == pytest.approx(reach, rel=1e-3)
    assert row["difference"] - row["low"] == pytest.approx(reach, rel=1e-3)


def test_one_seed_has_no_interval():
    row = differences(results_of(base=[0.5], other=[0.4]), "base").loc["other"]
    assert row["difference"] == pytest.approx(-0.1)
    assert np.isnan(row["low"])


def test_unknown_reference_is_named():
    with pytest.raises(ValueError, match="no recipe 'basis'; expected one of 'base'"):
        differences(results_of(base=[0.5]), "basis")


def test_scores_are_means_over_the_seeds():
    row = ablations.scores_on_test(results_of(base=[0.5, 0.7])).loc["base"]
    assert (row["strict"], row["lowest"], row["highest"]) == (0.6, 0.5, 0.7)
    assert row["seeds"] == 2


def test_at_lengths_weighs_each_length_by_its_share():
    results = pd.concat(
        [
            results_of(base=[0.8, 0.6]).assign(length=1),
            results_of(base=[0.4, 0.2]).assign(length=3),
        ]
    )
    # Nothing was measured at two digits: the other shares are 1 and 3 of 4.
    assert at_lengths(results, (0.1, 0.6, 0.3))["base"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("peak", "tried"),
    [
        (1.0, [0.5, 1.0, 2.0]),
        (4.0, [0.5, 1.0, 2.0, 4.0, 8.0]),
        (0.25, [0.125, 0.25, 0.5, 1.0, 2.0]),
    ],
)
def test_rates_go_on_past_the_best(peak, tried):
    found = tune_rate(lambda rate: -abs(np.log(rate / peak)), 1.0)
    assert list(found) == tried


def test_rates_end_where_all_are_alike():
    assert list(tune_rate(lambda rate: 0.0, 1.0)) == [0.25, 0.5, 1.0, 2.0]


def test_rates_end_where_more_are_always_better():
    assert len(tune_rate(lambda rate: rate, 1.0)) == ablations.MOST_RATES


def test_tuned_recipe_has_the_rate_best_on_validation(settings, monkeypatch):
    monkeypatch.setattr(ablations, "MOST_RATES", 3)
    recipe = replace(TINY, initial_learning_rate=0.2)
    tuned, tried = tune_rates({"one": recipe}, DATA, settings)
    assert tried["learning_rate"].tolist() == [0.1, 0.2, 0.4]
    best = tried.loc[tried["strict"].idxmax()]
    assert tuned["one"] == replace(recipe, initial_learning_rate=best["learning_rate"])
    made = run(tuned["one"], DATA, settings)
    assert made.scores["strict"] == best["strict"]


def test_rate_at_which_training_diverges_scores_0(settings, monkeypatch):
    monkeypatch.setattr(ablations, "MOST_RATES", 3)
    recipe = replace(TINY, initial_learning_rate=1e9)
    _, tried = tune_rates({"one": recipe}, DATA, settings)
    assert not tried["strict"].any()

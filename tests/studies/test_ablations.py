"""Ablations: every run measured, differences and rates worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import TINY, bright_numbers

from helpers.evaluation import evaluate
from helpers.networks import build_network
from helpers.recipe import Recipe
from helpers.training.runs import run
from workshop.studies import ablations
from workshop.studies.ablations import (
    BASELINE,
    compare,
    curves_figure,
    differences,
    differences_figure,
    lengths_figure,
    reweight_by_length,
    scores_on_test,
    tune_rate,
    tune_rates,
    without_each,
)

DATA = {
    "train": bright_numbers(60, 1),
    "validation": bright_numbers(20, 2),
    "test": bright_numbers(30, 3),
}


def results_of(length=0, part="test", step=20, **strict) -> pd.DataFrame:
    """Results with the accuracies of some seeds for each recipe."""
    rows = [
        (name, seed, value)
        for name, values in strict.items()
        for seed, value in enumerate(values)
    ]
    table = pd.DataFrame(rows, columns=["recipe", "seed", "strict"])
    return table.assign(
        length=length, part=part, step=step, images=100, six_position=0.9
    )


def test_every_ablation_changes_one_field_and_can_be_built():
    recipes = without_each(Recipe())
    assert recipes.pop(BASELINE) == Recipe()
    assert len(recipes) == 7
    for recipe in recipes.values():
        change = set(recipe.metadata().items()) - set(Recipe().metadata().items())
        assert len(change) == 1
        assert build_network(**vars(recipe)).output_shape == (None, 6, 11)


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
    assert not results[["strict", "six_position"]].any(axis=None)


def test_stopped_run_gives_no_part_of_the_results(settings, monkeypatch):
    def stop(recipe, data, settings):
        made = run(recipe, data, settings)
        return replace(made, step=20 if recipe.keep_rate == 1 else 10)

    monkeypatch.setattr(ablations, "run", stop)
    recipes = {"one": TINY, "two": replace(TINY, keep_rate=1.0)}
    with pytest.raises(KeyboardInterrupt):
        compare(recipes, [1], DATA, settings)
    assert set(compare({"two": recipes["two"]}, [1], DATA, settings)["seed"]) == {1}


def test_difference_is_of_runs_of_the_same_seed():
    results = results_of(base=[0.5, 0.6, 0.7], other=[0.4, 0.52, 0.63])
    row = differences(results, "base").loc["other"]
    assert row["difference"] == pytest.approx(-0.25 / 3)
    # Student's t for 2 degrees of freedom is 4.303.
    reach = 4.303 * np.std([-0.1, -0.08, -0.07], ddof=1) / np.sqrt(3)
    bounds = row["difference"] - reach, row["difference"] + reach
    assert (row["low"], row["high"]) == pytest.approx(bounds, rel=1e-3)
    one_seed = differences(results.query("seed == 0"), "base").loc["other"]
    assert np.isnan(one_seed["low"])
    with pytest.raises(ValueError, match="expected 'base', 'other'"):
        differences(results, "basis")


def test_scores_are_means_over_the_seeds():
    row = scores_on_test(results_of(base=[0.5, 0.7])).loc["base"]
    assert (row["strict"], row["lowest"], row["highest"]) == (0.6, 0.5, 0.7)
    assert row["seeds"] == 2


def test_reweighting_gives_each_length_its_share():
    one, three = results_of(1, base=[0.8, 0.6]), results_of(3, base=[0.4, 0.2])
    # Nothing was measured at two digits: the other shares are 1 and 3 of 4.
    strict = reweight_by_length(pd.concat([one, three]), (0.1, 0.6, 0.3))
    assert strict["base"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("strict_at", "tried"),
    [
        (lambda rate: -abs(np.log(rate / 1.0)), [0.5, 1.0, 2.0]),
        (lambda rate: -abs(np.log(rate / 4.0)), [0.5, 1.0, 2.0, 4.0, 8.0]),
        (lambda rate: -abs(np.log(rate / 0.25)), [0.125, 0.25, 0.5, 1.0, 2.0]),
        (lambda rate: 0.0, [0.25, 0.5, 1.0, 2.0]),
        (lambda rate: rate, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]),
    ],
)
def test_rates_go_on_past_the_best_to_a_bound(strict_at, tried):
    assert list(tune_rate(strict_at, 1.0, max_rates=6)) == tried


def test_tuned_recipe_has_the_rate_best_on_validation(settings):
    recipe = replace(TINY, initial_learning_rate=0.2)
    tuned, tried = tune_rates({"one": recipe}, DATA, settings, max_rates=3)
    assert tried["learning_rate"].tolist() == [0.1, 0.2, 0.4]
    best = tried.loc[tried["strict"].idxmax()]
    assert tuned["one"] == replace(recipe, initial_learning_rate=best["learning_rate"])
    made = run(tuned["one"], DATA, settings)
    assert made.scores["strict"] == best["strict"]


RECIPES = {BASELINE: [0.50, 0.52], "other": [0.60, 0.64], "worse": [0.40, 0.43]}


def test_bands_reach_from_the_lowest_seed_to_the_highest():
    steps = [results_of(part="validation", step=step, **RECIPES) for step in (10, 20)]
    (axis,) = curves_figure(pd.concat([*steps, results_of(**RECIPES)])).axes
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [0.51, 0.51])
    corners = axis.collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (0.50, 0.52)


def test_differences_are_drawn_in_points_from_the_best_on():
    (axis,) = differences_figure(results_of(**RECIPES)).axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["other", "worse"]
    means, _, _ = axis.containers[0].lines
    assert means.get_xdata().astype(float) == pytest.approx([11, -9.5])
    seeds = [line.get_xdata() for line in axis.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(seeds[-2:], [[10, 12], [-10, -9]])


def test_lengths_have_a_mark_for_each_recipe():
    results = pd.concat([results_of(length, **RECIPES) for length in (0, 1, 2)])
    (axis,) = lengths_figure(results).axes
    assert [len(group[0].get_ydata()) for group in axis.containers] == [2, 2, 2]

"""Ablations: recipes that differ in one thing, trained from several seeds, compared.

Where a function takes ``results``, they are a table from `compare`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from scipy import stats

from helpers import paper
from helpers.accuracy import MAX_DIGITS, accuracy_by_length, measure
from helpers.evaluation import predict
from helpers.figures.style import styled
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.loop import TrainingDiverged
from helpers.training.runs import Run, run
from workshop.studies.charts import finish, reach

BASELINE = "as in the report"  # the recipe that others are compared with
ALL_LENGTHS = 0  # in the column ``length``: numbers of all lengths

OPTIMIZERS = {
    "SGD": ("SGD", 0.0, 0.1),
    "SGD, momentum 0.9": ("SGD", 0.9, 0.01),
    "Adam": ("Adam", 0.0, 0.002),
    "Adagrad": ("Adagrad", 0.0, 0.05),
}
"""Optimizer, momentum, and the learning rate where its tuning starts."""

ABLATIONS = {
    "dropout": {"keep_rate": 1.0},
    "L2 regularisation": {"l2_beta": 0.0},
    "local response normalisation": {"lrn_alpha": 0.0},
    "Xavier initialisation": {"initial_deviation": 0.1},  # as 2016's tutorials had it
    "decay of the learning rate": {"decay_rate": 1.0},
    "max-pooling": {"pooling": False},
    "convolutions": {"layers": 4},
}
"""The field of a recipe that leaves out each technique of the report's Table 3."""

COLUMNS = "recipe", "seed", "part", "length", "images", "step", "strict", "six_position"


def optimizers(base: Recipe) -> dict[str, Recipe]:
    """Give the recipe each optimizer, at the rate where its tuning starts."""
    fields = "optimizer", "momentum", "initial_learning_rate"
    return {
        name: replace(base, **dict(zip(fields, values, strict=True)))
        for name, values in OPTIMIZERS.items()
    }


def without_each(base: Recipe) -> dict[str, Recipe]:
    """Give the recipe itself, and it without each technique of Table 3 in turn."""
    return {BASELINE: base} | {
        f"without {name}": replace(base, **change) for name, change in ABLATIONS.items()
    }


def other_lengths(base: Recipe) -> dict[str, Recipe]:
    """Give the recipe itself, with the official test set's lengths, and even ones."""
    official = tuple(n / paper.OFFICIAL_TEST for n in paper.TABLE_2["test"][2:])
    even = (1 / MAX_DIGITS,) * MAX_DIGITS
    return {
        "lengths as they come": base,
        "lengths as in the official test set": replace(base, length_shares=official),
        "every length as often": replace(base, length_shares=even),
    }


def compare(
    recipes: Mapping[str, Recipe],
    seeds: Iterable[int],
    data: Mapping[str, Examples],
    settings: Settings,
) -> pd.DataFrame:
    """Train each recipe from each seed, or pick up the run, and measure them all.

    ``data`` holds ``"train"``, ``"validation"`` and ``"test"``. A run that is stopped
    ends in KeyboardInterrupt; those before it are kept and not trained again.

    For each ``recipe`` and ``seed`` there is a row for each validation (``part`` is
    ``validation``), and for the test images (``test``) one of all lengths (``length``
    is 0) and one for each ``length``. ``images`` counts those measured on; ``strict``
    and ``six_position`` are fractions. A run that diverged reads nothing: 0.
    """
    parts = [
        _measure_run(replace(recipe, seed=seed), data, settings).assign(
            recipe=name, seed=seed
        )
        for seed in seeds
        for name, recipe in recipes.items()
    ]
    return pd.concat(parts, ignore_index=True)[[*COLUMNS]]


def _run_to_end(recipe: Recipe, data, settings: Settings) -> Run | None:
    """Train by the recipe; None if that diverged, KeyboardInterrupt if it stopped."""
    try:
        made = run(recipe, data, settings)
    except TrainingDiverged:
        return None
    if not made.finished:
        raise KeyboardInterrupt
    return made


def _measure_run(recipe: Recipe, data, settings: Settings) -> pd.DataFrame:
    """Train by the recipe and give the rows of `compare` for that run."""
    made, test = _run_to_end(recipe, data, settings), data["test"]
    if made is None:
        answers = test.labels + 1  # wrong everywhere
        history = pd.DataFrame({"step": [recipe.steps], "strict": 0, "six_position": 0})
    else:
        answers, history = predict(made.network, test.images), made.history
    scores = {ALL_LENGTHS: measure(answers, test.labels)}
    scores |= accuracy_by_length(answers, test.labels)
    rows = [score.values() | {"length": length} for length, score in scores.items()]
    validated = {"length": ALL_LENGTHS, "images": len(data["validation"])}
    return pd.concat(
        [
            history.assign(part="validation", **validated),
            pd.DataFrame(rows).assign(part="test", step=recipe.steps),
        ]
    )


def tune_rates(
    recipes: Mapping[str, Recipe],
    data: Mapping[str, Examples],
    settings: Settings,
    max_rates: int = 9,
) -> tuple[dict[str, Recipe], pd.DataFrame]:
    """Give each recipe the learning rate that is best for it on validation.

    The runs are of the recipes' own steps and seed; one that diverges scores 0. Also
    gives a table of ``strict`` for each ``recipe`` and ``learning_rate`` tried.
    """
    tuned, rows = {}, []
    for name, recipe in recipes.items():

        def strict_at(rate: float, recipe: Recipe = recipe) -> float:
            at_rate = replace(recipe, initial_learning_rate=rate)
            made = _run_to_end(at_rate, data, settings)
            return made.scores["strict"] if made else 0.0

        tried = tune_rate(strict_at, recipe.initial_learning_rate, max_rates)
        best = max(tried, key=tried.get)
        tuned[name] = replace(recipe, initial_learning_rate=best)
        rows += [(name, rate, strict) for rate, strict in tried.items()]
    return tuned, pd.DataFrame(rows, columns=["recipe", "learning_rate", "strict"])


def tune_rate(
    strict_at: Callable[[float], float], start: float, max_rates: int
) -> dict[float, float]:
    """Try learning rates, each twice the next, until the best is not at an end.

    ``strict_at`` gives the accuracy after a short training at a rate; the result has
    that of each of at most ``max_rates`` tried, from the smallest on.
    """
    tried = {rate: strict_at(rate) for rate in (start / 2, start, start * 2)}
    while len(tried) < max_rates:
        best = max(tried, key=tried.get)
        following = {min(tried): best / 2, max(tried): best * 2}.get(best)
        if following is None:
            break
        tried[following] = strict_at(following)
    return dict(sorted(tried.items()))


def scores_on_test(results: pd.DataFrame, length: int = ALL_LENGTHS) -> pd.DataFrame:
    """Average accuracy on the test images over the seeds, a row for each recipe.

    ``strict`` and ``six_position`` are means, ``lowest`` and ``highest`` strict ones.
    """
    test = results.query("part == 'test' and length == @length")
    return test.groupby("recipe", sort=False).agg(
        seeds=("seed", "size"),
        images=("images", "first"),
        strict=("strict", "mean"),
        lowest=("strict", "min"),
        highest=("strict", "max"),
        six_position=("six_position", "mean"),
    )


def differences(results: pd.DataFrame, baseline: str = BASELINE) -> pd.DataFrame:
    """Compare strict accuracy of each recipe on the test images with the baseline's.

    Runs of the same seed are compared, and the interval is Student's over the seeds:
    it tells how another seed might come out, not how other images might.

    By recipe: ``difference``, the mean over the ``seeds``, and the bounds of its 95 %
    interval, ``low`` and ``high``, not a number with one seed.
    """
    by_seed = _differences_by_seed(results, baseline)
    mean, seeds = by_seed.mean(), by_seed.count()
    reach = stats.t.ppf(0.975, seeds - 1) * by_seed.sem()
    return pd.DataFrame(
        {"difference": mean, "low": mean - reach, "high": mean + reach, "seeds": seeds}
    )


def _differences_by_seed(results: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Strict accuracy less the baseline's, a row for each seed, a column a recipe."""
    test = results.query("part == 'test' and length == @ALL_LENGTHS")
    strict = test.pivot(index="seed", columns="recipe", values="strict")
    if baseline not in strict:
        known = ", ".join(map(repr, strict.columns))
        raise ValueError(f"no recipe {baseline!r} in the results; expected {known}.")
    others = [name for name in test["recipe"].unique() if name != baseline]
    return strict[others].sub(strict[baseline], axis=0)


def reweight_by_length(results: pd.DataFrame, shares: Iterable[float]) -> pd.Series:
    """Estimate each recipe's strict accuracy on test images of other lengths.

    The mean of the accuracies at each length, weighted by ``shares`` of the numbers
    with one digit, with two and so on; a length that was not measured is left out.
    """
    test = results.query("part == 'test' and length != @ALL_LENGTHS")
    strict = test.pivot_table("strict", "recipe", "length", sort=False)
    weights = pd.Series(dict(enumerate(shares, 1)))[strict.columns]
    return strict @ weights / weights.sum()


@styled
def curves_figure(results: pd.DataFrame) -> Figure:
    """Draw validation accuracy over the steps, each recipe's mean over the seeds.

    Bands reach from the lowest seed to the highest; dots are the test images.
    """
    figure, axis = plt.subplots(figsize=(8, 4), layout="tight")
    for number, (name, rows) in enumerate(results.groupby("recipe", sort=False)):
        colour = f"C{number}"
        strict = rows.query("part == 'validation'").groupby("step")["strict"]
        test = rows.query("part == 'test' and length == @ALL_LENGTHS")
        low, mean, high = strict.min(), strict.mean(), strict.max()
        axis.plot(mean.index, mean, color=colour, label=name)
        axis.fill_between(mean.index, low, high, color=colour, alpha=0.2, lw=0)
        axis.plot(test["step"], test["strict"], "o", color=colour, ms=4)
    axis.plot([], [], "o", color="gray", ms=4, label="test, each seed")
    axis.set_xlabel("step")
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    finish(axis)
    return figure


@styled
def differences_figure(results: pd.DataFrame) -> Figure:
    """Draw each recipe's difference from the `BASELINE` in points, and each seed's."""
    table = 100 * differences(results)[["difference", "low", "high"]]
    table = table.sort_values("difference", ascending=False)
    by_seed = 100 * _differences_by_seed(results, BASELINE)
    size = 8, 0.8 + 0.42 * len(table)
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    places = np.arange(len(table))
    bounds = reach(*table.T.to_numpy()) if len(by_seed) > 1 else None
    axis.errorbar(table["difference"], places, xerr=bounds, fmt="o", capsize=3)
    for place, name in enumerate(table.index):
        axis.plot(by_seed[name], [place] * len(by_seed), "|", color="gray", ms=9)
    axis.axvline(0, color="k", lw=1)
    axis.set_yticks(places, table.index)
    axis.set_xlabel(
        f"strict accuracy on test images: points more than {BASELINE}\n"
        f"(mean of {len(by_seed)} seeds, its 95 % interval, and each seed)"
    )
    axis.grid(axis="x", alpha=0.3)
    return figure


@styled
def lengths_figure(results: pd.DataFrame) -> Figure:
    """Draw strict accuracy on the test images by number of digits, recipe by recipe.

    Marks are means over the seeds, lines reach from the lowest to the highest.
    """
    test = results.query("part == 'test' and length != @ALL_LENGTHS")
    images = test.groupby("length")["images"].first()
    names = test["recipe"].unique()
    figure, axis = plt.subplots(figsize=(8, 3.8), layout="tight")
    for number, name in enumerate(names):
        strict = test[test["recipe"] == name].groupby("length")["strict"]
        mean, bounds = strict.mean(), reach(strict.mean(), strict.min(), strict.max())
        places = np.arange(len(images)) + 0.15 * (number - (len(names) - 1) / 2)
        axis.errorbar(places, mean, yerr=bounds, fmt="o", capsize=3, label=name)
    ticks = [f"{length}\n{count:,} images" for length, count in images.items()]
    axis.set_xticks(range(len(images)), ticks)
    axis.set_xlabel("digits")
    finish(axis)
    return figure

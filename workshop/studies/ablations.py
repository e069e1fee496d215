"""Recipes that differ in one thing, each trained from several seeds and compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from helpers import paper
from helpers.accuracy import MAX_DIGITS, accuracy_by_length, measure
from helpers.evaluation import predict
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.loop import Run, TrainingDiverged
from helpers.training.progress import Progress
from helpers.training.runs import run

REFERENCE = "as in the report"
"""What the recipe that others are compared with is called."""

ALL = 0
"""In the column ``length``: numbers of all lengths."""

FIRST_RATES = {"SGD": 0.1, "SGD, momentum 0.9": 0.01, "Adam": 0.002, "Adagrad": 0.05}
"""Where each optimizer's search for its learning rate starts."""

MOST_RATES = 9
"""Rates tried for an optimizer, at most."""

NORMAL_DEVIATION = 0.1
"""First weights of networks without Xavier's rule, as 2016's tutorials had them."""


def optimizers(base: Recipe) -> dict[str, Recipe]:
    """A recipe with each optimizer at the rate where the search for its own starts."""
    plain = replace(base, optimizer="SGD", momentum=0.0)
    recipes = {
        "SGD": plain,
        "SGD, momentum 0.9": replace(plain, momentum=0.9),
        "Adam": replace(plain, optimizer="Adam"),
        "Adagrad": replace(plain, optimizer="Adagrad"),
    }
    return {
        name: replace(recipe, initial_learning_rate=FIRST_RATES[name])
        for name, recipe in recipes.items()
    }


def without_each(base: Recipe) -> dict[str, Recipe]:
    """The recipe itself, and without each technique of the report's Table 3 in turn.

    What a network cannot be trained without stays: layers, their ReLU, the loss,
    batches and gradient descent.
    """
    changes = {
        "dropout": {"keep_rate": 1.0},
        "L2 regularisation": {"l2_beta": 0.0},
        "local response normalisation": {"lrn_alpha": 0.0},
        "Xavier initialisation": {"initial_deviation": NORMAL_DEVIATION},
        "decay of the learning rate": {"decay_rate": 1.0},
        "max-pooling": {"pooling": False},
        "convolutions": {"layers": 4},
    }
    return {REFERENCE: base} | {
        f"without {name}": replace(base, **change) for name, change in changes.items()
    }


def other_lengths(base: Recipe) -> dict[str, Recipe]:
    """The recipe itself, with the official test set's lengths, and with even ones."""
    official = paper.TABLE_2["test"][2:]
    shares = tuple(count / sum(official) for count in official)
    return {
        "lengths as they come": base,
        "lengths as in the official test set": replace(base, length_shares=shares),
        "every length as often": replace(
            base, length_shares=(1 / MAX_DIGITS,) * MAX_DIGITS
        ),
    }


def compare(
    recipes: Mapping[str, Recipe],
    seeds: Iterable[int],
    data: Mapping[str, Examples],
    settings: Settings,
    progress: Callable[[], Progress] = Progress,
) -> pd.DataFrame:
    """Train each recipe from each seed, or pick up the run, and measure them all.

    Parameters
    ----------
    recipes
        By what tells each from the others.
    seeds
        One run each.
    data
        Examples by name: ``"train"``, ``"validation"`` and ``"test"``.
    settings
        Whose folder keeps the runs.
    progress
        Makes what shows a run.

    Returns
    -------
    pandas.DataFrame
        For each ``recipe`` and ``seed`` a row for each validation (``part`` is
        ``validation``), and for the test images (``test``) one of all lengths
        (``length`` is 0) and one for each ``length``. ``images`` counts those
        measured on; ``strict`` and ``six_position`` are fractions. A run that
        diverged reads nothing: 0. If a run was stopped, those before it.
    """
    parts = []
    for seed in seeds:
        for name, recipe in recipes.items():
            recipe = replace(recipe, seed=seed)
            try:
                made = run(recipe, data, settings, progress=progress())
            except TrainingDiverged:
                rows = _nothing_read(recipe, data)
            else:
                if not made.finished:
                    return _table(parts)
                rows = _measured(made, data)
            parts.append(rows.assign(recipe=name, seed=seed))
    return _table(parts)


def compare_all(
    recipes: Mapping[str, Recipe],
    seeds: Sequence[int],
    data: Mapping[str, Examples],
    settings: Settings,
    progress: Callable[[], Progress] = Progress,
) -> pd.DataFrame:
    """As `compare`, for results that are kept: of all runs, or none.

    Raises
    ------
    KeyboardInterrupt
        A run was stopped; those before it need not be trained again.
    """
    results = compare(recipes, seeds, data, settings, progress)
    if results.groupby(["recipe", "seed"]).ngroups < len(recipes) * len(seeds):
        raise KeyboardInterrupt
    return results


def _table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["recipe", "seed", "part", "length", "images", "step", "strict"]
    columns += ["six_position"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _measured(made: Run, data: Mapping[str, Examples]) -> pd.DataFrame:
    test = data["test"]
    answers = predict(made.network, test.images)
    scores = {ALL: measure(answers, test.labels)}
    scores |= accuracy_by_length(answers, test.labels)
    rows = [
        {"part": "validation", "length": ALL, "images": len(data["validation"]), **row}
        for row in made.history.to_dict("records")
    ] + [
        score.values() | {"part": "test", "length": length, "step": made.recipe.steps}
        for length, score in scores.items()
    ]
    return pd.DataFrame(rows)


def _nothing_read(recipe: Recipe, data: Mapping[str, Examples]) -> pd.DataFrame:
    lengths, counts = np.unique(data["test"].labels[:, 0], return_counts=True)
    images = {ALL: len(data["test"])} | dict(zip(lengths, counts, strict=True))
    rows = [("validation", ALL, len(data["validation"]))]
    rows += [("test", int(length), int(count)) for length, count in images.items()]
    table = pd.DataFrame(rows, columns=["part", "length", "images"])
    return table.assign(step=recipe.steps, strict=0.0, six_position=0.0)


def tune_rate(strict_at: Callable[[float], float], start: float) -> dict[float, float]:
    """Try learning rates, each twice the next, until the best is not at an end.

    Parameters
    ----------
    strict_at
        Strict accuracy on validation after a short training at a rate.
    start
        The first rate.

    Returns
    -------
    dict
        The accuracy at each rate tried, from the smallest rate on: at most
        `MOST_RATES`.
    """
    tried = {rate: strict_at(rate) for rate in (start / 2, start, start * 2)}
    while len(tried) < MOST_RATES:
        best = max(tried, key=tried.get)
        if best == min(tried):
            following = best / 2
        elif best == max(tried):
            following = best * 2
        else:
            break
        tried[following] = strict_at(following)
    return dict(sorted(tried.items()))


def tune_rates(
    recipes: Mapping[str, Recipe],
    data: Mapping[str, Examples],
    settings: Settings,
    progress: Callable[[], Progress] = Progress,
) -> tuple[dict[str, Recipe], pd.DataFrame]:
    """Each recipe with the learning rate that is best for it on validation.

    The runs are of the recipes' own steps and seed; one that diverges scores 0.

    Returns
    -------
    tuned : dict
        The recipes by their names.
    tried : pandas.DataFrame
        A row for each ``recipe`` and ``learning_rate``, with ``strict``.
    """
    tuned, rows = {}, []
    for name, recipe in recipes.items():

        def strict_at(rate: float, recipe: Recipe = recipe) -> float:
            at_rate = replace(recipe, initial_learning_rate=rate)
            try:
                made = run(at_rate, data, settings, progress=progress())
            except TrainingDiverged:
                return 0.0
            if not made.finished:
                raise KeyboardInterrupt
            return made.scores["strict"]

        tried = tune_rate(strict_at, recipe.initial_learning_rate)
        best = max(tried, key=tried.get)
        tuned[name] = replace(recipe, initial_learning_rate=best)
        rows += [
            {"recipe": name, "learning_rate": rate, "strict": strict}
            for rate, strict in tried.items()
        ]
    return tuned, pd.DataFrame(rows)


def scores_on_test(results: pd.DataFrame, length: int = ALL) -> pd.DataFrame:
    """Accuracy on the test images, a row for each recipe, over its seeds.

    Parameters
    ----------
    results
        From `compare`.
    length
        Of the numbers to count, `ALL` for all.

    Returns
    -------
    pandas.DataFrame
        By recipe, in the order of ``results``: ``seeds``, ``images``, ``strict`` and
        ``six_position``, the means over the seeds, and ``lowest`` and ``highest``
        strict of a seed.
    """
    test = results[(results["part"] == "test") & (results["length"] == length)]
    by_recipe = test.groupby("recipe", sort=False)
    return pd.DataFrame(
        {
            "seeds": by_recipe.size(),
            "images": by_recipe["images"].first(),
            "strict": by_recipe["strict"].mean(),
            "lowest": by_recipe["strict"].min(),
            "highest": by_recipe["strict"].max(),
            "six_position": by_recipe["six_position"].mean(),
        }
    )


def differences(
    results: pd.DataFrame, reference: str = REFERENCE, length: int = ALL
) -> pd.DataFrame:
    """By how much each recipe reads more of the test images than the reference does.

    Runs of the same seed are compared, and the interval is Student's over the seeds:
    it tells how another seed might come out, not how other images might.

    Parameters
    ----------
    results
        From `compare`.
    reference
        Name of the recipe that the others are compared with.
    length
        Of the numbers to count, `ALL` for all.

    Returns
    -------
    pandas.DataFrame
        By recipe: ``difference``, the mean of strict accuracies less those of the
        reference, the bounds of its 95 % interval ``low`` and ``high``, not a number
        with one seed, and ``seeds``.
    """
    test = results[(results["part"] == "test") & (results["length"] == length)]
    strict = test.pivot(index="seed", columns="recipe", values="strict")
    if reference not in strict:
        raise ValueError(
            f"the results have no recipe {reference!r}; expected one of "
            f"{', '.join(map(repr, strict.columns))} as the reference."
        )
    rows = {}
    for name in test["recipe"].unique():
        if name == reference:
            continue
        apart = (strict[name] - strict[reference]).dropna()
        seeds = len(apart)
        reach = np.nan
        if seeds > 1:
            reach = stats.t.ppf(0.975, seeds - 1) * apart.std() / np.sqrt(seeds)
        mean = apart.mean()
        rows[name] = {
            "difference": mean,
            "low": mean - reach,
            "high": mean + reach,
            "seeds": seeds,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def at_lengths(results: pd.DataFrame, shares: Iterable[float]) -> pd.Series:
    """Strict accuracy of each recipe if the test images had other lengths.

    The mean of the accuracies at each length, weighted by ``shares`` of the numbers
    with one digit, with two and so on; a length that was not measured is left out.
    """
    test = results[(results["part"] == "test") & (results["length"] != ALL)]
    strict = test.pivot_table("strict", "recipe", "length", sort=False)
    weights = pd.Series(dict(enumerate(shares, 1))).reindex(
        strict.columns, fill_value=0
    )
    return (strict * weights).sum(axis=1) / weights.sum()

"""Compare optimizers, techniques or lengths for as long as it takes; keep the figures.

python tools/comparisons.py optimizers --steps 6000
python tools/comparisons.py techniques --steps 20000 --data FOLDER --distortion 0.1
python tools/comparisons.py lengths --data FOLDER --distortion 0.1 --momentum 0.9

What the recipes have in common is the report's, but for the options of
`python -m helpers train` that are given.

The results are written to figures/long for notebook 08 to draw, to
optimizers_SOURCE.csv and the like, SOURCE being ``sample`` for drawn images and
``svhn`` for photographs. What is stopped or killed goes on from where it was when the
same command is given again.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpers.figures.curves import keep_curves
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.options import add_recipe_options, recipe_of
from helpers.training.runs import number_data
from workshop.studies.ablations import (
    compare_all,
    optimizers,
    other_lengths,
    tune_rates,
    without_each,
)
from workshop.studies.drawn_lengths import with_long_numbers

ROWS = 20
"""Validations in a run: points of its curve."""

SEEDS = (2016, 2017, 2018)


def compare_optimizers(
    base: Recipe, data: Mapping[str, Examples], settings: Settings, seeds: Sequence[int]
) -> None:
    """Tune each optimizer's rate in a third of the steps, then compare them all."""
    steps = max(1, base.steps // 3)
    short = replace(base, steps=steps, validation_interval=steps, seed=min(seeds))
    tuned, tried = tune_rates(optimizers(short), data, settings)
    keep_curves("optimizers_rates", settings, tried)
    recipes = {
        name: replace(
            recipe, steps=base.steps, validation_interval=base.validation_interval
        )
        for name, recipe in tuned.items()
    }
    results = compare_all(recipes, seeds, data, settings)
    rates = {name: recipe.initial_learning_rate for name, recipe in recipes.items()}
    keep_curves(
        "optimizers",
        settings,
        results.assign(learning_rate=results["recipe"].map(rates)),
    )


def compare_techniques(
    base: Recipe, data: Mapping[str, Examples], settings: Settings, seeds: Sequence[int]
) -> None:
    """Train without each technique of Table 3 in turn."""
    results = compare_all(without_each(base), seeds, data, settings)
    keep_curves("techniques", settings, results)


def compare_lengths(
    base: Recipe, data: Mapping[str, Examples], settings: Settings, seeds: Sequence[int]
) -> None:
    """Train with other shares of the lengths, drawn numbers of five digits added."""
    more = with_long_numbers(data, settings)
    results = compare_all(other_lengths(base), seeds, more, settings)
    keep_curves("lengths", settings, results)


COMPARISONS = {
    "optimizers": compare_optimizers,
    "techniques": compare_techniques,
    "lengths": compare_lengths,
}


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("comparison", choices=COMPARISONS)
    parser.add_argument("--data", help="sample, official or a folder of archives")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    add_recipe_options(parser)
    parser.set_defaults(steps=6_000)
    options = parser.parse_args()
    settings = Settings.from_environment()
    if options.data:
        settings = replace(settings, data=options.data)
    base = recipe_of(options, "report")
    base = replace(base, validation_interval=max(1, base.steps // ROWS))
    data = number_data(settings)
    COMPARISONS[options.comparison](base, data, settings, options.seeds)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")

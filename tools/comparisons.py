"""Compare optimizers, techniques or lengths for as long as it takes; keep the figures.

python tools/comparisons.py optimizers --steps 6000
python tools/comparisons.py techniques --steps 20000 --data FOLDER --distortion 0.1
python tools/comparisons.py lengths --data FOLDER --distortion 0.1 --momentum 0.9

What the recipes have in common is the report's, but for the options of
`python -m helpers train` that are given. The results are written to figures/long for
notebooks 09 and 10 to draw, to optimizers_SOURCE.csv and the like, SOURCE being
``sample`` for drawn images and ``svhn`` for photographs. What is stopped or killed goes
on from where it was when the same command is given again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from study_command import SEEDS, parse, run, study_parser

from helpers.figures.curves import keep_curves
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.options import add_recipe_options, recipe_of
from helpers.training.runs import number_data
from workshop.studies import ablations
from workshop.studies.drawn_lengths import with_long_numbers

VALIDATIONS = 20
"""In a run: points of its curve."""


def tune_optimizers(
    base: Recipe, data: Mapping[str, Examples], settings: Settings, seed: int
) -> dict[str, Recipe]:
    """Give each optimizer the rate that is best for it in a third of the steps."""
    steps = max(1, base.steps // 3)
    short = replace(base, steps=steps, validation_interval=steps, seed=seed)
    tuned, tried = ablations.tune_rates(ablations.optimizers(short), data, settings)
    keep_curves("optimizers_rates", settings, tried)
    return {
        name: replace(recipe, initial_learning_rate=tuned[name].initial_learning_rate)
        for name, recipe in ablations.optimizers(base).items()
    }


def main(words: Sequence[str] | None = None, settings: Settings | None = None) -> None:
    """Do what the command line asks."""
    parser = study_parser(__doc__)
    parser.add_argument("comparison", choices=("optimizers", "techniques", "lengths"))
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    add_recipe_options(parser)
    parser.set_defaults(steps=6_000)
    options, settings = parse(parser, words, settings)
    base = recipe_of(options, "report")
    base = replace(base, validation_interval=max(1, base.steps // VALIDATIONS))
    data = number_data(settings)
    if options.comparison == "optimizers":
        recipes = tune_optimizers(base, data, settings, min(options.seeds))
    elif options.comparison == "techniques":
        recipes = ablations.without_each(base)
    else:
        recipes, data = ablations.other_lengths(base), with_long_numbers(data, settings)
    results = ablations.compare(recipes, options.seeds, data, settings)
    if options.comparison == "optimizers":
        rates = {name: one.initial_learning_rate for name, one in recipes.items()}
        results["learning_rate"] = results["recipe"].map(rates)
    keep_curves(options.comparison, settings, results)


if __name__ == "__main__":
    run(main)

"""Search for better values than the report's Table 4, for as long as it takes.

python tools/search.py --trials 60 --steps 3000
python tools/search.py --trials 60 --steps 3000 --data FOLDER --distortion 0.1 --test
python tools/search.py --trials 60 --steps 3000 --storage postgresql://USER@HOST/search

The trials are kept in a database, runs/SOURCE/search.db unless --storage names another.
The same command goes on with the search that is there, in --processes at once; given on
several machines that share a server's database, they search together. The trials that
ended are written to figures/long/search_SOURCE.csv. With --test, once, at the end, the
best trial's values and Table 4's are trained from three seeds and measured on the test
images: figures/long/search_test_SOURCE.csv. What is not searched is the report's, but
for the options of `python -m helpers train` that are given.
"""

from collections.abc import Sequence
from dataclasses import replace

from study_command import SEEDS, parse, run, study_parser

from helpers.figures.curves import keep_curves
from helpers.settings import Settings
from helpers.training.options import add_recipe_options, recipe_of
from helpers.training.runs import number_data
from workshop.studies.ablations import compare
from workshop.studies.search import (
    ENDED,
    count_ended,
    open_study,
    search,
    search_together,
    study_table,
    trial_recipe,
)


def main(words: Sequence[str] | None = None, settings: Settings | None = None) -> None:
    """Do what the command line asks."""
    parser = study_parser(__doc__)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--storage", help="address of the database")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="measure the best one")
    parser.add_argument("--test-steps", type=int, help="of --test, if not --steps")
    add_recipe_options(parser)
    parser.set_defaults(steps=3_000)
    options, settings = parse(parser, words, settings)
    base = recipe_of(options, "report")
    settings.runs.mkdir(parents=True, exist_ok=True)
    storage = options.storage or f"sqlite:///{settings.runs / 'search.db'}"
    data = number_data(settings)
    if options.processes > 1:
        study = search_together(
            base, settings, storage, options.trials, options.processes
        )
    else:
        study = open_study(base, data, storage, settings.seed)
        search(study, base, data, settings, options.trials)
    table = study_table(study)
    ended = table["state"].isin([state.name.lower() for state in ENDED])
    keep_curves("search", settings, table[ended], index=True)
    if count_ended(study) < options.trials:
        raise KeyboardInterrupt  # the search took it, and stopped in order
    if options.test:
        longer = replace(base, steps=options.test_steps or base.steps)
        recipes = {
            "Table 4": trial_recipe(study.trials[0].params, longer),
            "found by the search": trial_recipe(study.best_params, longer),
        }
        keep_curves("search_test", settings, compare(recipes, SEEDS, data, settings))


if __name__ == "__main__":
    run(main)

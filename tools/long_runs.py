"""Train the report's networks for as long as it takes, and keep their curves.

python tools/long_runs.py --steps 100000
python tools/long_runs.py --steps 50000 --data FOLDER --distortion 0.05 --layers 7 2

After each depth the curves so far are written to figures/long, for notebooks 05 and 06
to draw: figure_06_depth_SOURCE.csv if there are several depths, figure_03_SOURCE.csv
for the seven layers, SOURCE being ``sample`` for drawn images and ``svhn`` for
photographs. A run that is stopped or killed goes on from its checkpoint when the same
command is given again, and a finished one is not made twice.
"""

from collections.abc import Sequence

import pandas as pd
from study_command import parse, study_parser
from study_command import run as run_command

from helpers.figures.curves import figure_6, keep_curves, long_curves, training_curve
from helpers.files import atomic_write
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.runs import number_data, run

VALIDATIONS = 100
"""In a run that is shorter than the report's: points of its curve."""


def main(words: Sequence[str] | None = None, settings: Settings | None = None) -> None:
    """Train each depth by the report's recipe and keep the curves, depth by depth."""
    parser = study_parser(__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--layers", type=int, nargs="+", default=[*range(1, 8)])
    parser.add_argument("--distortion", type=float, default=0.0)
    options, settings = parse(parser, words, settings)
    data = number_data(settings)
    interval = max(1, options.steps // VALIDATIONS)
    curves = []
    for layers in options.layers:
        recipe = Recipe(
            layers,
            steps=options.steps,
            distortion=options.distortion,
            validation_interval=min(Recipe.validation_interval, interval),
            seed=settings.seed,
        )
        made = run(recipe, data, settings)
        if not made.finished:
            raise KeyboardInterrupt
        curves.append(training_curve(made, data))
        if layers == 7:
            keep_curves("figure_03", settings, curves[-1])
        if len(options.layers) > 1:
            so_far = pd.concat(curves)
            keep_curves("figure_06_depth", settings, so_far)
            if so_far["layers"].nunique() > 1:
                picture = long_curves("figure_06_depth", settings).with_suffix(".png")
                with atomic_write(picture) as temporary:
                    figure_6(so_far).savefig(temporary, dpi=100)


if __name__ == "__main__":
    run_command(main)

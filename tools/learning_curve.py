"""Train the reader's network on more and more real images, and keep how it reads.

python tools/learning_curve.py --data FOLDER
python tools/learning_curve.py --data FOLDER --sizes 250 1000 --seeds 2016 2017

FOLDER holds train and test archives in the official layout. For each number of images
the network is trained twice, from the weights that drawn images taught it and from
random ones, and measured on the whole test archive. After each training the results so
far are written to figures/long/learning_curve_SOURCE.csv, for notebook 10 to draw,
SOURCE being ``sample`` for drawn images and ``svhn`` for photographs. A command that is
stopped or killed goes on from its checkpoint when it is given again.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from study_command import parse, run, study_parser

from helpers.figures.curves import keep_curves
from helpers.settings import Settings
from workshop.making.tuning import TUNING
from workshop.studies.learning_curve import FRESH_PLAN, SIZES, learn, real_images


def main(words: Sequence[str] | None = None, settings: Settings | None = None) -> None:
    """Do what the command line asks."""
    parser = study_parser(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2016])
    parser.add_argument("--steps", type=int, default=TUNING.plan.steps)
    parser.add_argument("--fresh-steps", type=int, default=FRESH_PLAN.steps)
    options, settings = parse(parser, words, settings)
    rows = []
    for row in learn(
        *real_images(settings),
        settings,
        options.sizes,
        options.seeds,
        replace(TUNING, plan=replace(TUNING.plan, steps=options.steps)),
        replace(FRESH_PLAN, steps=options.fresh_steps),
    ):
        print(row, flush=True)
        rows.append(row)
        keep_curves("learning_curve", settings, pd.DataFrame(rows))


if __name__ == "__main__":
    run(main)

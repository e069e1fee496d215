"""Read a test archive and keep how sure each answer was, and right or how wrong.

python tools/reader_coverage.py --data FOLDER
python tools/reader_coverage.py --data FOLDER --tuned FILE

FOLDER holds a test archive in the official layout; FILE is what `python -m helpers
tune` wrote. Nothing is chosen by these images: temperature and threshold are those of
the weights' metadata. The answers are written to figures/long/coverage_SOURCE.csv for
notebook 08 to draw, SOURCE being ``sample`` for drawn images and ``svhn`` for
photographs.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.figures.curves import keep_curves
from helpers.figures.errors import kind_of_error
from helpers.reader import Reader
from helpers.reader.evaluation import archive_numbers, read_numbers
from helpers.settings import Settings

DRAWN_ALONE, THEN_REAL = "drawn images alone", "drawn, then real images"


def answers(trained_on: str, reader: Reader, numbers) -> pd.DataFrame:
    """A row for each image, its box given and then looked for."""
    parts = []
    for find in (False, True):
        predicted, confidences = read_numbers(reader, numbers, find)
        parts.append(
            pd.DataFrame(
                {
                    "trained_on": trained_on,
                    "box": "none" if find else "given",
                    "sure_from": reader.metadata["sure_from"],
                    "confidence": confidences,
                    "right": (predicted == numbers.labels).all(axis=1).astype(np.uint8),
                    "kind": kind_of_error(predicted, numbers.labels),
                }
            )
        )
    return pd.concat(parts)


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="sample, official or a folder of archives")
    parser.add_argument("--tuned", type=Path, help="weights of a tuned reader")
    options = parser.parse_args()
    settings = Settings.from_environment()
    if options.data:
        settings = replace(settings, data=options.data)
    numbers, _ = archive_numbers("test", settings)
    parts = [answers(DRAWN_ALONE, Reader.pretrained(), numbers)]
    if options.tuned:
        parts.append(answers(THEN_REAL, Reader.load(options.tuned), numbers))
    keep_curves("coverage", settings, pd.concat(parts))


if __name__ == "__main__":
    main()

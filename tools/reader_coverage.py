"""Read a test archive; keep each answer's confidence, and whether and how it is wrong.

python tools/reader_coverage.py --data FOLDER
python tools/reader_coverage.py --data FOLDER --tuned FILE

FOLDER holds a test archive in the official layout; FILE is what `python -m helpers
tune` wrote. Nothing is chosen by these images: temperature and threshold are those of
the weights' metadata. The answers are written to figures/long/coverage_SOURCE.csv for
notebooks 08 and 10 to draw, SOURCE being ``sample`` for drawn images and ``svhn`` for
photographs.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from study_command import parse, study_parser

from helpers.figures.curves import keep_curves
from helpers.figures.errors import kind_of_error
from helpers.reader import Reader
from helpers.reader.evaluation import archive_numbers, read_numbers
from helpers.settings import Settings


def answers(trained_on: str, reader: Reader, numbers) -> Iterator[pd.DataFrame]:
    """A row for each image, its box given and then looked for."""
    for find in (False, True):
        predicted, confidences = read_numbers(reader, numbers, find)
        yield pd.DataFrame(
            {
                "trained_on": trained_on,
                "box": "none" if find else "given",
                "sure_from": reader.metadata["sure_from"],
                "confidence": confidences,
                "right": (predicted == numbers.labels).all(axis=1).astype(np.uint8),
                "kind": kind_of_error(predicted, numbers.labels),
            }
        )


def main(words: Sequence[str] | None = None, settings: Settings | None = None) -> None:
    """Do what the command line asks."""
    parser = study_parser(__doc__)
    parser.add_argument("--tuned", type=Path, help="weights of a tuned reader")
    options, settings = parse(parser, words, settings)
    numbers, _ = archive_numbers("test", settings)
    parts = [*answers("drawn images alone", Reader.pretrained(), numbers)]
    if options.tuned:
        tuned = Reader.load(options.tuned)
        parts += answers("drawn, then real images", tuned, numbers)
    keep_curves("coverage", settings, pd.concat(parts))


if __name__ == "__main__":
    main()

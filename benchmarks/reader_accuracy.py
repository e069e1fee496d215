"""How often the reader is right on images that nothing was trained on or chosen by.

    python benchmarks/reader_accuracy.py --data FOLDER --tuned FILE

FOLDER holds a test archive in the official layout and, if there are, ``photos`` with
their labels.csv; FILE is what ``python -m helpers tune`` wrote. Numbers in handwriting
are put together of the digits that scikit-learn brings. A number counts only if every
digit is right and none is missing or too many; the interval is Wilson's, 95 %.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from handwritten import handwritten_numbers

from helpers.accuracy import measure
from helpers.data.photo_folders import photo_folder
from helpers.files import write_table
from helpers.preprocessing import number_label
from helpers.reader import Reader
from helpers.reader.evaluation import Numbers, archive_numbers, read_numbers
from helpers.settings import Settings

OF_THE_REPORT = "burnssa_"
"""What the names of the photos in the report itself begin with."""

DRAWN_ALONE = "drawn images alone"


def photo_numbers(folder: Path) -> Numbers:
    """The photos of a folder whose labels.csv tells number and box of each."""
    photos = photo_folder(folder)
    return Numbers(
        [photo.path for photo in photos],
        np.stack([number_label(photo.number) for photo in photos]),
        np.array([photo.box for photo in photos]),
    )


def row(what: str, trained_on: str, reader: Reader, numbers, find: bool) -> dict:
    """Strict accuracy on some images, with its interval."""
    predicted, _ = read_numbers(reader, numbers, find)
    strict = measure(predicted, numbers.labels).strict
    return {
        "measured_on": what,
        "trained_on": trained_on,
        "box": "none" if find else "given",
        "images": len(numbers),
        "right": round(strict.value * len(numbers)),
        "strict": strict.value,
        "low": strict.low,
        "high": strict.high,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--tuned", type=Path, help="weights of a tuned reader")
    options = parser.parse_args()

    settings = Settings(data=str(options.data.absolute()))
    shipped = Reader.pretrained()
    test, _ = archive_numbers("test", settings)
    cases = [("test archive", DRAWN_ALONE, shipped, test)]
    if options.tuned:
        tuned = Reader.load(options.tuned)
        cases += [("test archive", "drawn, then real images", tuned, test)]
    cases += [("handwritten digits", DRAWN_ALONE, shipped, handwritten_numbers(1_000))]
    if (options.data / "photos").is_dir():
        photos = photo_numbers(options.data / "photos")
        ten = photos.rows([p.name.startswith(OF_THE_REPORT) for p in photos.paths])
        cases += [
            ("photographs", DRAWN_ALONE, shipped, photos),
            ("the report's photographs", DRAWN_ALONE, shipped, ten),
        ]
    table = pd.DataFrame([row(*case, find) for case in cases for find in (False, True)])
    path = Path(__file__).parent / "results" / "reader_accuracy.csv"
    write_table(path, table, "%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()

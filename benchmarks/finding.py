"""What finding costs: numbers read where their boxes are given, and where none is.

    python benchmarks/finding.py

The numbers are put together of the handwritten digits that scikit-learn brings, close
together or well apart, with little or much paper round them. Of what follows the search
of the whole image, each step is also left out. A number counts only if every digit is
right and none is missing or too many; the interval is Wilson's, 95 %.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from handwritten import APART, CLOSE, framed, handwritten_numbers

from helpers.accuracy import measure
from helpers.files import write_table
from helpers.reader import Reader
from helpers.reader.evaluation import read_numbers
from helpers.reader.finding import FindingOptions

NUMBERS = 150
"""Measured in each case; of a seed of their own."""

CASES = ((0.05, CLOSE), (1, CLOSE), (8, CLOSE), (0.05, APART), (1, APART))
"""Paper between a number and each edge of its image, in heights of the number, and
the room between its digits."""

WAYS = {
    "box given": FindingOptions(),
    "found": FindingOptions(),
    "found, each box of one cell": FindingOptions(min_averaged_iou=1),
    "found, never wider": FindingOptions(wider=(0, 0)),
    "found, never joined": FindingOptions(paired_boxes=0),
    "found, without a second look": FindingOptions(zoomed_boxes=0),
    "found, parts kept": FindingOptions(min_part_inside=np.inf),
}
"""What is done, and how what is left out is left out."""


def main() -> None:
    shipped = Reader.pretrained()
    readers = {way: replace(shipped, options=options) for way, options in WAYS.items()}
    rows = []
    for room, gaps in CASES:
        images = framed(handwritten_numbers(NUMBERS, seed=1, gaps=gaps), room)
        widths = [image.width for image in images.paths]
        wide = np.mean((images.boxes[:, 2] - images.boxes[:, 0]) / widths)
        for way, reader in readers.items():
            predicted, _ = read_numbers(reader, images, way != "box given")
            strict = measure(predicted, images.labels).strict
            digits = "close" if gaps == CLOSE else "apart"
            row = {"digits": digits, "width": wide, "read": way, "images": NUMBERS}
            row |= {"strict": strict.value, "low": strict.low, "high": strict.high}
            rows.append(row)
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    write_table(Path(__file__).parent / "results" / "finding.csv", table, "%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()

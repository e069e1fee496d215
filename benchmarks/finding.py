"""What finding costs: numbers read where their boxes are given, and where none is.

    python benchmarks/finding.py

The numbers are put together of the handwritten digits that scikit-learn brings, close
together or well apart, with little or much paper round them. Of what follows the search
of the whole image, the mean over cells that agree, the look at a little more on every
side, the joining of two boxes, the second look at small numbers and the dropping of
parts, each is also left out.
A number counts only if every digit is right and none is missing or too many; the
interval is Wilson's, 95 %.
"""

from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from helpers.accuracy import measure
from helpers.files import write_table
from helpers.reader import finding, reader
from helpers.reader.evaluation import read_numbers
from workshop.studies.handwritten import APART, CLOSE, framed, handwritten_numbers

NUMBERS = 150
"""Measured in each case; of a seed of their own."""

CASES = ((0.05, CLOSE), (1, CLOSE), (8, CLOSE), (0.05, APART), (1, APART))
"""Paper between a number and each edge of its image, in heights of the number, and
the room between its digits."""


def no_wider(boxes, _):
    """In place of `finding.widened`: boxes as they are, in which no more is read."""
    return boxes


def no_parts(boxes, *_):
    """In place of `finding.are_parts`: every box holds a whole number."""
    return np.zeros(len(boxes), bool)


def best_alone(boxes, scores, kept):
    """In place of `finding._agreed`: boxes as the best cells say."""
    return boxes[kept]


WAYS = {
    "box given": nullcontext,
    "found": nullcontext,
    "found, each box of one cell": lambda: patch.object(finding, "_agreed", best_alone),
    "found, never wider": lambda: patch.object(reader, "widened", no_wider),
    "found, never joined": lambda: patch.object(finding, "JOINED", 0),
    "found, without a second look": lambda: patch.object(finding, "SMALL", 0.0),
    "found, parts kept": lambda: patch.object(reader, "are_parts", no_parts),
}
"""What is done, and how to leave out what is left out."""


def main() -> None:
    shipped = reader.Reader.pretrained()
    rows = []
    for room, gaps in CASES:
        images = framed(handwritten_numbers(NUMBERS, seed=1, gaps=gaps), room)
        widths = [image.width for image in images.paths]
        wide = np.mean((images.boxes[:, 2] - images.boxes[:, 0]) / widths)
        for way, without in WAYS.items():
            with without():
                predicted, _ = read_numbers(shipped, images, way != "box given")
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

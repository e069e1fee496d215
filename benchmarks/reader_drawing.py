"""What each part of the drawing brings: readers taught on drawn numbers alone.

    python benchmarks/reader_drawing.py --data FOLDER

Every row trains the reader's network anew for the same steps on square crops, as it
begins, with a part of the drawing or of the changes at random left out, and measures it
on images of the train archive of FOLDER, which no row learns from and which are no test
images; and on numbers in real handwriting.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from helpers.accuracy import wilson_interval
from helpers.files import write_table
from helpers.settings import Settings
from helpers.training.batches import Examples

RESULTS = Path(__file__).parent / "results" / "reader_drawing.csv"
MEASURED, LEARNED = 1_000, 20_000
COUNTS = {"numbers": LEARNED, "notes": LEARNED // 2, "cast": LEARNED // 2}
COLUMNS = ("strict", "low", "high"), ("written", "written_low", "written_high")

ROWS = {
    "everything": "cast",
    "without cast digits": "notes",
    "nor notes from near": "",
    "nor other notes, steep numbers, old forms": "usual",
    "nor bent digits of any typeface": "plain",
    "third row, without other boxes and angles": "_look_elsewhere",
    "third row, without other light, focus and noise": "vary_light",
    "third row, without things in front": "_cover",
}
"""By a row's title the last kind of drawing that it learns from, or the function of
`augmentation` that it does without."""


def accuracy(part: str, data, steps: int, folder: Path) -> list[float]:
    """Strict accuracy of a reader of one of `ROWS`: of house numbers, of writing."""
    import tensorflow as tf

    from helpers.reader.crops import SIZE, middle
    from helpers.reader.networks import build_reader
    from workshop.making import augmentation
    from workshop.making.make import SHARES, SQUARE, drawn_sources, strict
    from workshop.making.training import Plan, train_reader

    without = {
        "_look_elsewhere": lambda x, seed, width: tf.image.resize(
            middle(x), (SIZE[1], width)
        ),
        "_cover": lambda x, seed: x,
        "vary_light": lambda x, seed: tf.image.per_image_standardization(x),
    }
    changed = {part: without[part]} if part in without else {}
    network = build_reader(size=(SQUARE, SQUARE), seed=1)
    plan = Plan(steps=steps, interval=200, seed=1)
    drawn = data["drawn"] | data["instead"].get(part, {})
    kinds = {"cast": ("notes", "cast"), "notes": ("notes",)}.get(part, ())
    sources = drawn_sources(drawn, {kind: SHARES[kind] for kind in kinds})
    with patch.multiple(augmentation, **changed) if changed else nullcontext():
        train_reader(network, sources, plan, folder)
    return [strict(network, *measured) for measured in data["measured"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="a folder of archives")
    parser.add_argument("--steps", type=int, default=1_000)
    options = parser.parse_args()

    from helpers.reader.evaluation import archive_numbers
    from workshop.making.examples import (
        VERSION,
        draw_plain_examples,
        draw_usual_examples,
    )
    from workshop.making.make import contexts_of, drawn_kinds
    from workshop.making.shards import drawn_shards
    from workshop.studies.handwritten import handwritten_numbers

    settings = Settings(data=str(Path(options.data).absolute()))
    numbers, _ = archive_numbers("train", settings)
    rows = np.random.default_rng(0).permutation(len(numbers))[:MEASURED]
    numbers = numbers.rows(rows)
    folder = settings.home / "reader"
    data = {
        "measured": [
            (contexts_of(part), part.labels)
            for part in (numbers, handwritten_numbers(MEASURED))
        ],
        "drawn": drawn_kinds(folder, COUNTS, settings.seed),
        "instead": {},
    }
    for part, draw in (("usual", draw_usual_examples), ("plain", draw_plain_examples)):
        kept = f"{part}_v{VERSION}"
        numbers = drawn_shards(draw, folder, kept, LEARNED, settings.seed)
        data["instead"][part] = {"numbers": Examples(*numbers)}
    runs = settings.runs_root / f"reader_drawing_{options.steps}_steps"
    rows = []
    for title, part in ROWS.items():
        found = accuracy(part, data, options.steps, runs / (part or "all"))
        row = {"drawn": title, "steps": options.steps, "images": MEASURED}
        for names, share in zip(COLUMNS, found, strict=True):
            bounds = wilson_interval(round(share * MEASURED), MEASURED)
            row |= dict(zip(names, (share, *bounds), strict=True))
        rows.append(row)
        table = pd.DataFrame(rows)
        write_table(RESULTS, table, "%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()

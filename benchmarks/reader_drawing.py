"""What each part of the drawing brings: readers taught on drawn numbers alone.

    python benchmarks/reader_drawing.py --data FOLDER

Every row trains the reader's network anew for the same steps on square crops, as it
begins, with a part of the drawing left out, and measures it on images of the train
archive of FOLDER, which no row learns from and which are no test images; and on numbers
in real handwriting.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.accuracy import wilson_interval
from helpers.files import write_table
from helpers.settings import Settings

RESULTS = Path(__file__).parent / "results" / "reader_drawing.csv"
MEASURED, LEARNED = 1_000, 20_000
COUNTS = {"numbers": LEARNED, "notes": LEARNED // 2, "cast": LEARNED // 2}
COLUMNS = ("strict", "low", "high"), ("written", "written_low", "written_high")

ROWS = {
    "everything": ("notes", "cast"),
    "without cast digits": ("notes",),
    "nor notes from near": (),
    "as the sample is drawn": None,
}
"""By a row's title the kinds that it learns from beside numbers of all kinds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="a folder of archives")
    parser.add_argument("--steps", type=int, default=1_000)
    options = parser.parse_args()

    from handwritten import handwritten_numbers

    from helpers.reader.evaluation import archive_numbers
    from helpers.reader.networks import build_reader
    from helpers.sample import plates
    from helpers.sample.scenes import style_glyphs
    from helpers.training.batches import Examples
    from workshop.making.calibration import strict
    from workshop.making.contexts import crop_contexts
    from workshop.making.examples import (
        KINDS,
        draw_examples,
        drawn_kinds,
        drawn_sources,
    )
    from workshop.making.make import SHARES, SQUARE
    from workshop.making.shards import drawn_shards
    from workshop.making.training import Plan, train_reader

    settings = Settings(data=str(Path(options.data).absolute()))
    folder, seed = settings.home / "reader", settings.seed
    numbers, _ = archive_numbers("train", settings)
    rows = np.random.default_rng(0).permutation(len(numbers))[:MEASURED]
    measured = [
        (part.crops(crop_contexts), part.labels)
        for part in (numbers.rows(rows), handwritten_numbers(MEASURED))
    ]
    drawn = drawn_kinds(folder, COUNTS, seed)
    draw = partial(
        draw_examples, draw_glyphs=style_glyphs, draw_style=plates.draw_style
    )
    name = f"plain_v{KINDS['numbers'].version}"
    plain = Examples(*drawn_shards(draw, folder, name, LEARNED, seed))

    rows = []
    for title, kinds in ROWS.items():
        sources = [(plain, 1.0)]
        if kinds is not None:
            sources = drawn_sources(drawn, {kind: SHARES[kind] for kind in kinds})
        network = build_reader(size=(SQUARE, SQUARE), seed=1)
        plan = Plan(steps=options.steps, interval=200, seed=1)
        run = f"reader_drawing_{options.steps}_steps/{title.replace(' ', '_')}"
        train_reader(network, sources, plan, settings.runs_root / run)
        row = {"drawn": title, "steps": options.steps, "images": MEASURED}
        for names, (contexts, labels) in zip(COLUMNS, measured, strict=True):
            share = strict(network, contexts, labels)
            bounds = wilson_interval(round(share * MEASURED), MEASURED)
            row |= dict(zip(names, (share, *bounds), strict=True))
        rows.append(row)
        table = pd.DataFrame(rows)
        write_table(RESULTS, table, "%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()

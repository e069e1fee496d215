"""What each part of the drawing brings: readers taught on drawn numbers alone.

    python benchmarks/reader_drawing.py --data FOLDER

Every row trains the reader's network anew for the same steps, with one part of the
drawing or of the changes at random left out, and measures it on images of the train
archive of FOLDER, which no row learns from and which are no test images.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from helpers.accuracy import wilson_interval
from helpers.batches import Examples
from helpers.files import write_table
from helpers.settings import Settings

RESULTS = Path(__file__).parent / "results" / "reader_drawing.csv"
MEASURED, LEARNED = 1_000, 20_000

LEFT_OUT = {
    "everything": "",
    "without bent digits of any typeface": "hands",
    "without other boxes and angles": "_look_elsewhere",
    "without other light, focus and noise": "vary_light",
    "without things in front": "_cover",
}
"""What a row leaves out, by its title: digits of `drawn.hands`, or a function of
`augmentation`."""


def plain_middle(contexts):
    """The middle of contexts, as boxes show it that are never moved."""
    from helpers.reader_images import CONTEXT_SIDE, SIDE

    start = (CONTEXT_SIDE - SIDE) // 2
    return contexts[:, start : start + SIDE, start : start + SIDE]


def accuracy(part: str, data, steps: int, folder: Path) -> float:
    """Strict accuracy on real images of a reader taught without ``part``."""
    import tensorflow as tf

    from helpers import augmentation
    from helpers.fitting import Plan
    from helpers.reader_making import strict
    from helpers.reader_networks import build_reader
    from helpers.reader_training import train_reader

    without = {
        "_look_elsewhere": lambda x, seed: plain_middle(x),
        "_cover": lambda x, seed: x,
        "vary_light": lambda x, seed: tf.image.per_image_standardization(x),
    }
    changed = {part: without[part]} if part in without else {}
    network = build_reader(seed=1)
    plan = Plan(steps=steps, interval=200, seed=1)
    drawn = data["plain" if part == "hands" else "drawn"]
    with patch.multiple(augmentation, **changed) if changed else nullcontext():
        train_reader(network, [(Examples(*drawn), 1.0)], plan, folder)
    return strict(network, *data["measured"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="a folder of archives")
    parser.add_argument("--steps", type=int, default=1_000)
    options = parser.parse_args()

    from helpers.reader_evaluation import archive_numbers
    from helpers.reader_images import draw_plain_examples, drawn_examples
    from helpers.reader_making import contexts_of
    from helpers.shards import drawn_shards

    settings = Settings(data=str(Path(options.data).absolute()))
    numbers, _ = archive_numbers("train", settings)
    rows = np.random.default_rng(0).permutation(len(numbers))[:MEASURED]
    numbers = numbers.rows(rows)
    folder = settings.home / "reader"
    data = {
        "measured": (contexts_of(numbers), numbers.labels),
        "drawn": drawn_examples(folder, LEARNED, settings.seed),
        "plain": drawn_shards(
            draw_plain_examples, folder, "plain", LEARNED, settings.seed
        ),
    }
    runs = settings.runs_root / f"reader_drawing_{options.steps}_steps"
    rows = []
    for title, part in LEFT_OUT.items():
        strict = accuracy(part, data, options.steps, runs / (part or "all"))
        low, high = wilson_interval(round(strict * MEASURED), MEASURED)
        row = {"drawn": title, "steps": options.steps, "images": MEASURED}
        rows.append(row | {"strict": strict, "low": low, "high": high})
        table = pd.DataFrame(rows)
        write_table(RESULTS, table, "%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()

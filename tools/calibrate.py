"""Measure the shipped reader's confidence anew; write it into the weights' metadata.

python tools/calibrate.py

Numbers that the reader has not learned from are drawn, kept in data/reader, and read.
The temperature and the confidence from which on the reader is sure go into the metadata
of helpers/reader/reader.npz; the weights stay as they are, to the bit. `make reader`
and `python -m helpers tune` write both of themselves.
"""

import json
from pathlib import Path

import numpy as np

from helpers.files import read_arrays, write_arrays
from helpers.reader import Reader
from helpers.reader.weights import EXPECTED, SHIPPED, VERSION
from helpers.settings import Settings
from workshop.making.calibration import calibrate
from workshop.making.examples import drawn_examples


def main(
    settings: Settings,
    path: Path | str = SHIPPED,
    count: int = 4_000,
    shard: int | None = None,
) -> dict[str, float]:
    """Calibrate a reader on drawn numbers of a seed that none learns from."""
    folder, seed = settings.home / "reader", settings.seed + 2
    drawn = drawn_examples("numbers", folder, count, seed, shard)
    reader = Reader.load(path)
    found = calibrate(reader.network, *drawn)
    found |= {"calibrated_on": f"{count:,} drawn numbers"}
    metadata, arrays = read_arrays(path, EXPECTED, VERSION)
    write_arrays(path, metadata | found, arrays, np.savez_compressed)
    return found


if __name__ == "__main__":
    print(json.dumps(main(Settings.from_environment())))

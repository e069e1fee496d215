"""Measure the shipped reader's confidence anew; write it into the weights' metadata.

python tools/calibrate.py

Numbers that the reader has not learned from are drawn, kept in data/reader, and read.
The temperature and the confidence from which on the reader is sure go into the metadata
of helpers/reader/reader.npz; the weights stay as they are, to the bit. `make reader`
and `python -m helpers tune` write both of themselves.
"""

import json

from helpers.settings import Settings
from workshop.making.calibration import calibrate_shipped


def main() -> None:
    """Do what the command line asks."""
    print(json.dumps(calibrate_shipped(Settings.from_environment())))


if __name__ == "__main__":
    main()

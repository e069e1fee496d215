"""Files that hold a training run as it stands: plain arrays and JSON metadata."""

import json
import reprlib
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.errors import InputError
from helpers.files import read_arrays, write_arrays

VERSION = 1


class CheckpointError(InputError):
    """A checkpoint that cannot be read, or that another run has left."""


def save_checkpoint(path: Path, metadata: dict, arrays: dict[str, np.ndarray]) -> None:
    """Write plain ``metadata`` and ``arrays`` to an .npz file; all or nothing."""
    write_arrays(path, metadata | {"version": VERSION}, arrays)


def load_checkpoint(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The metadata and the arrays that `save_checkpoint` wrote.

    Raises FileNotFoundError, or CheckpointError of a damaged file or another version.
    """
    metadata, arrays = read_arrays(
        path,
        "the checkpoint of a training run. Delete it and train again.",
        VERSION,
        CheckpointError,
    )
    del metadata["version"]
    return metadata, arrays


def check_same_run(path: Path, found: dict, expected: dict) -> None:
    """Refuse metadata that describes another run, naming each value that differs.

    ``found`` and ``expected`` are dictionaries of plain values, nested or not; a tuple
    equals the list that JSON makes of it. Long values are told by their beginnings.
    """
    (found,), (expected,) = (
        pd.json_normalize(json.loads(json.dumps(values))).to_dict("records")
        for values in (found, expected)
    )
    absent = object()
    differing = [
        f"{name} is {reprlib.repr(found.get(name, 'absent'))} there and "
        f"{reprlib.repr(expected.get(name, 'absent'))} here"
        for name in sorted(found.keys() | expected.keys())
        if found.get(name, absent) != expected.get(name, absent)
    ]
    if differing:
        raise CheckpointError(
            f"{path}: left by another run: {'; '.join(differing)}. Give this run "
            "another folder, or delete that one."
        )

"""Files that are whole or absent: a temporary name beside it, then a rename."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from helpers.errors import InputError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Errors of a disk that is full or may only be read."""

METADATA = "metadata"
"""Name of the array that holds a file's metadata as JSON."""


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it there if the block succeeds.

    A block that raises leaves what was at ``path`` untouched and nothing beside it.
    """
    path = Path(path)
    with explain_no_room(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{path.stem}-"
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=prefix) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            if temporary.is_dir() and path.exists():
                shutil.rmtree(path)
            temporary.replace(path)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder, as `atomic_write` does, that is there already."""
    with atomic_write(path) as temporary:
        temporary.mkdir()
        yield temporary


def write_table(path: Path | str, table, float_format="%.6g", index=False) -> None:
    """Write a pandas table as CSV, the same bytes on every system; all or nothing."""
    with atomic_write(path) as temporary:
        table.to_csv(
            temporary, index=index, float_format=float_format, lineterminator="\n"
        )


def write_arrays(
    path: Path | str, metadata: dict, arrays: dict[str, np.ndarray], save=np.savez
) -> None:
    """Write arrays and plain metadata with NumPy's ``save``; all or nothing."""
    text = json.dumps(metadata, allow_nan=False)
    with atomic_write(path) as temporary:
        save(temporary, **arrays, **{METADATA: np.array(text)})


def read_arrays(
    path: Path | str,
    expected: str,
    version: int | None = None,
    error: type[InputError] = InputError,
) -> tuple[dict, dict[str, np.ndarray]]:
    """Read the metadata and the arrays of an .npz file; pickles are refused.

    Metadata are empty for a file without; arrays are in the order of the file.
    ``expected`` says, for errors, what it should hold and where to get it. Raises
    FileNotFoundError, or ``error`` of a file that is damaged, or whose metadata have
    another ``version``.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected {expected}")
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        metadata = json.loads(str(arrays.pop(METADATA, "{}")))
        found = metadata.get("version")
    except Exception as reason:  # zipfile and NumPy raise a dozen kinds on damage
        raise error(
            f"{path}: damaged, or no such .npz file ({reason}); expected {expected}"
        ) from reason
    if found != version:
        raise error(f"{path}: version {found}; expected {version} of {expected}")
    return metadata, arrays


@contextmanager
def explain_no_room(path: Path) -> Iterator[None]:
    """Say in one line, whatever library was writing, that ``path`` found no room."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise OSError(
            error.errno,
            f"{os.strerror(error.errno)}; what was there is unchanged. Make room, or "
            "choose a folder that can be written, and try again",
            str(path),
        ) from error

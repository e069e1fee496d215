"""Writes that are whole or absent: a temporary name beside it, then a rename."""

import errno
import json
import os
import shutil
import tempfile
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

if typing.TYPE_CHECKING:
    import pandas as pd

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Errors of a disk that is full or may only be read."""


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it there if the block succeeds.

    A block that raises leaves what was at ``path`` untouched and nothing beside it.
    """
    path = Path(path)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_table(
    path: Path | str,
    table: "pd.DataFrame",
    float_format: str = "%.6g",
    index: bool = False,
) -> None:
    """Write a table as CSV, whole or not at all, the same bytes on every system."""
    with atomic_write(path) as temporary:
        table.to_csv(
            temporary, index=index, float_format=float_format, lineterminator="\n"
        )


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder; it replaces ``path`` if the block succeeds.

    A block that raises leaves what was at ``path`` untouched.
    """
    path = Path(path)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
        try:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            if path.exists():
                shutil.rmtree(path)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_METADATA = "metadata"


def write_arrays(
    path: Path, metadata: dict, arrays: dict[str, np.ndarray], save=np.savez
) -> None:
    """Write arrays and metadata with NumPy's ``save``; errors of `explained_file`."""
    text = json.dumps(metadata, allow_nan=False)
    with explained_file(path) as temporary:
        save(temporary, **arrays, **{_METADATA: np.array(text)})


def read_arrays(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The metadata, its ``version`` in it, and the arrays that `write_arrays` wrote.

    Raises
    ------
    ValueError
        The file is damaged, or of another kind; the message is the bare reason.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        metadata = json.loads(str(arrays.pop(_METADATA)))
        metadata["version"]  # a KeyError where there is none
        return metadata, arrays
    except Exception as error:  # zipfile and NumPy raise a dozen kinds on damage
        raise ValueError(str(error)) from error


@contextmanager
def explained_file(path: Path) -> Iterator[Path]:
    """`atomic_write`, with an error that says what is left when the disk is full."""
    try:
        with atomic_write(path) as temporary:
            yield temporary
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        kept = "what was there before is whole" if path.exists() else "nothing is there"
        raise OSError(
            f"{path}: could not be written ({reason}); {kept}. Mend "
            "that (a full disk: make room) and train again: the run goes on from its "
            "checkpoint."
        ) from error

"""Writes that are whole or absent: a temporary name beside it, then a rename."""

import errno
import os
import shutil
import tempfile
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if typing.TYPE_CHECKING:
    import pandas as pd

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Errors of a disk that is full or may only be read."""


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
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
    with whole_file(path) as temporary:
        table.to_csv(
            temporary, index=index, float_format=float_format, lineterminator="\n"
        )


@contextmanager
def whole_folder(path: Path | str) -> Iterator[Path]:
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

"""One process at a time at work on a file or folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def one_at_a_time(path: Path | str) -> Iterator[None]:
    """Hold the lock of ``path`` while the block runs; wait for it, and say so.

    The lock is an empty file ``.<name>.lock`` beside it, which stays. The system frees
    it when its holder ends, however it ends.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{path.name}: another process is at work on it; waiting", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

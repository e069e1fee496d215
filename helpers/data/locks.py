"""Files and folders made once, by one process at a time."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.files import explain_no_room


def make_once(
    path: Path, is_made: Callable[[], bool], make: Callable[[], object]
) -> Path:
    """Make ``path`` unless it is made; say so where another process is at work on it.

    The lock is an empty file ``.<name>.lock`` beside it, which stays. The system frees
    it when its holder ends, however it ends.
    """
    if is_made():
        return path
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        with explain_no_room(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
    except Timeout:
        print(f"{path.name}: another process is at work on it; waiting", flush=True)
        lock.acquire()
    try:
        if not is_made():  # or the process waited for has made it
            make()
    finally:
        lock.release()
    return path

"""Whether this machine has what a notebook needs, said before anything else runs."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

PROJECT = "house-number-workbook"
MEMORY_NEEDED = 4  # GiB


def check_machine(*packages: str) -> None:
    """Print a line for Python, each package, the memory and the graphics processor.

    A line begins with ``[OK]``, or with ``[WARN]`` and ends with what to do about it;
    nothing here ever stops a notebook. TensorFlow, if named, is imported here, where
    what it tells itself as it starts can be kept from the reader; if it is there, it is
    asked for a graphics processor.

    Parameters
    ----------
    packages
        Names of the packages that the notebook is about.
    """
    print(f"[OK]   Python {platform.python_version()}, {os.cpu_count()} cores")
    for package in packages:
        print(_package_line(package))
    print(_memory_line())
    if "tensorflow" in packages:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with _silent_stderr(), suppress(ImportError):
            import tensorflow  # noqa: F401
    if "tensorflow" in sys.modules:
        print(_graphics_line())


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what compiled code writes to standard error, past Python's own."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _package_line(package: str) -> str:
    try:
        found = version(package)
    except PackageNotFoundError:
        return f"[WARN] {package} is not installed: run `make environment`"
    for line in requires(PROJECT) or ():
        needed = Requirement(line)
        if needed.name == package and found not in needed.specifier:
            return (
                f"[WARN] {package} {found}; the notebooks were written for "
                f"{needed.specifier}: run `make environment`"
            )
    return f"[OK]   {package} {found}"


def _memory_line() -> str:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return "[WARN] memory unknown: the quick profile needs about 4 GiB"
    if memory < MEMORY_NEEDED:
        return (
            f"[WARN] {memory:.1f} GiB of memory: close other programs, or train on "
            "fewer images"
        )
    return f"[OK]   {memory:.1f} GiB of memory"


def _graphics_line() -> str:
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return (
            "[OK]   no graphics processor: the quick profile needs none, the report's "
            "own steps take longer without"
        )
    names = [
        tf.config.experimental.get_device_details(device).get("device_name", "GPU")
        for device in devices
    ]
    return f"[OK]   {', '.join(names)}"

"""What a notebook checks: this machine before it runs, its own facts as it goes."""

import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

PROJECT = "house-number-workbook"
MEMORY_NEEDED = 4  # GiB


def check_machine(*packages: str) -> None:
    """Print a line for Python, each package, the memory and the graphics processor.

    A line begins with ``[OK]``, or with ``[WARN]`` and ends with what to do about it;
    nothing here ever stops a notebook. TensorFlow, if named, is imported here, so that
    what it tells itself as it starts is kept from the reader.
    """
    print(f"[OK]   Python {platform.python_version()}, {os.cpu_count()} cores")
    for package in packages:
        print(_package_line(package))
    print(_memory_line())
    if "tensorflow" in packages:
        _import_tensorflow_silently()
    if "tensorflow" in sys.modules:
        print(_graphics_line())


def check(facts: Mapping[str, bool]) -> None:
    """Print how many facts of a section hold, and each that does not."""
    broken = [fact for fact, holds in facts.items() if not holds]
    print(f"checks: {len(facts) - len(broken)} of {len(facts)} hold")
    for fact in broken:
        print(f"does not hold: {fact}")


def _import_tensorflow_silently() -> None:
    """Drop what its compiled code writes to standard error, past Python's own."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        pass
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _package_line(package: str) -> str:
    fix = "run `make environment`"
    try:
        found = version(package)
    except PackageNotFoundError:
        return f"[WARN] {package} is not installed: {fix}"
    needed = {one.name: one.specifier for one in map(Requirement, requires(PROJECT))}
    if package in needed and found not in needed[package]:
        written_for = f"the notebooks were written for {needed[package]}"
        return f"[WARN] {package} {found}; {written_for}: {fix}"
    return f"[OK]   {package} {found}"


def _memory_line() -> str:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return f"[WARN] memory unknown: the quick profile needs {MEMORY_NEEDED} GiB"
    if memory < MEMORY_NEEDED:
        fix = "close other programs, or train on fewer images"
        return f"[WARN] {memory:.1f} GiB of memory: {fix}"
    return f"[OK]   {memory:.1f} GiB of memory"


def _graphics_line() -> str:
    import tensorflow as tf

    details = tf.config.experimental.get_device_details
    names = [
        details(device).get("device_name", "GPU")
        for device in tf.config.list_physical_devices("GPU")
    ]
    none = "no graphics processor: the quick profile needs none, the report's own steps"
    return f"[OK]   {', '.join(names) or none + ' take longer without'}"

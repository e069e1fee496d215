"""Writing extra's digitStruct.mat at full size: this project against HDF5's own cache.

    python benchmarks/packing_speed.py [--patience SECONDS]

The names of a group are one block of an HDF5 file. Towards the end of extra's images it
no longer fits into the cache that HDF5 chooses, which then writes and reads it anew for
each further name. The peer may take so many seconds; the ratio is at least what it had
cost by then. Both write the same boxes, one after the other.
"""

import argparse
import multiprocessing
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
from digitstruct_speed import made_up_boxes

from helpers.data import digitstruct
from helpers.sample.distributions import LENGTHS

PROMISED = 2


def boxes_of_extra() -> digitstruct.Boxes:
    """As many images of each length as the official archive has, in any order."""
    rng = np.random.default_rng(0)
    counts = LENGTHS["extra"]
    lengths = rng.permutation(np.repeat(np.arange(1, len(counts) + 1), counts))
    return made_up_boxes(rng, lengths)


def write(path: Path, cache: bool) -> None:
    """Write the boxes with the project's cache, or with HDF5's own."""
    own = patch.object(digitstruct, "_set_cache", lambda file, size: None)
    with nullcontext() if cache else own:
        digitstruct.write_boxes(path, boxes_of_extra())


def seconds(folder: str, cache: bool, patience: float | None = None) -> float | None:
    """The time that a process of its own takes; None if it was stopped."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=write, args=(Path(folder) / "a.mat", cache))
    start = time.perf_counter()
    process.start()
    process.join(patience)
    taken = time.perf_counter() - start
    if process.is_alive():
        process.kill()
        process.join()
        return None
    if process.exitcode:
        raise ChildProcessError(f"writing ended with exit status {process.exitcode}")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patience", type=float, default=1_800, help="seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = seconds(folder, cache=True)
        print(f"this project  {ours:8.0f} s", flush=True)
        peer = seconds(folder, cache=False, patience=options.patience)
    more = "" if peer else "more than "
    peer = peer or options.patience
    print(f"HDF5's cache  {peer:8.0f} s{' and not done' if more else ''}")
    print(f"ratio         {more}{peer / ours:.1f}    (promised: {PROMISED})")


if __name__ == "__main__":
    main()

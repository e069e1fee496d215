"""Drawn examples in files that are made once, in parallel, and kept."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers.data.parallel import ordered_map
from helpers.files import read_arrays, write_arrays

CHUNK = 50  # examples that a process draws before it hands them over


def drawn_shards(
    draw: Callable[..., tuple[np.ndarray, ...]],
    folder: Path | str,
    name: str,
    count: int,
    seed: int,
    *,
    shard: int = 5_000,
    processes: int | None = None,
) -> tuple[np.ndarray, ...]:
    """Take the first ``count`` examples of a seed, drawn where they are not there yet.

    ``draw(count, *seed)`` gives arrays with ``count`` rows each; ``folder`` keeps files
    of ``shard`` examples whose names begin with ``name``. A stopped call goes on from
    the last whole file; the examples do not depend on the number of ``processes``.
    InputError names a damaged file.
    """
    folder = Path(folder)
    paths = [
        folder / f"{name}_{seed}_{number:03}.npz"
        for number in range(-(-count // shard))
    ]
    missing = [number for number, path in enumerate(paths) if not path.is_file()]
    chunks = -(-shard // CHUNK)
    tasks = (
        (min(CHUNK, shard - CHUNK * chunk), seed, number, chunk)
        for number in missing
        for chunk in range(chunks)
    )
    parts = ordered_map(draw, tasks, processes)
    for number in tqdm(missing, f"drawing {name}", unit="file", disable=not missing):
        arrays = zip(*islice(parts, chunks), strict=True)
        whole = {f"{at}": np.concatenate(array) for at, array in enumerate(arrays)}
        write_arrays(paths[number], {}, whole)
    expected = "drawn examples. Delete it, and give the same command again."
    files = [read_arrays(path, expected)[1].values() for path in paths]
    return tuple(np.concatenate(array)[:count] for array in zip(*files, strict=True))

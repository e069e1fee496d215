"""Work spread over processes, its results in order and never too many at once."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, starmap

from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor

TASKS_AHEAD = 4
"""Tasks per process that are under way or done and not yet taken. `joblib.Parallel`
has no such bound: its generator runs ahead of a slow consumer."""


def ordered_map(
    function: Callable, tasks: Iterable[tuple], processes: int | None = None
) -> Iterator:
    """Yield ``function(*task)`` for each task, in the order of the tasks.

    Tasks are taken as results are, so that memory stays flat however many there are.
    Workers are started anew, not forked: TensorFlow's threads would not survive that.

    There is a process for each core that this one may use, which a container or its
    affinity may limit. For 1, or a single task, all is done in this process.
    """
    processes = processes or cpu_count()
    tasks = iter(tasks)
    first = list(islice(tasks, TASKS_AHEAD * processes))
    processes = min(processes, len(first))
    if processes < 2:
        yield from starmap(function, chain(first, tasks))
        return
    # Ctrl-C reaches every process of the terminal; the first one alone acts on it.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    executor = get_reusable_executor(
        processes, initializer=signal.signal, initargs=ignore
    )
    waiting = deque(executor.submit(function, *task) for task in first)
    try:
        while waiting:
            result = waiting.popleft().result()
            for task in islice(tasks, 1):
                waiting.append(executor.submit(function, *task))
            yield result
    finally:
        for future in waiting:
            future.cancel()

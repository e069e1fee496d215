"""Work spread over processes, its results in order and never too many at once."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice

AHEAD = 4
"""Tasks per process that are under way or done and not yet taken."""


def ordered_map(
    function: Callable, tasks: Iterable[tuple], processes: int | None = None
) -> Iterator:
    """The results of ``function(*task)`` for each task, in the order of the tasks.

    Tasks are taken as results are, so that memory stays flat however many there are.
    Scripts that call this need the usual ``if __name__ == "__main__":``.

    Parameters
    ----------
    function
        Of a module, so that another process can import it.
    tasks
        Arguments of each call.
    processes
        By default one for each core; with 1, or a single task, all is done in this
        process.
    """
    processes = processes or os.cpu_count() or 1
    tasks = iter(tasks)
    first = list(islice(tasks, AHEAD * processes))
    processes = min(processes, len(first))
    if processes < 2:
        for task in chain(first, tasks):
            yield function(*task)
        return
    # Not forked: TensorFlow's threads would not live through that.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_ignore_interrupt)
    try:
        waiting = deque(pool.submit(function, *task) for task in first)
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, *task) for task in islice(tasks, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal; the first one alone acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""Work over processes: order, patience, errors."""

import operator
import os
import signal
import subprocess
import sys
import time

import pytest

from helpers.data.parallel import TASKS_AHEAD, ordered_map
from helpers.settings import ROOT


@pytest.mark.parametrize("processes", [1, 2])
def test_tasks_are_taken_as_results_are_and_in_their_order(processes):
    count = 5 * TASKS_AHEAD * processes
    tasks = iter([(number,) for number in range(count)])
    results = ordered_map(operator.neg, tasks, processes)
    found = [next(results) for _ in range(3)]
    assert count - operator.length_hint(tasks) <= 3 + TASKS_AHEAD * processes
    assert [*found, *results] == [-number for number in range(count)]


@pytest.mark.parametrize(
    ("tasks", "processes", "own"), [(4, 2, 0), (4, 1, 4), (1, 8, 1), (0, 2, 0)]
)
def test_one_process_or_one_task_needs_no_other_process(tasks, processes, own):
    found = list(ordered_map(os.getpid, [()] * tasks, processes))
    assert len(found) == tasks
    assert found.count(os.getpid()) == own


@pytest.mark.parametrize("processes", [1, 2])
def test_error_of_a_task_is_raised_in_its_turn(processes):
    results = ordered_map(operator.floordiv, [(4, 2), (1, 0), (1, 1)], processes)
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_work_that_is_no_longer_wanted_is_not_done(tmp_path):
    tasks = ((tmp_path / str(n), 0o777, False) for n in range(1_000))
    results = ordered_map(type(tmp_path).touch, tasks, 2)
    next(results)
    results.close()
    assert list(ordered_map(abs, [(-1,)] * 2, 2)) == [1, 1]
    assert len(list(tmp_path.iterdir())) <= 1 + 2 * TASKS_AHEAD


def test_ctrl_c_ends_all_processes_quietly():
    program = (
        "import signal, time; from helpers.data.parallel import ordered_map; "
        # A shell that starts tests in the background has them ignore Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "print('begins', flush=True); "
        "[print(n, flush=True) for n in ordered_map(time.sleep, [(.2,)] * 600, 2)]"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for _ in range(12):  # by then both processes have begun
        process.stdout.readline()
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")

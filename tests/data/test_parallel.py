"""Work over processes: order, patience, errors."""

import multiprocessing
import operator
import os
import signal

import pytest

from helpers.data.parallel import AHEAD, ordered_map


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(processes):
    tasks = [(number, 2) for number in range(5 * AHEAD)]
    found = list(ordered_map(operator.mul, tasks, processes))
    assert found == [2 * number for number in range(5 * AHEAD)]


@pytest.mark.parametrize("processes", [1, 2])
def test_tasks_are_taken_as_results_are(processes):
    taken = []
    tasks = ((taken.append(number), number) for number in range(1_000))
    results = ordered_map(max, ((number, 0) for _, number in tasks), processes)
    for _ in range(3):
        next(results)
    assert len(taken) <= 3 + AHEAD * processes
    results.close()


def test_work_is_done_by_other_processes():
    assert os.getpid() not in set(ordered_map(os.getpid, [()] * 4, 2))


@pytest.mark.parametrize(("tasks", "processes"), [([()], 8), ([()] * 4, 1)])
def test_one_process_or_one_task_needs_no_other_process(tasks, processes):
    assert set(ordered_map(os.getpid, tasks, processes)) == {os.getpid()}


def test_no_tasks_no_results():
    assert list(ordered_map(os.getpid, [], 2)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_error_of_a_task_is_raised_in_its_turn(processes):
    results = ordered_map(operator.floordiv, [(4, 2), (1, 0), (1, 1)], processes)
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_processes_leave_ctrl_c_to_the_first():
    tasks = [(signal.SIGINT,)] * 2
    assert set(ordered_map(signal.getsignal, tasks, 2)) == {signal.SIG_IGN}


def test_processes_end_when_results_are_no_longer_wanted():
    results = ordered_map(operator.neg, ((n,) for n in range(100)), 2)
    next(results)
    results.close()
    assert not multiprocessing.active_children()

"""Several threads, devices or machines: one device's numbers, and a lost worker."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from builders import FIVE_LAYERS, bright_numbers

from helpers.settings import ROOT
from helpers.training.checkpoints import load_checkpoint
from helpers.training.devices import (
    ONE_DEVICE,
    explain_lost_worker,
    is_chief,
    strategy_named,
)
from helpers.training.runs import train

DATA = {"train": bright_numbers(90, 1), "validation": bright_numbers(30, 2)}

IMPORTED = """
ctypes.CDLL = lambda *_: sys.exit("the allocator was touched")
from helpers.training import baseline, batches, by_hand, loop, progress, runs
"""
PREPARED_FOR_ONE_CORE = """
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
devices.prepare_process()
"""
PREPARED_TOO_LATE = """
tf.zeros(1) + 1
with warnings.catch_warnings(record=True) as told:
    for _ in range(2):
        devices.prepare_process()
assert [str(each.message)[:20] for each in told] == ["TensorFlow had begun"]
"""


@pytest.mark.parametrize(
    ("code", "threads"),
    [(IMPORTED, 0), (PREPARED_FOR_ONE_CORE, 1), (PREPARED_TOO_LATE, 0)],
    ids=["imported", "prepared for one core", "prepared too late"],
)
def test_threads_and_shares_of_a_process(code, threads):
    """An import changes nothing; a preparation does, or warns once that it is late."""
    code = (
        "import ctypes, os, sys, warnings, sklearn.linear_model, tensorflow as tf\n"
        f"from helpers.training import devices\n{code}"
        "found = tf.config.threading.get_intra_op_parallelism_threads()\n"
        f"assert (found, devices.batch_shares()) == ({threads}, 1), found"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def _train_apart(folder, shares, task=None, recipe=FIVE_LAYERS) -> None:
    """Train in a process of its own, over two CPU devices or as a task of a cluster."""
    if task:
        os.environ["TF_CONFIG"] = json.dumps(task)
        strategy = strategy_named("multiworker")
    else:
        (cpu,) = tf.config.list_physical_devices("CPU")
        device = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [device] * 2)
        strategy = strategy_named("mirrored")
        assert strategy.num_replicas_in_sync == 2
    try:
        train(recipe, DATA, folder, strategy=strategy, shares=shares)
    except (OSError, ValueError) as error:
        sys.exit(f"told: {error}")


def cluster(workers: int) -> list[dict]:
    """TF_CONFIG of each of some workers on this machine."""
    ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(workers)]
    addresses = ["{}:{}".format(*port.getsockname()) for port in ports]
    for port in ports:
        port.close()
    return [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        for index in range(workers)
    ]


@pytest.fixture
def start():
    """Start `_train_apart` with arguments; what is left at the end is killed."""
    context = multiprocessing.get_context("spawn")  # devices are set before all else
    started = []

    def start(*arguments, **keywords):
        process = context.Process(target=_train_apart, args=arguments, kwargs=keywords)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def kept(folder):
    """The history that a checkpoint holds, and its arrays."""
    metadata, arrays = load_checkpoint(folder / "checkpoint.npz")
    return pd.DataFrame(metadata["progress"]["history"]), arrays


def finish(processes) -> list[int]:
    """Wait for the end of processes: their exit codes."""
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


@pytest.mark.parametrize("devices", [2, 1])
def test_two_devices_or_a_lone_worker_train_as_one_device_does(
    start, tmp_path, devices
):
    """Dropout's masks too; all but the rounding of sums in another order."""
    task = cluster(1)[0] if devices == 1 else None
    alone = train(FIVE_LAYERS, DATA, tmp_path / "alone", shares=2).folder
    assert finish([start(tmp_path / "other", 2 // devices, task)]) == [0]
    (history, arrays), (expected, others) = kept(tmp_path / "other"), kept(alone)
    columns = ["step", "loss", "learning_rate"]
    pd.testing.assert_frame_equal(history[columns], expected[columns], rtol=1e-5)
    for name, array in arrays.items():
        np.testing.assert_allclose(array, others[name], atol=1e-5)


LONG = replace(FIVE_LAYERS, steps=3_000, validation_interval=60)


@pytest.fixture
def start_two(start):
    """Start two workers on this machine that keep LONG in a folder, or one each."""

    def start_two(*folders):
        tasks = cluster(2)
        return [
            start(folder, 1, task, LONG)
            for folder, task in zip(folders * (2 // len(folders)), tasks, strict=True)
        ]

    return start_two


@pytest.mark.long
def test_two_workers_train_as_one_device_does(start_two, tmp_path):
    workers = start_two(tmp_path / "two")
    alone = train(LONG, DATA, tmp_path / "alone", shares=2)
    assert finish(workers) == [0, 0]
    made, _ = kept(tmp_path / "two")
    # Roundings grow with the steps, so only the beginning is compared closely.
    losses, expected = made["loss"], alone.history["loss"]
    assert made["step"].iloc[-1] == LONG.steps
    np.testing.assert_allclose(losses[:5], expected[:5], rtol=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("lost", [0, 1])
def test_run_goes_on_after_a_worker_is_lost(start_two, tmp_path, capfd, lost):
    finish(start_two(tmp_path / "undisturbed"))
    workers = start_two(tmp_path / "lost")
    while not (tmp_path / "lost" / "history.csv").exists():
        workers[lost].join(0.05)
        assert workers[lost].is_alive()
    workers[lost].kill()
    workers[1 - lost].join(300)
    assert workers[1 - lost].exitcode == 1
    assert "told: another worker no longer answers" in capfd.readouterr().err

    reached, _ = kept(tmp_path / "lost")
    assert 0 < reached["step"].iloc[-1] < LONG.steps
    assert finish(start_two(tmp_path / "lost")) == [0, 0]
    histories = (kept(tmp_path / name)[0] for name in ("lost", "undisturbed"))
    pd.testing.assert_frame_equal(
        *(history.drop(columns="seconds") for history in histories), check_exact=True
    )


@pytest.mark.long
def test_workers_that_do_not_share_a_folder_are_told(start_two, tmp_path, capfd):
    finish(start_two(tmp_path / "one"))
    assert finish(start_two(tmp_path / "one", tmp_path / "other")) == [1, 1]
    told = f"told: the workers begin at steps 0, {LONG.steps}; expected one step"
    assert capfd.readouterr().err.count(told) == 2


def test_one_device_is_the_chief_and_loses_nobody():
    assert is_chief(strategy_named(None))
    assert strategy_named(None) is ONE_DEVICE
    error = tf.errors.UnavailableError(None, None, "not of a worker")
    with pytest.raises(type(error)), explain_lost_worker(ONE_DEVICE):
        raise error


@pytest.mark.parametrize(
    "config",
    [
        "",
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_machines_must_be_named(monkeypatch, config):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=r"TF_CONFIG is .*; expected every worker's"):
        strategy_named("multiworker")

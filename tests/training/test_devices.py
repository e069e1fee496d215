"""Several threads, devices or machines: one device's numbers, and a lost worker."""

import contextlib
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

from helpers.recipe import Recipe
from helpers.settings import ROOT
from helpers.training.batches import Examples
from helpers.training.checkpoints import load_checkpoint
from helpers.training.devices import (
    ONE_DEVICE,
    explain_lost_worker,
    is_chief,
    strategy_named,
)
from helpers.training.runs import train

TINY = Recipe(
    layers=5,
    crop_size=12,
    depths=(4, 4, 4),
    widths=(8, 8, 4),
    batch_size=11,  # not the same on two devices
    steps=60,
    validation_interval=20,
    distortion=0.1,
)


def numbers(count: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, (count, 6))
    labels[:, 0] = 5
    images = rng.integers(0, 256, (count, 12, 12), dtype=np.uint8)
    return Examples(images, labels)


DATA = {"train": numbers(90, 1), "validation": numbers(30, 2)}


def answer(code: str) -> str:
    """What a fresh process prints that runs ``code``."""
    words = [sys.executable, "-c", f"from helpers.training import devices\n{code}"]
    return subprocess.run(
        words, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_import_changes_neither_threads_nor_allocator():
    code = """
import ctypes, sys
import sklearn.linear_model, tensorflow as tf
ctypes.CDLL = lambda *_: sys.exit("the allocator was touched")
from helpers.training import (
    baseline, batches, by_hand, checkpoints, loop, losses, options, progress, runs
)
print(tf.config.threading.get_intra_op_parallelism_threads(), devices.batch_shares())
"""
    assert answer(code) == "0 1"


def test_prepared_process_has_a_share_for_each_core_it_may_use():
    code = """
import os, tensorflow as tf
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
devices.prepare_process()
print(tf.config.threading.get_intra_op_parallelism_threads(), devices.batch_shares())
"""
    assert answer(code) == "1 1"


def test_process_that_already_computes_keeps_its_threads():
    code = """
import tensorflow as tf
tf.zeros(1) + 1
devices.prepare_process()
print(tf.config.threading.get_intra_op_parallelism_threads(), devices.batch_shares())
"""
    assert answer(code) == "0 1"


def _train_apart(name, folder, shares, task=None, recipe=TINY) -> None:
    """Train in a process of its own, over two CPU devices or as a task of a cluster."""
    if task:
        os.environ["TF_CONFIG"] = json.dumps(task)
    else:
        (cpu,) = tf.config.list_physical_devices("CPU")
        device = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [device] * 2)
    strategy = strategy_named(name)
    if name == "mirrored":
        assert strategy.num_replicas_in_sync == 2
    try:
        train(recipe, DATA, folder, strategy=strategy, shares=shares)
    except (OSError, ValueError) as error:
        sys.exit(f"told: {error}")


def cluster(workers: int) -> list[dict]:
    """TF_CONFIG of each of some workers on this machine."""
    addresses = []
    with contextlib.ExitStack() as open_ports:
        for _ in range(workers):
            port = open_ports.enter_context(socket.socket())
            port.bind(("127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{port.getsockname()[1]}")
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


def assert_near(folder, other) -> None:
    """Same history and weights, but for the rounding of sums in another order."""
    (history, arrays), (expected, others) = kept(folder), kept(other)
    columns = ["step", "loss", "learning_rate"]
    pd.testing.assert_frame_equal(history[columns], expected[columns], rtol=1e-5)
    for name, array in arrays.items():
        np.testing.assert_allclose(array, others[name], atol=1e-5)


@pytest.fixture
def alone(tmp_path):
    """The folder of a run on one device that works on two shares of a batch."""
    return train(TINY, DATA, tmp_path / "alone", shares=2).folder


def test_two_devices_train_as_one_does(start, alone, tmp_path):
    """Dropout's random numbers too: its masks are those of the shares on one device."""
    process = start("mirrored", tmp_path / "two", 1)
    process.join()
    assert process.exitcode == 0
    assert_near(tmp_path / "two", alone)


def test_lone_worker_trains_as_one_device_does(start, alone, tmp_path):
    (task,) = cluster(1)
    process = start("multiworker", tmp_path / "lone", 2, task)
    process.join()
    assert process.exitcode == 0
    assert_near(tmp_path / "lone", alone)


LONG = replace(TINY, steps=3_000, validation_interval=60)


@pytest.fixture
def start_two(start):
    """Start two workers on this machine that keep LONG in a folder, or one each."""

    def start_two(*folders):
        tasks = cluster(2)
        return [
            start("multiworker", folder, 1, task, LONG)
            for folder, task in zip(folders * (2 // len(folders)), tasks, strict=True)
        ]

    return start_two


@pytest.mark.long
def test_two_workers_train_as_one_device_does(start_two, tmp_path):
    workers = start_two(tmp_path / "two")
    alone = train(LONG, DATA, tmp_path / "alone", shares=2)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    made, _ = kept(tmp_path / "two")
    # Roundings grow with the steps, so only the beginning is compared closely.
    losses, expected = made["loss"], alone.history["loss"]
    assert made["step"].iloc[-1] == LONG.steps
    np.testing.assert_allclose(losses[:5], expected[:5], rtol=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("lost", [0, 1])
def test_run_goes_on_after_a_worker_is_lost(start_two, tmp_path, capfd, lost):
    undisturbed = start_two(tmp_path / "undisturbed")
    for worker in undisturbed:
        worker.join()
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
    again = start_two(tmp_path / "lost")
    for worker in again:
        worker.join()
    assert [worker.exitcode for worker in again] == [0, 0]
    histories = (kept(tmp_path / name)[0] for name in ("lost", "undisturbed"))
    pd.testing.assert_frame_equal(
        *(history.drop(columns="seconds") for history in histories), check_exact=True
    )


@pytest.mark.long
def test_workers_that_do_not_share_a_folder_are_told(start_two, tmp_path, capfd):
    for worker in start_two(tmp_path / "one"):
        worker.join()
    workers = start_two(tmp_path / "one", tmp_path / "other")
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [1, 1]
    told = f"told: the workers begin at steps 0, {LONG.steps}; expected one step"
    assert capfd.readouterr().err.count(told) == 2


def test_one_device_is_the_chief_and_loses_nobody():
    assert is_chief(strategy_named(None))
    assert strategy_named(None) is ONE_DEVICE
    with (
        pytest.raises(tf.errors.UnavailableError),
        explain_lost_worker(ONE_DEVICE),
    ):
        raise tf.errors.UnavailableError(None, None, "not of a worker")


def test_other_strategy_is_refused():
    with pytest.raises(ValueError, match="strategy is 'tpu'; expected one of mirrored"):
        strategy_named("tpu")


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

"""The loop: what it notes and keeps, and that it goes on as if it had never stopped."""

import _thread
import resource
from unittest.mock import Mock

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from builders import assert_same_training

from helpers.training.checkpoints import CheckpointError, load_checkpoint
from helpers.training.loop import CHECKPOINT, HISTORY, Trainer, TrainingDiverged
from helpers.training.progress import Progress


def squares(outputs, targets):
    return tf.reduce_mean(tf.square(outputs - targets))


def batch(step):
    inputs = tf.random.stateless_normal((8, 4), tf.stack([7, step]))
    return inputs, tf.reduce_sum(inputs, axis=1, keepdims=True)


def batches(first_step, batch=batch):
    return tf.data.Dataset.range(first_step, 100).map(batch)


def trainer(folder, seed=1, rate=0.05, **changes) -> Trainer:
    """A network with all that a stop must keep: weights, statistics and chance."""
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(6),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3, seed=5),
        keras.layers.Dense(1, bias_initializer="ones"),
    ]
    network, optimizer = keras.Sequential(layers), keras.optimizers.Adam(rate)
    optimizer.build(network.trainable_variables)
    kernel = network.layers[0].kernel
    options = {
        "loss": squares,
        "batches": batches,
        "identity": {"data": "lines"},
        "steps": 17,
        "batch_size": 8,
        "interval": 5,
        "learning_rate": lambda step: rate,
        "measure": lambda: {"size": float(np.abs(kernel.numpy()).sum())},
        "steps_per_call": 3,
    }
    return Trainer(network, optimizer, folder=folder, **options | changes)


def train(folder, progress=None, **changes) -> Trainer:
    made = trainer(folder, **changes)
    made.restore()
    made.fit(progress)
    return made


class AtStep(Progress):
    """Does something once a step is reached or, with ``rows``, its row is kept."""

    def __init__(self, step, action, rows=False):
        super().__init__()
        self.step, self.action, self.rows = step, action, rows

    def advance(self, count, loss, scores):
        super().advance(count, loss, scores)
        if not self.rows and self.bar.n == self.step:
            self.action(self)

    def row(self, row):
        if self.rows and row["step"] == self.step:
            self.action(self)


def fail(*_):
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return train(tmp_path_factory.mktemp("undisturbed") / "run")


def test_row_per_interval_and_one_at_the_end(undisturbed):
    assert [row["step"] for row in undisturbed.history] == [5, 10, 15, 17]
    names = ["step", "loss", "learning_rate", "size", "seconds"]
    assert all(list(row) == names for row in undisturbed.history)
    stored = pd.read_csv(undisturbed.folder / HISTORY)
    pd.testing.assert_frame_equal(stored, pd.DataFrame(undisturbed.history))


def test_measure_and_loss_are_of_the_network_at_each_row(undisturbed):
    sizes = [row["size"] for row in undisturbed.history]
    assert len(set(sizes)) == 4
    assert sizes[-1] == undisturbed.measure()["size"]
    assert undisturbed.history[-1]["loss"] < 0.7 * undisturbed.history[0]["loss"]


def test_penalty_is_added_to_the_loss(tmp_path):
    first = train(tmp_path / "a", steps=1).history[0]["loss"]
    penalised = train(tmp_path / "b", steps=1, penalty=lambda: tf.constant(2.0))
    assert penalised.history[0]["loss"] == pytest.approx(first + 2)


@pytest.mark.parametrize(
    ("stop", "step"),
    [
        (AtStep(8, fail), 5),  # killed between two rows
        (AtStep(10, fail, rows=True), 10),  # killed as soon as a row is kept
        (AtStep(8, lambda progress: progress.stop.set()), 8),
        (AtStep(10, lambda progress: progress.stop.set(), rows=True), 10),
        (AtStep(3, lambda progress: _thread.interrupt_main()), 3),
    ],
)
def test_goes_on_after_a_stop_as_if_undisturbed(
    undisturbed, tmp_path, capsys, stop, step
):
    if stop.action is fail:
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, stop)
    else:
        assert not train(tmp_path, stop).finished
        assert f"Stopped at step {step} of 17" in capsys.readouterr().out
    reached = trainer(tmp_path)
    reached.restore()
    assert reached.step == step
    assert_same_training(train(tmp_path), undisturbed)


def test_finished_run_takes_no_step(undisturbed):
    assert_same_training(train(undisturbed.folder, loss=fail), undisturbed)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"identity": {"data": "circles"}}, "data is 'lines' there and 'circles' here"),
        ({"network": keras.Sequential([keras.Input((4,))])}, "network_000 is"),
    ],
)
def test_checkpoint_of_another_run_is_refused(undisturbed, changes, words):
    other = trainer(undisturbed.folder)
    for name, value in changes.items():
        setattr(other, name, value)
    with pytest.raises(CheckpointError, match=words):
        other.restore()


def test_loss_that_is_not_finite_names_step_and_cause(tmp_path):
    def spoilt(step):
        inputs, targets = batch(step)
        return inputs, tf.where(step == 11, np.nan, 1.0) * targets

    words = r"step 12: the loss.*learning rate, 0\.05 of Adam.*step 10 stays"
    with pytest.raises(TrainingDiverged, match=words):
        train(tmp_path, batches=lambda first: batches(first, spoilt))
    metadata, _ = load_checkpoint(tmp_path / CHECKPOINT)
    assert [row["step"] for row in metadata["progress"]["history"]] == [5, 10]


def test_loss_that_is_not_finite_at_first_is_told_from_a_rate_too_high(tmp_path):
    with pytest.raises(TrainingDiverged, match=r"step 1: .*before any weight changed"):
        train(tmp_path, loss=lambda *batch: np.nan * squares(*batch))
    assert not (tmp_path / CHECKPOINT).exists()


def test_weight_that_is_not_finite_is_never_kept(tmp_path):
    made = trainer(tmp_path)
    made.network.layers[0].kernel.assign(np.full((4, 6), np.nan))
    with pytest.raises(TrainingDiverged, match="a weight is not finite"):
        made.save()
    assert not list(tmp_path.iterdir())


def test_no_memory_is_told_with_what_to_do(tmp_path):
    error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
    words = "batches of 8 examples. Take a smaller batch"
    with pytest.raises(MemoryError, match=words):
        train(tmp_path, loss=Mock(side_effect=error))


def test_full_disk_keeps_the_last_checkpoint(undisturbed, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(_):
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))

    try:
        with pytest.raises(OSError, match=r"what was there is unchanged.*checkpoint"):
            train(tmp_path, AtStep(5, fill, rows=True))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert_same_training(train(tmp_path), undisturbed)

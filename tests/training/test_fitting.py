"""The reader's training loop: goes on after a stop as if it had not been stopped."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.training.checkpoints import CheckpointError, load_checkpoint
from workshop.making import fitting
from workshop.making.training import CHECKPOINT, Plan, fit

PLAN = Plan(steps=20, batch_size=8, peak_rate=0.05, interval=5, seed=1)
RUN = {"data": "lines"}


def tiny(seed=1):
    """A network with all that a stop must keep: weights, statistics and chance."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, name="dense"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.3, seed=5, name="dropout"),
            keras.layers.Dense(1, bias_initializer="ones", name="last"),
        ],
        name="tiny",
    )


def batch(step):
    inputs = tf.random.stateless_normal((8, 4), tf.stack([7, step]))
    return inputs, tf.reduce_sum(inputs, axis=1, keepdims=True)


def loss(outputs, targets):
    return tf.reduce_mean(tf.square(outputs - targets))


def train(folder, *, network=None, plan=PLAN, error=loss, identity=RUN, **others):
    network = network or tiny()
    history = fit(network, batch, error, plan, folder, identity, **others)
    return network, history


def without_seconds(history):
    return [{key: row[key] for key in row if key != "seconds"} for row in history]


def assert_same(one, other):
    """Same weights and history, bit for bit, but for the seconds."""
    assert without_seconds(one[1]) == without_seconds(other[1])
    for weight, expected in zip(one[0].variables, other[0].variables, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(fitting, "BLOCK", 5)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("undisturbed")


@pytest.fixture(scope="module")
def undisturbed(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "BLOCK", 5)
        return train(place)


def stop_at(monkeypatch, number: int, *, kept: bool):
    """Stop at the checkpoint ``number``, before it is kept or after."""
    save, rows = fitting.save_checkpoint, []

    def stopping(*arguments):
        rows.append(None)
        if kept or len(rows) != number:
            save(*arguments)
        if len(rows) == number:
            raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "save_checkpoint", stopping)


@pytest.mark.parametrize(
    ("number", "kept"), [(1, True), (2, True), (3, True), (3, False)]
)
def test_stopped_run_ends_as_an_undisturbed_one(
    undisturbed, tmp_path, monkeypatch, number, kept
):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, number, kept=kept)
        train(tmp_path)
    assert_same(train(tmp_path), undisturbed)


def test_history_has_a_row_for_every_checkpoint_and_the_last_step(undisturbed):
    assert [row["step"] for row in undisturbed[1]] == [5, 10, 15, 20]
    assert all(set(row) == {"step", "loss", "seconds"} for row in undisturbed[1])


def test_checkpoints_need_not_fall_on_the_blocks_of_steps(tmp_path):
    _, history = train(tmp_path, plan=replace(PLAN, interval=7))
    assert [row["step"] for row in history] == [7, 14, 20]
    assert load_checkpoint(tmp_path / CHECKPOINT)[0]["history"] == history


def test_training_lowers_the_loss(undisturbed):
    losses = [row["loss"] for row in undisturbed[1]]
    assert losses[-1] < 0.7 * losses[0]


def test_finished_run_is_handed_out_without_a_step(undisturbed, place):
    def never(outputs, targets):
        raise AssertionError("a step was taken")

    assert_same(train(place, error=never), undisturbed)


def test_measure_is_taken_of_the_network_at_every_checkpoint(tmp_path):
    network = tiny()
    kernel = network.get_layer("last").kernel
    taken = []

    def measure():
        taken.append(float(np.sum(kernel.numpy())))
        return np.float32(taken[-1])

    _, history = train(tmp_path, network=network, measure=measure)
    assert [row["measure"] for row in history] == taken
    assert len(set(taken)) == 4


@pytest.mark.parametrize(
    ("plan", "identity", "named"),
    [
        (replace(PLAN, peak_rate=0.1), RUN, r"plan\.peak_rate is 0\.05 there and 0\.1"),
        (replace(PLAN, steps=30), RUN, r"plan\.steps is 20 there and 30"),
        (PLAN, {"data": "circles"}, "data is 'lines' there and 'circles'"),
    ],
)
def test_checkpoint_of_another_run_is_refused(
    undisturbed, place, plan, identity, named
):
    before = (place / CHECKPOINT).read_bytes()
    with pytest.raises(CheckpointError, match=named):
        train(place, plan=plan, identity=identity)
    assert (place / CHECKPOINT).read_bytes() == before


def test_checkpoint_of_other_first_weights_is_refused(undisturbed, place):
    with pytest.raises(CheckpointError, match="left by another run: start is"):
        train(place, network=tiny(seed=2))


def test_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"PK not a checkpoint")
    with pytest.raises(CheckpointError, match=rf"{CHECKPOINT}: damaged"):
        train(tmp_path)


def test_rate_that_is_too_high_is_told_with_its_step(tmp_path):
    plan = replace(PLAN, peak_rate=1e30)
    with pytest.raises(fitting.TrainingDiverged, match=r"step 5: .*1e\+30 at its peak"):
        train(tmp_path, plan=plan)
    assert not list(tmp_path.iterdir())


def test_loss_that_is_not_finite_leaves_the_last_checkpoint(tmp_path):
    def spoilt(step):
        inputs, targets = batch(step)
        return inputs, tf.where(step == 12, np.nan, 1.0) * targets

    with pytest.raises(fitting.TrainingDiverged, match="step 15"):
        fit(tiny(), spoilt, loss, PLAN, tmp_path, RUN)
    metadata, _ = load_checkpoint(tmp_path / CHECKPOINT)
    assert [row["step"] for row in metadata["history"]] == [5, 10]


def test_rate_warms_up_and_falls_along_a_cosine_to_0():
    plan = Plan(steps=200, peak_rate=0.4)
    optimizer = plan.optimizer()
    optimizer.build([keras.Variable(np.zeros(2, np.float32))])
    rates = []
    for step in range(201):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert rates[0] == pytest.approx(0.4 / 20)
    assert rates[10] == max(rates) == pytest.approx(0.4)
    assert rates[5] == pytest.approx((rates[0] + rates[10]) / 2)
    assert rates[105] == pytest.approx(0.2)
    assert rates[200] == pytest.approx(0, abs=1e-7)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()


def test_weights_decay_in_kernels_alone(tmp_path):
    """With nothing to learn, kernels shrink and all else stays."""
    network = tiny()
    before = {v.path: v.numpy() for v in network.trainable_variables}
    plan = replace(PLAN, steps=5, weight_decay=0.5)
    train(
        tmp_path,
        network=network,
        plan=plan,
        error=lambda outputs, targets: 0 * tf.reduce_mean(outputs),
    )
    for variable in network.trainable_variables:
        old, new = before[variable.path], variable.numpy()
        if variable.name == "kernel":
            ratio = new / old
            assert 0.8 < ratio.min() <= ratio.max() < 0.99
            assert np.ptp(ratio) < 1e-5
        else:
            np.testing.assert_array_equal(new, old)

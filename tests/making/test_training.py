"""Training the reader's networks: they learn, from the shares asked, by the seed."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.preprocessing import number_label
from helpers.reader.crops import SIZE
from helpers.reader.networks import build_finder, build_reader
from helpers.training.batches import Examples
from helpers.training.checkpoints import CheckpointError
from helpers.training.losses import cross_entropy
from workshop.making import training
from workshop.making.contexts import CONTEXT_SIZE
from workshop.making.training import (
    Plan,
    reader_batches,
    train_finder,
    train_reader,
    truncated_loss,
)

PLAN = Plan(steps=24, batch_size=12, peak_rate=0.05, interval=6, seed=3)


@pytest.fixture(scope="module")
def contexts():
    """Twelve contexts: an upright bar is a 1, one across is a 74."""
    rng = np.random.default_rng(1)
    images = rng.integers(30, 70, (12, *CONTEXT_SIZE[::-1]), dtype=np.uint8)
    images[::2, 18:54, 48:60] = 220
    images[1::2, 32:40, 27:81] = 220
    return Examples(images, np.stack([number_label((1,)), number_label((7, 4))] * 6))


def learn(contexts, folder, plan=PLAN, **options):
    network = build_reader(depths=(4, 4, 6, 6), width=8, seed=plan.seed)
    history = train_reader(network, [(contexts, 1.0)], plan, folder, **options)
    return [{key: row[key] for key in row if key != "seconds"} for row in history]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def history(contexts, place):
    return learn(contexts, place)


def test_reader_s_loss_falls(history):
    assert [row["step"] for row in history] == [6, 12, 18, 24]
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]


def test_stopped_training_ends_as_an_undisturbed_one(contexts, history, tmp_path):
    measured = []

    def stop():
        measured.append(len(measured))
        if len(measured) == 2:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        learn(contexts, tmp_path, measure=stop)
    rows = learn(contexts, tmp_path, measure=lambda: 0.5)
    assert [row.pop("measure") for row in rows] == [0.0, 0.5, 0.5, 0.5]
    assert rows == history


def test_stop_button_ends_the_making(contexts, tmp_path, monkeypatch):
    monkeypatch.setattr(training.Trainer, "fit", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        learn(contexts, tmp_path)


def test_another_training_does_not_go_on_from_a_checkpoint(contexts, history, place):
    changed = Examples(255 - contexts.images, contexts.labels)
    with pytest.raises(CheckpointError, match="left by another run: data"):
        learn(changed, place)
    with pytest.raises(CheckpointError, match=r"seed is 3 there and 4 here; start is"):
        learn(contexts, place, replace(PLAN, seed=4))
    with pytest.raises(CheckpointError, match="loss"):
        learn(contexts, place, loss=truncated_loss)


def test_finder_s_loss_falls(tmp_path):
    """Images of one bright block each, and boxes round the blocks."""
    rng = np.random.default_rng(1)
    images = rng.integers(30, 70, (12, 64, 64), dtype=np.uint8)
    boxes = np.zeros((12, 3, 4), np.float32)
    for row, (left, top) in enumerate(rng.integers(4, 28, (12, 2))):
        images[row, top : top + 16, left : left + 32] = 220
        boxes[row, 0] = left, top, left + 32, top + 16
    network = build_finder(depths=(4, 4, 6, 6, 6), seed=1)
    history = train_finder(network, images, boxes, PLAN, tmp_path)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]


def flat(digit, count):
    images = np.full((count, *CONTEXT_SIZE[::-1]), 20 * digit, np.uint8)
    return Examples(images, np.stack([number_label((digit,))] * count))


def batch(sources, step, **changes):
    """Images and labels of a step."""
    made = reader_batches(sources, replace(PLAN, **changes), SIZE[0])
    return [array.numpy() for array in made(tf.constant(step, tf.int64))]


@pytest.mark.parametrize(
    ("sources", "size", "counts"),
    [
        ([(flat(1, 50), 0.5), (flat(2, 3), 0.3), (flat(3, 9), 0.2)], 40, [20, 12, 8]),
        ([(flat(1, 5), 2 / 3), (flat(2, 5), 1 / 3)], 16, [11, 5]),
    ],
)
def test_batch_has_the_shares_that_are_asked_mixed(sources, size, counts):
    for step in range(3):
        images, labels = batch(sources, step, batch_size=size)
        assert images.shape == (size, *SIZE[::-1], 1)
        assert np.bincount(labels[:, 1]).tolist() == [0, *counts]
        # Sources are mixed within a batch.
        assert np.ptp(np.flatnonzero(labels[:, 1] == 1)) > size / 2


def test_images_keep_their_labels(contexts):
    """Upright bars vary most across, the others down, whatever else is changed."""
    images, labels = batch([(contexts, 1.0)], 0, batch_size=60)
    across = images[..., 0].mean(1).std(1)
    down = images[..., 0].mean(2).std(1)
    assert np.mean((across > down) == (labels[:, 1] == 1)) > 0.9


def test_truncated_loss_leaves_out_what_the_network_rules_out():
    """And still divides by all, so that what is left weighs as much as before."""
    labels = tf.constant([number_label((1,)), number_label((2,))], tf.int32)
    sure = 8 * tf.one_hot(labels, 11)
    wrong = tf.stack([sure[0], -sure[1]])
    kept = float(cross_entropy(sure[:1], labels[:1]))
    assert float(truncated_loss(wrong, labels)) == pytest.approx(kept / 2, rel=1e-5)
    everything = float(cross_entropy(wrong, labels))
    found = float(truncated_loss(wrong, labels, bound=100.0))
    assert found == pytest.approx(everything, rel=1e-5)


def test_rate_warms_up_and_falls_along_a_cosine_to_0():
    optimizer = Plan(steps=200, peak_rate=0.4).optimizer()
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


def test_weights_decay_in_kernels_alone():
    """With nothing to learn, kernels shrink and all else stays."""
    network = build_reader(depths=(4, 4, 6, 6), width=8, seed=3)
    variables = network.trainable_variables
    before = [variable.numpy() for variable in variables]
    optimizer = Plan(steps=5, peak_rate=0.05, weight_decay=0.5).optimizer()
    optimizer.apply([tf.zeros(variable.shape) for variable in variables], variables)
    for variable, old in zip(variables, before, strict=True):
        shrinks = variable.name == "kernel" and old.any()
        assert (np.abs(variable.numpy()).sum() < np.abs(old).sum()) == shrinks

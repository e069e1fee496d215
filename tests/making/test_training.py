"""Training the reader's networks: they learn, from the shares asked, by the seed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from workshop.making.fitting import Plan

from helpers.preprocessing import number_label
from helpers.reader.crops import CONTEXT_SIZE, SIZE
from helpers.reader.networks import build_finder, build_reader
from helpers.training.batches import Examples
from helpers.training.checkpoints import CheckpointError
from workshop.making import fitting, training
from workshop.making.training import (
    HOPELESS,
    number_loss,
    readable_loss,
    train_finder,
    train_reader,
)

WIDE = SimpleNamespace(input_shape=(None, *SIZE[::-1], 1))
"""In place of a network that only tells what it takes."""

PLAN = Plan(steps=24, batch_size=12, peak_rate=0.05, interval=6, seed=3)


@pytest.fixture(autouse=True, scope="module")
def short_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "BLOCK", 6)
        yield


@pytest.fixture(scope="module")
def contexts():
    """Twelve contexts: an upright bar is a 1, one across is a 74."""
    rng = np.random.default_rng(1)
    images = rng.integers(30, 70, (12, *CONTEXT_SIZE[::-1]), dtype=np.uint8)
    images[::2, 18:54, 48:60] = 220
    images[1::2, 32:40, 27:81] = 220
    return Examples(images, np.stack([number_label((1,)), number_label((7, 4))] * 6))


def learn(contexts, folder, plan=PLAN, share=1.0):
    network = build_reader(depths=(4, 4, 6, 6), width=8, seed=plan.seed)
    history = train_reader(network, [(contexts, share)], plan, folder)
    return [(row["step"], row["loss"]) for row in history]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def history(contexts, place):
    return learn(contexts, place)


def test_reader_s_loss_falls(history):
    assert [step for step, _ in history] == [6, 12, 18, 24]
    assert history[-1][1] < 0.7 * history[0][1]


def test_same_seed_same_history(contexts, history, tmp_path):
    assert learn(contexts, tmp_path) == history


def test_other_images_or_seeds_do_not_go_on_from_a_checkpoint(contexts, history, place):
    changed = Examples(255 - contexts.images, contexts.labels)
    with pytest.raises(CheckpointError, match="left by another run: data"):
        learn(changed, place)
    with pytest.raises(CheckpointError, match=r"plan\.seed is 3 there and 4 here"):
        learn(contexts, place, replace(PLAN, seed=4))


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


@pytest.fixture
def caught(monkeypatch):
    """Instead of training: what the loop would be given."""
    given = {}

    def catch(network, batch, loss, plan, folder, identity, measure=None):
        given.update(batch=batch, identity=identity)
        return []

    monkeypatch.setattr(training, "fit", catch)
    return given


def flat(digit, count):
    images = np.full((count, *CONTEXT_SIZE[::-1]), 20 * digit, np.uint8)
    return Examples(images, np.stack([number_label((digit,))] * count))


def digits(batch, step):
    return batch(tf.constant(step, tf.int64))[1].numpy()[:, 1]


def test_every_batch_has_the_shares_that_are_asked(caught, tmp_path):
    sources = [(flat(1, 50), 0.5), (flat(2, 3), 0.3), (flat(3, 9), 0.2)]
    train_reader(WIDE, sources, replace(PLAN, batch_size=40), tmp_path)
    for step in range(4):
        counts = np.bincount(digits(caught["batch"], step), minlength=4)
        assert counts.tolist() == [0, 20, 12, 8]


def test_shares_that_do_not_part_a_batch_evenly_fill_it(caught, tmp_path):
    sources = [(flat(1, 5), 2 / 3), (flat(2, 5), 1 / 3)]
    train_reader(WIDE, sources, replace(PLAN, batch_size=16), tmp_path)
    assert np.bincount(digits(caught["batch"], 0)).tolist() == [0, 11, 5]


def test_sources_are_mixed_within_a_batch(caught, tmp_path):
    sources = [(flat(1, 5), 0.5), (flat(2, 5), 0.5)]
    train_reader(WIDE, sources, replace(PLAN, batch_size=64), tmp_path)
    for step in range(3):
        first = digits(caught["batch"], step)[:32]
        assert 5 < np.sum(first == 1) < 27


def test_shares_tell_one_run_from_another(caught, tmp_path):
    metadata = []
    for share in (0.2, 0.4):
        sources = [(flat(1, 5), 1 - share), (flat(2, 5), share)]
        train_reader(WIDE, sources, PLAN, tmp_path)
        metadata.append(caught["identity"])
    assert metadata[0] != metadata[1]


def test_step_gives_its_own_batch_the_same_each_time(caught, contexts, tmp_path):
    train_reader(WIDE, [(contexts, 1.0)], PLAN, tmp_path)
    one, again, other = (caught["batch"](tf.constant(s, tf.int64)) for s in (5, 5, 6))
    assert one[0].shape == (PLAN.batch_size, *SIZE[::-1], 1)
    assert one[1].shape == (PLAN.batch_size, 6)
    for array, same in zip(one, again, strict=True):
        np.testing.assert_array_equal(array, same)
    assert (one[0] != other[0]).numpy().any()


def test_images_keep_their_labels(caught, contexts, tmp_path):
    """Upright bars vary most across, the others down, whatever else is changed."""
    train_reader(WIDE, [(contexts, 1.0)], replace(PLAN, batch_size=60), tmp_path)
    images, labels = (a.numpy() for a in caught["batch"](tf.constant(0, tf.int64)))
    across = images[..., 0].mean(1).std(1)
    down = images[..., 0].mean(2).std(1)
    assert np.mean((across > down) == (labels[:, 1] == 1)) > 0.9


def test_loss_is_the_six_cross_entropies_averaged_over_the_examples():
    labels = tf.constant([[1, 7, 10, 10, 10, 10], [2, 7, 4, 10, 10, 10]])
    even = number_loss(tf.zeros((2, 6, 11)), labels)
    assert float(even) == pytest.approx(6 * np.log(11))
    right = 100 * tf.one_hot(labels, 11)
    assert float(number_loss(right, labels)) == pytest.approx(0, abs=1e-5)
    # One of two examples is wrong in one position, by a hundred.
    others = tf.constant([[1, 7, 10, 10, 10, 10], [2, 8, 4, 10, 10, 10]])
    wrong = 100 * tf.one_hot(others, 11)
    assert float(number_loss(wrong, labels)) == pytest.approx(50)


def test_readable_loss_leaves_out_what_the_network_rules_out():
    """And still divides by all, so that what is left weighs as much as before."""
    labels = tf.constant([number_label((1,)), number_label((2,))], tf.int32)
    sure = 8 * tf.one_hot(labels, 11)
    unsure = tf.zeros((2, 6, 11))
    wrong = tf.stack([sure[0], -sure[1]])
    assert float(number_loss(unsure, labels)) == pytest.approx(6 * np.log(11), rel=1e-5)
    assert float(readable_loss(unsure, labels)) == 0
    assert float(readable_loss(sure, labels)) == float(number_loss(sure, labels))
    kept = float(number_loss(sure[:1], labels[:1])) / 2
    assert float(number_loss(wrong, labels)) > HOPELESS / 2
    assert float(readable_loss(wrong, labels)) == pytest.approx(kept, rel=1e-5)


def test_run_by_one_loss_is_not_taken_up_by_the_other(contexts, tmp_path):
    learn(contexts, tmp_path)
    network = build_reader(depths=(4, 4, 6, 6), width=8, seed=PLAN.seed)
    with pytest.raises(CheckpointError, match="loss"):
        train_reader(network, [(contexts, 1.0)], PLAN, tmp_path, loss=readable_loss)

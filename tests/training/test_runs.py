"""Runs: found again by what they are made of, the same after kills, kept as files."""

import json
import multiprocessing
import random
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from builders import FIVE_LAYERS, TINY, assert_same_training, bright_numbers

from helpers.evaluation import evaluate, predict
from helpers.networks import build_network, dense_kernels
from helpers.training import runs
from helpers.training.batches import Examples
from helpers.training.checkpoints import CheckpointError
from helpers.training.progress import Progress
from helpers.training.runs import (
    MEASURES,
    number_data,
    run,
    run_name,
    score_table,
    train,
)

DATA = {"train": bright_numbers(90, 1), "validation": bright_numbers(30, 2)}
FLIPPED = Examples(255 - DATA["train"].images, DATA["train"].labels)


class Never(Progress):
    """Fails where a run takes a step."""

    def shown(self, *_):
        raise AssertionError("a step was taken")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return train(FIVE_LAYERS, DATA, tmp_path_factory.mktemp("runs") / "undisturbed")


def test_run_says_how_the_network_does(undisturbed):
    last = undisturbed.history.iloc[-1]
    answers = predict(undisturbed.network, DATA["validation"].images)
    labels = DATA["validation"].labels
    measures = {name: one(answers, labels) for name, one in MEASURES.items()}
    assert measures == undisturbed.scores == last[list(measures)].to_dict()
    assert (undisturbed.finished, undisturbed.step) == (True, 60)
    assert undisturbed.steps_per_second == 60 / last["seconds"]


def test_run_stopped_before_its_first_validation_has_the_columns_of_others(
    undisturbed, tmp_path
):
    progress = Progress()
    progress.stop.set()
    made = train(FIVE_LAYERS, DATA, tmp_path, progress=progress)
    assert (made.finished, made.step, made.scores) == (False, 0, {})
    assert made.steps_per_second == 0
    assert made.history.empty
    assert list(made.history) == list(undisturbed.history)
    assert_same_training(train(FIVE_LAYERS, DATA, tmp_path), undisturbed)


def test_l2_rows_limits_what_is_held_small(tmp_path):
    """With no learning from images, only the counted row of a kernel shrinks."""
    recipe = replace(
        FIVE_LAYERS, l2_rows=1, l2_beta=1e4, steps=1, initial_learning_rate=1e-6
    )
    before = [k.numpy() for k in dense_kernels(build_network(**vars(recipe)))]
    made = train(recipe, DATA, tmp_path / "run")
    for old, kernel in zip(before, dense_kernels(made.network), strict=True):
        shrunk = np.abs(kernel.numpy() - 0.99 * old).max(axis=(0, 2)) < 1e-4
        kept = np.abs(kernel.numpy() - old).max(axis=(0, 2)) < 1e-4
        assert shrunk[0]
        assert kept[1:].all()


def test_optimizer_is_the_recipe_s():
    optimizer = runs._optimizer(replace(FIVE_LAYERS, momentum=0.9))
    optimizer.build([keras.Variable(np.zeros(2, np.float32))])
    assert (type(optimizer).__name__, optimizer.momentum) == ("SGD", 0.9)
    for step in (0, 30, 60):
        optimizer.iterations.assign(step)
        rate = float(optimizer.learning_rate)
        assert rate == pytest.approx(FIVE_LAYERS.learning_rate(step))


def test_length_shares_choose_the_images(tmp_path):
    """A network that sees numbers of one length alone answers with that length."""
    images, labels = DATA["train"].images, DATA["train"].labels.copy()
    labels[::2, 0], labels[::2, 2] = 1, 10
    both = Examples(images, labels)
    recipe = replace(FIVE_LAYERS, length_shares=(1.0,), l2_beta=0.0, steps=100)
    made = train(recipe, {"train": both, "validation": both}, tmp_path / "run")
    assert (predict(made.network, images)[:, 0] == 1).all()


def test_finished_run_is_returned_untrained(undisturbed):
    """Files that a kill after the last step has left out are made up."""
    files = [undisturbed.folder / name for name in ("network.keras", "run.json")]
    for file in files:
        file.unlink()
    again = train(FIVE_LAYERS, DATA, undisturbed.folder, progress=Never())
    assert_same_training(again, undisturbed)
    assert again.steps_per_second == undisturbed.steps_per_second
    assert all(file.is_file() for file in files)


def test_network_and_summary_are_kept(undisturbed):
    network = keras.saving.load_model(undisturbed.folder / "network.keras")
    images = DATA["validation"].images
    np.testing.assert_array_equal(
        predict(network, images), predict(undisturbed.network, images)
    )
    summary = json.loads((undisturbed.folder / "run.json").read_text())
    assert summary["recipe"]["layers"] == 5
    assert summary["data"]["train"] == DATA["train"].metadata()
    assert summary["scores"] == undisturbed.scores


def test_run_of_other_data_is_refused(undisturbed):
    with pytest.raises(CheckpointError, match=r"data\.train\.digest"):
        train(FIVE_LAYERS, DATA | {"train": FLIPPED}, undisturbed.folder)


@pytest.mark.parametrize(
    ("examples", "words"),
    [
        (Examples(np.zeros((9, 8, 8), np.uint8), DATA["train"].labels[:9]), "8 pixels"),
        (Examples(DATA["train"].images, np.zeros(90, int)), r"\(90,\)"),
        (Examples(DATA["train"].images, DATA["train"].labels + 1), "up to 11"),
    ],
)
def test_images_and_labels_must_fit_the_network(tmp_path, examples, words):
    with pytest.raises(ValueError, match=words):
        train(FIVE_LAYERS, DATA | {"train": examples}, tmp_path / "run")


LONG = replace(FIVE_LAYERS, steps=900, validation_interval=30)


@pytest.mark.parametrize("most", [3, pytest.param(12, marks=pytest.mark.long)])
def test_killed_run_ends_as_if_undisturbed(tmp_path, most):
    """SIGKILL at random moments, taken up again each time by a fresh process."""
    # Not forked: now and then TensorFlow's threads do not live through that.
    processes = multiprocessing.get_context("spawn")

    def start(folder):
        process = processes.Process(target=train, args=(LONG, DATA, folder))
        process.start()
        return process

    undisturbed = start(tmp_path / "undisturbed")
    undisturbed.join()

    def written() -> int:
        checkpoint = tmp_path / "killed" / "checkpoint.npz"
        return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0

    kills, moments = 0, random.Random(2016)
    while kills < most:
        before = written()
        process = start(tmp_path / "killed")
        while process.is_alive() and written() == before:
            process.join(0.01)
        process.join(moments.uniform(0, 0.1))
        if not process.is_alive():
            break
        process.kill()
        process.join()
        kills += 1
    last = start(tmp_path / "killed")
    last.join()

    assert (undisturbed.exitcode, last.exitcode) == (0, 0)
    assert kills >= most - 1
    killed, expected = (
        train(LONG, DATA, tmp_path / folder, progress=Never())
        for folder in ("killed", "undisturbed")
    )
    assert_same_training(killed, expected)
    stored = pd.read_csv(tmp_path / "killed" / "history.csv")
    assert stored["step"].tolist() == list(range(30, 901, 30))


def test_name_stays_as_recipes_gain_fields():
    image = Examples(np.zeros((1, 12, 12), np.uint8), np.array([[1, 7, *[10] * 4]]))
    name = run_name(TINY, {"train": image, "validation": image})
    assert name == "numbers_2_layers_20_steps_bb1fdf21"


def test_name_differs_with_all_that_a_run_depends_on():
    names = {run_name(FIVE_LAYERS, DATA)}
    names |= {run_name(FIVE_LAYERS, DATA | {part: FLIPPED}) for part in DATA}
    for change in ({"seed": 1}, {"keep_rate": 0.7}, {"momentum": 0.9}):
        names.add(run_name(replace(FIVE_LAYERS, **change), DATA))
    assert len(names) == 6
    assert run_name(FIVE_LAYERS, DATA | {"test": FLIPPED}) in names


def test_second_run_is_the_first_and_tabled_strict_first(few_settings):
    small = replace(few_settings, crop_size=12)
    data = number_data(small)
    sizes = {name: len(part) for name, part in data.items()}
    assert sizes == {"train": 50, "validation": 10, "test": 11}
    first = run(TINY, data, small)
    again = run(TINY, data, small, progress=Never())
    assert again.folder == first.folder == small.runs / run_name(TINY, data)
    assert_same_training(again, first)
    table = score_table({"tiny": again}, data["test"])
    score = evaluate(again.network, data["test"].images, data["test"].labels)
    assert table.columns[:2].tolist() == ["images", "strict"]
    interval = {"low": score.strict.low, "high": score.strict.high}
    assert table.loc["tiny"].to_dict() == score.values() | interval

"""Training: what it minimises, and that it goes on as if it had never stopped."""

import _thread
import json
import multiprocessing
import random
import resource
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from helpers.evaluation import network_input, predict
from helpers.networks import dense_kernels
from helpers.recipe import Recipe
from helpers.training import loop
from helpers.training.batches import Examples
from helpers.training.checkpoints import CheckpointError, load_checkpoint
from helpers.training.loop import TrainingDiverged, load_run, train
from helpers.training.progress import Progress
from helpers.training.runs import LETTER_TASK, NUMBER_TASK

TINY = Recipe(
    layers=5,
    crop_size=12,
    depths=(4, 4, 4),
    widths=(8, 8, 4),
    batch_size=10,
    steps=60,
    validation_interval=20,
    distortion=0.1,
)


def numbers(count: int, seed: int) -> Examples:
    """Crops whose brightness pattern tells their first digit, of two."""
    rng = np.random.default_rng(seed)
    labels = np.full((count, 6), 10)
    labels[:, 0] = 2
    labels[:, 1:3] = rng.integers(0, 10, (count, 2))
    images = rng.integers(0, 60, (count, 12, 12), dtype=np.uint8)
    images[np.arange(count), labels[:, 1]] += 150
    return Examples(images, labels)


DATA = {"train": numbers(90, 1), "validation": numbers(30, 2)}


def weights(run) -> list[np.ndarray]:
    return [variable.numpy() for variable in run.network.variables]


def assert_same(run, other) -> None:
    """Same history, but for its seconds, and same weights, bit for bit."""
    pd.testing.assert_frame_equal(
        run.history.drop(columns="seconds"),
        other.history.drop(columns="seconds"),
        check_exact=True,
    )
    for array, expected in zip(weights(run), weights(other), strict=True):
        np.testing.assert_array_equal(array, expected)


@contextmanager
def at_row(monkeypatch, number: int, action):
    """Do ``action`` when the checkpoint of the history's row ``number`` is due."""
    save, rows = loop.save_checkpoint, []

    def counted(*arguments):
        rows.append(None)
        if len(rows) == number:
            action()
        save(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", counted)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return train(TINY, DATA, tmp_path_factory.mktemp("runs") / "undisturbed")


def test_same_seed_gives_the_same_curve_and_weights(undisturbed, tmp_path):
    assert_same(train(TINY, DATA, tmp_path / "again"), undisturbed)


def test_other_seed_gives_another_curve(undisturbed, tmp_path):
    other = train(replace(TINY, seed=1), DATA, tmp_path / "other")
    assert other.history["loss"].tolist() != undisturbed.history["loss"].tolist()


def test_history_has_a_row_per_validation_and_one_at_the_end(tmp_path):
    run = train(replace(TINY, steps=50), DATA, tmp_path / "run")
    assert run.history["step"].tolist() == [20, 40, 50]
    assert run.finished


def test_history_says_how_the_network_does(undisturbed):
    last = undisturbed.history.iloc[-1]
    answers = predict(undisturbed.network, DATA["validation"].images)
    measures = NUMBER_TASK.measure(answers, DATA["validation"].labels)
    assert measures == undisturbed.scores == last[list(measures)].to_dict()


def test_history_is_kept_as_csv(undisturbed):
    stored = pd.read_csv(undisturbed.folder / "history.csv")
    pd.testing.assert_frame_equal(stored, undisturbed.history)


def test_training_lowers_the_loss(tmp_path):
    recipe = replace(TINY, steps=600, validation_interval=100, distortion=0.0)
    losses = train(recipe, DATA, tmp_path / "run").history["loss"]
    assert losses.iloc[-1] < 0.8 * losses.iloc[0]


def test_loss_is_six_cross_entropies_and_half_the_squared_kernels(tmp_path):
    recipe = replace(
        TINY, keep_rate=1.0, batch_size=90, steps=1, distortion=0.0, l2_beta=0.01
    )
    network = NUMBER_TASK.build(recipe)
    logits = np.asarray(network(network_input(DATA["train"].images)), np.float64)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    labels = DATA["train"].labels[..., None]
    entropies = -np.take_along_axis(logits, labels, -1).sum((1, 2)).mean()
    squares = sum((k.numpy() ** 2).sum() for k in dense_kernels(network))

    run = train(recipe, DATA, tmp_path / "run")
    assert run.history["loss"][0] == pytest.approx(entropies + 0.01 * squares / 2)


def test_l2_rows_limits_what_is_held_small(tmp_path):
    """With no learning from images, only the counted row of a kernel shrinks."""
    recipe = replace(TINY, l2_rows=1, l2_beta=1e4, steps=1, initial_learning_rate=1e-6)
    before = [k.numpy() for k in dense_kernels(NUMBER_TASK.build(recipe))]
    run = train(recipe, DATA, tmp_path / "run")
    for old, kernel in zip(before, dense_kernels(run.network), strict=True):
        shrunk = np.abs(kernel.numpy() - 0.99 * old).max(axis=(0, 2)) < 1e-4
        kept = np.abs(kernel.numpy() - old).max(axis=(0, 2)) < 1e-4
        assert shrunk[0]
        assert kept[1:].all()


def test_optimizer_follows_the_recipe_s_learning_rate(undisturbed):
    rates = undisturbed.history["learning_rate"]
    schedule = loop._optimizer(TINY)
    for step, rate in zip(undisturbed.history["step"], rates, strict=True):
        schedule.iterations.assign(step)
        assert float(schedule.learning_rate) == pytest.approx(rate)


def test_momentum_is_the_optimizer_s():
    assert loop._optimizer(TINY).momentum == 0
    assert loop._optimizer(replace(TINY, momentum=0.9)).momentum == 0.9


def test_length_shares_choose_the_images(tmp_path):
    """A network that sees numbers of one length alone answers with that length."""
    labels = np.full((60, 6), 10)
    labels[:, 0] = np.repeat([1, 2], 30)
    labels[:, 1] = 7
    labels[30:, 2] = 7
    images = np.random.default_rng(1).integers(0, 256, (60, 12, 12), dtype=np.uint8)
    both = Examples(images, labels)
    recipe = replace(TINY, length_shares=(1.0,), l2_beta=0.0, steps=100)
    run = train(recipe, {"train": both, "validation": both}, tmp_path / "run")
    assert (predict(run.network, images)[:, 0] == 1).all()


def test_finished_run_is_returned_untrained(undisturbed, monkeypatch):
    def fail(*arguments):
        raise AssertionError("a finished run was trained again")

    monkeypatch.setattr(loop, "_take_steps", fail)
    assert_same(train(TINY, DATA, undisturbed.folder), undisturbed)


def test_files_missed_by_a_kill_after_the_last_step_are_made_up(tmp_path):
    run = train(TINY, DATA, tmp_path / "run")
    names = ("history.csv", "network.keras", "run.json")
    for name in names:
        (run.folder / name).unlink()
    train(TINY, DATA, run.folder)
    assert all((run.folder / name).is_file() for name in names)
    assert pd.read_csv(run.folder / "history.csv")["step"].tolist() == [20, 40, 60]


def test_load_run_gives_the_run_back(undisturbed):
    run = load_run(undisturbed.folder)
    assert_same(run, undisturbed)
    assert run.recipe == TINY
    assert (run.finished, run.scores) == (True, undisturbed.scores)
    assert run.steps_per_second == undisturbed.steps_per_second


def test_network_is_kept_for_plain_keras(undisturbed):
    network = keras.saving.load_model(undisturbed.folder / "network.keras")
    images = DATA["validation"].images
    np.testing.assert_array_equal(
        predict(network, images), predict(undisturbed.network, images)
    )


def test_summary_names_recipe_data_and_scores(undisturbed):
    summary = json.loads((undisturbed.folder / "run.json").read_text())
    assert summary["recipe"]["layers"] == 5
    assert summary["data"]["train"] == DATA["train"].metadata()
    assert summary["scores"] == undisturbed.scores


def test_stop_button_keeps_what_was_trained(undisturbed, tmp_path, monkeypatch, capsys):
    with at_row(monkeypatch, 2, _thread.interrupt_main):
        run = train(TINY, DATA, tmp_path / "run")
    assert not run.finished
    assert run.history["step"].tolist() == [20, 40]
    assert "Stopped at step 40 of 60" in capsys.readouterr().out
    assert_same(train(TINY, DATA, tmp_path / "run"), undisturbed)


def test_stop_between_validations_goes_on_as_if_undisturbed(
    undisturbed, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "STEPS_PER_CALL", 7)

    class Pressed(Progress):
        def advance(self, count, loss, scores):
            if self.bar.n == 20:  # 27 steps are done, short of the row at 40
                _thread.interrupt_main()
            super().advance(count, loss, scores)

    run = train(TINY, DATA, tmp_path / "run", progress=Pressed())
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz")[0]["progress"]["losses"]
    assert run.history["step"].tolist() == [20]
    assert_same(train(TINY, DATA, tmp_path / "run"), undisturbed)


def test_another_thread_stops_at_a_row(undisturbed, tmp_path):
    class Stopped(Progress):
        def row(self, row):
            if row["step"] == 40:
                self.stop.set()

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(
            train, TINY, DATA, tmp_path / "run", progress=Stopped()
        ).result()
    assert run.history["step"].tolist() == [20, 40]
    assert_same(train(TINY, DATA, tmp_path / "run"), undisturbed)


def test_full_disk_keeps_the_last_checkpoint(undisturbed, tmp_path, monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))

    try:
        with (
            at_row(monkeypatch, 2, fill),
            pytest.raises(OSError, match=r"checkpoint\.npz: could not be written"),
        ):
            train(TINY, DATA, tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load_run(tmp_path / "run").history["step"].tolist() == [20]
    assert_same(train(TINY, DATA, tmp_path / "run"), undisturbed)


def test_divergence_names_step_and_cause_and_keeps_the_checkpoint(
    tmp_path, monkeypatch
):
    def poison():
        monkeypatch.setattr(loop.np, "isfinite", lambda a: np.zeros(np.shape(a)))

    with (
        at_row(monkeypatch, 2, poison),
        pytest.raises(TrainingDiverged, match=r"step 41: the loss.*learning rate.*40"),
    ):
        train(TINY, DATA, tmp_path / "run")
    monkeypatch.undo()
    assert load_run(tmp_path / "run").history["step"].tolist() == [20, 40]


def test_absurd_learning_rate_diverges(tmp_path):
    recipe = replace(TINY, initial_learning_rate=1e9)
    with pytest.raises(TrainingDiverged, match=r"step [2-9]"):
        train(recipe, DATA, tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoint.npz").exists()


def test_pixels_too_large_are_told_from_steps_too_large(tmp_path):
    data = {
        name: Examples(np.full((30, 12, 12), 1e38, np.float32), part.labels[:30])
        for name, part in DATA.items()
    }
    with pytest.raises(TrainingDiverged, match=r"step 1: .*before any weight changed"):
        train(replace(TINY, layers=2), data, tmp_path / "run")


def test_weight_that_is_not_finite_is_never_kept():
    state = loop._State(TINY, NUMBER_TASK)
    kernel = dense_kernels(state.network)[0]
    kernel.assign(kernel * np.nan)
    with pytest.raises(TrainingDiverged, match="a weight is not finite"):
        state.arrays()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"keep_rate": 0.5}, "keep_rate is 0.8 there and 0.5"), ({"steps": 90}, "steps")],
)
def test_checkpoint_of_another_recipe_is_refused(undisturbed, change, words):
    with pytest.raises(CheckpointError, match=words):
        train(replace(TINY, **change), DATA, undisturbed.folder)


def test_checkpoint_of_other_data_is_refused(undisturbed):
    with pytest.raises(CheckpointError, match=r"data\.train\.digest"):
        train(TINY, DATA | {"train": numbers(90, 3)}, undisturbed.folder)


def test_run_of_another_task_is_refused(undisturbed):
    with pytest.raises(CheckpointError, match="task is 'numbers' there and 'letters'"):
        load_run(undisturbed.folder, LETTER_TASK)


def test_letters_train_by_the_same_loop(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200)
    images = rng.normal(0, 0.1, (200, 12, 12)).astype(np.float32)
    images[np.arange(200), labels] += 0.5
    letters = Examples(images, labels)
    recipe = Recipe.letters(crop_size=12, widths=(32,), steps=400)
    data = {"train": letters, "validation": letters}
    run = train(recipe, data, tmp_path / "run", LETTER_TASK)
    assert run.scores["accuracy"] > 0.9


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
        train(TINY, DATA | {"train": examples}, tmp_path / "run")


def test_tensorboard_shows_each_row_once_after_a_stop(tmp_path, monkeypatch):
    with at_row(monkeypatch, 2, _thread.interrupt_main):
        train(TINY, DATA, tmp_path / "run")
    train(TINY, DATA, tmp_path / "run")
    (events,) = (tmp_path / "run").glob("events.out.tfevents.*")
    shown = [
        (value.tag, event.step)
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
    ]
    tags = ("loss", "learning_rate", "strict", "six_position")
    assert sorted(shown) == sorted((tag, s) for tag in tags for s in (20, 40, 60))


def test_tensorboard_that_cannot_write_is_told(tmp_path, monkeypatch):
    class Full:
        def __init__(self, folder):
            self.writer = create(folder)

        def __getattr__(self, name):
            return getattr(self.writer, name)

        def flush(self):
            raise tf.errors.DataLossError(None, None, "{{node}} no space left\nat it")

    create = tf.summary.create_file_writer
    with monkeypatch.context() as patch:
        patch.setattr(tf.summary, "create_file_writer", Full)
        with pytest.raises(OSError, match=r"written \(no space left\).*checkpoint"):
            train(TINY, DATA, tmp_path / "run")
    assert load_run(tmp_path / "run").history["step"].tolist() == [20]


LONG = replace(TINY, steps=900, validation_interval=30)


def _train_alone(folder):
    train(LONG, DATA, folder)


def test_killed_run_ends_as_if_undisturbed(tmp_path):
    """SIGKILL at random moments, taken up again each time by a fresh process."""
    # Not forked: now and then TensorFlow's threads do not live through that.
    processes = multiprocessing.get_context("spawn")

    def start(folder):
        process = processes.Process(target=_train_alone, args=(folder,))
        process.start()
        return process

    undisturbed = start(tmp_path / "undisturbed")
    undisturbed.join()

    kills, checkpoint = 0, tmp_path / "killed" / "checkpoint.npz"
    moments = random.Random(2016)
    while kills < 4:
        process = start(tmp_path / "killed")
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while process.is_alive() and (
            not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before
        ):
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
    assert kills >= 3
    assert_same(load_run(tmp_path / "killed"), load_run(tmp_path / "undisturbed"))
    stored = pd.read_csv(tmp_path / "killed" / "history.csv")
    assert stored["step"].tolist() == list(range(30, 901, 30))

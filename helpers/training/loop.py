"""A training run that can be stopped at any moment and taken up again."""

import ctypes
import json
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from helpers.evaluation import predict
from helpers.files import atomic_write
from helpers.networks import dense_kernels
from helpers.recipe import Recipe
from helpers.training.batches import Examples, length_weights, stream
from helpers.training.checkpoints import (
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)
from helpers.training.progress import Progress
from helpers.training.strategies import (
    ONE_DEVICE,
    check_same_step,
    explained_loss,
    is_chief,
    of_every_replica,
    own_part,
)
from helpers.training.tasks import NUMBERS, Task

CHECKPOINT, HISTORY = "checkpoint.npz", "history.csv"
NETWORK, SUMMARY = "network.keras", "run.json"

_NO_MEASURES = ("step", "loss", "learning_rate", "seconds")

STEPS_PER_CALL = 25
"""Steps in one call of the graph: enough to hide what a call costs in Python, few
enough for the progress bar and the stop button."""


MOST_SHARES = 4
"""A batch of 100 split further costs more than it gains."""

# The operations of these small networks are too short to share between threads: with
# one thread each, and a share of the batch for each core, a step takes a third less.
# TensorFlow accepts this before its first operation only; what it has then is kept.
with suppress(RuntimeError):
    tf.config.threading.set_intra_op_parallelism_threads(1)

# Every step makes and frees the same buffers. glibc would hand each of them back to the
# system and fault it in again; a heap that grows by more at a time keeps them, and a
# step takes a tenth less. Elsewhere there is no such knob.
_M_TOP_PAD, HEAP_GROWTH = -2, 64 << 20
if platform.libc_ver()[0] == "glibc":
    ctypes.CDLL(None).mallopt(_M_TOP_PAD, HEAP_GROWTH)


class TrainingDiverged(ArithmeticError):  # noqa: N818
    """The loss or a weight is no longer a finite number."""


@dataclass(frozen=True)
class Run:
    """A training run as it stands.

    Parameters
    ----------
    folder
        Where it is kept.
    recipe, network
        How it is trained, and what.
    history
        A row per validation: ``step``, ``loss`` (mean since the row before),
        ``learning_rate``, the task's measures on the validation images, and
        ``seconds`` of training up to here, validation left out.
    scores
        The last row's measures; empty before the first validation.
    steps_per_second
        Over all of the training, validation left out.
    finished
        Whether all of the recipe's steps are done.
    """

    folder: Path
    recipe: Recipe
    network: keras.Model
    history: pd.DataFrame
    scores: dict[str, float]
    steps_per_second: float
    finished: bool


def train(
    recipe: Recipe,
    data: Mapping[str, Examples],
    folder: Path | str,
    task: Task = NUMBERS,
    progress: Progress | None = None,
    strategy: tf.distribute.Strategy = ONE_DEVICE,
) -> Run:
    """Train a network, going on from where an earlier call in ``folder`` got to.

    The loss is the sum of the positions' softmax cross-entropies, averaged over the
    batch, plus ``l2_beta`` times half the squared sum of the dense kernels (report,
    Table 3). Every validation replaces the checkpoint: after a kill at any moment
    the next call ends in the same history and the same weights as a run left alone,
    bit for bit on the same machine. A finished run is read and returned at once.
    The first Ctrl-C, Jupyter's stop button, ends the training after the steps at
    hand and returns what there is.

    ``folder`` then holds the checkpoint, ``history.csv`` and TensorBoard's events,
    and when the training has ended ``network.keras`` and ``run.json``.

    Parameters
    ----------
    recipe
        How to train.
    data
        The examples by name: ``"train"`` and ``"validation"``.
    folder
        Where this run is kept.
    task
        What to learn.
    progress
        What shows the run and can stop it; by default a progress bar.
    strategy
        The devices that share the work, see `strategies`; by default one. Of several
        processes the first alone writes files, and all read its checkpoint.

    Raises
    ------
    ValueError
        The images or labels do not fit the network, or the processes of a strategy
        do not begin at the same step.
    CheckpointError
        The folder's checkpoint is damaged, or of another recipe, task or data.
    TrainingDiverged
        The loss or a weight is not finite; the last checkpoint stays.
    OSError
        A file cannot be written, as on a full disk, or another process is lost; the
        last checkpoint stays.
    """
    folder = Path(folder)
    training, validation = data["train"], data["validation"]
    state = _State(recipe, task, strategy)
    _check_fit(state.network, training, "train")
    _check_fit(state.network, validation, "validation")
    identity = {
        "task": task.name,
        "recipe": recipe.metadata(),
        "data": {"train": training.metadata(), "validation": validation.metadata()},
    }
    path = folder / CHECKPOINT
    if path.is_file():
        metadata, arrays = load_checkpoint(path)
        reached = metadata.pop("progress")
        check_same_run(path, metadata, identity)
        state.restore(path, reached, arrays)
    check_same_step(strategy, state.step)

    def save() -> None:
        arrays = state.arrays()
        if not is_chief(strategy):
            return
        save_checkpoint(path, identity | {"progress": state.progress()}, arrays)
        # The checkpoint is the truth; the table is written anew from it each time.
        with atomic_write(folder / HISTORY) as temporary:
            pd.DataFrame(state.history).to_csv(temporary, index=False)

    if state.step < recipe.steps:
        (folder / SUMMARY).unlink(missing_ok=True)
        progress = progress or Progress()
        with _stop_button(progress.stop), explained_loss(strategy):
            _take_steps(state, training, validation, folder, progress, save)
    if state.step < recipe.steps:
        print(
            f"Stopped at step {state.step:,} of {recipe.steps:,}: the network is as "
            "trained so far, and the same call goes on from here."
        )
    run = state.run(folder)
    if is_chief(strategy) and not (folder / SUMMARY).is_file():
        save()
        _export(run, identity)
    return run


def load_run(folder: Path | str, task: Task = NUMBERS) -> Run:
    """The run that is kept in ``folder``, finished or not.

    Raises
    ------
    FileNotFoundError
        There is none.
    CheckpointError
        Its checkpoint is damaged, or of another task.
    """
    folder = Path(folder)
    path = folder / CHECKPOINT
    metadata, arrays = load_checkpoint(path)
    check_same_run(path, {"task": metadata["task"]}, {"task": task.name})
    state = _State(Recipe.from_metadata(metadata["recipe"]), task)
    state.restore(path, metadata["progress"], arrays)
    return state.run(folder)


class _State:
    """All that changes while a run trains, and so all that a checkpoint holds.

    The network's variables include the state of dropout's random numbers; the order
    of the images follows from the step.
    """

    def __init__(self, recipe: Recipe, task: Task, strategy=ONE_DEVICE):
        self.recipe = recipe
        self.task = task
        self.strategy = strategy
        with strategy.scope():
            self.network = task.build(recipe)
            self.optimizer = _optimizer(recipe)
            self.optimizer.build(self.network.trainable_variables)
        self.history = []  # a dict per validation
        self.losses = []  # of the steps since the last validation
        self.seconds = 0.0

    @property
    def step(self) -> int:
        return int(self.optimizer.iterations.numpy())

    @property
    def scores(self) -> dict[str, float]:
        """The measures in the last row of the history."""
        last = self.history[-1] if self.history else {}
        return {name: last[name] for name in last if name not in _NO_MEASURES}

    def variables(self) -> dict[str, keras.Variable]:
        """Every variable, by its place: Keras numbers its names anew each time."""
        return {
            f"{part}_{number:03}": variable
            for part in ("network", "optimizer")
            for number, variable in enumerate(getattr(self, part).variables)
        }

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {name: value.numpy() for name, value in self.variables().items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise TrainingDiverged(self.divergence(self.step, "a weight"))
        return arrays

    def progress(self) -> dict:
        return {
            "history": self.history,
            "losses": self.losses,
            "seconds": self.seconds,
        }

    def restore(self, path: Path, progress: dict, arrays: dict) -> None:
        variables = self.variables()
        check_same_run(
            path,
            {name: array.shape for name, array in arrays.items()},
            {name: tuple(value.shape) for name, value in variables.items()},
        )
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.history = progress["history"]
        self.losses = progress["losses"]
        self.seconds = progress["seconds"]

    def add_losses(self, losses: np.ndarray, seconds: float) -> None:
        """Take in the losses of the steps just done."""
        finite = np.isfinite(losses)
        if not finite.all():
            step = self.step - len(losses) + 1 + int(finite.argmin())
            raise TrainingDiverged(self.divergence(step, "the loss"))
        self.losses += losses.tolist()
        self.seconds += seconds

    def add_row(self, validation: Examples) -> dict[str, float]:
        """Measure on the validation images and end a row of the history."""
        predicted = predict(self.network, validation.images)
        row = {
            "step": self.step,
            "loss": float(np.mean(self.losses)),
            "learning_rate": self.recipe.learning_rate(self.step),
            **self.task.measure(predicted, validation.labels),
            "seconds": self.seconds,
        }
        self.history.append(row)
        self.losses = []
        return row

    def divergence(self, step: int, what: str) -> str:
        """Say that training has diverged, at which step and for which likely cause."""
        if step == 1:
            cause = (
                "It was so before any weight changed: the pixels or the first weights "
                "are far too large for the network"
            )
        else:
            cause = (
                f"The likely cause is the learning rate, {self.recipe.optimizer} at "
                f"{self.recipe.learning_rate(step):.4g}: each step overshoots by more "
                "than the last. Try a tenth of initial_learning_rate"
            )
        last = self.history[-1]["step"] if self.history else None
        kept = f"The checkpoint of step {last:,} stays" if last else "None was kept"
        return f"step {step:,}: {what} is not finite. {cause}. {kept}."

    def run(self, folder: Path) -> Run:
        return Run(
            folder=folder,
            recipe=self.recipe,
            network=self.network,
            history=pd.DataFrame(self.history),
            scores=self.scores,
            steps_per_second=self.step / self.seconds if self.seconds else 0.0,
            finished=self.step == self.recipe.steps,
        )


def _take_steps(
    state: _State,
    training: Examples,
    validation: Examples,
    folder: Path,
    progress: Progress,
    save: Callable[[], None],
) -> None:
    """Take the steps that are left, or those until the stop, saving at each row."""
    recipe = state.recipe
    advance = _graph(state)
    batches = iter(
        stream(
            training,
            recipe.batch_size,
            seed=recipe.seed,
            first_step=state.step,
            distortion=recipe.distortion,
            weights=length_weights(training.labels, recipe.length_shares),
        )
    )
    advance(batches, tf.constant(0))  # traces the graph before any clock runs
    chief = is_chief(state.strategy)
    board = _board(folder, state.history) if chief else nullcontext(lambda row: None)

    def stopped() -> bool:  # all processes at once: none can take a step alone
        return any(of_every_replica(state.strategy, progress.stop.is_set()))

    with (
        progress.shown(folder.name, state.step, recipe.steps),
        board as show,
    ):
        while state.step < recipe.steps and not stopped():
            interval = recipe.validation_interval
            row_due = min(recipe.steps, (state.step // interval + 1) * interval)
            count = min(STEPS_PER_CALL, row_due - state.step)
            began = time.perf_counter()
            losses = advance(batches, tf.constant(count)).numpy()
            state.add_losses(losses, time.perf_counter() - began)
            if state.step == row_due:
                row = state.add_row(validation)
                save()
                show(row)
                progress.row(row)
            progress.advance(count, float(losses.mean()), state.scores)


def _graph(state: _State) -> Callable:
    """A function that takes ``count`` steps on ``batches`` and gives their losses."""
    recipe, network, strategy = state.recipe, state.network, state.strategy
    kernels = dense_kernels(network)
    weights = [weight.value for weight in network.trainable_variables]
    replicas = strategy.num_replicas_in_sync
    each = min(of_every_replica(strategy, batch_shares()))  # machines may differ
    edges = np.linspace(0, recipe.batch_size, replicas * each + 1).astype(int)
    shares = list(pairwise(edges))

    def error(images, labels):
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels, network(images, training=True)
        )
        return tf.reduce_sum(errors) / recipe.batch_size

    def penalty():  # each replica's part of it, for all is added up
        counted = [kernel.value for kernel in kernels]
        if recipe.l2_rows is not None:  # a slice's gradient costs as much as a product
            counted = [kernel[..., : recipe.l2_rows, :] for kernel in counted]
        squares = tf.add_n([tf.nn.l2_loss(rows) for rows in counted])
        return recipe.l2_beta / replicas * squares

    def with_gradient(function, *arguments):
        with tf.GradientTape() as tape:
            loss = function(*arguments)
        return loss, tape.gradient(loss, weights, unconnected_gradients="zero")

    def step(images, labels):
        with own_part(network, shares) as own:
            parts = [
                with_gradient(error, images[start:end], labels[start:end])
                for start, end in own
            ]
        losses, gradients = zip(*parts, with_gradient(penalty), strict=True)
        # Adds up the replicas' gradients, too.
        state.optimizer.apply([tf.add_n(part) for part in zip(*gradients, strict=True)])
        return tf.add_n(losses)

    def one_more(batches, number, losses):
        loss = strategy.run(step, args=batches.get_next())
        return number + 1, losses.write(number, strategy.reduce("SUM", loss, axis=None))

    @tf.function(autograph=False)
    def advance(batches, count):
        losses = tf.TensorArray(tf.float32, count, element_shape=())
        _, losses = tf.while_loop(
            lambda number, _: number < count, partial(one_more, batches), (0, losses)
        )
        return losses.stack()

    return advance


def batch_shares() -> int:
    """Shares that a batch is split into, to be worked on side by side."""
    if tf.config.list_physical_devices("GPU"):
        return 1
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        return 1
    return min(os.cpu_count(), MOST_SHARES)


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    momentum = {"momentum": recipe.momentum} if recipe.momentum else {}
    return type(keras.optimizers.get(recipe.optimizer))(
        keras.optimizers.schedules.ExponentialDecay(
            recipe.initial_learning_rate, recipe.steps, recipe.decay_rate
        ),
        **momentum,
    )


def _check_fit(network: keras.Model, examples: Examples, name: str) -> None:
    side = network.input_shape[1]
    if examples.images.shape[1] != side:
        raise ValueError(
            f"{name} images are {examples.images.shape[1]} pixels wide; expected "
            f"{side}, the recipe's crop_size."
        )
    *positions, classes = network.output_shape[1:]
    if list(examples.labels.shape[1:]) != positions or examples.labels.max() >= classes:
        raise ValueError(
            f"{name} labels have shape {examples.labels.shape} and values up to "
            f"{examples.labels.max()}; expected {(len(examples), *positions)} and up "
            f"to {classes - 1}, the classes of the network."
        )


@contextmanager
def _stop_button(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set ``stop``; the second interrupts as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread is ever interrupted
        return

    def ask(number, frame):
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _board(folder: Path, history: list[dict]) -> Iterator[Callable[[dict], None]]:
    """A function that shows a row in TensorBoard, below those of ``history``."""
    for events in folder.glob("events.out.tfevents.*"):
        events.unlink()  # a killed run may have shown rows that now come again
    with _explained_events(folder):
        writer = tf.summary.create_file_writer(str(folder))

    def show(row: dict) -> None:
        with writer.as_default(step=row["step"]):
            for name in row.keys() - {"step", "seconds"}:
                tf.summary.scalar(name, row[name])
        with _explained_events(folder):
            writer.flush()

    for row in history:
        show(row)
    try:
        yield show
    finally:
        writer.close()


@contextmanager
def _explained_events(folder: Path) -> Iterator[None]:
    """Say what to do when TensorFlow cannot write TensorBoard's events."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = error.message.partition("\n")[0].rpartition("}} ")[2]
        raise OSError(
            f"{folder}: TensorBoard's events could not be written ({reason}). Mend "
            "that (a full disk: make room) and train again: the run goes on from its "
            "checkpoint."
        ) from error


def _export(run: Run, identity: dict) -> None:
    """Write the network for use elsewhere, then the run in a few numbers."""
    with atomic_write(run.folder / NETWORK) as temporary:
        run.network.save(temporary)
    summary = identity | {
        "finished": run.finished,
        "scores": run.scores,
        "steps_per_second": run.steps_per_second,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }
    with atomic_write(run.folder / SUMMARY) as temporary:
        temporary.write_text(json.dumps(summary, indent=2) + "\n")

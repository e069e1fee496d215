"""The training loop: it can be stopped at any moment and taken up again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from helpers.files import write_table
from helpers.training import checkpoints, devices
from helpers.training.devices import ONE_DEVICE, gather_from_replicas, is_chief
from helpers.training.progress import Progress, stop_button

CHECKPOINT, HISTORY = "checkpoint.npz", "history.csv"
PROGRESS = ("history", "losses", "seconds")  # fields that a checkpoint keeps


class TrainingDiverged(ArithmeticError):  # noqa: N818
    """The loss or a weight is no longer a finite number."""


@dataclass
class Trainer:
    """A network, how it is trained, and how far it has got.

    ``batches`` gives those from a step on, each (inputs, targets...); the same step
    gives the same batch. ``loss`` is a mean over a batch, of the network's outputs and
    the targets; ``penalty``, of the weights alone, is added to it.
    """

    network: keras.Model
    optimizer: keras.optimizers.Optimizer
    loss: Callable
    batches: Callable[[int], tf.data.Dataset]
    folder: Path  # keeps a checkpoint and history.csv
    identity: dict  # plain values that tell the run from others
    steps: int
    batch_size: int
    interval: int  # steps from one row of the history, and checkpoint, to the next
    learning_rate: Callable[[int], float]  # at a step, as the optimizer has it
    measure: Callable[[], dict[str, float]] = dict  # of the network as it is, by name
    penalty: Callable[[], tf.Tensor] | None = None
    strategy: tf.distribute.Strategy = ONE_DEVICE
    # Parts of a device's batch that are worked on side by side, by default as
    # `batch_shares` says. Another number changes the rounding of sums.
    shares: int | None = None
    # In one call of the graph: many hide what a call costs in Python, few keep the
    # progress bar and the stop button quick.
    steps_per_call: int = 25
    # Of each row ``step``, ``loss`` (mean since the row before), ``learning_rate``, the
    # measures, and ``seconds`` of training up to here.
    history: list[dict] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # of the steps since the last row
    seconds: float = 0.0  # of all the training, measures left out

    @property
    def step(self) -> int:
        """Steps taken."""
        return (self.history[-1]["step"] if self.history else 0) + len(self.losses)

    @property
    def finished(self) -> bool:
        """Whether all steps are taken."""
        return self.step == self.steps

    def restore(self) -> None:
        """Go on from the folder's checkpoint, if there is one.

        Raises CheckpointError where it is damaged or of another run.
        """
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return
        metadata, arrays = checkpoints.load_checkpoint(path)
        reached = metadata.pop("progress", {})
        variables = self._variables()
        shapes = {name: array.shape for name, array in arrays.items()}
        expected = {name: tuple(value.shape) for name, value in variables.items()}
        expected |= self.identity
        checkpoints.check_same_run(path, metadata | shapes, expected)
        for name, variable in variables.items():
            variable.assign(arrays[name])
        for name in PROGRESS:
            setattr(self, name, reached[name])

    def fit(self, progress: Progress | None = None) -> None:
        """Take the steps that are left.

        Every row of the history replaces the checkpoint: after a kill at any moment
        the next run ends in the same history and the same weights as one left alone,
        bit for bit on the same machine. The first Ctrl-C, Jupyter's stop button, ends
        the training after the steps at hand, and keeps them.

        Raises, and keeps the last checkpoint: TrainingDiverged, MemoryError where the
        batch does not fit, OSError where a file cannot be written or a process is lost.
        """
        steps = sorted(gather_from_replicas(self.strategy, self.step))
        if len(steps) > 1:
            raise ValueError(
                f"the workers begin at steps {', '.join(map(str, steps))}; expected "
                "one step. All go on from the first worker's checkpoint: keep the run "
                "in a folder that every machine sees, --folder on a shared disk."
            )
        if self.finished:
            return
        progress = progress or Progress()
        try:
            with stop_button(progress.stop), devices.explain_lost_worker(self.strategy):
                self._take_steps(progress)
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:
            raise MemoryError(
                f"step {self.step + 1:,}: out of memory with batches of "
                f"{self.batch_size} examples. Take a smaller batch or network, or end "
                "what else uses the memory. The last checkpoint stays."
            ) from error
        if not self.finished:
            self.save()
            reached = f"Stopped at step {self.step:,} of {self.steps:,}"
            print(f"{reached}: the same call goes on from here.")

    def save(self) -> None:
        """Replace the table of the history and the checkpoint."""
        arrays = {name: value.numpy() for name, value in self._variables().items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self._divergence(self.step, "a weight")
        if not is_chief(self.strategy):
            return
        # The table comes first: a checkpoint of the last row then always has it.
        if self.history:
            write_table(self.folder / HISTORY, pd.DataFrame(self.history), None)
        reached = {name: getattr(self, name) for name in PROGRESS}
        metadata = self.identity | {"progress": reached}
        checkpoints.save_checkpoint(self.folder / CHECKPOINT, metadata, arrays)

    def _take_steps(self, progress: Progress) -> None:
        """Take the steps that are left, or those until the stop."""
        take_steps = self._compiled()
        batches, scores = iter(self.batches(self.step)), {}
        take_steps(batches, tf.constant(0))  # traces before any clock runs

        def stopped() -> bool:  # all processes at once: none can take a step alone
            return any(gather_from_replicas(self.strategy, progress.stop.is_set()))

        with progress.shown(self.folder.name, self.step, self.steps):
            while not self.finished and not stopped():
                next_row = self.step + self.interval - self.step % self.interval
                next_row = min(self.steps, next_row)
                count = min(self.steps_per_call, next_row - self.step)
                began = time.perf_counter()
                losses = take_steps(batches, tf.constant(count)).numpy()
                self.seconds += time.perf_counter() - began
                if not np.isfinite(losses).all():
                    first = self.step + 1 + int(np.isfinite(losses).argmin())
                    raise self._divergence(first, "the loss")
                self.losses += losses.tolist()
                if self.step == next_row:
                    scores = self.measure()
                    row = {
                        "step": self.step,
                        "loss": float(np.mean(self.losses)),
                        "learning_rate": self.learning_rate(self.step),
                        **scores,
                        "seconds": self.seconds,
                    }
                    self.history.append(row)
                    self.losses = []
                    self.save()
                    progress.row(row)
                progress.advance(count, float(losses.mean()), scores)

    def _compiled(self) -> Callable:
        """A function that takes ``count`` steps on ``batches`` and gives their losses.

        A step is worked on in shares, each with its own gradient, which are added up.
        """
        network, strategy = self.network, self.strategy
        weights = [weight.value for weight in network.trainable_variables]
        replicas = strategy.num_replicas_in_sync
        most = max(1, self.batch_size // replicas)
        own = min(self.shares or devices.batch_shares(), most)
        each = min(gather_from_replicas(strategy, own))  # machines may differ
        edges = np.linspace(0, self.batch_size, replicas * each + 1).astype(int)
        shares = [slice(*ends) for ends in pairwise(edges.tolist())]

        def share_loss(inputs, *targets):
            loss = self.loss(network(inputs, training=True), *targets)
            return loss / (self.batch_size / inputs.shape[0])

        def penalty():  # each replica's part of it, for all is added up
            return self.penalty() / replicas

        def with_gradient(function, *arguments):
            with tf.GradientTape() as tape:
                loss = function(*arguments)
            return loss, tape.gradient(loss, weights, unconnected_gradients="zero")

        def step(*batch):
            with devices.own_shares(network, shares) as own:
                parts = [
                    with_gradient(share_loss, *(array[share] for array in batch))
                    for share in own
                ]
            if self.penalty:
                parts.append(with_gradient(penalty))
            losses, gradients = zip(*parts, strict=True)
            # Adds up the replicas' gradients, too.
            self.optimizer.apply(
                [tf.add_n(part) for part in zip(*gradients, strict=True)]
            )
            return tf.add_n(losses)

        def one_more(batches, number, losses):
            loss = strategy.run(step, args=batches.get_next())
            loss = strategy.reduce("SUM", loss, axis=None)
            return number + 1, losses.write(number, loss)

        @tf.function(autograph=False)
        def take_steps(batches, count):
            losses = tf.TensorArray(tf.float32, count, element_shape=())
            _, losses = tf.while_loop(
                lambda number, _: number < count,
                partial(one_more, batches),
                (0, losses),
            )
            return losses.stack()

        return take_steps

    def _variables(self) -> dict[str, keras.Variable]:
        """Every variable, by its place: Keras numbers its names anew each time.

        The network's include the state of dropout's random numbers; the order of the
        examples follows from the step.
        """
        return {
            f"{part}_{number:03}": variable
            for part in ("network", "optimizer")
            for number, variable in enumerate(getattr(self, part).variables)
        }

    def _divergence(self, step: int, what: str) -> TrainingDiverged:
        """Say that training has diverged, at which step and for which likely cause."""
        cause = "It was so before any weight changed: its inputs are far too large"
        if step > 1:
            rate, optimizer = self.learning_rate(step), type(self.optimizer).__name__
            cause = f"The likely cause is the learning rate, {rate:.4g} of {optimizer}"
            cause += ": try a tenth of it"
        last = self.history[-1]["step"] if self.history else None
        kept = f"The checkpoint of step {last:,} stays" if last else "None was kept"
        return TrainingDiverged(
            f"step {step:,}: {what} is not finite. {cause}. {kept}."
        )

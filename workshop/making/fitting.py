"""One training loop for the reader's networks, stopped and taken up at any step."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from helpers.training.checkpoints import (
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)
from helpers.training.loop import TrainingDiverged, batch_shares

CHECKPOINT = "checkpoint.npz"
BLOCK = 50
"""Steps between two looks at the loss, and on the progress bar."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast a network learns.

    Parameters
    ----------
    steps, batch_size
        Steps, and examples in each.
    peak_rate
        The learning rate after the first twentieth of the steps, over which it
        grows; from there it falls to 0 along a cosine.
    weight_decay
        Of AdamW (Loshchilov and Hutter 2019), on kernels alone.
    interval
        Steps from one checkpoint to the next.
    seed
        Start of the weights and of every random choice.
    """

    steps: int
    batch_size: int = 128
    peak_rate: float = 0.002
    weight_decay: float = 0.02
    interval: int = 1_000
    seed: int = 0

    def optimizer(self) -> keras.optimizers.Optimizer:
        """The optimizer of this plan."""
        warm = self.steps // 20
        rate = keras.optimizers.schedules.CosineDecay(
            self.peak_rate / 20,
            self.steps - warm,
            warmup_target=self.peak_rate,
            warmup_steps=warm,
        )
        optimizer = keras.optimizers.AdamW(
            rate, weight_decay=self.weight_decay, global_clipnorm=5.0
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer


def fit(
    network: keras.Model,
    batch: Callable[[tf.Tensor], tuple],
    loss: Callable,
    plan: Plan,
    folder: Path | str,
    identity: dict,
    measure: Callable[[], float] | None = None,
) -> list[dict]:
    """Train ``network`` in place; a later call in ``folder`` goes on from a stop.

    Parameters
    ----------
    network
        What learns.
    batch
        From the number of a step to its inputs and targets, the same each time.
    loss
        From outputs and targets to a scalar, a mean over the batch's examples.
    plan
        How long and how fast.
    folder
        Where the checkpoint is kept.
    identity
        Plain values that tell this run from others.
    measure
        A figure of merit, taken at every checkpoint.

    Returns
    -------
    list of dict
        For every checkpoint ``step``, ``loss`` and ``measure``.

    Raises
    ------
    CheckpointError
        The folder's checkpoint is damaged, or of another run.
    TrainingDiverged
        The loss is not finite; the last checkpoint stays.
    """
    path = Path(folder) / CHECKPOINT
    identity = identity | {"plan": asdict(plan), "start": _digest(network)}
    optimizer = plan.optimizer()
    optimizer.build(network.trainable_variables)
    variables = [*network.variables, *optimizer.variables]
    history = []
    if path.is_file():
        metadata, arrays = load_checkpoint(path)
        history = metadata.pop("history")
        check_same_run(path, metadata, identity)
        for number, variable in enumerate(variables):
            variable.assign(arrays[f"v{number:03}"])

    advance = _step(network, loss, optimizer)
    step, losses, began = int(optimizer.iterations), [], time.monotonic()
    batches = iter(
        tf.data.Dataset.range(step, plan.steps)
        .map(batch, num_parallel_calls=1, deterministic=True)
        .prefetch(2)
    )
    with tqdm(total=plan.steps, initial=step, desc=network.name, unit="step") as bar:
        while step < plan.steps:
            losses.append(advance(*next(batches)))
            step += 1
            if step % BLOCK and step % plan.interval and step != plan.steps:
                continue
            mean = float(np.mean(losses[-BLOCK:]))
            if not np.isfinite(mean):
                raise TrainingDiverged(
                    f"step {step:,}: the loss is not finite. The likely cause is the "
                    f"learning rate, {plan.peak_rate:g} at its peak: try a third of "
                    "it. The last checkpoint stays."
                )
            bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
            bar.update(step - bar.n)
            if step % plan.interval and step != plan.steps:
                continue
            row = {"step": step, "loss": float(np.mean(losses))}
            row["seconds"] = round(time.monotonic() - began, 1)
            if measure:
                row["measure"] = float(measure())
            history.append(row)
            losses = []
            save_checkpoint(
                path,
                identity | {"history": history},
                {f"v{number:03}": v.numpy() for number, v in enumerate(variables)},
            )
            tqdm.write(str(row))
    return history


def _digest(network: keras.Model) -> str:
    """What tells the weights that a run begins with from others."""
    digest = hashlib.blake2b(digest_size=8)
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _step(network: keras.Model, loss: Callable, optimizer) -> Callable:
    """A function that takes a step, a share of the batch on each core at a time."""
    shares = batch_shares()
    weights = [weight.value for weight in network.trainable_variables]

    @tf.function(autograph=False)
    def step(inputs, *targets):
        ends = np.linspace(0, inputs.shape[0], shares + 1).astype(int)
        losses, gradients = [], []
        for start, end in pairwise(ends):
            part = slice(start, end)
            with tf.GradientTape() as tape:
                outputs = network(inputs[part], training=True)
                error = loss(outputs, *(target[part] for target in targets)) / shares
            losses.append(error)
            gradients.append(tape.gradient(error, weights))
        optimizer.apply([tf.add_n(part) for part in zip(*gradients, strict=True)])
        return tf.add_n(losses)

    return step

"""How the reader's networks learn: from drawn images alone, then, if asked, others."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import joblib
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers.training.batches import Examples
from helpers.training.loop import Trainer
from helpers.training.losses import cross_entropy
from workshop.making.augmentation import augment, vary_light, zoom
from workshop.making.finder_targets import cell_targets, finder_loss


@dataclass(frozen=True)
class Plan:
    """How long and how fast a network learns, by AdamW (Loshchilov and Hutter 2019).

    The learning rate grows over the first twentieth of the steps, and from there falls
    to 0 along a cosine.
    """

    steps: int
    batch_size: int = 128
    peak_rate: float = 0.002
    weight_decay: float = 0.02  # of kernels alone
    interval: int = 1_000  # steps from one checkpoint to the next
    seed: int = 0  # of every random choice

    def learning_rate(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """The rate by step."""
        warm = self.steps // 20
        return keras.optimizers.schedules.CosineDecay(
            self.peak_rate / 20,
            self.steps - warm,
            warmup_target=self.peak_rate,
            warmup_steps=warm,
        )

    def optimizer(self) -> keras.optimizers.Optimizer:
        """The optimizer of this plan."""
        optimizer = keras.optimizers.AdamW(
            self.learning_rate(), weight_decay=self.weight_decay, global_clipnorm=5.0
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer


def truncated_loss(logits, labels, bound: float = 6.0):
    """`cross_entropy` without the numbers that the network all but rules out.

    Those have an error of ``bound`` or more, by default a probability of 0.25 %. Most
    are too dark or too blurred for anyone. Only a network that has learned can tell.
    """
    errors = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    errors = ops.sum(errors, axis=-1)
    return ops.mean(ops.where(errors < bound, errors, 0.0))


def train_reader(
    network: keras.Model,
    sources: list[tuple[Examples, float]],
    plan: Plan,
    folder: Path | str,
    measure: Callable[[], float] | None = None,
    loss: Callable = cross_entropy,
) -> list[dict]:
    """Teach a reader from contexts, each use of which shows another crop.

    ``network``, see `helpers.reader.networks.build_reader`, is trained in place from
    ``sources``: contexts (N, 72, 108) with labels, and the share of every batch from
    each. A training that is stopped ends in KeyboardInterrupt, and a later call with
    the same ``folder`` goes on with it.

    For every checkpoint there is a row of ``step``, ``loss``, ``learning_rate``,
    ``measure``, what that function gives then, and ``seconds``.
    """
    identity = {"data": [data.metadata() | {"share": share} for data, share in sources]}
    identity["loss"] = loss.__name__
    batch = reader_batches(sources, plan, network.input_shape[2])
    return _train(network, batch, loss, plan, folder, identity, measure)


def train_finder(
    network: keras.Model,
    images: np.ndarray,
    boxes: np.ndarray,
    plan: Plan,
    folder: Path | str,
) -> list[dict]:
    """Teach a finder from whole images, uint8 (N, side, side), and boxes (N, K, 4).

    See `train_reader`.
    """
    pixels, corners = tf.constant(images), tf.constant(boxes)
    side = images.shape[1]

    def batch(step):
        chosen = _chosen(len(images), plan.batch_size, plan.seed, step)
        x = tf.cast(tf.gather(pixels, chosen), tf.float32)[..., None] / 255
        seed = tf.stack([plan.seed + 100, step])
        x, moved = zoom(x, tf.gather(corners, chosen), seed)
        return vary_light(x, seed), *cell_targets(moved, side, side)

    identity = {"images": len(images), "sum": int(images.sum(dtype=np.int64))}
    return _train(network, batch, finder_loss, plan, folder, identity)


def reader_batches(
    sources: list[tuple[Examples, float]], plan: Plan, width: int
) -> Callable[[tf.Tensor], tuple]:
    """A function from a step's number, int64, to its crops and labels.

    float32 (batch_size, 48, width, 1) and int32 (batch_size, 6), the same each time.
    """
    counts = [round(plan.batch_size * share) for _, share in sources[1:]]
    counts = [plan.batch_size - sum(counts), *counts]
    arrays = [
        (tf.constant(data.images), tf.constant(data.labels.astype(np.int32)), count)
        for (data, _), count in zip(sources, counts, strict=True)
    ]

    def batch(step):
        parts = []
        for number, (*pair, count) in enumerate(arrays):
            chosen = _chosen(len(pair[0]), count, plan.seed + number, step)
            parts.append([tf.gather(array, chosen) for array in pair])
        # Shares of a batch are worked on apart: each should hold of every source.
        seed = tf.stack([tf.cast(plan.seed + 50, tf.int64), step])
        order = tf.argsort(tf.random.stateless_uniform((plan.batch_size,), seed))
        images, labels = (
            tf.gather(tf.concat(part, 0), order) for part in zip(*parts, strict=True)
        )
        seed = tf.stack([plan.seed + 100, step])
        return augment(images, seed, width), labels

    return batch


def _train(
    network: keras.Model,
    batch: Callable[[tf.Tensor], tuple],
    loss: Callable,
    plan: Plan,
    folder: Path | str,
    identity: dict,
    measure: Callable[[], float] | None = None,
) -> list[dict]:
    """Train by ``plan`` on the ``batch`` of every step."""
    optimizer, rate = plan.optimizer(), plan.learning_rate()
    start = joblib.hash(network.get_weights())
    optimizer.build(network.trainable_variables)

    def batches(first_step: int) -> tf.data.Dataset:
        steps = tf.data.Dataset.range(first_step, plan.steps)
        return steps.map(batch, num_parallel_calls=1, deterministic=True).prefetch(2)

    trainer = Trainer(
        network=network,
        optimizer=optimizer,
        loss=loss,
        batches=batches,
        folder=Path(folder),
        identity=identity | {"plan": asdict(plan), "start": start},
        steps=plan.steps,
        batch_size=plan.batch_size,
        interval=plan.interval,
        learning_rate=lambda step: float(rate(step)),
        measure=lambda: {"measure": float(measure())} if measure else {},
    )
    trainer.restore()
    trainer.fit()
    if not trainer.finished:
        raise KeyboardInterrupt
    return trainer.history


def _chosen(rows: int, count: int, seed: int, step) -> tf.Tensor:
    return tf.random.stateless_uniform(
        (count,), tf.stack([tf.cast(seed, tf.int64), step]), 0, rows, tf.int32
    )

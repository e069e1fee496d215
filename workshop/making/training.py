"""How the reader's networks learn: from drawn images alone, then, if asked, others."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers.training.batches import Examples
from workshop.making.augmentation import augment, vary_light, zoom
from workshop.making.finder_targets import cell_targets, finder_loss
from workshop.making.fitting import Plan, fit

HOPELESS = 6.0
"""Loss of a number that a network all but rules out: a probability of 0.25 %."""


def number_errors(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Sum of the six positions' cross-entropies of each example, float32 (N,)."""
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_sum(errors, axis=-1)


def number_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """`number_errors`, averaged over the examples."""
    return tf.reduce_mean(number_errors(logits, labels))


def readable_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """`number_loss` without the numbers that the network all but rules out.

    Most of these are too dark or too blurred for anyone, and what is learned from them
    is lost to the rest. Only a network that has learned can tell: for a second round.
    """
    errors = number_errors(logits, labels)
    return tf.reduce_mean(tf.where(errors < HOPELESS, errors, 0.0))


def train_reader(
    network: keras.Model,
    sources: list[tuple[Examples, float]],
    plan: Plan,
    folder: Path | str,
    measure=None,
    loss=number_loss,
) -> list[dict]:
    """Teach a reader from contexts, each use of which shows another crop.

    Parameters
    ----------
    network
        See `reader_networks.build_reader`.
    sources
        Contexts (N, 72, 108) with labels, and the share of every batch from each.
    plan, folder, measure
        See `fitting.fit`.
    loss
        `number_loss` or `readable_loss`.
    """
    counts = [round(plan.batch_size * share) for _, share in sources[1:]]
    counts = [plan.batch_size - sum(counts), *counts]
    arrays = [
        (tf.constant(data.images), tf.constant(data.labels.astype(np.int32)))
        for data, _ in sources
    ]

    def batch(step):
        parts = [
            [tf.gather(array, chosen) for array in pair]
            for number, (pair, count) in enumerate(zip(arrays, counts, strict=True))
            for chosen in [_chosen(len(pair[0]), count, plan.seed + number, step)]
        ]
        images, labels = (tf.concat(part, 0) for part in zip(*parts, strict=True))
        order = _order(plan.batch_size, plan.seed, step)
        images, labels = tf.gather(images, order), tf.gather(labels, order)
        seed = tf.stack([plan.seed + 100, step])
        return augment(images, seed, network.input_shape[2]), labels

    metadata = [data.metadata() | {"share": share} for data, share in sources]
    identity = {"data": metadata}
    if loss is not number_loss:
        identity["loss"] = loss.__name__
    return fit(network, batch, loss, plan, folder, identity, measure)


def train_finder(
    network: keras.Model,
    images: np.ndarray,
    boxes: np.ndarray,
    plan: Plan,
    folder: Path | str,
    measure=None,
) -> list[dict]:
    """Teach a finder from whole images, uint8 (N, side, side), and boxes (N, K, 4)."""
    pixels, corners = tf.constant(images), tf.constant(boxes)
    side = images.shape[1]

    def batch(step):
        chosen = _chosen(len(images), plan.batch_size, plan.seed, step)
        x = tf.cast(tf.gather(pixels, chosen), tf.float32)[..., None] / 255
        seed = tf.stack([plan.seed + 100, step])
        x, moved = zoom(x, tf.gather(corners, chosen), seed)
        return vary_light(x, seed), *cell_targets(moved, side, side)

    identity = {"images": len(images), "sum": int(images.sum(dtype=np.int64))}
    return fit(network, batch, finder_loss, plan, folder, identity, measure)


def _chosen(rows: int, count: int, seed: int, step) -> tf.Tensor:
    return tf.random.stateless_uniform(
        (count,), tf.stack([tf.cast(seed, tf.int64), step]), 0, rows, tf.int32
    )


def _order(count: int, seed: int, step) -> tf.Tensor:
    # Shares of a batch are worked on apart: each should hold of every source.
    seed = tf.stack([tf.cast(seed + 50, tf.int64), step])
    return tf.argsort(tf.random.stateless_uniform((count,), seed))

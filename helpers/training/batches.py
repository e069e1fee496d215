"""Images in memory to an endless, shuffled stream of batches, begun at any step."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
import tensorflow as tf

from helpers.accuracy import MAX_DIGITS
from helpers.evaluation import network_input


@dataclass(frozen=True)
class Examples:
    """Images (N, height, width) with their labels, one row each.

    Images are uint8 crops, which a network sees with mean 0 and standard deviation 1
    each. Labels are integers (N, 6), [length, d1..d5] with blank 10.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        images, labels = self.images, self.labels
        for is_wrong, expected in (
            (images.ndim != 3 or not images.size, "images (N, height, width), none 0"),
            (images.dtype != np.uint8, "uint8 crops"),
            (len(labels) != len(images), "a label for each image"),
            (labels.dtype.kind not in "iu", "labels that are integers"),
            ((labels < 0).any(), "labels from 0"),
        ):
            if is_wrong:
                raise ValueError(
                    f"images are {images.dtype} {images.shape}, labels {labels.dtype} "
                    f"{labels.shape}; expected {expected}."
                )

    def __len__(self):
        return len(self.images)

    def metadata(self) -> dict:
        """What tells these examples from others: their number and a digest."""
        digest = hashlib.blake2b(digest_size=8)
        for array in (self.images, self.labels):
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return {"images": len(self), "digest": digest.hexdigest()}


def stream(
    examples: Examples,
    batch_size: int,
    *,
    seed: int,
    first_step: int = 0,
    distortion: float = 0.0,
    weights: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Batches for the steps from ``first_step`` on, without end.

    Every pass over the examples has an order of its own; a batch may span two. The
    batch of a step depends on ``seed`` and the step alone, so that a run can be taken
    up anywhere, at once. For ``weights`` see `pass_orders`, for ``distortion``
    `distort`. A batch is float32 (batch_size, side, side, 1) and int32 labels.
    """
    images = tf.constant(examples.images)
    labels = tf.constant(examples.labels.astype(np.int32))

    first_pass, done = divmod(first_step * batch_size, len(examples))
    orders = tf.data.Dataset.from_generator(
        partial(pass_orders, len(examples), seed, first_pass, weights),
        output_signature=tf.TensorSpec((len(examples),), tf.int64),
    )
    rows = orders.flat_map(tf.data.Dataset.from_tensor_slices).skip(done)

    def batch(step, chosen):
        inputs = network_input(tf.gather(images, chosen))
        if distortion:
            inputs = distort(inputs, distortion, seed=(seed, step))
        return inputs, tf.gather(labels, chosen)

    return (
        rows.batch(batch_size, drop_remainder=True)
        .enumerate(first_step)
        .map(batch)
        .prefetch(tf.data.AUTOTUNE)
    )


def pass_orders(
    rows: int, seed: int, first_pass: int = 0, weights: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The order of the rows in each pass from ``first_pass`` on: int64 (rows,).

    Without ``weights`` each row comes once. With them a row comes ``rows`` times its
    share of their sum, rounded up or down by chance: systematic sampling, which
    leaves less to chance than independent draws do.
    """
    for number in count(first_pass):
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(rows)
        if weights is not None:
            ends = np.cumsum(weights[order])
            marks = (np.arange(rows) + rng.random()) * ends[-1] / rows
            order = rng.permutation(order[np.searchsorted(ends, marks, "right")])
        yield order


def distort(images: tf.Tensor, strength: float, seed) -> tf.Tensor:
    """Shift, grow or shrink, and shear each image by random amounts.

    Each amount is even between minus and plus ``strength``, a fraction of the side;
    pixels from beyond an edge repeat it. ``images`` are float32 (N, side, side, 1); the
    same ``seed``, two integers, gives the same changes.
    """
    rows, side = tf.shape(images)[0], images.shape[1]
    change = tf.random.stateless_uniform((rows, 6), seed, -strength, strength)
    # Rows of the map from a pixel of the result to one of the image, about its middle.
    across = change[:, 0:2] + [1.0, 0.0]
    down = change[:, 2:4] + [0.0, 1.0]
    middle = (side - 1) / 2
    shift = change[:, 4:6] * side

    def row(part, offset):
        fixed = middle - middle * tf.reduce_sum(part, axis=1, keepdims=True)
        return tf.concat([part, fixed + offset], axis=1)

    last = tf.zeros((rows, 2))
    maps = tf.concat([row(across, shift[:, :1]), row(down, shift[:, 1:]), last], axis=1)
    return warp(images, maps, (side, side))


def warp(images: tf.Tensor, maps: tf.Tensor, shape: tuple[int, int]) -> tf.Tensor:
    """Images (N, H, W, 1) as (N, *shape, 1), each through a map of its own.

    A map (N, 8) leads from a pixel of the result to one of the image: the rows of a
    homography, less its last entry, which is 1. Pixels between others are mixed of
    them, and those from beyond an edge repeat it.
    """
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=shape,
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def length_shares(labels: np.ndarray) -> tuple[float, ...]:
    """Shares of the numbers with one digit, two and so on to five, by labels (N, 6)."""
    counts = np.bincount(labels[:, 0], minlength=MAX_DIGITS + 1)[1 : MAX_DIGITS + 1]
    return tuple((counts / counts.sum()).tolist())


def length_weights(labels: np.ndarray, shares: Sequence[float]) -> np.ndarray | None:
    """How often to draw each image, so that the lengths come in given shares.

    ``shares`` are of one digit, of two, and so on, and need not add up to 1; the others
    make up for a length that no image has. The weights are float64 (N,) of mean 1, or
    None without shares.
    """
    if not len(shares):
        return None
    counts = np.bincount(labels[:, 0], minlength=MAX_DIGITS + 1)
    wanted = np.zeros(len(counts))
    wanted[1 : 1 + len(shares)] = shares
    weights = (wanted / np.maximum(counts, 1))[labels[:, 0]]
    if not weights.any():
        raise ValueError(
            f"length_shares are {tuple(shares)}; expected one of the numbers of digits "
            f"that these images have, {', '.join(map(str, np.flatnonzero(counts)))}."
        )
    return weights / weights.mean()

"""What a training minimises."""

from collections.abc import Sequence

import tensorflow as tf
from keras import ops


def cross_entropy(logits, labels):
    """Softmax cross-entropy, added over the positions, averaged over the images.

    ``logits`` are float32 (N, 6, classes) and ``labels`` integers (N, 6), or
    (N, classes) and (N,) where an image has one label.
    """
    errors = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return ops.sum(errors) / logits.shape[0]


def l2_penalty(kernels: Sequence, beta: float, rows: int | None = None):
    """``beta`` times half the squared sum of kernels (..., inputs, outputs).

    Of the first ``rows`` of their inputs alone, if that is given.
    """
    if rows is not None:  # a slice's gradient costs as much as a product
        kernels = [kernel[..., :rows, :] for kernel in kernels]
    return beta * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])

"""What the finder should say of each of its cells, and how far it is from that."""

import tensorflow as tf

from helpers.reader.finding import CELL

MIDDLE = 0.45  # cells with a higher target are a number's middle; each has some


def cell_targets(boxes: tf.Tensor, height: int, width: int):
    """Tell what the finder should say of each cell of images with boxes (N, K, 4).

    Boxes are left, top, right, bottom in pixels; rows of width 0 are none. Scores,
    float32 (N, H / 8, W / 8), are 1 at a number's middle and fall to 0 around it;
    reaches, float32 (N, H / 8, W / 8, 4), are distances to the left, top, right and
    bottom of the nearest number, in cells.
    """
    boxes = boxes[:, None, None] / CELL  # N, 1, 1, K, 4
    x = (tf.range(width // CELL, dtype=tf.float32) + 0.5)[None, None, :, None]
    y = (tf.range(height // CELL, dtype=tf.float32) + 0.5)[None, :, None, None]
    left, top, right, bottom = tf.unstack(boxes, axis=-1)
    wide, tall = right - left, bottom - top
    away = tf.square((x - (left + right) / 2) / tf.maximum(0.22 * wide, 0.6))
    away += tf.square((y - (top + bottom) / 2) / tf.maximum(0.22 * tall, 0.6))
    away = tf.where(wide > 0, away, 1e3)
    nearest = tf.argmin(away, axis=-1)[..., None]

    def of_nearest(values):
        return tf.gather(values, nearest, batch_dims=3)[..., 0]

    scores = tf.exp(-of_nearest(away) / 2)
    edges = [x - left, y - top, right - x, bottom - y]
    edges = [edge + tf.zeros_like(away) for edge in edges]
    return scores, tf.stack([of_nearest(edge) for edge in edges], axis=-1)


def finder_loss(cells: tf.Tensor, scores: tf.Tensor, reaches: tf.Tensor) -> tf.Tensor:
    """Add penalty-reduced focal loss of the scores and IoU loss of the boxes.

    The first as in CornerNet (Law and Deng 2018), over all cells; the second as in
    UnitBox (Yu et al. 2016), over cells near a number's middle.
    """
    logits = cells[..., 0]
    chance = tf.sigmoid(logits)
    is_middle = tf.cast(scores > MIDDLE, tf.float32)
    seen = is_middle * tf.square(1 - chance) * tf.nn.softplus(-logits)
    unseen = (1 - is_middle) * (1 - scores) ** 4 * chance**2 * tf.nn.softplus(logits)
    count = tf.reduce_sum(is_middle) + 1
    said = tf.exp(tf.clip_by_value(cells[..., 1:], -4.0, 6.0))
    true = tf.maximum(reaches, 0.05)

    def area(reach):
        return (reach[..., 0] + reach[..., 2]) * (reach[..., 1] + reach[..., 3])

    shared = area(tf.minimum(said, true))
    union = area(said) + area(true) - shared
    # Cells outside their number reach it by no distance: they are not counted.
    weight = scores * tf.cast(scores > 0.3, tf.float32)
    weight *= tf.cast(tf.reduce_min(reaches, axis=-1) > 0, tf.float32)
    boxes = tf.reduce_sum(weight * -tf.math.log(shared / union + 1e-6))
    return tf.reduce_sum(seen + unseen) / count + boxes / (tf.reduce_sum(weight) + 1)

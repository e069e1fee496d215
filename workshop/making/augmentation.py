"""Train-time variety: every use of a context gives the network another crop.

The changes are those by which crops of real photographs differ: where the box was
drawn, the camera's angle, light and shadow, focus, noise, and things in the way.
"""

import math

import tensorflow as tf

from helpers.reader.crops import SIZE
from helpers.training.batches import warp
from workshop.making.contexts import CONTEXT_SIZE


def augment(contexts: tf.Tensor, seed, width: int = SIZE[0]) -> tf.Tensor:
    """Take crops of contexts, uint8 (N, 72, 108), each changed at random.

    They are float32 (N, 48, width, 1), each of mean 0 and standard deviation 1; the
    narrower, the more they are squeezed. ``seed`` is two integers.
    """
    where, cover, light = tf.unstack(tf.random.split(seed, 3))
    x = tf.cast(contexts, tf.float32)[..., None] / 255
    x = _move_box(x, where, width)
    x = _cover(x, cover)
    return vary_light(x, light)


def vary_light(x: tf.Tensor, seed) -> tf.Tensor:
    """Change focus, exposure, noise and, every fourth time, light for dark.

    Images (N, height, width, 1) of 0 to 1 become ones of mean 0 and standard deviation
    1. ``seed`` is two integers.
    """
    seeds = tf.unstack(tf.random.split(seed, 6))
    x = _refocus(x, seeds[0])
    x = _light(x, seeds[1])
    x = tf.image.per_image_standardization(x)
    sigma = _uniform(x, seeds[2], 0, 0.15) * _chance(x, seeds[3], 0.5)
    x += sigma * tf.random.stateless_normal(tf.shape(x), seeds[4])
    x *= 1 - 2 * _chance(x, seeds[5], 0.25)
    return tf.image.per_image_standardization(x)


def zoom(images: tf.Tensor, boxes: tf.Tensor, seed) -> tuple[tf.Tensor, tf.Tensor]:
    """Enlarge or shrink images (N, side, side, 1), by up to a half, and shift them.

    Boxes (N, K, 4) go with them; one of which 60 % or less stay inside becomes all 0,
    none. ``seed`` is two integers.
    """
    count, side = tf.shape(images)[0], images.shape[1]
    change = tf.random.stateless_uniform((count, 4), seed, -1.0, 1.0)
    scale = tf.exp(0.3 * change[:, :1] + 0.12 * change[:, 1:2] * [[1.0, -1.0]])
    shift = 0.12 * side * change[:, 2:]
    middle = (side - 1) / 2
    # From a pixel of the result to one of the image: (p - middle - shift) / scale.
    inverse, zero = 1 / scale, tf.zeros((count, 1))
    offset = middle - (middle + shift) * inverse
    rows = [inverse[:, :1], zero, offset[:, :1], zero, inverse[:, 1:], offset[:, 1:]]
    maps = tf.concat([*rows, zero, zero], axis=1)
    images = warp(images, maps, (side, side))
    exists = tf.cast(boxes[..., 2:3] > boxes[..., :1], tf.float32)
    # Boxes lie on the pixels' edges, half a pixel from their middles.
    moved = (boxes - side / 2) * tf.tile(scale, (1, 2))[:, None]
    moved = moved + tf.tile(shift, (1, 2))[:, None] + side / 2
    inside = tf.clip_by_value(moved, 0.0, float(side))
    kept = tf.cast(_area(inside) > 0.6 * _area(moved), tf.float32)
    return images, inside * exists * kept


def _area(boxes):
    return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], axis=-1, keepdims=True)


def _move_box(x, seed, width):
    """Another box: shifted, grown or shrunk, turned, sheared, seen from the side.

    All as if crops were square, so that each width shows a number changed alike.
    """
    count = tf.shape(x)[0]
    change = tf.random.stateless_normal((count, 8), seed)
    change = tf.clip_by_value(change, -2.2, 2.2)
    wide, tall, turn, shear, left, top, slant, lean = tf.unstack(change, axis=1)
    wide, tall = tf.exp(0.09 * wide), tf.exp(0.09 * tall)
    turn, shear = math.radians(3.5) * turn, 0.06 * shear
    # Rows of the map from a pixel of a square crop, about its middle, to a square.
    a, b = wide * tf.cos(turn), tall * (shear - tf.sin(turn))
    c, d = wide * tf.sin(turn), tall * tf.cos(turn)
    g, h = 0.0008 * slant, 0.0008 * lean
    side, room = SIZE[1], CONTEXT_SIZE[1]
    centre, goal = (side - 1) / 2, (room - 1) / 2
    across, down = goal + 0.05 * side * left, goal + 0.05 * side * top
    one = 1 - (g + h) * centre
    a, b = a + across * g, b + across * h
    c, d = c + down * g, d + down * h
    rows = [(a, b, across - centre * (a + b)), (c, d, down - centre * (c + d))]
    # From a column of the crop to one of the square, and on to one of the context.
    squeeze, stretch = side / width, x.shape[2] / room
    first, second, last = (
        tf.stack([p * squeeze, q, r + p * (squeeze - 1) / 2], axis=1)
        for p, q, r in (*rows, (g, h, one))
    )
    first = stretch * first + (stretch - 1) / 2 * last
    maps = tf.concat([first, second, last[:, :2]], axis=1) / last[:, 2:]
    return warp(x, maps, (side, width))


def _refocus(x, seed):
    """Blurred or sharpened a little, every second crop."""
    soft = tf.nn.avg_pool2d(x, 3, 1, "SAME")
    amount = _uniform(x, seed, -0.7, 1.0) * _chance(x, seed + 1, 0.5)
    return x + amount * (soft - x)


def _light(x, seed):
    """Another exposure, and light that falls off to one side."""
    x = tf.pow(tf.clip_by_value(x, 0.001, 1.0), tf.exp(_uniform(x, seed, -0.5, 0.5)))
    tall, wide = (tf.linspace(-0.5, 0.5, side) for side in x.shape[1:3])
    across = _uniform(x, seed + 1, -0.45, 0.45) * wide[None, None, :, None]
    down = _uniform(x, seed + 2, -0.45, 0.45) * tall[None, :, None, None]
    return x * (1 + across) * (1 + down)


def _cover(x, seed):
    """Something in front of a part, one crop in seven: a flat or a bright patch."""
    # In pixels of a square crop.
    tall, wide = (tf.range(0.5, side) / side * SIZE[1] - 0.5 for side in x.shape[1:3])
    place = _uniform(x, seed, 0, SIZE[1]), _uniform(x, seed + 1, 0, SIZE[1])
    size = _uniform(x, seed + 2, 3, 9), _uniform(x, seed + 3, 3, 9)
    inside = tf.abs(wide[None, None, :, None] - place[0]) < size[0]
    inside &= tf.abs(tall[None, :, None, None] - place[1]) < size[1]
    inside &= _chance(x, seed + 4, 0.15) > 0
    return tf.where(inside, _uniform(x, seed + 5, 0, 1), x)


def _uniform(x, seed, low, high):
    return tf.random.stateless_uniform((tf.shape(x)[0], 1, 1, 1), seed, low, high)


def _chance(x, seed, share):
    return tf.cast(_uniform(x, seed, 0, 1) < share, tf.float32)

"""The reader's networks: one reads a crop, one finds the numbers in a whole image.

Written in Keras operations alone, as the report's networks are.
"""

import keras
from keras import layers

from helpers.accuracy import POSITIONS
from helpers.networks import CLASSES, endless_seeds
from helpers.reader.crops import SIZE

CELL_BIASES = (-4.6, 1.0, 0.5, 1.0, 0.5)
"""Of the finder's outputs before training: a score of one in a hundred, small boxes."""


def build_reader(
    *,
    size: tuple[int, int] = SIZE,
    depths: tuple[int, ...] = (32, 48, 96, 160),
    width: int = 256,
    seed: int | None = None,
) -> keras.Model:
    """Build what reads a crop's length and digits (Goodfellow et al. 2014, section 3).

    Blocks of convolutions, each half as wide and high as the one before, then one
    hidden layer, with dropout on both sides, and the six outputs: smaller than the
    paper's, for a laptop. The first two blocks, of ``depths`` channels, have one
    convolution, the others two. It takes crops of ``size``, width and height, float32
    (N, height, width, 1), each of mean 0 and deviation 1, to logits float32 (N, 6, 11):
    length, then five digits, blank 10.
    """
    seeds = endless_seeds(seed)
    inputs = keras.Input((*size[::-1], 1), name="crops")
    x = _convolution(inputs, depths[0], "conv1", next(seeds), patch=5, stride=2)
    x = _convolution(x, depths[1], "conv2", next(seeds), pool=True)
    for number, depth in enumerate(depths[2:], 3):
        x = _convolution(x, depth, f"conv{number}a", next(seeds))
        last = number == len(depths)
        x = _convolution(x, depth, f"conv{number}b", next(seeds), pool=not last)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.25, seed=next(seeds), name="dropout1")(x)
    xavier = keras.initializers.GlorotUniform(next(seeds))
    x = layers.Dense(width, use_bias=False, kernel_initializer=xavier, name="dense")(x)
    x = layers.BatchNormalization(momentum=0.98, name="dense_norm")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dropout(0.25, seed=next(seeds), name="dropout2")(x)
    xavier = keras.initializers.GlorotUniform(next(seeds))
    x = layers.Dense(POSITIONS * CLASSES, kernel_initializer=xavier, name="outputs")(x)
    x = layers.Reshape((POSITIONS, CLASSES), name="logits")(x)
    return keras.Model(inputs, x, name="reader")


def _convolution(x, depth, name, seed, *, patch=3, stride=1, pool=False):
    """Add a convolution, perhaps a max-pool, batch normalisation and ReLU.

    The pool comes first, for a quarter of the work after it.
    """
    options = {"padding": "same", "use_bias": False, "name": name}
    initial = keras.initializers.HeNormal(seed)
    x = layers.Conv2D(depth, patch, stride, kernel_initializer=initial, **options)(x)
    if pool:
        x = layers.MaxPooling2D(2, padding="same", name=f"{name}_pool")(x)
    x = layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def build_finder(
    *, depths: tuple[int, ...] = (16, 32, 64, 96, 128), seed: int | None = None
) -> keras.Model:
    """Build what finds numbers: a score and a box for each cell of 8 x 8 pixels.

    Each block halves width and height; the coarsest is enlarged and added to those
    before it (a feature pyramid, Lin et al. 2017), so that a cell knows of numbers as
    small as itself and as large as the image. Boxes are distances from the cell's
    middle, as in FCOS (Tian et al. 2019).

    It takes images float32 (N, H, W, 1) of mean 0 and deviation 1, with sides that are
    multiples of 32, to float32 (N, H / 8, W / 8, 5): the logit of a number's middle
    being here, and the logarithms of the distances to its left, top, right and bottom
    in cells.
    """
    seeds = endless_seeds(seed)
    inputs = keras.Input((None, None, 1), name="images")
    x = _convolution(inputs, depths[0], "conv1", next(seeds), patch=5, stride=2)
    x = _convolution(x, depths[1], "conv2", next(seeds), stride=2)
    levels = []
    for number, depth in enumerate(depths[2:], 3):
        x = _convolution(x, depth, f"conv{number}a", next(seeds), stride=2)
        x = _convolution(x, depth, f"conv{number}b", next(seeds))
        levels.append(x)
    coarse = _convolution(x, depths[-1], "far", next(seeds))
    for number, level in reversed(list(enumerate(levels[:-1], 3))):
        depth = level.shape[-1]
        coarse = _convolution(coarse, depth, f"back{number}", next(seeds), patch=1)
        coarse = layers.UpSampling2D(2, name=f"larger{number}")(coarse)
        coarse = layers.Add(name=f"sum{number}")([coarse, level])
    x = _convolution(coarse, depths[2], "head", next(seeds))
    initial = {
        "kernel_initializer": keras.initializers.RandomNormal(0.0, 0.01, next(seeds)),
        "bias_initializer": keras.initializers.Constant(CELL_BIASES),
    }
    x = layers.Conv2D(5, 1, name="cells", **initial)(x)
    return keras.Model(inputs, x, name="finder")

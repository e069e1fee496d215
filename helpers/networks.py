"""The report's networks of one to seven layers, and their layers.

Written in Keras operations alone, so that they run on TensorFlow, JAX and PyTorch. The
layers take plain values alone, which Keras saves and restores by itself.
"""

import math
from pathlib import Path

import keras
import numpy as np
from keras import ops

from helpers.accuracy import BLANK, POSITIONS
from helpers.errors import InputError
from helpers.files import read_arrays
from helpers.recipe import Recipe

CLASSES = BLANK + 1
"""Values of one position: the digits 0 to 9 (or a length), and blank."""

POSITION_NAMES = ("length", "d1", "d2", "d3", "d4", "d5")
PACKAGE = "house_numbers"


@keras.saving.register_keras_serializable(PACKAGE)
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each activation by the strength of its neighbours in depth.

    ``x * (bias + alpha * s) ** -beta`` with s the sum of squares over the channels
    at most ``radius`` away (Krizhevsky, Sutskever and Hinton 2012, section 3.3), which
    is a product of all squares with a band matrix.
    """

    def __init__(self, radius=5, bias=1.0, alpha=0.1, beta=0.75, **kwargs):
        super().__init__(**kwargs)
        self.radius, self.bias = radius, bias
        self.alpha, self.beta = alpha, beta

    def build(self, input_shape):
        """Make the weights."""
        channel = np.arange(input_shape[-1])
        near = np.abs(channel[:, None] - channel) <= self.radius
        self._band = (self.alpha * near).astype("float32")

    def call(self, inputs):
        """(N, H, W, C) to the same shape."""
        strength = self.bias + ops.matmul(ops.square(inputs), self._band)
        return inputs * ops.exp(-self.beta * ops.log(strength))


@keras.saving.register_keras_serializable(PACKAGE)
class ShiftedReLU(keras.layers.Layer):
    """``max(0, x + b)`` with one b for each channel, all ``initial`` at first.

    A convolution's bias and ReLU, to follow its max-pool: the same as before it, for a
    quarter of the work. ``trainable=False`` keeps b.
    """

    def __init__(self, initial=1.0, **kwargs):
        super().__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape):
        """Make the weights."""
        self.shift = self.add_weight(
            name="shift",
            shape=(input_shape[-1],),
            initializer=keras.initializers.Constant(self.initial),
        )

    def call(self, inputs):
        """(..., C) to the same shape."""
        return ops.relu(inputs + self.shift)


@keras.saving.register_keras_serializable(PACKAGE)
class PositionDense(keras.layers.Layer):
    """Six dense layers side by side, one for each position, as one batched product.

    ``kernel`` is (6, in, units) and ``bias`` (6, units). The kernel starts by Xavier's
    rule or, with a ``deviation``, from a normal distribution cut at two of it.
    """

    def __init__(self, units, activation=None, seed=None, deviation=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.seed, self.deviation = units, seed, deviation
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        """Make the weights."""
        width = input_shape[-1]
        # Xavier's limit for one position: the six do not feed each other.
        limit = math.sqrt(6 / (width + self.units))
        self.kernel = self.add_weight(
            name="kernel",
            shape=(POSITIONS, width, self.units),
            initializer=_initializer(self.seed, self.deviation, limit),
        )
        self.bias = self.add_weight(
            name="bias", shape=(POSITIONS, self.units), initializer="zeros"
        )

    def call(self, inputs):
        """(N, in) or (N, 6, in) to (N, 6, units)."""
        shared = len(inputs.shape) == 2
        by_position = inputs[None] if shared else ops.swapaxes(inputs, 0, 1)
        outputs = ops.swapaxes(ops.matmul(by_position, self.kernel), 0, 1)
        return self.activation(outputs + self.bias)


def build_network(layers: int, **changes) -> keras.Model:
    """One of the report's networks: crops in, logits of the six positions out.

    Seven layers are three convolutions, each followed by max-pool, ReLU and local
    response normalisation, then for each position its own three hidden layers, with
    ReLU and dropout, and an output layer. Fewer take the front off: 6 and 5 start
    at the second and third convolution; 4, 3, 2 see the pixels through three, two
    and one hidden layers, and 1 is a single layer (report, Model 1 to 3, Table 5).

    It takes float32 (N, crop_size, crop_size, 1), each image of mean 0 and standard
    deviation 1, and gives float32 logits (N, 6, 11): length, then five digits.
    ``changes`` are other fields of a `helpers.recipe.Recipe`.
    """
    recipe = Recipe(layers, **changes)
    depths, widths, patch_size = recipe.depths, recipe.widths, recipe.patch_size
    convolutions = max(0, layers - len(widths) - 1)
    hidden = min(layers - 1, len(widths))
    side = recipe.crop_size
    for _ in range(convolutions):
        side = math.ceil((side - patch_size + 1) / 2)
    if side < 1:
        raise ValueError(
            f"crop_size is {recipe.crop_size}; expected more, since {convolutions} "
            f"convolutions of {patch_size}x{patch_size} leave no pixel of it."
        )
    deviation, seeds = recipe.initial_deviation, endless_seeds(recipe.seed)

    def dense(units, activation, name):
        return PositionDense(units, activation, next(seeds), deviation, name=name)

    x = inputs = keras.Input((recipe.crop_size, recipe.crop_size, 1), name="crops")
    first = len(depths) - convolutions
    for number, depth in list(enumerate(depths, 1))[first:]:
        x = keras.layers.Conv2D(
            depth,
            patch_size,
            strides=1 if recipe.pooling else 2,
            use_bias=False,
            kernel_initializer=_initializer(next(seeds), deviation),
            name=f"conv{number}",
        )(x)
        if recipe.pooling:
            x = keras.layers.MaxPooling2D(2, padding="same", name=f"pool{number}")(x)
        x = ShiftedReLU(
            recipe.conv_bias, trainable=recipe.train_conv_bias, name=f"relu{number}"
        )(x)
        x = LocalResponseNormalization(
            recipe.lrn_radius,
            recipe.lrn_bias,
            recipe.lrn_alpha,
            recipe.lrn_beta,
            name=f"lrn{number}",
        )(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for number, width in enumerate(widths[:hidden], 1):
        x = dense(width, "relu", f"dense{number}")(x)
        x = keras.layers.Dropout(
            1 - recipe.keep_rate, seed=next(seeds), name=f"dropout{number}"
        )(x)
    quirky = recipe.relu_outputs and hidden < len(widths)
    outputs = (widths[hidden], "relu") if quirky else (CLASSES, None)
    x = dense(*outputs, "logits")(x)
    return keras.Model(inputs, x, name=f"report_{layers}_layers")


def dense_kernels(network: keras.Model) -> list[keras.Variable]:
    """The weights that L2 regularisation holds small: every dense layer's kernel."""
    dense = (PositionDense, keras.layers.Dense)
    return [layer.kernel for layer in network.layers if isinstance(layer, dense)]


def copy_weights(heads: keras.Model, network: keras.Model) -> None:
    """Copy the weights of a plainly built network into `build_network`'s.

    ``heads`` has ordinary Keras layers: convolutions of the same names, with a bias,
    and for each position of `POSITION_NAMES` dense layers named ``d1_dense1`` and so on
    where ``network`` has one ``dense1`` for all six.
    """
    for layer in network.layers:
        if isinstance(layer, PositionDense):
            names = [f"{position}_{layer.name}" for position in POSITION_NAMES]
            weights = [heads.get_layer(name).get_weights() for name in names]
            layer.set_weights([np.stack(part) for part in zip(*weights, strict=True)])
        elif isinstance(layer, keras.layers.Conv2D):
            kernel, bias = heads.get_layer(layer.name).get_weights()
            layer.set_weights([kernel])
            network.get_layer(layer.name.replace("conv", "relu")).shift.assign(bias)


def load_report_weights(network: keras.Model, path: Path | str) -> None:
    """Put the report's own weights into its network of seven layers.

    The .npz file has ``conv1_kernel`` to ``conv3_kernel`` and, for heads 1 to 6 and
    layers 1 to 4, ``headH_denseL_kernel`` and ``headH_denseL_bias``. Raises InputError
    of a file without one of them, finite and of its shape; the network is then as it
    was.
    """
    checkpoint = "the report's seven-layer checkpoint, seven_layer_200k.npz."
    _, arrays = read_arrays(path, f"the arrays of {checkpoint}")

    def take(name: str, shape: tuple[int, ...]) -> np.ndarray:
        array, found = arrays.get(name), "absent"
        if array is not None:
            found = f"{array.dtype} {array.shape}"
            if array.dtype.kind == "f" and array.shape == shape:
                if np.isfinite(array).all():
                    return array
                found = "not finite"
        raise InputError(
            f"{path}: {name} is {found}; expected finite floats {shape}. Use "
            f"{checkpoint} and a network of its sizes."
        )

    def value(variable: keras.Variable) -> np.ndarray:
        layer, part = variable.path.split("/")
        if part == "shift":
            return np.ones(variable.shape)
        if layer.startswith("conv"):
            return take(f"{layer}_kernel", tuple(variable.shape))
        layer = layer.replace("logits", "dense4")
        names = (f"head{head}_{layer}_{part}" for head in range(1, POSITIONS + 1))
        return np.stack([take(name, tuple(variable.shape[1:])) for name in names])

    network.set_weights([value(variable) for variable in network.weights])


def endless_seeds(seed: int | None):
    """Endless seeds that differ from each other, the same for the same ``seed``."""
    generator = np.random.default_rng(seed)
    while True:
        yield int(generator.integers(2**31))


def _initializer(seed: int, deviation: float, limit: float | None = None):
    """Draws first weights: normal, even within a limit, or by Xavier's rule."""
    if deviation:
        return keras.initializers.TruncatedNormal(0.0, deviation, seed)
    if limit:
        return keras.initializers.RandomUniform(-limit, limit, seed)
    return keras.initializers.GlorotUniform(seed)

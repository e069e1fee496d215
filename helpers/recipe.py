"""How a network is built and trained: the report's Table 4 in one dataclass."""

from dataclasses import dataclass, fields
from math import inf

from helpers.accuracy import MAX_DIGITS

OMITTED_AT_DEFAULT = ("momentum", "initial_deviation", "pooling", "length_shares")
"""Fields that came after the first runs were made. While at their default a recipe's
metadata leaves them out, so that those runs are still found by it."""

MOST_LAYERS = 7

_ALLOWED = {
    "layers": (range(1, MOST_LAYERS + 1).__contains__, f"1 to {MOST_LAYERS}"),
    "batch_size": (lambda value: value >= 1, "1 or more"),
    "steps": (lambda value: value >= 1, "1 or more"),
    "validation_interval": (lambda value: value >= 1, "1 or more"),
    "keep_rate": (lambda value: 0 < value <= 1, "more than 0 and at most 1"),
    "initial_learning_rate": (lambda value: value > 0, "more than 0"),
    "momentum": (lambda value: 0 <= value < 1, "at least 0 and less than 1"),
    "initial_deviation": (lambda value: value >= 0, "0, for Xavier's rule, or more"),
    "length_shares": (
        lambda shares: len(shares) <= MAX_DIGITS and all(0 <= s < inf for s in shares),
        f"up to {MAX_DIGITS} numbers of 0 or more, for 1, 2, ... digits",
    ),
}


@dataclass(frozen=True)
class Recipe:
    """Everything a training run depends on but its images.

    The defaults are the report's for its seven-layer network (Table 4, Figure 3). Same
    recipe, same images, same machine: same weights.
    """

    layers: int = 7  # 1 to 7, as the report counts them
    crop_size: int = 32  # side of the input images, in pixels
    depths: tuple[int, ...] = (16, 32, 64)  # channels of the convolutions
    patch_size: int = 4  # side of their kernels
    widths: tuple[int, ...] = (128, 64, 16)  # units of the hidden dense layers
    keep_rate: float = 0.8  # share of a hidden layer's activations that dropout keeps
    lrn_radius: int = 5  # of local response normalisation
    lrn_bias: float = 1.0
    lrn_alpha: float = 0.1
    lrn_beta: float = 0.75
    conv_bias: float = 1.0  # first value of the convolutions' biases
    train_conv_bias: bool = True  # the published program kept them
    # The published program ends networks of fewer than four dense layers in ReLU and
    # 128, 64 or 16 outputs in place of 11.
    relu_outputs: bool = False
    l2_beta: float = 0.0005  # weight of the L2 term; the report's Table 4: 0.005
    l2_rows: int | None = None  # of each kernel in that term; the program counted 1
    optimizer: str = "SGD"  # name of a Keras optimizer
    initial_learning_rate: float = 0.05
    decay_rate: float = 0.98  # of the learning rate, over the whole run
    batch_size: int = 100
    steps: int = 200_000  # the report's Figure 6: 100,000
    distortion: float = 0.0  # random shift, growth, shear of images, of their side
    validation_interval: int = 1_000  # steps from one row of the history to the next
    seed: int = 2016  # of weights, dropout, the images' order and distortion
    momentum: float = 0.0
    initial_deviation: float = 0.0  # of normal first weights; 0: Xavier's rule
    pooling: bool = True  # max-pools; without, convolutions move by two pixels
    # Shares of one digit, two and so on in the batches; empty: every image once a pass.
    length_shares: tuple[float, ...] = ()

    def __post_init__(self):
        for name, (is_allowed, expected) in _ALLOWED.items():
            value = getattr(self, name)
            if not is_allowed(value):
                raise ValueError(f"{name} is {value!r}; expected {expected}.")

    @classmethod
    def quick(cls, layers: int = 7, **changes) -> "Recipe":
        """A recipe for 2,500 steps, a minute of work.

        By Adam and without dropout: by the report's own recipe a network with
        convolutions hardly leaves the constant answer in so few steps.
        """
        few = {"steps": 2_500, "validation_interval": 125, "keep_rate": 1.0}
        adam = {"optimizer": "Adam", "initial_learning_rate": 0.001}
        return cls(layers, **few | adam | changes)

    @classmethod
    def for_profile(cls, profile: str, layers: int = 7, **changes) -> "Recipe":
        """`quick` or the report's own, hours of work, as the settings' profile says."""
        return {"quick": cls.quick, "report": cls}[profile](layers, **changes)

    def metadata(self) -> dict:
        """The recipe as plain values, by which it is named and told from others."""
        return {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
            or field.name not in OMITTED_AT_DEFAULT
        }

    def learning_rate(self, step: float) -> float:
        """The rate at ``step``, which falls exponentially to 0.98 of the first."""
        return self.initial_learning_rate * self.decay_rate ** (step / self.steps)

"""Diagrams of the report's networks, read from the networks that the code builds."""

from functools import cache

import keras
import numpy as np

from helpers.accuracy import POSITIONS
from helpers.networks import POSITION_NAMES, PositionDense, build_network
from helpers.preprocessing import number_label
from pictures import example
from pictures.canvas import (
    ARROW,
    BLUE,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PINK,
    RED,
    SKY,
    SMALL,
    Canvas,
    by,
    picture,
    tint,
)

SHEET = 0.055  # of a position before the one behind it, in inches
MODELS = {2: "Model 1", 4: "Model 2", 7: "Model 3"}
"""What the report calls its networks, by their layers."""

MOST_LAYERS = max(MODELS)

network = cache(build_network)


def answers() -> list[str]:
    """The example's six answers as texts."""
    label = number_label(example.DIGITS).tolist()
    return [str(value) if value < 10 else "blank" for value in label]


def _dense(layers: int) -> list[PositionDense]:
    """The dense layers of a network, from the pixels on."""
    return [x for x in network(layers).layers if isinstance(x, PositionDense)]


def _parts(layer) -> tuple[str, str]:
    """What one position's dense layer learns: the shape of its weights, its biases."""
    *_, inputs, units = layer.kernel.shape
    return by(inputs, units), str(units)


def _crop(canvas: Canvas, x: float, y: float, side: float) -> None:
    """Show the crop, centred on y, with its size below."""
    pixels = example.gray_crop()
    canvas.image(x, y - side / 2, side, side, pixels, vmin=0, vmax=255)
    canvas.text(x + side / 2, y + side / 2 + 0.17, by(*pixels.shape), size=SMALL)
    canvas.note(x + side / 2, y - side / 2 - 0.15, "crop, gray")


def _strip(canvas: Canvas, x: float, y: float, height: float, count: int) -> None:
    """Draw a row of numbers as a column of cells, centred on y, and their count."""
    shades = example.gray_crop()[16, ::2] / 255
    canvas.cells(x, y - height / 2, 0.2, height, shades)
    canvas.text(x + 0.1, y + height / 2 + 0.17, f"{count:,} numbers", size=SMALL)


@picture(
    "Model 1: two layers",
    "A crop of 32 by 32 pixels becomes 1,024 numbers, which go into six branches of "
    "their own, one for the length and one for each of five digits; each has a hidden "
    "layer of 128 units and an output layer of 11 classes.",
    height=4.9,
)
def model_1(canvas: Canvas) -> None:
    """Draw the six branches of two layers with the shapes of their weights."""
    hidden, output = _dense(2)
    pixels, width = hidden.kernel.shape[1:]
    ys = np.linspace(1.1, 4.0, POSITIONS)
    middle = float(ys.mean())
    _crop(canvas, 0.25, middle, 1.25)
    canvas.arrow((1.56, middle), (2.14, middle), "flatten")
    _strip(canvas, 2.2, middle, 2.6, pixels)
    classes = [*"0123456789", "blank"]
    for name, answer, y in zip(POSITION_NAMES, answers(), ys, strict=True):
        colour = ORANGE if name == "length" else BLUE
        canvas.line((2.45, middle), (2.8, middle), (3.25, y), colour=INK, lw=1)
        canvas.arrow((3.23, y), (3.95, y))
        text = f"{width} hidden units"
        canvas.box(3.98, y - 0.19, 1.32, 0.38, text, colour, size=SMALL)
        canvas.arrow((5.33, y), (6.17, y))
        for at, value in enumerate(classes):
            chosen = value == answer
            face = tint(GREEN, 0.55) if chosen else "white"
            wide = 0.155 if value != "blank" else 0.42
            corner = 6.22 + 0.155 * at, y - 0.15
            canvas.cell(*corner, wide, 0.3, face)
            shade = {"color": INK, "weight": "bold"} if chosen else {"color": GRAY}
            canvas.text(corner[0] + wide / 2, y, value, size=SMALL, **shade)
        canvas.text(8.27, y, name, ha="left", weight="bold")
    for x, layer, what in (
        (3.5, hidden, "hidden layer"),
        (5.75, output, "output layer"),
    ):
        canvas.text(x, 0.28, what, weight="bold")
        canvas.text(x, 0.53, " + ".join(_parts(layer)), size=SMALL)
        canvas.note(x, 0.74, "weights + biases")
    canvas.text(4.64, 0.6, "ReLU,\ndropout", size=SMALL, color=RED)
    canvas.text(7.3, 0.6, "softmax: a probability\nfor each class", size=SMALL)
    total = network(2).count_params()
    canvas.text(4.5, 4.62, f"{total:,} weights and biases in all six branches")


def _sheets(canvas: Canvas, x: float, y: float, units: int, colour: str) -> float:
    """Draw a layer of the six positions, one behind the other; return its height."""
    height, wide = 0.2 + 0.12 * units**0.5, 0.2
    for at in reversed(range(POSITIONS)):
        corner = x + SHEET * at, y - height / 2 - 0.05 * at
        canvas.cell(*corner, wide, height, tint(colour, 0.3), colour, zorder=3)
    return height


def _dense_part(canvas: Canvas, layers: int, x: float, y: float, step: float) -> None:
    """Draw the dense layers from left to right, and the answers at their end."""
    dense = _dense(layers)
    flat = network(layers).get_layer("flatten").output.shape[-1]
    _strip(canvas, x, y, 1.85, flat)
    start = x + 0.25
    for layer in dense:
        units = layer.kernel.shape[-1]
        last = layer is dense[-1]
        end = start + step
        weights, biases = _parts(layer)
        canvas.arrow((start, y), (end, y), weights, below=f"+ {biases}")
        height = _sheets(canvas, end + 0.05, y, units, GREEN if last else BLUE)
        foot = y + height / 2 + 0.17
        canvas.text(end + 0.3, foot, by(POSITIONS, units), size=SMALL)
        canvas.text(end + 0.3, foot + 0.2, layer.name, size=SMALL, weight="bold")
        after = "softmax" if last else "ReLU, dropout"
        canvas.text(end + 0.3, foot + 0.4, after, size=SMALL, color=RED)
        start = end + 0.05 + 0.2 + SHEET * (POSITIONS - 1) + 0.05
    canvas.arrow((start, y), (start + 0.3, y))
    rows = zip(POSITION_NAMES, answers(), y + 0.22 * (np.arange(6) - 2.5), strict=True)
    for name, answer, row in rows:
        canvas.text(start + 0.4, row, name, ha="left", size=SMALL, color=GRAY)
        canvas.text(start + 0.95, row, answer, ha="left", weight="bold", color=GREEN)


@picture(
    "Model 2: four layers",
    "A crop of 32 by 32 pixels becomes 1,024 numbers; for each of six positions they "
    "pass through hidden layers of 128, 64 and 16 units, each with ReLU and dropout, "
    "to 11 outputs, and so to six answers.",
    height=3.42,
)
def model_2(canvas: Canvas) -> None:
    """Draw four dense layers of six positions."""
    _crop(canvas, 0.2, 1.45, 1.0)
    canvas.arrow((1.24, 1.45), (1.66, 1.45))
    _dense_part(canvas, 4, 1.7, 1.45, 0.78)
    first, total = _dense(4)[0].count_params(), network(4).count_params()
    text = f"{total:,} weights and biases, {100 * first / total:.0f} % of them"
    canvas.text(4.5, 3.17, f"{text} in the first layer")


@picture(
    "Model 3: seven layers",
    "A crop of 32 by 32 pixels passes three convolutions of 4 by 4 with 16, 32 and 64 "
    "kernels, each followed by a 2 by 2 max-pool, ReLU and local response "
    "normalisation; the 2 by 2 by 64 numbers left go into the four dense layers of six "
    "positions.",
    height=5.35,
)
def model_3(canvas: Canvas) -> None:
    """Draw three convolutions as blocks as large as their maps, and dense layers."""
    y, scale = 1.25, 0.034
    _crop(canvas, 0.2, y, 32 * scale)
    x = 0.2 + 32 * scale + 0.05
    for layer in network(7).layers:
        if isinstance(layer, keras.layers.Conv2D):
            colour, what = BLUE, by(*layer.kernel_size)
        elif isinstance(layer, keras.layers.MaxPooling2D):
            colour, what = ORANGE, by(*layer.pool_size)
        else:
            continue
        canvas.arrow((x, y), (x + 0.53, y), layer.name, below=what)
        _, height, width, depth = layer.output.shape
        side, deep = max(0.1, scale * height), 0.06 + 0.0042 * depth
        x += 0.58
        canvas.cuboid(x, y, side, deep, colour)
        below = y + max(side / 2, 0.28)
        canvas.text(x + side / 2, below + 0.17, by(height, width, depth), size=SMALL)
        if colour == ORANGE:
            after = "ReLU, LRN"
            canvas.text(x + side / 2, below + 0.37, after, size=SMALL, color=RED)
        x += side + deep + 0.05
    canvas.line((x, y), (8.8, y), (8.8, 2.3), (0.25, 2.3), (0.25, 3.55), colour=INK)
    canvas.arrow((0.24, 3.55), (0.55, 3.55))
    flat = network(7).get_layer("flatten")
    text = (
        f"flatten: {by(*flat.input.shape[1:])} {ARROW} {flat.output.shape[-1]} numbers"
    )
    canvas.text(4.5, 2.18, text, size=SMALL)
    _dense_part(canvas, 7, 0.6, 3.55, 1.0)
    total, four = network(7).count_params(), network(4).count_params()
    canvas.text(4.5, 5.15, f"{total:,} weights and biases; four layers have {four:,}")


@picture(
    "One to seven layers",
    "A row for each network of one to seven layers: one has the output layer alone, "
    "two to four add hidden layers, five to seven add convolutions in front of them; "
    "on the right how many numbers go into the dense layers and how many weights there "
    "are.",
    height=3.8,
)
def depths(canvas: Canvas) -> None:
    """Draw the layers of every depth in a row, with their weights."""
    slots = [x.name for x in network(MOST_LAYERS).layers if x.weights]
    slots = [name for name in slots if not name.startswith("relu")]
    xs = {name: 1.2 + 0.78 * at for at, name in enumerate(slots)}
    colours = {"conv": BLUE, "dense": SKY, "logits": GREEN}
    heads = {"convolutions": (0, 2), "hidden layers, six of each": (3, 5)}
    for text, (first, last) in heads.items():
        middle = (xs[slots[first]] + xs[slots[last]] + 0.7) / 2
        canvas.text(middle, 0.27, text, weight="bold", size=SMALL)
    canvas.text(xs["logits"] + 0.35, 0.27, "output", weight="bold", size=SMALL)
    canvas.text(0.2, 0.27, "layers", ha="left", weight="bold", size=SMALL)
    canvas.text(7.67, 0.27, "numbers into\ndense layers", ha="right", size=SMALL)
    canvas.text(8.8, 0.27, "weights and\nbiases", ha="right", weight="bold", size=SMALL)
    for layers in range(1, MOST_LAYERS + 1):
        y = 0.3 + 0.45 * layers
        canvas.text(0.3, y, str(layers), size=12, weight="bold")
        canvas.note(0.5, y, MODELS.get(layers, ""), ha="left")
        canvas.line((1.2, y), (6.6, y), lw=0.8, ls=":")
        flat = network(layers).get_layer("flatten").output.shape[-1]
        canvas.text(7.67, y, f"{flat:,}", ha="right", color=GRAY)
        for name in slots:
            if name not in {layer.name for layer in network(layers).layers}:
                continue
            layer = network(layers).get_layer(name)
            kind = name.rstrip("123")
            convolution = kind == "conv"
            text = by(*layer.kernel.shape[:2]) if convolution else "6"
            units = layer.kernel.shape[-1]
            text = f"{text}, {units}" if convolution else by(POSITIONS, units)
            canvas.box(xs[name], y - 0.15, 0.7, 0.3, text, colours[kind], size=SMALL)
        canvas.text(8.8, y, f"{network(layers).count_params():,}", ha="right")


def fields() -> list[tuple[str, int, int, int]]:
    """The convolutions and pools: name, own size, receptive field, step, in pixels."""
    found, field, step = [], 1, 1
    for layer in network(MOST_LAYERS).layers:
        size = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        if size is not None:
            field += (size[0] - 1) * step
            step *= layer.strides[0]
            found.append((layer.name, size[0], field, step))
    return found


@picture(
    "Receptive field",
    "Six copies of a crop, one for each convolution and pool of the seven layers; a "
    "growing square shows how many pixels one unit of that layer sees, from 4 by 4 "
    "after the first convolution to 29 by 29 of 32 after the last pool.",
    height=2.95,
)
def receptive_field(canvas: Canvas) -> None:
    """Draw what one unit of each layer sees of the crop, and what its neighbour."""
    pixels, side, gap = example.gray_crop(), 1.27, 0.2
    pixel = side / len(pixels)
    for at, (name, size, field, step) in enumerate(fields()):
        x, y = 0.24 + at * (side + gap), 0.62
        colour = BLUE if name.startswith("conv") else ORANGE
        canvas.text(x + side / 2, 0.25, name, weight="bold", color=colour)
        canvas.note(
            x + side / 2, 0.47, f"{by(size, size)} of the last" if at else by(4, 4)
        )
        canvas.image(x, y, side, side, pixels, vmin=0, vmax=300)
        unit = (len(pixels) - field) // 2 // step
        start = unit * step * pixel
        edge = field * pixel
        right = min(start + step * pixel, side)
        clipped = min(edge, side - right)
        canvas.outline(x + right, y + start, clipped, edge, PINK, lw=1.2, ls="--")
        canvas.outline(x + start, y + start, edge, edge, RED, lw=2.4)
        canvas.text(x + side / 2, y + side + 0.2, f"sees {by(field, field)}", color=RED)
        steps = f"moves by {step}"
        canvas.text(x + side / 2, y + side + 0.42, steps, size=SMALL, color=PINK)
    text = "red: the pixels that one unit sees;  dashed: those of its neighbour"
    canvas.note(4.5, 2.68, f"{text}; each pool doubles the step of all that follows")

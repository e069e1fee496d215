"""Diagrams of what single layers compute."""

import numpy as np
from scipy.signal import correlate2d

from helpers.networks import LocalResponseNormalization, build_network
from pictures.canvas import (
    ARROW,
    BLUE,
    GRAY,
    GREEN,
    INK,
    LINE,
    ORANGE,
    PINK,
    RED,
    TIMES,
    Canvas,
    by,
    number,
    picture,
    tint,
)

PATCH = np.array(
    [
        [1, 1, 6, 9, 1, 0],
        [1, 5, 9, 9, 2, 1],
        [2, 8, 3, 9, 1, 1],
        [0, 1, 2, 9, 2, 0],
        [1, 0, 1, 9, 1, 1],
        [0, 1, 2, 8, 2, 1],
    ]
)
"""The top of a digit 1, bright on dark, 0 to 9."""

KERNEL = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
"""Large where the image is dark on the left and bright on the right."""


def _gray(values: np.ndarray) -> list:
    """Colours of cells from dark to white, light enough for black numbers."""
    return [[(0.55 + 0.45 * value / 9,) * 3 for value in row] for row in values]


def _signed(values: np.ndarray) -> list:
    """Colours of cells: blue for positive, orange for negative numbers."""
    most = np.abs(values).max()
    return [
        [tint(BLUE if v > 0 else RED, 0.55 * abs(v) / most) for v in row]
        for row in values
    ]


@picture(
    "A kernel slides over an image",
    "A kernel of 3 by 3 weights lies at two places over 6 by 6 pixels; at each the "
    "nine products are added to one number of the 4 by 4 output, and with zeros round "
    "the image, padding 'same', the output would stay 6 by 6.",
    height=5.1,
)
def sliding_kernel(canvas: Canvas) -> None:
    """Draw a convolution at two places, and its two kinds of padding."""
    output = correlate2d(PATCH, KERNEL, "valid")
    cell, top = 0.36, 0.75
    canvas.text(1.38, 0.4, f"image, {by(*PATCH.shape)} pixels", weight="bold")
    canvas.numbers(0.3, top, PATCH, cell, colours=_gray(PATCH))
    canvas.text(3.72, 1.12, f"kernel, {by(*KERNEL.shape)}", weight="bold")
    canvas.numbers(3.18, 1.4, KERNEL, cell, colours=_signed(KERNEL))
    canvas.text(2.82, 1.94, TIMES, size=16)
    canvas.arrow((4.42, 1.94), (4.95, 1.94), "add up")
    canvas.text(5.84, 0.75, f"output, {by(*output.shape)}", weight="bold")
    canvas.numbers(5.12, 1.05, output, cell, colours=_signed(output))
    places = {(0, 1): GREEN, (2, 3): PINK}
    for line, ((row, column), colour) in enumerate(places.items()):
        x, y = 0.3 + column * cell, top + row * cell
        canvas.outline(x, y, 3 * cell, 3 * cell, colour, lw=2.6)
        x, y = 5.12 + column * cell, 1.05 + row * cell
        canvas.outline(x, y, cell, cell, colour, lw=2.6)
        part = PATCH[row : row + 3, column : column + 3]
        products = [
            f"{number(w, 0)}{TIMES}{v}" if w >= 0 else f"({number(w, 0)}){TIMES}{v}"
            for v, w in zip(part.ravel(), KERNEL.ravel(), strict=True)
        ]
        total = number((part * KERNEL).sum(), 0)
        y = 3.32 + 0.32 * line
        canvas.box(0.3, y - 0.12, 0.24, 0.24, colour=colour, fill=0.5)
        sums = " + ".join(products) + f"  =  {total}"
        canvas.text(0.68, y, sums, ha="left", color=INK, size=10)
    note = "large: dark left,\nbright right\n\nnegative: bright left,\ndark right"
    canvas.text(7.0, 1.77, note, ha="left", size=9.5, color=GRAY)
    _padding(canvas, 4.02)


def _padding(canvas: Canvas, top: float) -> None:
    """Draw both kinds of padding in the margin below ``top``."""
    network_padding = build_network(7).get_layer("conv1").padding
    cell, size, kernel = 0.115, len(PATCH), len(KERNEL)
    texts = {
        "valid": "the kernel stays inside",
        "same": "a border of zeros keeps the size",
    }
    for x, (padding, text) in zip((0.3, 4.7), texts.items(), strict=True):
        border = kernel // 2 if padding == "same" else 0
        result = correlate2d(PATCH, KERNEL, padding).shape
        start = x + 0.12 * (1 - border)
        first = top + (1 - border) * cell
        if border:
            _grid(canvas, start, first, cell, size + 2 * border, LINE, ls=":")
        inner = start + border * cell, first + border * cell
        _grid(canvas, *inner, cell, size, INK)
        canvas.outline(start, first, kernel * cell, kernel * cell, GREEN, lw=2)
        shapes = f"{by(*PATCH.shape)}  {ARROW}  {by(*result)}"
        used = network_padding == padding
        name = f"padding '{padding}'" + used * ", as in the seven layers"
        lines = name, f"{text}:", shapes
        for line, weight in zip(lines, ("bold", None, None), strict=True):
            y = top + 0.23 + 0.24 * lines.index(line)
            canvas.text(x + 1.25, y, line, ha="left", weight=weight)


def _grid(canvas: Canvas, x, y, cell: float, count: int, colour: str, ls="-") -> None:
    """Draw a square grid of ``count`` by ``count`` empty cells."""
    end = count * cell
    for at in np.arange(count + 1) * cell:
        canvas.line((x, y + at), (x + end, y + at), colour=colour, lw=0.6, ls=ls)
        canvas.line((x + at, y), (x + at, y + end), colour=colour, lw=0.6, ls=ls)


@picture(
    "Max-pooling",
    "Four windows of 2 by 2 numbers in a 4 by 4 map, each in its own colour; the "
    "largest number of each window goes into a 2 by 2 map, and the window moves by "
    "two.",
    height=2.75,
)
def pooling(canvas: Canvas) -> None:
    """Draw max-pooling with numbers, and what it does at an odd edge."""
    values = np.array([[1, 3, 2, 0], [4, 9, 0, 5], [0, 2, 1, 1], [6, 3, 7, 2]])
    pooled = values.reshape(2, 2, 2, 2).max(axis=(1, 3))
    colours = np.array([[BLUE, ORANGE], [GREEN, PINK]])
    wide = colours.repeat(2, 0).repeat(2, 1)
    largest = values == pooled.repeat(2, 0).repeat(2, 1)
    shades = [
        [tint(c, 0.6 if most else 0.15) for c, most in zip(*pair, strict=True)]
        for pair in zip(wide, largest, strict=True)
    ]
    cell = 0.45
    canvas.text(1.25, 0.35, f"map, {by(4, 4)}", weight="bold")
    canvas.numbers(0.35, 0.6, values, cell, colours=shades, size=11)
    for row, column in np.ndindex(2, 2):
        corner = 0.35 + 2 * column * cell, 0.6 + 2 * row * cell
        canvas.outline(*corner, 2 * cell, 2 * cell, colours[row, column])
    canvas.arrow((2.35, 1.5), (3.35, 1.5), "largest", below="of each window")
    canvas.text(4.0, 0.8, f"pooled, {by(2, 2)}", weight="bold")
    shades = [[tint(c, 0.6) for c in row] for row in colours]
    canvas.numbers(3.55, 1.05, pooled, cell, colours=shades, size=11)
    canvas.note(1.25, 2.55, f"window {by(2, 2)}, stride 2")
    pool = build_network(7).get_layer("pool1")
    before, after = pool.input.shape[1], pool.output.shape[1]
    lines = (
        "stride 2: the window moves by two,",
        "so width and height are halved.",
        "",
        f"{by(before, before)}  {ARROW}  {by(after, after)} in the seven layers:",
        "the last window hangs over the edge",
        "and takes the largest that is inside.",
    )
    canvas.text(5.35, 1.5, "\n".join(lines), ha="left", size=10, linespacing=1.45)


@picture(
    "Dropout",
    "Left, in training: a random part of the hidden units is crossed out and gives 0, "
    "the others are divided by the keep rate; right, at test time, all units are kept "
    "as they are.",
    height=3.75,
)
def dropout(canvas: Canvas) -> None:
    """Draw a dense layer in training and at test time."""
    keep = 1 - build_network(4).get_layer("dropout1").rate
    activations = np.array([0.4, 1.2, 0.8, 2.0, 0.6])
    kept = np.array([True, True, False, True, True])
    scaled = activations * kept / keep
    sides = {
        0.3: ("training", scaled, kept),
        4.9: ("test", activations, np.ones(5, bool)),
    }
    ys = np.linspace(0.85, 2.85, 5)
    for x, (name, values, there) in sides.items():
        canvas.text(x + 1.9, 0.3, name, weight="bold", size=11)
        inputs, outputs = ys[1:4], ys[1:4]
        for unit, y in enumerate(ys):
            colour = BLUE if there[unit] else LINE
            style = {"colour": LINE, "lw": 0.8} if there[unit] else {"ls": ":"}
            for other in inputs:
                canvas.line((x + 0.5, other), (x + 1.9, y), **style)
            for other in outputs:
                canvas.line((x + 1.9, y), (x + 3.3, other), **style)
            text = number(values[unit], 2) if there[unit] else "0"
            canvas.circle(x + 1.9, y, 0.235, text, colour, 0.18 * there[unit], size=9)
            if not there[unit]:
                for sign in (1, -1):
                    ends = (x + 1.72, y - 0.18 * sign), (x + 2.08, y + 0.18 * sign)
                    canvas.line(*ends, colour=tint(RED, 0.5), lw=2.5, zorder=3.5)
        for y in inputs:
            canvas.circle(x + 0.5, y, 0.16, colour=GRAY)
        for y in outputs:
            canvas.circle(x + 3.3, y, 0.16, colour=GREEN)
    rest = f"kept with probability {keep:g}: then divided by {keep:g}"
    canvas.text(2.2, 3.28, rest, size=9.5)
    example = f"{activations[3]:g} / {keep:g} = {scaled[3]:g}"
    canvas.note(2.2, 3.53, f"{example}; dropped units give 0")
    canvas.text(6.8, 3.28, "every unit takes part, nothing is scaled", size=9.5)
    canvas.note(6.8, 3.53, "the sums are, on average, as large as in training")


@picture(
    "Local response normalisation",
    "Bars of 16 channels at one place of a layer, all 1 but for one of 10, before and "
    "after normalisation: the large activation shrinks to 1.55 and its neighbours "
    "within the radius of 5 to 0.16, while channels farther away keep 0.6 or more.",
    height=3.4,
)
def local_response_normalisation(canvas: Canvas) -> None:
    """Draw activations over channels before and after, by the layer itself."""
    layer, channels, large = LocalResponseNormalization(), 16, 9
    before = np.ones(channels, np.float32)
    before[large] = 10
    after = np.asarray(layer(before[None, None, None])).ravel()
    near = np.abs(np.arange(channels) - large) <= layer.radius
    colours = [BLUE if at != large else RED for at in range(channels)]
    for x, values, name, top in (
        (0.75, before, "before", 12.5),
        (4.95, after, "after", 1.85),
    ):
        axes = canvas.plot(x, 0.5, 3.6, 1.75, ylabel="activation", xlabel="channel")
        axes.set_title(name, weight="bold", y=1.0)
        axes.bar(range(channels), values, color=colours, width=0.7)
        low, high = np.flatnonzero(near)[[0, -1]]
        axes.axvspan(low - 0.5, high + 0.5, color=tint(ORANGE, 0.25), zorder=0)
        axes.set(ylim=(0, top), xticks=range(0, channels, 3))
        axes.locator_params(axis="y", nbins=5)
        for at in (large, low + 2, 0):
            text = number(values[at], 0 if name == "before" else 2)
            axes.text(at, values[at], text, ha="center", va="bottom", size=9)
    squares = (before[near] ** 2).sum()
    formula = (
        rf"$x \cdot ({layer.bias:g} + {layer.alpha:g}\,s)^{{-{layer.beta:g}}}$"
        f",  s: sum of the squares of the channel and {layer.radius} neighbours "
        "on either side (shaded for the large activation)"
    )
    canvas.text(4.5, 2.88, formula, size=9.5)
    own = f"{before[large]:g} {TIMES} ({layer.bias:g} + {layer.alpha:g} {TIMES} "
    own += f"{squares:g})$^{{-{layer.beta:g}}}$ = {after[large]:.2f}"
    canvas.text(4.5, 3.17, own, color=RED)

"""Diagrams of how a network learns: its loss, its gradients, its steps."""

import numpy as np
from scipy.special import softmax

from pictures.canvas import (
    ARROW,
    BLUE,
    GRAY,
    GREEN,
    INK,
    LINE,
    MINUS,
    ORANGE,
    RED,
    SMALL,
    TIMES,
    Canvas,
    number,
    picture,
    tint,
)


@picture(
    "Softmax and cross-entropy",
    "Three logits become powers of e, then probabilities that add up to 1; the loss is "
    "minus the logarithm of the right class's probability, marked on the falling curve "
    "of the loss over that probability.",
    height=3.3,
)
def softmax_cross_entropy(canvas: Canvas) -> None:
    """Draw the way from three logits to a loss, and the curve of the loss."""
    logits, right = np.array([2.0, 1.0, -1.0]), 1
    powers, chances = np.exp(logits), softmax(logits)
    loss = -np.log(chances[right])
    label = np.eye(3)[right]
    columns = {
        "logit z": (logits, 1),
        "exp(z)": (powers, 2),
        "probability p": (chances, 2),
        "label": (label, 0),
    }
    xs = 1.05 + 1.2 * np.arange(4)
    shades = [["white"]] * 3
    shades[right] = [tint(GREEN, 0.35)]
    for x, (name, (values, places)) in zip(xs, columns.items(), strict=True):
        canvas.text(x, 0.45, name, weight="bold", size=9.5)
        style = {"cell_width": 0.72, "places": places, "colours": shades}
        canvas.numbers(x - 0.36, 0.7, values[:, None], 0.4, **style)
    for at in range(3):
        style = {"weight": "bold", "color": GREEN} if at == right else {"color": GRAY}
        canvas.text(0.4, 0.9 + 0.4 * at, "ABC"[at], size=11, **style)
    for x, name in zip(xs[:2] + 0.36, ("exp", "/ sum"), strict=True):
        canvas.arrow((x + 0.06, 1.3), (x + 0.42, 1.3), name)
    canvas.text(xs[1], 2.12, f"sum {number(powers.sum())}", size=SMALL)
    canvas.text(xs[2], 2.12, f"sum {number(chances.sum(), 0)}", size=SMALL)
    share = f"{number(powers[right])} / {number(powers.sum())} = {chances[right]:.2f}"
    canvas.text(0.3, 2.5, f"p(B) = {share}", ha="left", color=GREEN)
    text = rf"loss = $-\log$ p(B) = $-\log$ {chances[right]:.2f} = {loss:.2f}"
    canvas.text(0.3, 2.8, text, ha="left", color=RED)
    slopes = ",  ".join(number(value) for value in chances - label)
    text = f"gradient of the loss along each logit, p {MINUS} label:  {slopes}"
    canvas.text(0.3, 3.08, text, ha="left", size=SMALL, color=GRAY)
    axes = canvas.plot(6.25, 0.35, 2.5, 2.1, xlabel="p of the right class")
    axes.set_ylabel("loss")
    p = np.linspace(0.01, 1, 200)
    axes.plot(p, -np.log(p), color=RED)
    axes.plot([chances[right]] * 2, [0, loss], color=GREEN, ls=":")
    axes.plot([0, chances[right]], [loss] * 2, color=GREEN, ls=":")
    axes.plot(chances[right], loss, "o", color=GREEN)
    axes.set(xlim=(0, 1.02), ylim=(0, 4.7), xticks=(0, 0.5, 1), yticks=range(5))
    point = f"({chances[right]:.2f}, {loss:.2f})"
    axes.text(chances[right] + 0.05, loss + 0.1, point, color=GREEN, size=SMALL)
    axes.text(0.98, 0.95, "certain and right: 0", ha="right", size=SMALL, color=GRAY)
    axes.text(0.07, 4.3, "certain and wrong: large", size=SMALL, color=GRAY)


INPUTS = np.array([1.0, 2.0])
KERNEL = np.array([[0.5, 1.0], [0.5, -1.0]])
OUTPUT = np.array([2.0, 1.5])
TARGET = 2.0


def passes(inputs, kernel, output, target) -> dict[str, np.ndarray]:
    """Values of a forward pass, and gradients of the loss of a backward pass.

    Two layers without biases, ReLU between them, and the loss (y - target)^2 / 2.
    """
    sums = inputs @ kernel
    hidden = np.maximum(sums, 0)
    answer = hidden @ output
    d_answer = answer - target
    d_hidden = d_answer * output
    d_sums = d_hidden * (sums > 0)
    return {
        "sums": sums,
        "hidden": hidden,
        "answer": answer,
        "loss": d_answer**2 / 2,
        "d_answer": d_answer,
        "d_output": hidden * d_answer,
        "d_hidden": d_hidden,
        "d_sums": d_sums,
        "d_kernel": np.outer(inputs, d_sums),
    }


@picture(
    "Forward and backward pass",
    "A network of two inputs, two hidden ReLU units and one output: values run forward "
    "from left to right to the loss, in blue, and gradients backward from the loss to "
    "every weight, in orange; where ReLU gave 0 the gradient is 0.",
    height=4.55,
)
def forward_backward(canvas: Canvas) -> None:
    """Draw values above and gradients below the arrows of two layers."""
    found = passes(INPUTS, KERNEL, OUTPUT, TARGET)
    x = {"in": 0.75, "sum": 3.35, "relu": 4.55, "out": 6.95, "loss": 8.3}
    ys, radius = (1.0, 2.9), 0.27
    for i, j in np.ndindex(2, 2):
        along = 0.5 if i == j else 0.22
        ends = (x["in"], ys[i]), (x["sum"], ys[j])
        _edge(canvas, *ends, radius, KERNEL[i, j], found["d_kernel"][i, j], along)
    for j, y in enumerate(ys):
        ends = (x["relu"], y), (x["out"], np.mean(ys))
        _edge(canvas, *ends, radius, OUTPUT[j], found["d_output"][j], 0.5)
        canvas.arrow((x["sum"] + radius, y), (x["relu"] - radius, y))
        canvas.text((x["sum"] + x["relu"]) / 2, y - 0.13, "ReLU", size=SMALL)
        _unit(canvas, x["in"], y, radius, INPUTS[j], None, f"input {j + 1}", GRAY)
        _unit(canvas, x["sum"], y, radius, found["sums"][j], found["d_sums"][j], "sum")
        _unit(
            canvas, x["relu"], y, radius, found["hidden"][j], found["d_hidden"][j], ""
        )
    y = float(np.mean(ys))
    canvas.arrow((x["out"] + radius, y), (x["loss"] - 0.36, y))
    _unit(canvas, x["out"], y, radius, found["answer"], found["d_answer"], "output")
    canvas.box(x["loss"] - 0.34, y - 0.27, 0.68, 0.54, number(found["loss"]), RED)
    canvas.text(x["loss"], y - 0.62, "loss", weight="bold", size=SMALL)
    target = f"({number(found['answer'], 0)} {MINUS} {TARGET:g})² / 2"
    canvas.text(x["loss"], y - 0.42, target, size=SMALL)
    canvas.text(x["loss"], y + 0.43, f"target {TARGET:g}", size=SMALL, color=GRAY)
    _legend(canvas, found)


def _unit(canvas, x, y, radius, value, gradient, name, colour=BLUE) -> None:
    """Draw a number of the forward pass, its gradient below."""
    canvas.circle(x, y, radius, number(value, 1), colour, weight="bold", color=BLUE)
    if name:
        canvas.text(x, y - radius - 0.14, name, size=SMALL, color=GRAY)
    if gradient is not None:
        canvas.text(x, y + radius + 0.14, number(gradient, 1), color=RED, weight="bold")


def _edge(canvas, start, end, radius, weight, gradient, along) -> None:
    """Draw a weight's arrow, its value above and its gradient below."""
    a, b = np.array(start), np.array(end)
    way = (b - a) / np.hypot(*(b - a))
    canvas.arrow(a + radius * way, b - radius * way, colour=LINE)
    x, y = a + radius * way + along * (b - a - 2 * radius * way)
    apart = 0.12 + 0.12 * abs(way[1])
    canvas.text(x, y - apart, number(weight, 1), color=BLUE, size=9.5)
    canvas.text(x, y + apart, number(gradient, 1), color=RED, size=9.5)


def _legend(canvas: Canvas, found: dict) -> None:
    """Say what the colours are, and work one gradient out."""
    blue = f"blue, forward {ARROW}  values and weights"
    back = "orange, backward \N{LEFTWARDS ARROW}  how fast the loss changes with each"
    canvas.text(0.3, 3.75, blue, ha="left", color=BLUE)
    canvas.text(4.2, 3.75, back, ha="left", color=RED)
    first, slope = found["d_kernel"][1, 0], found["d_sums"][0]
    text = f"a weight's gradient = the value at its start {TIMES} the gradient at its"
    example = f"{INPUTS[1]:g} {TIMES} {slope:g} = {first:g} (input 2 to the upper sum)"
    canvas.text(0.3, 4.05, f"{text} end: {example}", ha="left", size=9.5)
    text = "ReLU hands a gradient on where it let a value pass, and 0 where it gave 0"
    canvas.text(0.3, 4.32, text, ha="left", size=9.5)


def descend(start: float, rate: float, steps: int) -> np.ndarray:
    """The weights that gradient descent visits on the loss w^2 / 2."""
    return start * (1 - rate) ** np.arange(steps + 1)


@picture(
    "Gradient descent and its learning rate",
    "Three curves of a loss over one weight with the first six steps of gradient "
    "descent: a learning rate that is too small has hardly moved, a good one arrives, "
    "and one that is too large jumps across the valley and climbs out of it.",
    height=3.1,
)
def gradient_descent(canvas: Canvas) -> None:
    """Draw six steps of three learning rates on the same loss."""
    rates = {"too small": (0.08, ORANGE), "good": (0.6, GREEN), "too large": (2.1, RED)}
    line, steps, start = np.linspace(-5.5, 5.5, 200), 6, -3.0
    for at, (name, (rate, colour)) in enumerate(rates.items()):
        left = 0.6 + 2.9 * at
        axes = canvas.plot(left, 0.5, 2.4, 1.75, xlabel="weight", xlim=(-6, 6))
        axes.set(ylim=(-0.8, 16), xticks=(), yticks=())
        if not at:
            axes.set_ylabel("loss")
        axes.plot(line, line**2 / 2, color=LINE)
        weights = descend(start, rate, steps)
        losses = weights**2 / 2
        pairs = zip(weights, losses, weights[1:], losses[1:], strict=False)
        for x, y, x_next, y_next in pairs:
            style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 1}
            style["mutation_scale"] = 8
            axes.annotate("", (x_next, y_next), (x, y), arrowprops=style)
        axes.plot(weights, losses, "o", color=colour, ms=4.5)
        axes.plot(start, start**2 / 2, "o", color=INK, ms=6)
        axes.set_title(f"{name}: learning rate {rate:g}", color=colour, weight="bold")
        text = f"loss {losses[0]:g} {ARROW} {losses[-1]:.2f}"
        canvas.text(left + 1.2, 2.62, text, size=SMALL)
    text = f"{steps} steps from the black point: weight {MINUS} learning rate "
    canvas.note(4.5, 2.9, f"{text}{TIMES} slope at the weight")


@picture(
    "Overfitting",
    "Schematic curves of the loss over training steps: the training loss keeps "
    "falling, the validation loss falls and then rises again; early stopping keeps the "
    "weights of its lowest point.",
    height=3.0,
)
def overfitting(canvas: Canvas) -> None:
    """Draw schematic losses of training and validation, and where to stop."""
    steps = np.linspace(0, 10, 300)
    train = 0.12 + 2.1 * np.exp(-steps / 2)
    validation = 0.45 + 1.8 * np.exp(-steps / 1.6) + 0.012 * steps**2
    best = validation.argmin()
    axes = canvas.plot(0.6, 0.3, 5.25, 2.2, xlabel="training steps", ylabel="loss")
    axes.plot(steps, train, color=BLUE, lw=2)
    axes.plot(steps, validation, color=RED, lw=2)
    axes.axvline(steps[best], color=GREEN, ls="--")
    axes.plot(steps[best], validation[best], "o", color=GREEN, ms=7)
    axes.fill_between(
        steps[best:], train[best:], validation[best:], color=tint(ORANGE, 0.3), lw=0
    )
    axes.set(xticks=(), yticks=(), xlim=(0, 10.2), ylim=(0, 2.4))
    axes.text(steps[best] + 0.15, 2.2, "early stopping", color=GREEN, weight="bold")
    axes.text(steps[best] + 0.15, 2.0, "keeps these weights", color=GREEN, size=SMALL)
    axes.text(8.1, 0.62, "the gap grows", ha="center", size=SMALL)
    y = {"validation": validation[-1], "training": train[-1]}
    notes = {
        "validation": (
            RED,
            "rises again: what is now learned\nby heart holds for no other image",
        ),
        "training": (
            BLUE,
            "falls on: the network comes to\nknow these images by heart",
        ),
    }
    for name, (colour, note) in notes.items():
        place = 2.5 - y[name] / 2.4 * 2.2
        canvas.text(
            5.95, place, f"{name} images", ha="left", color=colour, weight="bold"
        )
        canvas.text(5.95, place + 0.31, note, ha="left", size=SMALL)
    canvas.note(8.75, 0.25, "schematic", ha="right", style="italic")

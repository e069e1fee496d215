"""Diagrams of what comes out of a network: one class of ten, or six answers."""

from functools import cache

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from helpers.accuracy import BLANK, measure
from helpers.networks import CLASSES, POSITION_NAMES
from helpers.preprocessing import label_text, number_label
from helpers.sample.letters import LETTERS, SIDE, draw_numbered
from pictures import example
from pictures.canvas import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    LINE,
    RED,
    SMALL,
    TIMES,
    Canvas,
    by,
    picture,
    tint,
)

EACH = 60
"""Drawn letters of each kind that the logistic regression learns from."""

SHOWN = "B", 107
"""The letter that is read: its kind, and its number in the drawn archive."""

READ_WRONGLY = (1, 9, 3, 4)


@cache
def letter_weights() -> tuple[np.ndarray, np.ndarray]:
    """Weights (784, 10) and biases (10,) learned from a few drawn letters."""
    letters = [
        draw_numbered(letter, at, 2016, large=False)
        for letter in LETTERS
        for at in range(EACH)
    ]
    pixels = scaled(np.array(letters)).reshape(len(letters), -1)
    model = LogisticRegression(C=0.01, tol=1e-6, max_iter=1_000)
    with threadpool_limits(1):
        model.fit(pixels, np.repeat(np.arange(len(LETTERS)), EACH))
    return model.coef_.T, model.intercept_


def scaled(pixels: np.ndarray) -> np.ndarray:
    """Pixels as the letters' networks see them."""
    return (pixels - 127.5) / 255


@picture(
    "Logistic regression",
    "A letter of 28 by 28 pixels as a column of 784 numbers is multiplied by a matrix "
    "of 784 by 10 weights, ten biases are added, and softmax turns the ten logits into "
    "ten probabilities, the largest for the letter B.",
    height=3.55,
)
def logistic_regression(canvas: Canvas) -> None:
    """Draw a letter, its numbers, the weights, the logits and the probabilities."""
    weights, biases = letter_weights()
    letter = draw_numbered(*SHOWN, 2016, large=False)
    row = scaled(letter).ravel()
    logits = row @ weights + biases
    chances = softmax(logits)
    middle = 1.75
    canvas.image(0.2, middle - 0.65, 1.3, 1.3, letter)
    canvas.text(0.85, middle + 0.83, f"{by(*letter.shape)} pixels", size=SMALL)
    canvas.arrow((1.56, middle), (2.1, middle), "flatten")
    canvas.cells(2.17, middle - 1.2, 0.2, 2.4, letter[14, ::2] / 255)
    canvas.text(2.27, middle + 1.37, f"{row.size} numbers", size=SMALL)
    canvas.text(2.66, middle, TIMES, size=15)
    _weight_images(canvas, 2.95, middle - 1.12, weights)
    canvas.text(3.98, middle + 1.37, f"weights, {by(*weights.shape)}", size=SMALL)
    canvas.text(5.22, middle, "+", size=15)
    ys = middle + 0.225 * (np.arange(len(LETTERS)) - 4.5)
    _column(canvas, 5.42, middle, biases, "biases")
    canvas.text(6.08, middle, "=", size=15)
    _column(canvas, 6.3, middle, logits, "logits", places=1)
    canvas.arrow((6.88, middle), (7.48, middle), "softmax", RED)
    best = chances.argmax()
    for at, (name, chance, y) in enumerate(zip(LETTERS, chances, ys, strict=True)):
        style = {"weight": "bold", "color": GREEN} if at == best else {"color": GRAY}
        canvas.text(7.63, y, name, **style)
        wide = 0.62 * chance
        colour = GREEN if at == best else LINE
        canvas.cell(7.78, y - 0.08, wide, 0.16, tint(colour, 0.7), colour)
        text = f"{100 * chance:.0f} %" if chance >= 0.005 else "0 %"
        canvas.text(7.85 + wide, y, text, ha="left", size=SMALL, **style)
    canvas.text(8.1, middle + 1.37, "probabilities, sum 1", size=SMALL)
    text = "each of the ten letters has a weight for every pixel"
    canvas.note(
        4.5, 3.38, f"{text} (blue: bright pixels count for it, orange: against)"
    )


def _weight_images(canvas: Canvas, x: float, y: float, weights: np.ndarray) -> None:
    """Show the weights of each letter as an image, in two columns."""
    most = np.abs(weights).max() * 0.8
    strength = np.clip(weights.T.reshape(-1, SIDE, SIDE, 1) / most, -1, 1)
    colours = np.array([tint(RED, 1.0), tint(BLUE, 1.0)])
    ends = np.where(strength < 0, colours[0], colours[1])
    images = 1 - np.abs(strength) * (1 - ends)
    for at, image in enumerate(images):
        left, top = x + 1.05 * (at // 5) + 0.23, y + 0.46 * (at % 5)
        canvas.image(left, top, 0.4, 0.4, (255 * image).astype(np.uint8))
        canvas.text(left - 0.13, top + 0.2, LETTERS[at], size=SMALL, color=GRAY)


def _column(canvas: Canvas, x, middle, values, text, places=2) -> None:
    """Draw ten numbers below each other, and what they are."""
    style = {"cell_width": 0.48, "size": SMALL, "places": places}
    canvas.numbers(x, middle - 1.125, values[:, None], 0.225, **style)
    canvas.text(x + 0.24, middle + 1.37, f"{len(values)} {text}", size=SMALL)


@picture(
    "Six answers to one image",
    "A crop of 1984 goes into a network with six outputs of eleven classes each, which "
    "spell length 4, digits 1, 9, 8, 4 and blank; for the wrong answer 1934 strict "
    "accuracy counts 0 and six-position accuracy five sixths.",
    height=4.35,
)
def six_heads(canvas: Canvas) -> None:
    """Draw six outputs of eleven classes, and two ways to score a wrong digit."""
    label, wrong = number_label(example.DIGITS), number_label(READ_WRONGLY)
    canvas.image(0.2, 0.75, 1.3, 1.3, example.gray_crop(), vmin=0, vmax=255)
    canvas.note(0.85, 2.22, "one image")
    canvas.arrow((1.56, 1.4), (1.93, 1.4))
    canvas.box(1.97, 0.95, 1.0, 0.9, "network", BLUE)
    canvas.arrow((3.02, 1.4), (3.8, 1.4))
    classes = [*map(str, range(BLANK)), "blank"]
    step, cell = 0.62, 0.19
    xs = 4.15 + step * np.arange(len(label))
    for x, name, value in zip(xs, POSITION_NAMES, label, strict=True):
        canvas.text(x + 0.25, 0.2, name, weight="bold", size=SMALL)
        for at in range(CLASSES):
            chosen = at == value
            face = tint(GREEN, 0.55) if chosen else "white"
            corner = x, 0.35 + at * cell
            canvas.cell(*corner, 0.5, cell, face)
            style = {"weight": "bold", "color": INK} if chosen else {"color": GRAY}
            middle = corner[1] + cell / 2
            canvas.text(x + 0.25, middle, classes[at], size=SMALL, **style)
    canvas.text(3.98, 0.35 + 5.5 * cell, f"{CLASSES} classes", rotation=90, size=SMALL)
    canvas.text(8.05, 1.2, "six outputs,", ha="left", size=SMALL)
    canvas.text(8.05, 1.4, "one class in", ha="left", size=SMALL)
    canvas.text(8.05, 1.6, "each is right", ha="left", size=SMALL)
    _answer(canvas, xs, 2.83, label, label, "label")
    _answer(canvas, xs, 3.24, label, wrong, f"an answer: {label_text(wrong)}")
    score = measure(wrong[None], label[None])
    right = int((wrong == label).sum())
    strict = f"strict: all six must be right:  {score.strict.value:.0f}"
    six = f"six-position: {right} of {len(label)} are right:  "
    six += f"{score.six_position.value:.3f}"
    canvas.box(0.9, 3.72, 3.3, 0.42, strict, RED, fill=0.1)
    canvas.box(4.5, 3.72, 3.7, 0.42, six, GREEN, fill=0.1)


def _answer(canvas: Canvas, xs, y, label, answer, name) -> None:
    """Draw six values below the outputs, those that differ from the label marked."""
    canvas.text(3.85, y, name, ha="right")
    for x, value, truth in zip(xs, answer, label, strict=True):
        text = "blank" if value == BLANK else str(value)
        colour = GREEN if value == truth else RED
        canvas.box(x, y - 0.15, 0.5, 0.3, text, colour, size=SMALL, weight="bold")

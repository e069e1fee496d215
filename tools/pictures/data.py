"""Diagrams of the way of an image: to a crop, through the course, to a number."""

import numpy as np
from PIL import Image
from scipy.special import expit, softmax

from helpers import paper
from helpers.evaluation import forward
from helpers.networks import POSITION_NAMES
from helpers.preprocessing import label_text, normalise
from helpers.reader import Reader
from helpers.reader.crops import number_crops
from helpers.reader.decoding import decode
from helpers.reader.finding import CELL, INPUT_STEP
from helpers.recipe import Recipe
from helpers.settings import Settings
from pictures import example
from pictures.canvas import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PINK,
    RED,
    SMALL,
    TIMES,
    Canvas,
    by,
    picture,
)
from pictures.networks import network

FLOW = {
    "archives\nor drawn\nsample": ("helpers.data.sources", "train.tar.gz"),
    "folders": ("helpers.data.extraction", "1.png, 2.png,\ndigitStruct.mat"),
    "box\ncolumns": ("helpers.data.digitstruct", "label, left, top,\nwidth, height"),
    "HDF5\nstore": ("helpers.data.store", "crops,\nlabels"),
    "tf.data": ("helpers.training.batches", "batches of\n{batch_size}"),
    "network": ("helpers.networks", "logits\n{logits}"),
    "history": ("helpers.training.loop", "loss, accuracy\nby step"),
    "figure": ("helpers.figures", "picture and\nits numbers"),
}
"""Each stage of the course's data, the module it is in, and what comes out of it."""


def _photo(canvas: Canvas, x: float, y: float, width: float, image: Image.Image):
    """Show a photo; return its height, and the inches of its pixels."""
    height = width * image.height / image.width
    canvas.image(x, y, width, height, example.small(image))
    return height, width / image.width


def _outline(canvas: Canvas, corner, pixel: float, box, colour: str, **style) -> None:
    """Draw a box in pixels, left, top, right, bottom, over a photo."""
    left, top, right, bottom = np.asarray(box) * pixel
    place = corner[0] + left, corner[1] + top
    canvas.outline(*place, right - left, bottom - top, colour, **style)


@picture(
    "From a photo to a crop",
    "A drawn photo with a box around each digit of 1984; the box around all of them, "
    "grown by a tenth on every side; the part in it as a square of 32 by 32 pixels in "
    "colour, then in gray, then with mean 0 and standard deviation 1.",
    height=2.3,
)
def crop_steps(canvas: Canvas) -> None:
    """Draw the report's preprocessing of one photo."""
    photo, y, width = example.photo("close_up"), 0.75, 2.2
    for x in (0.2, 2.7):
        height, pixel = _photo(canvas, x, y, width, photo)
    for box in example.BOXES:
        _outline(canvas, (0.2, y), pixel, box, ORANGE, lw=1.5)
    _outline(canvas, (2.7, y), pixel, example.box(), RED, lw=1.5)
    _outline(canvas, (2.7, y), pixel, example.grown_box(), "white", lw=2)
    canvas.text(1.3, 0.4, "photo, a box for each digit", size=9.5)
    canvas.text(3.8, 0.4, "box of all digits, and grown", size=9.5)
    margin = Settings().margin
    canvas.note(3.8, y + height + 0.2, f"by {100 * margin:.0f} % on every side")
    canvas.note(1.3, y + height + 0.2, by(*photo.size))
    gray = example.gray_crop()
    crops = {
        "crop": (example.colour_crop(), by(*gray.shape)),
        "gray": (gray, f"{gray.min()} to {gray.max()}"),
        "normalised": (normalise(gray[None])[0], "mean 0,\ndeviation 1"),
    }
    side = height
    for at, (name, (pixels, note)) in enumerate(crops.items()):
        x = 5.25 + at * (side + 0.3)
        limits = {"vmin": 0, "vmax": 255} if name == "gray" else {}
        canvas.image(x, y, side, side, pixels, **limits)
        canvas.text(x + side / 2, 0.4, name, size=9.5)
        canvas.note(x + side / 2, y + side + 0.1, note, va="top")
        if at:
            canvas.arrow((x - 0.27, y + side / 2), (x - 0.03, y + side / 2))
    for x in (2.42, 4.95):
        canvas.arrow((x, y + side / 2), (x + 0.25, y + side / 2))


@picture(
    "The data of the course",
    "Eight boxes in a line: archives or the drawn sample, folders, box columns, HDF5 "
    "store, tf.data, network, history, figure; under each stand what comes out of it "
    "and the module that does it.",
    height=2.1,
)
def data_flow(canvas: Canvas) -> None:
    """Draw the stages of the data from archives to figures in one line."""
    sizes = {
        "batch_size": Recipe().batch_size,
        "logits": by(*network(7).output.shape[1:]),
    }
    width, gap = 0.93, 0.16
    for at, (name, (module, what)) in enumerate(FLOW.items()):
        x = 0.17 + at * (width + gap)
        kind = module.split(".")[1]
        colour = {"data": BLUE, "training": RED, "figures": GREEN}.get(kind, ORANGE)
        canvas.box(x, 0.3, width, 0.62, name, colour, size=SMALL, weight="bold")
        if at:
            canvas.arrow((x - gap + 0.01, 0.61), (x - 0.01, 0.61), mutation_scale=9)
        text = what.format(**sizes)
        canvas.text(x + width / 2, 1.2, text, size=SMALL)
        path = module.removeprefix("helpers.").replace(".", ".\n")
        canvas.text(x + width / 2, 1.72, path, size=SMALL, color=GRAY)
    canvas.line((0.17, 1.47), (8.83, 1.47), lw=0.6)


def score_map(reader: Reader, image: Image.Image, long_side: int) -> np.ndarray:
    """The finder's score of each cell of an image at one size, 0 to 1."""
    scale = long_side / max(image.size)
    size = [round(side * scale) for side in image.size]
    gray = np.asarray(image.convert("L").resize(size, Image.Resampling.BILINEAR))
    room = [(0, -side % INPUT_STEP) for side in gray.shape]
    pixels = normalise(np.pad(gray, room, "edge")[None])[..., None]
    scores = expit(forward(reader.finder, pixels)[0, ..., 0])
    return scores[: -(-gray.shape[0] // CELL), : -(-gray.shape[1] // CELL)]


@picture(
    "The reader",
    "A drawn street photo; the finder's map of scores, bright at the number; the boxes "
    "that it proposes; crops of the best box; the reader's network with six answers "
    "and their probabilities; and the number 1984 with its confidence.",
    height=3.68,
)
def reader(canvas: Canvas) -> None:
    """Draw what the shipped reader does with a photo, stage by stage."""
    shipped, photo = Reader.pretrained(), example.photo("street")
    (reading,) = shipped.read([photo])
    boxes, _ = shipped.find(photo)
    width, y = 2.5, 0.55
    height, pixel = _photo(canvas, 0.2, y, width, photo)
    scores = score_map(shipped, photo, shipped.options.long_sides[1])
    canvas.image(3.2, y, width, height, scores, "viridis", vmin=0, vmax=1)
    _photo(canvas, 6.2, y, width, photo)
    for box in boxes[1:5]:
        _outline(canvas, (6.2, y), pixel, box, PINK, lw=1, ls="--")
    _outline(canvas, (6.2, y), pixel, reading.box, ORANGE, lw=2.2)
    names = "photo", "finder: a score for each cell", "boxes proposed, best first"
    for x, name in zip((1.45, 4.45, 7.45), names, strict=True):
        canvas.text(x, 0.3, name, weight="bold", size=SMALL)
    for x in (2.75, 5.75):
        canvas.arrow((x, y + height / 2), (x + 0.4, y + height / 2))
    crops = number_crops(photo, np.array([reading.box], float))
    logits = shipped.logits_of_crops(crops)
    top = 2.5
    canvas.arrow((7.45, y + height + 0.04), (7.45, top - 0.17), lw=1.2)
    raise_by = 0.5
    for at, crop in enumerate(crops[0]):
        place = 6.9 + 0.16 * at, top - 0.12 + 0.13 * at
        canvas.image(*place, 0.96, 0.64, crop, vmin=0, vmax=255, zorder=2 + 0.1 * at)
    canvas.note(7.53, top + 0.98, f"{len(crops[0])} crops, {by(*crops.shape[:1:-1])}")
    middle = top + raise_by - 0.05
    canvas.arrow((6.85, middle), (6.4, middle))
    canvas.box(5.3, middle - 0.33, 1.05, 0.66, "reader's\nnetwork", BLUE)
    canvas.arrow((5.25, middle), (4.85, middle))
    temperature = shipped.metadata["temperature"]
    chances = softmax(logits[0] / temperature, axis=-1)
    for at, (name, row) in enumerate(zip(POSITION_NAMES, chances, strict=True)):
        line = top - 0.1 + 0.22 * at
        best = int(row.argmax())
        text = "blank" if best == 10 else str(best)
        canvas.text(3.25, line, name, ha="left", size=SMALL, color=GRAY)
        canvas.text(3.85, line, text, ha="left", weight="bold", color=GREEN)
        canvas.text(4.75, line, f"{row[best]:.3f}", ha="right", size=SMALL)
    canvas.arrow((3.2, middle), (2.75, middle))
    (label,), (chance,) = decode(logits, temperature)
    canvas.box(0.75, middle - 0.45, 1.95, 0.9, "", GREEN)
    canvas.text(1.72, middle - 0.12, label_text(label), size=20, weight="bold")
    canvas.text(1.72, middle + 0.25, f"confidence {reading.confidence:.2f}")
    score = reading.confidence / chance
    text = f"{chance:.2f} (all digits) {TIMES} {score:.2f} (finder)"
    canvas.note(1.72, middle + 0.65, text)


@picture(
    "Train, validation and test",
    "Three parts of the images, of 230,070, 5,684 and 13,068 in the report: train "
    "images change the weights, validation images compare networks and stop training, "
    "test images are measured once, at the end; no image is in two of them.",
    height=3.0,
)
def train_validation_test(canvas: Canvas) -> None:
    """Draw the three parts of the images, to scale, and what each is for."""
    choice = "compares networks, chooses\nhyperparameters, stops training"
    parts = {
        "train": (BLUE, "changes the weights", "at every step"),
        "validation": (ORANGE, choice, "often"),
        "test": (GREEN, "says how good\nthe chosen network is", "once, at the end"),
    }
    counts = {name: paper.TABLE_2[name][0] for name in parts}
    x, whole = 0.3, sum(counts.values())
    for name, (colour, _, _) in parts.items():
        width = 8.4 * counts[name] / whole
        canvas.cell(x, 0.55, width, 0.4, colour, colour)
        x += width
    canvas.text(0.3, 0.33, "the report's images, to scale", ha="left", size=SMALL)
    for at, (name, (colour, what, when)) in enumerate(parts.items()):
        left = 0.3 + 2.87 * at
        canvas.box(left, 1.3, 2.66, 1.35, "", colour, fill=0.12)
        middle = left + 1.33
        title = f"{name}: {counts[name]:,}"
        canvas.text(middle, 1.52, title, weight="bold", color=INK, size=11)
        canvas.text(middle, 1.95, what)
        canvas.text(middle, 2.4, when, color=GRAY)
    canvas.note(4.5, 2.83, "no image, and no copy of one, is in two parts")

"""Real-life photos, read by the report's network and by the reader, side by side.

Figures 4 and 5 of the report show photos that its author took himself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from PIL import Image

from helpers.accuracy import Rate, wilson_interval
from helpers.data.images import PhotoError, load_photo
from helpers.data.photo_folders import NumberPhoto, photo_folder
from helpers.evaluation import predict
from helpers.figures.style import draw_outline, styled
from helpers.preprocessing import crop, gray, grow, label_text
from helpers.reader.finding import overlap
from helpers.sample.photos import draw_photos
from helpers.settings import ROOT, Settings

LARGEST = 1024
"""Photos are kept at no more than so many pixels of their longer side."""

WAYS = {
    "squashed": "seven layers, whole photo",
    "cropped": "seven layers, cropped",
    "box": "reader, in the box",
    "found": "reader, on its own",
}
"""How a photo is read: the report's network on all of it squashed to a square, as its
author did, or cropped by the report's own rule; the reader with the box or without."""


@dataclass(frozen=True)
class Collection:
    """Photos to read, and where they come from.

    Parameters
    ----------
    photos
        Those whose number is known.
    source
        For people: the folder's name, or "drawn".
    left_out
        Why other files of the folder are not among them.
    settings
        Under which figures of these photos are saved.
    """

    photos: tuple[NumberPhoto, ...]
    source: str
    left_out: tuple[str, ...]
    settings: Settings


def course_photos(
    settings: Settings, count: int = 36, own: Path = ROOT / "photos"
) -> Collection:
    """The user's own photos, else those of the data folder, else ``count`` drawn ones.

    Photos are looked for in ``own`` and then in the folder ``photos`` of the settings'
    data; a folder in which no photo's number is told does not count, see
    `photo_folders.photo_folder`.
    """
    if own.is_dir():
        found = _of_folder(own, replace(settings, data=str(own)))
        if found.photos:
            return found
    if (settings.data_folder / "photos").is_dir():
        found = _of_folder(settings.data_folder / "photos", settings)
        if found.photos:
            return found
    # Figures of drawn photos say so, and those of another source stay with its own.
    kept = replace(settings, data="sample", figures_root=settings.figures)
    return Collection(draw_photos(count, settings.seed), "drawn", (), kept)


def _of_folder(folder: Path, settings: Settings) -> Collection:
    photos, left_out = [], []
    for path, number, box in photo_folder(folder):
        if number is None:
            left_out.append(f"{path.name}: its number is not told")
            continue
        try:
            photo = load_photo(path, LARGEST)
        except PhotoError as error:
            left_out.append(str(error))
            continue
        if box is not None:
            box = tuple(photo.to_image(box).tolist())
        photos.append(NumberPhoto(photo.image, number, box, path.name))
    name = f"{folder.parent.name}/{folder.name}"
    return Collection(tuple(photos), name, tuple(left_out), settings)


def read_squares(
    network: keras.Model, photos: Sequence[NumberPhoto], boxes: Sequence
) -> list[str]:
    """What a network of the report reads in boxes, each squashed to a square.

    Nothing is added around a box. An answer that contradicts itself has "-" in place
    of a digit that is missing, and any that are too many in brackets.
    """
    crops = square_crops(photos, boxes, network.input_shape[1])
    return [label_text(answer) for answer in predict(network, crops)]


def square_crops(photos: Sequence[NumberPhoto], boxes, side: int) -> np.ndarray:
    """What is in each photo's box, squashed to a square: uint8 (N, side, side)."""
    return np.stack(
        [
            gray(crop(photo.image, box, side))
            for photo, box in zip(photos, boxes, strict=True)
        ]
    )


def read_four_ways(
    photos: Sequence[NumberPhoto], network: keras.Model, reader, margin: float = 0.10
) -> tuple[pd.DataFrame, list]:
    """What each of `WAYS` reads in each photo.

    Where nobody told the box, the reader's own stands for it, else the whole photo.

    Parameters
    ----------
    photos
        At least one.
    network
        The report's, see `networks.build_network`.
    reader
        `helpers.reader.reader.Reader`.
    margin
        Growth of a box for ``network``, see `Settings`.

    Returns
    -------
    answers : pandas.DataFrame
        A row per photo: ``name``, ``kind``, ``number`` and a column for each way.
    found : list
        What the reader found on its own, `helpers.reader.reader.Reading`.
    """
    images = [photo.image for photo in photos]
    whole = [(0, 0, *image.size) for image in images]
    found = reader.read(images)
    boxes = [
        photo.box or reading.box or all_of_it
        for photo, reading, all_of_it in zip(photos, found, whole, strict=True)
    ]
    cropped = [grow(box, margin) for box in boxes]
    answers = pd.DataFrame(
        {
            "name": [photo.name for photo in photos],
            "kind": [photo.kind for photo in photos],
            "number": [photo.number for photo in photos],
            "squashed": read_squares(network, photos, whole),
            "cropped": read_squares(network, photos, cropped),
            "box": [reading.number for reading in reader.read(images, boxes)],
            "found": [reading.number for reading in found],
        }
    )
    return answers, found


def right_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Whether each way read each photo's whole number: a column for each of `WAYS`."""
    return answers[list(WAYS)].eq(answers["number"], axis=0)


def ways_table(answers: pd.DataFrame) -> pd.DataFrame:
    """How many numbers each way reads, of which kinds, strictly.

    Returns
    -------
    pandas.DataFrame
        A row for each way: ``strict`` with its interval, as text, ``right`` of
        ``photos``, and the share right of each kind, fractions.
    """
    right = right_answers(answers)
    rows = {}
    for way, title in WAYS.items():
        count = int(right[way].sum())
        rate = Rate(count / len(right), *wilson_interval(count, len(right)))
        kinds = right[way].groupby(answers["kind"]).mean()
        rows[title] = {
            "strict": str(rate),
            "right": count,
            "photos": len(right),
            **(kinds if len(kinds) > 1 else {}),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


@styled
def photos_figure(
    photos: Sequence[NumberPhoto],
    answers: pd.DataFrame,
    found: Sequence,
    chosen: Sequence[int],
    columns: int = 4,
) -> Figure:
    """Photos with what each way reads below, green where it is right, red where not.

    The box that was told is drawn in yellow, the reader's own in blue.

    Parameters
    ----------
    photos, answers, found
        See `read_four_ways`.
    chosen
        Places of the photos to show; with none the figure says so.
    """
    if not len(chosen):
        figure = plt.figure(figsize=(9, 1))
        figure.text(0.5, 0.5, "none of these photos", ha="center", va="center")
        return figure
    rows = -(-len(chosen) // columns)
    figure, axes = plt.subplots(
        2 * rows,
        columns,
        figsize=(9, 3.1 * rows),
        height_ratios=[4, 1] * rows,
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.set_axis_off()
        axis.set_anchor("S")
    pairs = zip(axes[::2].flat, axes[1::2].flat, chosen, strict=False)
    for axis, below, place in pairs:
        photo, row = photos[place], answers.iloc[place]
        axis.imshow(
            _thumbnail(photo.image),
            extent=(0, photo.image.width - 0.5, photo.image.height - 0.5, 0),
        )
        for box, colour in ((photo.box, "yellow"), (found[place].box, "deepskyblue")):
            if box is not None:
                draw_outline(axis, box, colour)
        axis.set_title(photo.number, fontsize=11, fontweight="bold")
        for line, (way, title) in enumerate(WAYS.items()):
            right = row[way] == row["number"]
            below.annotate(
                f"{title}: {row[way] or 'nothing'}",
                (0, 1),
                (0, -7 - 10 * line),
                xycoords="axes fraction",
                textcoords="offset points",
                fontsize=7,
                color="green" if right else "firebrick",
            )
    return figure


def _thumbnail(image: Image.Image) -> Image.Image:
    """An image as large as it is shown, so that a figure's file stays small."""
    small = image.copy()
    small.thumbnail((320, 320))
    return small


def boxed_photos(photos: Sequence[NumberPhoto], found: Sequence) -> list[NumberPhoto]:
    """The photos whose box was told, or else found, and with that one."""
    boxed = []
    for photo, reading in zip(photos, found, strict=True):
        box = photo.box or reading.box
        if box is not None:
            boxed.append(replace(photo, box=box))
    return boxed


def is_near(box, told) -> bool:
    """Whether a box found, or None, shares at least half of its union with one told."""
    return box is not None and bool(overlap(box, told) >= 0.5)


def by_margin(
    photos: Sequence[NumberPhoto],
    network: keras.Model,
    reader,
    margins: Sequence[float],
) -> pd.DataFrame:
    """How often the number is read in boxes that are too tight or too loose.

    Parameters
    ----------
    photos
        Each with its box, see `boxed_photos`.
    margins
        Growth of the box on every side, as a share of its width and height; below 0
        it cuts digits off.

    Returns
    -------
    pandas.DataFrame
        A row for each margin: strict accuracy of ``seven layers`` and ``reader``,
        fractions, and how many ``photos``.
    """
    images = [photo.image for photo in photos]
    numbers = np.array([photo.number for photo in photos])
    rows = {}
    for margin in margins:
        boxes = [tuple(grow(photo.box, margin).tolist()) for photo in photos]
        read = [reading.number for reading in reader.read(images, boxes)]
        rows[margin] = {
            "seven layers": (read_squares(network, photos, boxes) == numbers).mean(),
            "reader": (np.array(read) == numbers).mean(),
            "photos": len(photos),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("margin")


@styled
def margin_figure(table: pd.DataFrame) -> Figure:
    """What `by_margin` found, as lines over the margin."""
    figure, axis = plt.subplots(figsize=(7, 3.2), layout="tight")
    for name in ("seven layers", "reader"):
        axis.plot(table.index, table[name], "o-", label=name)
    axis.axvline(0, color="gray", lw=1)
    axis.set(
        xlabel="room around the number's box, share of its width and height",
        ylabel=f"whole numbers right, of {int(table['photos'].iloc[0])}",
        ylim=(0, 1),
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.legend()
    return figure


@styled
def saliency_figure(rows: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    """Crops, and over each the pixels that its network read it from.

    Parameters
    ----------
    rows
        For each network its name, crops uint8 (N, H, W), and maps, float (N, H, W) as
        of `helpers.figures.saliency.saliency`; N is the same for all.
    """
    count = len(rows[0][1])
    figure, axes = plt.subplots(
        2 * len(rows),
        count,
        figsize=(9, 9 / count * 2 * len(rows)),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    for number, (name, crops, maps) in enumerate(rows):
        axes[2 * number, 0].set_ylabel(name, fontsize=8)
        for axis, below, image, heat in zip(
            axes[2 * number], axes[2 * number + 1], crops, maps, strict=True
        ):
            axis.imshow(image, "gray", vmin=0, vmax=255)
            below.imshow(image, "gray", vmin=0, vmax=255)
            most = max(float(np.percentile(heat, 99.5)), 1e-9)
            strength = np.clip(heat / most, 0, 1)
            below.imshow(strength, "hot", vmin=0, vmax=1, alpha=0.15 + 0.75 * strength)
    return figure

"""Real-life photos, read by the report's network and by the reader, four ways."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from helpers.accuracy import Rate, wilson_interval
from helpers.data.images import PhotoError
from helpers.data.photo_folders import NumberPhoto, photo_folder
from helpers.evaluation import predict
from helpers.preprocessing import crop, gray, grow, label_text
from helpers.reader.finding import intersection_over_union
from helpers.reader.reader import Reader, Reading
from helpers.sample.photos import draw_photos
from helpers.settings import ROOT, Settings

MAX_SIDE = 1024
"""Pixels of a photo's longer side; larger photos are made smaller."""

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
    """Photos whose number is known, and where they come from.

    ``left_out`` says why other files of the folder are not among them; figures of the
    photos are saved under ``settings``.
    """

    photos: tuple[NumberPhoto, ...]
    source: str
    left_out: tuple[str, ...]
    settings: Settings


def course_photos(
    settings: Settings, count: int = 36, own: Path = ROOT / "photos"
) -> Collection:
    """Take the user's ``own`` photos, else the data's, else ``count`` drawn ones.

    The data's are in its folder ``photos``; a folder in which no photo's number is told
    does not count, see `photo_folders.photo_folder`.
    """
    of_data = settings.data_folder / "photos"
    for folder, data in ((own, str(own)), (of_data, settings.data)):
        if folder.is_dir():
            found = _of_folder(folder, replace(settings, data=data))
            if found.photos:
                return found
    # Figures of drawn photos say so, and those of another source stay with its own.
    kept = replace(settings, data="sample", figures_root=settings.figures)
    return Collection(draw_photos(count, settings.seed), "drawn", (), kept)


def _of_folder(folder: Path, settings: Settings) -> Collection:
    photos, left_out = [], []
    for found in photo_folder(folder):
        try:
            photos.append(found.load(MAX_SIDE))
        except PhotoError as error:
            left_out.append(str(error))
    name = f"{folder.parent.name}/{folder.name}"
    return Collection(tuple(photos), name, tuple(left_out), settings)


def square_crops(photos: Sequence[NumberPhoto], boxes, side: int) -> np.ndarray:
    """Squash what is in each photo's box to a square: uint8 (N, side, side)."""
    pairs = zip(photos, boxes, strict=True)
    return np.stack([gray(crop(photo.image, box, side)) for photo, box in pairs])


def read_four_ways(
    photos: Sequence[NumberPhoto],
    network: keras.Model,
    reader: Reader,
    margin: float = 0.10,
) -> tuple[pd.DataFrame, list[Reading]]:
    """Read each photo in each of `WAYS`: a row per photo with a column for each.

    Where nobody told the box, the reader's own stands for it, else the whole photo.
    For ``network``, of `networks.build_network`, it grows by ``margin``. Also returned
    are the reader's readings of the whole photos.
    """
    images = [photo.image for photo in photos]
    found = reader.read(images)
    whole = [(0, 0, *image.size) for image in images]
    boxes = [
        photo.box or reading.box or all_of_it
        for photo, reading, all_of_it in zip(photos, found, whole, strict=True)
    ]
    told = ("name", "kind", "number")
    answers = {name: [getattr(photo, name) for photo in photos] for name in told}
    answers["squashed"] = _read_squares(network, photos, whole)
    answers["cropped"] = _read_squares(network, photos, grow(boxes, margin))
    answers["box"] = [reading.number for reading in reader.read(images, boxes)]
    answers["found"] = [reading.number for reading in found]
    return pd.DataFrame(answers), found


def _read_squares(network: keras.Model, photos, boxes) -> list[str]:
    """Read what is in boxes with a network of the report, see `label_text`."""
    crops = square_crops(photos, boxes, network.input_shape[1])
    return [label_text(answer) for answer in predict(network, crops)]


def right_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Say whether each way read each whole number: a column for each of `WAYS`."""
    return answers[list(WAYS)].eq(answers["number"], axis=0)


def ways_table(answers: pd.DataFrame) -> pd.DataFrame:
    """Count the whole numbers that each way reads, a row for each.

    ``strict`` is text, with its interval; where photos are of several kinds there is
    a column with the share right of each.
    """
    right = right_answers(answers).rename(columns=WAYS)
    photos, counts = len(right), right.sum()
    rates = [Rate(n / photos, *wilson_interval(n, photos)) for n in counts]
    table = pd.DataFrame({"strict": [str(rate) for rate in rates], "right": counts})
    table["photos"] = photos
    kinds = right.groupby(answers["kind"]).mean().T
    return table.join(kinds) if kinds.shape[1] > 1 else table


def boxed_photos(
    photos: Sequence[NumberPhoto], found: Sequence[Reading]
) -> list[NumberPhoto]:
    """Return the photos whose box was told, or else found, each with that one."""
    boxed = [
        replace(photo, box=photo.box or reading.box)
        for photo, reading in zip(photos, found, strict=True)
    ]
    return [photo for photo in boxed if photo.box is not None]


def is_near(box, told) -> bool:
    """Say whether a box found, or None, has an IoU of 0.5 or more with one told."""
    return box is not None and bool(intersection_over_union(box, told) >= 0.5)


def by_margin(
    photos: Sequence[NumberPhoto],
    network: keras.Model,
    reader: Reader,
    margins: Sequence[float],
) -> pd.DataFrame:
    """Measure how often numbers are read in boxes that are too tight or too loose.

    A row for each margin, the growth of the photos' boxes as a share of their sides:
    strict accuracy of ``seven layers`` and of the ``reader``, and how many ``photos``.
    """
    images = [photo.image for photo in photos]
    numbers = np.array([photo.number for photo in photos])
    rows = {}
    for margin in margins:
        boxes = grow([photo.box for photo in photos], margin)
        read = [reading.number for reading in reader.read(images, boxes)]
        rows[margin] = {
            "seven layers": (_read_squares(network, photos, boxes) == numbers).mean(),
            "reader": (np.array(read) == numbers).mean(),
            "photos": len(photos),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("margin")

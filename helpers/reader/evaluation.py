"""How often the reader is right: on archives in the official layout, and on photos."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from helpers import datasets
from helpers.accuracy import Score, measure
from helpers.data.digitstruct import read_sound_boxes
from helpers.data.images import PhotoError, load_photo, read_image
from helpers.preprocessing import labels_of, number_label, union_boxes
from helpers.reader.crops import number_crops
from helpers.reader.reader import AT_ONCE, MAX_SIDE, Reader
from helpers.settings import Settings


@dataclass(frozen=True)
class Numbers:
    """Images with the number in each and where it is.

    Parameters
    ----------
    paths
        Files, one for each number, or images.
    labels
        uint8 (N, 6): [length, d1..d5], blank 10.
    boxes
        float64 (N, 4): left, top, right, bottom of the whole number in pixels.
    """

    paths: list[Path | Image.Image]
    labels: np.ndarray
    boxes: np.ndarray

    def __len__(self):
        return len(self.paths)

    def rows(self, chosen) -> "Numbers":
        """Some of them, by a mask or by places."""
        places = np.arange(len(self))[chosen]
        paths = [self.paths[place] for place in places]
        return Numbers(paths, self.labels[places], self.boxes[places])

    def crops(self, crop: Callable = number_crops) -> np.ndarray:
        """Crop each number in its box: uint8 (N, ...), by default (N, 3, 48, 72).

        ``crop`` takes an image and boxes, as those of `helpers.reader.crops` do.
        """
        crops = []
        for path, box in zip(
            tqdm(self.paths, "cropping", unit="image"), self.boxes, strict=True
        ):
            photo = load_photo(path, MAX_SIDE)
            crops.append(crop(photo.image, photo.to_image([box])))
        return np.concatenate(crops)


def archive_numbers(name: str, settings: Settings) -> tuple[Numbers, dict[int, str]]:
    """The images of one to five digits of an archive that can be opened.

    Returns
    -------
    numbers : Numbers
        In the order of the file numbers.
    skipped : dict
        For the number of each image that cannot be opened, or whose row of
        digitStruct.mat is unsound, why.
    """
    folder = datasets.archive_folder(name, settings)
    boxes, faults = read_sound_boxes(folder / "digitStruct.mat")
    images, labels = labels_of(boxes)
    with_boxes, unions = union_boxes(boxes)
    unions = unions[np.searchsorted(with_boxes, images)]
    paths, rows = [], []
    skipped = {fault.image: fault.reason for fault in faults if fault.image is not None}
    for row, image in enumerate(images.tolist()):
        path = folder / f"{image}.png"
        pixels = read_image(path, np.asarray)
        if isinstance(pixels, str):
            skipped[image] = pixels
        else:
            paths.append(path)
            rows.append(row)
    if not paths:
        raise ValueError(
            f"{folder}: none of its {len(images)} images can be opened; expected at "
            "least one. Use a whole archive in the official layout."
        )
    return Numbers(paths, labels[rows], unions[rows]), skipped


def read_numbers(
    reader: Reader, numbers: Numbers, find: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """What the reader says of each image: labels int64 (N, 6), confidences (N,).

    Where it reads nothing, the length is 0: never right.
    """
    boxes = [None] * len(numbers) if find else numbers.boxes
    readings = []
    for start in tqdm(range(0, len(numbers), AT_ONCE), "reading", unit="batch"):
        part = slice(start, start + AT_ONCE)
        readings += reader.read(numbers.paths[part], boxes[part])
    labels = [number_label(one.number) for one in readings]
    confidences = [reading.confidence for reading in readings]
    return np.stack(labels).astype(np.int64), np.array(confidences)


def evaluate_reader(
    reader: Reader, name: str, settings: Settings, find: bool = False
) -> tuple[Score, dict[int, str]]:
    """All measures of the reader on an archive, given the boxes or finding them."""
    numbers, skipped = archive_numbers(name, settings)
    predicted, _ = read_numbers(reader, numbers, find)
    return measure(predicted, numbers.labels), skipped


def photo_numbers(folder: Path | str) -> Numbers:
    """The photos of a folder whose number and box its labels.csv gives."""
    from helpers.data.photo_folders import photo_folder

    known = [photo for photo in photo_folder(folder) if photo.number]
    if not known:
        raise ValueError(
            f"{folder}: no photo whose number is told; expected at least one. Put it "
            "in the file's name (123.jpg) or in labels.csv."
        )
    boxes = []
    for photo in known:
        if photo.box is not None:
            boxes.append(photo.box)
            continue
        try:
            width, height = load_photo(photo.path).size
        except PhotoError:
            width = height = 1
        boxes.append((0, 0, width, height))
    labels = [number_label(photo.number) for photo in known]
    return Numbers(
        [photo.path for photo in known], np.stack(labels), np.array(boxes, float)
    )

"""How often the reader is right: on archives in the official layout."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from helpers.accuracy import Score, measure
from helpers.data.digitstruct import read_sound_boxes
from helpers.data.images import load_photo
from helpers.datasets import archive_folder, read_archive
from helpers.preprocessing import number_label, union_boxes
from helpers.reader.crops import number_crops
from helpers.reader.reader import IMAGES_AT_ONCE, MAX_SIDE, Reader
from helpers.settings import Settings


@dataclass(frozen=True)
class Numbers:
    """Images with the number in each and where it is.

    ``labels`` are uint8 (N, 6), [length, d1..d5], blank 10; ``boxes`` float64 (N, 4),
    left, top, right, bottom of each whole number in pixels.
    """

    paths: list[Path | Image.Image]
    labels: np.ndarray
    boxes: np.ndarray

    def __len__(self):
        return len(self.paths)

    def rows(self, chosen) -> "Numbers":
        """Choose some of them, by a mask or by places."""
        places = np.arange(len(self))[chosen]
        paths = [self.paths[place] for place in places]
        return Numbers(paths, self.labels[places], self.boxes[places])

    def crops(self, crop: Callable = number_crops) -> np.ndarray:
        """Crop each number in its box: uint8 (N, ...), by default (N, 3, 48, 72).

        ``crop`` takes an image and boxes, as those of `helpers.reader.crops` do.
        """
        crops = []
        for row, path in enumerate(tqdm(self.paths, "cropping", unit="image")):
            photo = load_photo(path, MAX_SIDE)
            crops.append(crop(photo.image, photo.to_image(self.boxes[[row]])))
        return np.concatenate(crops)


def archive_numbers(name: str, settings: Settings) -> tuple[Numbers, dict[int, str]]:
    """Take the images of an archive, and by number why others are left out.

    They are those that a network is measured on too, see `read_archive`.
    """
    split, skipped = read_archive(name, replace(settings, crop_size=1))
    folder = archive_folder(name, settings)
    images, boxes = union_boxes(read_sound_boxes(folder / "digitStruct.mat")[0])
    rows = np.searchsorted(images, split.numbers)
    paths = [folder / f"{number}.png" for number in split.numbers]
    return Numbers(paths, split.labels, boxes[rows]), skipped


def read_numbers(
    reader: Reader, numbers: Numbers, find: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Read every image, in its box or, to ``find`` the number, without.

    Labels int64 (N, 6), of length 0, never right, where nothing is read, and
    confidences float64 (N,).
    """
    boxes = [None] * len(numbers) if find else numbers.boxes
    readings = []
    for start in tqdm(range(0, len(numbers), IMAGES_AT_ONCE), "reading", unit="batch"):
        part = slice(start, start + IMAGES_AT_ONCE)
        readings += reader.read(numbers.paths[part], boxes[part])
    labels = np.array([number_label(one.number) for one in readings], np.int64)
    return labels, np.array([one.confidence for one in readings])


def evaluate_reader(
    reader: Reader, name: str, settings: Settings, find: bool = False
) -> tuple[Score, dict[int, str]]:
    """Measure the reader on `archive_numbers`, given the boxes or finding them."""
    numbers, skipped = archive_numbers(name, settings)
    predicted, _ = read_numbers(reader, numbers, find)
    return measure(predicted, numbers.labels), skipped

"""A photo in, a number out: find the number, read it, and say how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from scipy.special import softmax

from helpers.finding import find_boxes, overlap
from helpers.photos import Photo, PhotoError, load_photo
from helpers.reader_images import crop_gray
from helpers.reader_weights import SHIPPED, load_weights
from helpers.reading import alternatives, decode, number_text
from helpers.svhn import normalise

LONGEST = 1_600
"""A photo is read at no more than so many pixels of its longer side."""

LOOKS = ((0, 0, 0), (0, 0, 0.08), (0.04, 0, 0.02), (-0.04, 0, 0.02), (0, 0, -0.06))
"""A number is read from several crops, whose answers are averaged: shifts to the
right and down, and growth on every side, as shares of the box."""

FEWEST = 0.15
"""A number found with less confidence is not listed among the others."""

BATCH = 256
"""Crops at a time, which bounds the memory."""


@dataclass(frozen=True)
class Reading:
    """What was read in an image.

    Parameters
    ----------
    number
        Its digits; "" where nothing was read.
    confidence
        0 to 1: the probability of the number, and of its being one where it was
        looked for.
    box
        left, top, right, bottom in pixels of the upright image; None for none.
    sure
        Whether the confidence reaches the threshold set on validation images.
    alternatives
        For each digit its likeliest values with their probabilities.
    others
        Other numbers found, the clearest first.
    source
        Name of the file, or "image 3".
    error
        Why the image could not be read, or "".
    """

    number: str
    confidence: float
    box: tuple[int, int, int, int] | None
    sure: bool
    alternatives: tuple[tuple[tuple[str, float], ...], ...]
    others: tuple["Reading", ...] = ()
    source: str = ""
    error: str = ""


@dataclass(frozen=True)
class Reader:
    """Networks that find and read numbers.

    Parameters
    ----------
    network
        float32 (N, 48, 48, 1) crops to logits (N, 6, 11).
    finder
        float32 (N, H, W, 1) images to cells, see `reader_networks.build_finder`.
    card
        How the weights were made, on what, and how they were measured.
    """

    network: keras.Model
    finder: keras.Model
    card: dict

    @classmethod
    def pretrained(cls) -> "Reader":
        """The reader that the project brings, trained on drawn images alone."""
        return cls.load(SHIPPED)

    @classmethod
    def load(cls, path: Path | str) -> "Reader":
        """A reader from a file of weights; errors as of `load_weights`."""
        networks, card = load_weights(path)
        return cls(networks["reader"], networks["finder"], card)

    def read(self, images: Sequence, boxes: Sequence | None = None) -> list[Reading]:
        """Read the number in each image, where its box says or wherever it is.

        An image that cannot be read gives a reading with an ``error``; the rest are
        still read.

        Parameters
        ----------
        images
            Paths, Pillow images or arrays, see `photos.load_photo`.
        boxes
            For each image (left, top, right, bottom) of its number in pixels of the
            upright image, or None, and the number is looked for.

        Raises
        ------
        ValueError
            There is not one box for each image.
        """
        if isinstance(images, (str, Path, Image.Image)):
            images = [images]
        boxes = [None] * len(images) if boxes is None else list(boxes)
        if len(boxes) != len(images):
            raise ValueError(
                f"{len(boxes)} boxes for {len(images)} images; expected one each, None "
                "where the number is to be found."
            )
        return [
            self._read_one(image, box, f"image {number}")
            for number, (image, box) in enumerate(zip(images, boxes, strict=True), 1)
        ]

    def crops(self, image: Image.Image, boxes) -> np.ndarray:
        """What the network sees of boxes (N, 4): uint8 (N, 48, 48)."""
        return crop_gray(image, boxes)

    def logits(self, image: Image.Image, boxes) -> np.ndarray:
        """The network's answer to each box (N, 4) over several looks: (N, 6, 11).

        Logarithms of the probabilities' mean over the looks.
        """
        boxes = np.asarray(boxes, float)
        size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        crops = [
            crop_gray(image, boxes + size * [x - g, y - g, x + g, y + g])
            for x, y, g in LOOKS
        ]
        return self.looks_at(np.stack(crops, axis=1))

    def looks_at(self, crops: np.ndarray) -> np.ndarray:
        """The answer to crops of N numbers, uint8 (N, L, 48, 48): (N, 6, 11)."""
        count, looks = crops.shape[:2]
        flat = crops.reshape(-1, *crops.shape[2:])
        answers = [
            _forward(self.network, flat[start : start + BATCH])
            for start in range(0, len(flat), BATCH)
        ]
        chances = softmax(np.concatenate(answers), axis=-1)
        chances = chances.reshape(count, looks, *chances.shape[1:]).mean(axis=1)
        return np.log(np.maximum(chances, 1e-12))

    def find(self, image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
        """Where numbers may be: boxes (K, 4), likeliest first, and scores (K,)."""
        return find_boxes(self.finder, image)

    def _read_one(self, source, box, name: str) -> Reading:
        if isinstance(source, (str, Path)):
            name = Path(source).name
        try:
            photo = load_photo(source, LONGEST, name)
            if box is not None:
                return replace(self._read_box(photo, box), source=name)
            return replace(self._find_and_read(photo), source=name)
        except PhotoError as error:
            return Reading("", 0.0, None, False, (), (), name, str(error))

    def _read_box(self, photo: Photo, box) -> Reading:
        box = _checked_box(box, photo)
        logits = self.logits(photo.image, photo.to_image([box]))
        return self._readings(logits, [box], np.ones(1))[0]

    def _find_and_read(self, photo: Photo) -> Reading:
        boxes, scores = self.find(photo.image)
        if not len(boxes):
            return Reading("", 0.0, None, False, ())
        readings = self._readings(
            self.logits(photo.image, boxes), photo.to_original(boxes), scores
        )
        best, *rest = sorted(readings, key=lambda reading: -reading.confidence)
        others = []
        for reading in rest:
            taken = (best, *others)
            apart = all(overlap(reading.box, one.box) < 0.2 for one in taken)
            if apart and reading.confidence >= FEWEST:
                others.append(reading)
        return replace(best, others=tuple(others))

    def _readings(self, logits, boxes, scores) -> list[Reading]:
        labels, chances = decode(logits)
        confidences = chances * scores
        return [
            Reading(
                number=number_text(label),
                confidence=float(confidence),
                box=tuple(round(float(edge)) for edge in box),
                sure=bool(confidence >= self.card.get("sure_from", 0.5)),
                alternatives=alternatives(row, label[0]),
            )
            for label, confidence, box, row in zip(
                labels, confidences, boxes, logits, strict=True
            )
        ]


def _checked_box(box, photo: Photo) -> tuple[float, ...]:
    left, top, right, bottom = (float(edge) for edge in box)
    width, height = photo.size
    if not (left < right and top < bottom) or min(right, bottom) <= 0:
        found = "is empty or outside"
    elif left >= width or top >= height:
        found = "is outside"
    else:
        return left, top, right, bottom
    raise PhotoError(
        f"{photo.name}: the box {tuple(box)} {found}; expected left, top, right, "
        f"bottom in pixels of the upright image, {width} x {height}. Give the "
        "number's box, or none to have it found."
    )


def _forward(network: keras.Model, crops: np.ndarray) -> np.ndarray:
    inputs = normalise(crops)[..., None]
    return keras.ops.convert_to_numpy(network(inputs, training=False))

"""A photo in, a number out: find the number, read it, and say how sure that is."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.special import softmax

from helpers.data.images import Photo, PhotoError, load_photo
from helpers.evaluation import forward
from helpers.preprocessing import label_text, normalise
from helpers.reader.crops import SIZE, crop_gray, number_crops
from helpers.reader.decoding import alternatives, decode
from helpers.reader.finding import (
    DEFAULTS,
    FindingOptions,
    find_boxes,
    intersection_over_smaller,
)
from helpers.reader.proposals import Proposals
from helpers.reader.weights import SHIPPED, load_weights

MAX_SIDE = 1_600
"""Pixels of a photo's longer side that it is read at, at most."""

IMAGES_AT_ONCE = 64
"""Images whose crops go through the network together."""


@dataclass(frozen=True)
class Reading:
    """What was read in an image.

    The ``confidence``, 0 to 1, is the probability of the number and, where it was
    found, of being one; it is ``sure`` if that reaches the threshold set on validation
    images. ``alternatives`` are for each digit its likeliest values with their
    probabilities.
    """

    number: str = ""  # "" where nothing was read
    confidence: float = 0.0
    box: tuple[int, int, int, int] | None = None  # pixels of the upright image
    sure: bool = False
    alternatives: tuple[tuple[tuple[str, float], ...], ...] = ()
    others: tuple["Reading", ...] = ()  # numbers found besides, the likeliest first
    source: str = ""  # name of the file, or "image 3"
    error: str = ""  # why it could not be read


@dataclass(frozen=True)
class Reader:
    """Networks that find and read numbers.

    They are as those of `networks.build_reader` and `networks.build_finder`;
    ``metadata`` say how the weights were made, on what, and how they were measured.
    """

    network: keras.Model
    finder: keras.Model
    metadata: dict
    options: FindingOptions = DEFAULTS

    @classmethod
    def pretrained(cls) -> "Reader":
        """Load the reader that the project brings, trained on drawn images alone."""
        return cls.load(SHIPPED)

    @classmethod
    def load(cls, path: Path | str) -> "Reader":
        """Load a reader from a file of weights; errors as of `load_weights`."""
        networks, metadata = load_weights(path)
        return cls(networks["reader"], networks["finder"], metadata)

    def read(self, images: Sequence, boxes: Sequence | None = None) -> list[Reading]:
        """Read the number in each image, where its box says or wherever it is.

        One that cannot be read gives a reading with an ``error``; the rest are read.

        ``images`` are paths, files' bytes, Pillow images or arrays, see `load_photo`;
        or one. ``boxes`` are for each the box of its number, (left, top, right, bottom)
        in pixels of the upright image, or None, and the number is looked for.
        """
        images = [images] if _is_one(images) else list(images)
        boxes = [None] * len(images) if boxes is None else list(boxes)
        if len(boxes) != len(images):
            raise ValueError(
                f"{len(boxes)} boxes for {len(images)} images; expected one each, None "
                "where the number is to be found."
            )
        names = [
            Path(image).name if isinstance(image, (str, os.PathLike)) else f"image {at}"
            for at, image in enumerate(images, 1)
        ]
        readings = []
        for start in range(0, len(images), IMAGES_AT_ONCE):
            part = slice(start, start + IMAGES_AT_ONCE)
            readings += self._read_together(images[part], boxes[part], names[part])
        return readings

    def crops(self, image: Image.Image, boxes) -> np.ndarray:
        """Crop boxes (N, 4) as the network sees them: uint8 (N, 48, 72)."""
        return crop_gray(image, boxes)

    def logits_of_crops(self, crops: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Read N numbers from C crops of each, uint8 (N, C, 48, 72).

        Returns the logarithms of the mean probabilities, float64 (N, 6, 11).
        """
        count, each = crops.shape[:2]
        flat = crops.reshape(-1, *crops.shape[2:])
        logits = forward(
            self._network, flat, batch_size, lambda part: normalise(part)[..., None]
        )
        chances = softmax(logits, axis=-1).reshape(count, each, *logits.shape[1:])
        return np.log(np.maximum(chances.mean(axis=1), 1e-12))

    def find(self, image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
        """Find where numbers may be: boxes (K, 4), likeliest first, and scores (K,)."""
        return find_boxes(self._finder, image, self.options)

    @cached_property
    def _network(self) -> Callable:
        return compiled(self.network, (None, *SIZE[::-1], 1))

    @cached_property
    def _finder(self) -> Callable:
        return compiled(self.finder, (None, None, None, 1))

    def _read_together(self, images, boxes, names) -> list[Reading]:
        readings, found, crops = [], [], []
        for image, box, name in zip(images, boxes, names, strict=True):
            try:
                photo = load_photo(image, MAX_SIDE, name)
                proposals = self._propose(photo, box)
            except PhotoError as error:
                readings.append(Reading(source=name, error=str(error)))
                continue
            if len(proposals.boxes):
                found.append((len(readings), proposals))
                crops.append(number_crops(photo.image, photo.to_image(proposals.boxes)))
            readings.append(Reading(source=name))
        if found:
            logits = self.logits_of_crops(np.concatenate(crops))
            for place, proposals in found:
                own, logits = np.split(logits, [len(proposals.boxes)])
                readings[place] = self._best(proposals, own, names[place])
        return readings

    def _propose(self, photo: Photo, box) -> Proposals:
        """The box that is given, in pixels of the original, or all that are found."""
        if box is not None:
            return Proposals.given(_checked_box(box, photo))
        boxes, scores = self.find(photo.image)
        boxes = photo.to_original(boxes)
        return Proposals.around(boxes, scores, photo.size, self.options)

    def _best(self, proposals: Proposals, logits: np.ndarray, name: str) -> Reading:
        """The likeliest of the numbers of an image, with the others."""
        # Before the temperature: it says how sure a number is, and must choose none.
        labels, chances = decode(logits)
        rows = proposals.choose(labels[:, 0], chances, self.options)
        temperature = self.metadata.get("temperature", 1.0)
        labels, chances = decode(logits[rows], temperature)
        confidences = (chances * proposals.scores[rows]).tolist()
        readings = []
        for label, confidence, row in zip(labels, confidences, rows, strict=True):
            reading = Reading(
                number=label_text(label),
                confidence=confidence,
                box=tuple(round(edge) for edge in proposals.boxes[row].tolist()),
                sure=confidence >= self.metadata.get("sure_from", 0.5),
                alternatives=alternatives(logits[row] / temperature, label[0]),
            )
            is_likely = not readings or confidence >= self.options.min_other_confidence
            inside = [intersection_over_smaller(reading.box, o.box) for o in readings]
            if is_likely and all(x < self.options.max_other_inside for x in inside):
                readings.append(reading)
        best, *others = readings
        return replace(best, others=tuple(others), source=name)


def compiled(network: keras.Model, shape: tuple) -> Callable:
    """Trace a network as one graph, which needs a fraction of the time for few images.

    It takes float32 arrays of ``shape``.
    """
    return tf.function(
        partial(network, training=False),
        input_signature=[tf.TensorSpec(shape, tf.float32)],
        autograph=False,
    )


def _is_one(images) -> bool:
    """Whether this is an image, and no sequence of them."""
    if isinstance(images, np.ndarray):
        return images.ndim == 2 or (images.ndim == 3 and images.shape[-1] in (1, 3, 4))
    kinds = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    return isinstance(images, kinds)


def _checked_box(box, photo: Photo) -> np.ndarray:
    """Return the box as four floats; a PhotoError says if it cannot be used."""
    size = np.array(photo.size)
    with suppress(TypeError, ValueError):
        left, top, right, bottom = (float(edge) for edge in box)
        low, high = np.array([left, top]), np.array([right, bottom])
        is_inside = np.maximum(low, 0) < np.minimum(high, size)
        if (is_inside & (high - low <= 3 * size)).all():
            return np.concatenate([low, high])
    raise PhotoError(
        f"{photo.name}: the box {box} is of no part of it; expected left, top, right, "
        f"bottom in pixels of the upright image, {size[0]} x {size[1]}, at most three "
        "times as large. Give the number's box, or none to have it found."
    )

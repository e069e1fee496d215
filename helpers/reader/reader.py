"""A photo in, a number out: find the number, read it, and say how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.special import softmax

from helpers.data.images import Photo, PhotoError, load_photo
from helpers.preprocessing import label_text, normalise
from helpers.reader.crops import SIZE, crop_gray, number_crops
from helpers.reader.decoding import alternatives, decode
from helpers.reader.finding import (
    LOWEST_SCORE,
    are_parts,
    find_boxes,
    joined,
    shared,
    widened,
)
from helpers.reader.weights import SHIPPED, load_weights

MAX_SIDE = 1_600
"""A photo is read at no more than so many pixels of its longer side."""

FEWEST = 0.15
"""A number found with less confidence is not listed among the others."""

WHOLE = 0.5
"""A number read in two boxes side by side is at least so many times as clear as what is
read in either, or they are two."""

AT_ONCE = 64
"""Images that are read together."""

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
        float32 (N, 48, 72, 1) crops to logits (N, 6, 11).
    finder
        float32 (N, H, W, 1) images to cells, see `reader_networks.build_finder`.
    metadata
        How the weights were made, on what, and how they were measured.
    """

    network: keras.Model
    finder: keras.Model
    metadata: dict

    @classmethod
    def pretrained(cls) -> "Reader":
        """The reader that the project brings, trained on drawn images alone."""
        return cls.load(SHIPPED)

    @classmethod
    def load(cls, path: Path | str) -> "Reader":
        """A reader from a file of weights; errors as of `load_weights`."""
        networks, metadata = load_weights(path)
        return cls(networks["reader"], networks["finder"], metadata)

    @property
    def temperature(self) -> float:
        """What logits are divided by, so that confidences are shares of right ones."""
        return self.metadata.get("temperature", 1.0)

    def read(self, images: Sequence, boxes: Sequence | None = None) -> list[Reading]:
        """Read the number in each image, where its box says or wherever it is.

        An image that cannot be read gives a reading with an ``error``; the rest are
        still read.

        Parameters
        ----------
        images
            Paths, Pillow images or arrays, see `images.load_photo`.
        boxes
            For each image (left, top, right, bottom) of its number in pixels of the
            upright image, or None, and the number is looked for.

        Raises
        ------
        ValueError
            There is not one box for each image.
        """
        if _is_one(images):
            images = [images]
        boxes = [None] * len(images) if boxes is None else list(boxes)
        if len(boxes) != len(images):
            raise ValueError(
                f"{len(boxes)} boxes for {len(images)} images; expected one each, None "
                "where the number is to be found."
            )
        names = [f"image {number}" for number in range(1, len(images) + 1)]
        readings = []
        for start in range(0, len(images), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            readings += self._read_some(images[part], boxes[part], names[part])
        return readings

    def crops(self, image: Image.Image, boxes) -> np.ndarray:
        """What the network sees of boxes (N, 4): uint8 (N, 48, 72)."""
        return crop_gray(image, boxes)

    def logits(self, image: Image.Image, boxes) -> np.ndarray:
        """The answer to each box (N, 4), the mean over its crops: (N, 6, 11)."""
        return self.logits_of_crops(number_crops(image, boxes))

    def logits_of_crops(self, crops: np.ndarray) -> np.ndarray:
        """The answer to C crops of each of N numbers, uint8 (N, C, 48, 72).

        float64 (N, 6, 11), the logarithms of the probabilities' means over the crops.
        """
        count, each = crops.shape[:2]
        flat = crops.reshape(-1, *crops.shape[2:])
        answers = [
            self._answers(normalise(flat[start : start + BATCH])[..., None])
            for start in range(0, len(flat), BATCH)
        ]
        chances = softmax(np.concatenate(answers), axis=-1)
        chances = chances.reshape(count, each, *chances.shape[1:]).mean(axis=1)
        return np.log(np.maximum(chances, 1e-12))

    def find(self, image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
        """Where numbers may be: boxes (K, 4), likeliest first, and scores (K,)."""
        return find_boxes(self._cells, image)

    @cached_property
    def _answers(self) -> Callable:
        return compiled(self.network, (None, *SIZE[::-1], 1))

    @cached_property
    def _cells(self) -> Callable:
        return compiled(self.finder, (None, None, None, 1))

    def _read_some(self, images, boxes, names) -> list[Reading]:
        """Read images together, so that the network sees many crops at once."""
        seen = [self._look(*asked) for asked in zip(images, boxes, names, strict=True)]
        crops = [one.crops for one in seen if isinstance(one, _Seen)]
        answers = self.logits_of_crops(np.concatenate(crops)) if crops else []
        ends = np.cumsum([len(part) for part in crops])[:-1]
        parts = iter(np.split(answers, ends)) if crops else iter(())
        return [
            self._reading(one, next(parts)) if isinstance(one, _Seen) else one
            for one in seen
        ]

    def _look(self, source, box, name: str) -> "_Seen | Reading":
        """Load an image and crop its number, or all that may be one."""
        if isinstance(source, (str, Path)):
            name = Path(source).name
        try:
            photo = load_photo(source, MAX_SIDE, name)
            if box is not None:
                boxes, scores = np.array([_checked_box(box, photo)]), np.ones(1)
                found, pairs = 1, np.empty((0, 2), int)
            else:
                boxes, scores = self.find(photo.image)
                likely = scores >= LOWEST_SCORE
                boxes, scores = photo.to_original(boxes[likely]), scores[likely]
                found = len(boxes)
                both, pairs = joined(boxes, photo.size)
                boxes = np.concatenate([boxes, widened(boxes, photo.size), both])
                scores = np.concatenate([scores, scores, scores[pairs].max(axis=1)])
        except PhotoError as error:
            return Reading("", 0.0, None, False, (), (), name, str(error))
        if not len(boxes):
            return Reading("", 0.0, None, False, (), (), name)
        crops = number_crops(photo.image, photo.to_image(boxes))
        return _Seen(name, found, pairs, boxes, scores, crops)

    def _reading(self, seen: "_Seen", logits: np.ndarray) -> Reading:
        """The clearest of the numbers of an image, with the others."""
        # Before the temperature: it says how sure an answer is, and must not choose it.
        labels, chances = decode(logits)
        lengths, clear = labels[:, 0], chances * seen.scores
        ends = [seen.found, 2 * seen.found]
        single, wide, both = np.split(np.arange(len(lengths)), ends)
        # A wider box counts if more digits are read in it, and no less surely.
        within = single[: len(wide)]
        more = (lengths[wide] > lengths[within]) & (clear[wide] >= clear[within])
        # Two side by side count as one if all their digits are read in it.
        whole = lengths[both] == lengths[seen.pairs].sum(axis=1)
        whole &= clear[both] >= WHOLE * clear[seen.pairs].max(axis=1)
        kept = np.concatenate([single, wide[more], both[whole]])
        boxes, scores = seen.boxes[kept], seen.scores[kept]
        parts = are_parts(boxes, scores, lengths[kept], clear[kept])
        kept = kept[~parts]
        order = kept[np.argsort(-clear[kept], kind="stable")]
        best, *rest = self._readings(
            logits[order], seen.boxes[order], seen.scores[order]
        )
        others = []
        for reading in rest:
            taken = (best, *others)
            apart = all(shared(reading.box, one.box) < 0.3 for one in taken)
            if apart and reading.confidence >= FEWEST:
                others.append(reading)
        return replace(best, others=tuple(others), source=seen.name)

    def _readings(self, logits, boxes, scores) -> list[Reading]:
        labels, chances = decode(logits, self.temperature)
        confidences = chances * scores
        return [
            Reading(
                number=label_text(label),
                confidence=float(confidence),
                box=tuple(round(float(edge)) for edge in box),
                sure=bool(confidence >= self.metadata.get("sure_from", 0.5)),
                alternatives=alternatives(row / self.temperature, label[0]),
            )
            for label, confidence, box, row in zip(
                labels, confidences, boxes, logits, strict=True
            )
        ]


@dataclass(frozen=True)
class _Seen:
    """An image's boxes in its own pixels, their scores, and the crops of each.

    The first ``found`` boxes are found, or given; then come wider ones of each, and
    those round both of ``pairs``, int64 (J, 2), of the first.
    """

    name: str
    found: int
    pairs: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    crops: np.ndarray


def compiled(network: keras.Model, shape: tuple) -> Callable:
    """A network as one graph, from float32 arrays of ``shape`` to its answers.

    The same as called one operation after the other, in a fraction of the time.
    """

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    def answers(inputs):
        return network(inputs, training=False)

    return lambda inputs: answers(inputs).numpy()


def _is_one(images) -> bool:
    """Whether this is an image, and no sequence of them."""
    if isinstance(images, np.ndarray):
        return images.ndim == 2 or (images.ndim == 3 and images.shape[-1] in (1, 3, 4))
    return isinstance(images, (str, Path, Image.Image))


def _checked_box(box, photo: Photo) -> tuple[float, ...]:
    width, height = photo.size
    try:
        left, top, right, bottom = (float(edge) for edge in box)
    except (TypeError, ValueError):
        found = "is no four numbers"
    else:
        edges = np.array([left, top, right, bottom])
        if not np.isfinite(edges).all():
            found = "is not finite"
        elif not (left < right and top < bottom):
            found = "is empty"
        elif right <= 0 or bottom <= 0 or left >= width or top >= height:
            found = "is outside"
        elif right - left > 3 * width or bottom - top > 3 * height:
            found = "is more than three times as large as the image"
        else:
            return left, top, right, bottom
    raise PhotoError(
        f"{photo.name}: the box {box} {found}; expected left, top, right, bottom in "
        f"pixels of the upright image, {width} x {height}. Give the number's box, or "
        "none to have it found."
    )

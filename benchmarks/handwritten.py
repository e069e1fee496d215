"""Numbers of scikit-learn's handwritten digits, none of which the reader learns."""

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from helpers.preprocessing import number_label
from helpers.reader.evaluation import Numbers

DIGIT_HEIGHT = 64  # in pixels, about; the originals have 8

CLOSE, APART = (1 / 32, 1 / 4), (1 / 2, 1)
"""Least and largest gap between two digits, in their heights."""


def handwritten_numbers(count: int, seed: int = 0, gaps: tuple = CLOSE) -> Numbers:
    """Compose ``count`` numbers of two to four digits, each as often.

    The digits are 1,797 of 13 people, 8 x 8 pixels each: the test set of "Optical
    Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998, UCI). Gray Pillow
    images stand in place of paths; ``gaps`` are `CLOSE` or `APART`.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    places = [np.flatnonzero(digits.target == digit) for digit in range(10)]
    images, labels, boxes = [], [], []
    for _ in range(count):
        number = rng.integers(0, 10, rng.integers(2, 5))
        masks = [digits.images[rng.choice(places[digit])] for digit in number]
        image, box = _side_by_side(rng, masks, gaps)
        images.append(image)
        labels.append(number_label(number))
        boxes.append(box)
    return Numbers(images, np.stack(labels), np.array(boxes, float))


def framed(numbers: Numbers, room: float, seed: int = 0) -> Numbers:
    """Give handwritten numbers more or less paper round each.

    ``room`` is from the box to every edge of the image, in heights of the box.
    """
    rng = np.random.default_rng(seed)
    images, boxes = [], []
    for image, box in zip(numbers.paths, numbers.boxes, strict=True):
        low, high = box[:2].astype(int), box[2:].astype(int)
        away = max(1, round(room * (high[1] - low[1])))
        size = high - low + 2 * away
        pixels = np.asarray(image)
        corner = pixels[: DIGIT_HEIGHT // 2, : DIGIT_HEIGHT // 2]
        paper = rng.normal(np.median(pixels), corner.std(), size[::-1])
        sheet = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))
        sheet.paste(image, tuple((away - low).tolist()))
        images.append(sheet)
        boxes.append([away, away, *(size - away)])
    return Numbers(images, numbers.labels, np.array(boxes, float))


def _side_by_side(rng: np.random.Generator, masks, gaps):
    """Digits, float (8, 8) of 0 to 16, as pen on paper, and the box round them."""
    width = round(DIGIT_HEIGHT * (2 + (3 / 4 + gaps[1]) * len(masks)))
    ink, boxes = Image.new("L", (width, 3 * DIGIT_HEIGHT)), []
    left = DIGIT_HEIGHT
    for mask in masks:
        columns = np.flatnonzero((mask > 2).any(0))
        mask = np.uint8(mask[:, columns[0] : columns[-1] + 1] * (255 / 16))
        width = round(mask.shape[1] * DIGIT_HEIGHT / 8 * rng.uniform(0.75, 1.0))
        height = round(DIGIT_HEIGHT * rng.uniform(0.85, 1.15))
        top = DIGIT_HEIGHT + round(rng.normal(0, 4))
        large = Image.fromarray(mask).resize((width, height), Image.Resampling.BICUBIC)
        ink.paste(large, (left, top), large)
        boxes.append((left, top, left + width, top + height))
        left += width + round(DIGIT_HEIGHT * rng.uniform(*gaps))
    cover = np.clip((np.asarray(ink) / 255 - 0.15) / 0.6, 0, 1)
    paper, pen = rng.uniform(150, 245), rng.uniform(0, 90)
    pixels = paper + (pen - paper) * cover
    pixels += rng.normal(0, rng.uniform(1, 6), pixels.shape)
    boxes = np.add(boxes, [-5, -4, 5, 4])
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image, (*boxes[:, :2].min(0), *boxes[:, 2:].max(0))

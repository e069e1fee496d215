"""How often a network is right, by measures that are easily confused.

Answers and labels are integer arrays (N, 6), [length, d1..d5]: the number of digits,
then five digit slots, the unused ones holding ``BLANK``. The report's text defines the
*strict* measure; its program printed the *six-position* one, which counts blanks too.
Every measure refuses arrays that are none of these by a ValueError.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

BLANK = 10
POSITIONS = 6
MAX_DIGITS = POSITIONS - 1


@dataclass(frozen=True)
class Rate:
    """A fraction with the 95 % Wilson interval it was measured within."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class Coverage:
    """The ``share`` of images kept when the least sure answers are left out.

    Kept are answers at least as sure as ``threshold``; ``accuracy`` is the fraction
    right of those, not a number if there are none.
    """

    share: float
    threshold: float
    accuracy: float


@dataclass(frozen=True)
class Score:
    """The measures of one set of answers, the strict one first."""

    images: int
    strict: Rate
    six_position: Rate
    digit: Rate
    length: Rate

    def values(self) -> dict[str, float]:
        """Return the measures as plain numbers, without their intervals."""
        rates = {name: getattr(self, name).value for name in MEASURES}
        return {"images": self.images} | rates

    def __str__(self):
        lines = [
            f"{name.replace('_', '-'):12}  {getattr(self, name)}" for name in MEASURES
        ]
        return "\n".join([f"{self.images:,} images", *lines])


def sequence_accuracy(predicted, labels) -> float:
    """Measure the fraction of images whose length and every digit are right.

    This is the strict measure, the report's definition: 3165 for 2165 scores 0, and so
    does an answer of two digits that holds a third: it contradicts itself.
    """
    predicted, labels = _checked(predicted, labels)
    return float((predicted == labels).all(axis=1).mean())


def position_accuracy(predicted, labels) -> float:
    """Measure the fraction of all six positions that are right, blanks included.

    This is what the report's program printed. A number of one digit has four blanks,
    so that an answer to it can be wrong and still score 5/6.
    """
    predicted, labels = _checked(predicted, labels)
    return float((predicted == labels).mean())


def digit_accuracy(predicted, labels) -> float:
    """Measure the fraction right of the slots that hold a digit."""
    predicted, labels = _checked(predicted, labels)
    return float((predicted == labels)[:, 1:][labels[:, 1:] != BLANK].mean())


def length_accuracy(predicted, labels) -> float:
    """Measure the fraction of images whose number of digits is right."""
    predicted, labels = _checked(predicted, labels)
    return float((predicted[:, 0] == labels[:, 0]).mean())


MEASURES = {
    "strict": sequence_accuracy,
    "six_position": position_accuracy,
    "digit": digit_accuracy,
    "length": length_accuracy,
}


def measure(predicted, labels) -> Score:
    """Take all measures of one set of answers, each with its 95 % interval.

    The positions of one image are right or wrong together more often than chance, so
    that every interval counts images, not positions, as its trials: for the six
    positions and the digits it is, if anything, too wide.
    """
    images, rates = len(labels), {}
    for name, function in MEASURES.items():
        value = function(predicted, labels)
        rates[name] = Rate(value, *wilson_interval(value * images, images))
    return Score(images, **rates)


def accuracy_by_length(predicted, labels) -> dict[int, Score]:
    """Take all measures for each true number of digits that occurs, shortest first."""
    predicted, labels = _checked(predicted, labels)
    rows = {int(n): labels[:, 0] == n for n in np.unique(labels[:, 0])}
    return {n: measure(predicted[of_n], labels[of_n]) for n, of_n in rows.items()}


def coverage_at_accuracy(confidences, right, accuracy: float = 0.98) -> Coverage:
    """Find the largest part of the images that can be kept at an accuracy, 0 to 1.

    Those are kept whose confidence reaches a threshold, the lowest at which at least
    ``accuracy`` of them are right (Goodfellow et al. 2014, section 3): images that are
    equally sure are kept together or not at all. Where no threshold is enough nothing
    is kept, and the threshold is infinite. See `checked_confidences`.
    """
    confidences, right = checked_confidences(confidences, right)
    order = np.argsort(-confidences, kind="stable")
    confidences = confidences[order]
    last = np.append(confidences[1:] != confidences[:-1], True)  # of equals
    shares = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(last & (shares >= accuracy))
    if not len(enough):
        return Coverage(0.0, np.inf, np.nan)
    end = enough[-1]
    kept = float((end + 1) / len(right))
    return Coverage(kept, float(confidences[end]), float(shares[end]))


def checked_confidences(confidences, right) -> tuple[np.ndarray, np.ndarray]:
    """Return how sure each answer is, float (N,), and whether it is right, bool (N,).

    Raises ValueError of any other arrays.
    """
    confidences, right = np.asarray(confidences, float), np.asarray(right)
    fits = confidences.ndim == 1 and confidences.shape == right.shape and len(right)
    if not (fits and right.dtype == bool and np.isfinite(confidences).all()):
        raise ValueError(
            f"confidences have shape {confidences.shape}, right {right.dtype} "
            f"{right.shape}; expected finite numbers (N,) and bool (N,), N at least 1."
        )
    return confidences, right


def constant_answer(labels) -> np.ndarray:
    """Answer to every image with the commonest value of each position: like ``labels``.

    No constant scores higher by the six-position measure, and a network that
    scores lower has learnt nothing. On the official test labels it is [2, 1, blank,
    blank, blank, blank], a number that cannot be right: two digits, one of them blank.
    """
    labels = _checked_labels(labels)
    commonest = [np.bincount(position).argmax() for position in labels.T]
    return np.tile(np.asarray(commonest, labels.dtype), (len(labels), 1))


def wilson_interval(
    correct: float, total: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return Wilson's score interval of ``correct`` out of ``total``, as fractions.

    Unlike the textbook's p +- 1.96 sqrt(p (1 - p) / n) it stays within 0 and 1 and
    holds near both ends (Wilson 1927; Brown, Cai and DasGupta 2001). ``correct``
    may be a fraction of a trial, as when a mean over positions stands for an image.
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(
            f"{correct} correct of {total}; expected at least one trial and between "
            "none and all of them correct."
        )
    z = ndtri((1 + confidence) / 2)
    share, scale = correct / total, 1 + z**2 / total
    middle = share + z**2 / (2 * total)
    reach = z * np.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    low, high = (middle - reach) / scale, (middle + reach) / scale
    return max(0.0, float(low)), min(1.0, float(high))


def _checked(predicted, labels) -> tuple[np.ndarray, np.ndarray]:
    predicted = _checked_answers(predicted, "predicted")
    labels = _checked_labels(labels)
    if len(predicted) != len(labels):
        raise ValueError(
            f"predicted has {len(predicted)} rows and labels {len(labels)}; "
            "expected one answer for each image."
        )
    return predicted, labels


def _checked_answers(answers, name: str) -> np.ndarray:
    answers = np.asarray(answers)
    is_whole = np.issubdtype(answers.dtype, np.integer) and answers.size
    if not is_whole or answers.shape[1:] != (POSITIONS,):
        raise ValueError(
            f"{name} is {answers.dtype} {answers.shape}; expected integers (N, "
            f"{POSITIONS}), N at least 1: the length, then five digit slots. Logits "
            "(N, 6, 11) become answers by argmax over their last axis."
        )
    if answers.min() < 0:
        raise ValueError(f"{name} holds {answers.min()}; expected 0 to {BLANK}.")
    return answers


def _checked_labels(labels) -> np.ndarray:
    labels = _checked_answers(labels, "labels")
    lengths, digits = labels[:, :1], labels[:, 1:]
    used = np.arange(1, POSITIONS) <= lengths
    sound = (lengths[:, 0] >= 1) & (lengths[:, 0] <= MAX_DIGITS)
    sound &= np.where(used, digits < BLANK, digits == BLANK).all(axis=1)
    if not sound.all():
        row = int(np.argmin(sound))
        raise ValueError(
            f"row {row} of labels is {labels[row].tolist()}; expected a length of 1 to "
            f"{MAX_DIGITS}, that many digits 0 to 9, then {BLANK} in every slot left."
        )
    return labels

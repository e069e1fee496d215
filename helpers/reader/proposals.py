"""The boxes that a number is read in, and the choice among what is read in them."""

from dataclasses import dataclass

import numpy as np

from helpers.preprocessing import grow
from helpers.reader.finding import FindingOptions, intersection_over_smaller


@dataclass(frozen=True)
class Proposals:
    """Boxes of an image that may hold a whole number.

    ``boxes`` are float64 (K, 4), left, top, right, bottom: as many as were ``found``,
    each again a little wider, then one around both of each of the ``pairs``, int64
    (P, 2), places of a left and a right one. ``scores`` are the finder's, float64 (K,).
    """

    boxes: np.ndarray
    scores: np.ndarray
    found: int
    pairs: np.ndarray

    @classmethod
    def given(cls, box) -> "Proposals":
        """The one box that the caller knows to hold the number."""
        return cls(np.array([box]), np.ones(1), 1, np.empty((0, 2), int))

    @classmethod
    def around(cls, boxes, scores, size, options: FindingOptions) -> "Proposals":
        """Found boxes (K, 4) in an image of a width and height, with wider ones."""
        wider = np.clip(grow(boxes, options.wider), 0, [*size, *size])
        both, pairs = pair_adjacent(boxes, size, options)
        return cls(
            np.concatenate([boxes, wider, both]),
            np.concatenate([scores, scores, scores[pairs].max(axis=1)]),
            len(boxes),
            pairs,
        )

    def choose(self, lengths, probabilities, options: FindingOptions) -> np.ndarray:
        """Choose the boxes that hold a whole number: rows, the likeliest first.

        ``lengths`` are the digits read in each box, ``probabilities`` theirs: (K,).
        """
        confidences = probabilities * self.scores
        single, wide, both = np.split(
            np.arange(len(lengths)), [self.found, 2 * self.found]
        )
        # A wider box counts if more digits are read in it, with no less confidence.
        narrow = single[: len(wide)]
        more = lengths[wide] > lengths[narrow]
        more &= confidences[wide] >= confidences[narrow]
        # Two side by side count as one if all their digits are read in it.
        whole = lengths[both] == lengths[self.pairs].sum(axis=1)
        least = options.min_pair_confidence * confidences[self.pairs].max(axis=1)
        whole &= confidences[both] >= least
        kept = np.concatenate([single, wide[more], both[whole]])
        columns = self.boxes, self.scores, lengths, confidences
        kept = kept[~are_parts(*(column[kept] for column in columns), options)]
        return kept[np.argsort(-confidences[kept], kind="stable")]


def pair_adjacent(
    boxes, size: tuple[int, int], options: FindingOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Pair boxes that may be the two halves of one number that fills an image's width.

    From boxes (K, 4), the likeliest first: (P, 4) around both of a pair, and the places
    of the left and the right one, int64 (P, 2).
    """
    boxes = boxes[: options.paired_boxes]
    heights = boxes[:, 3] - boxes[:, 1]
    low = np.minimum(boxes[:, None, :2], boxes[:, :2])
    high = np.maximum(boxes[:, None, 2:], boxes[:, 2:])
    across, down = np.moveaxis(high - low, -1, 0)
    lower = np.minimum(heights[:, None], heights)
    higher = np.maximum(heights[:, None], heights)
    gap = (boxes[:, 0] - boxes[:, None, 2]) / higher
    least, most = options.pair_gap
    pairs = np.argwhere(
        (gap >= least)
        & (gap <= most)
        & (lower + higher - down >= options.min_pair_level * lower)
        & (lower >= options.min_pair_level * higher)
        & (across >= options.min_pair_width * size[0])
    )
    left, right = pairs.T
    return np.concatenate([low[left, right], high[left, right]], axis=1), pairs


def are_parts(
    boxes, scores, lengths, confidences, options: FindingOptions
) -> np.ndarray:
    """Return which boxes hold only some digits of a longer number: bool (K,).

    Only the finder's ``scores`` tell: a confidence is a product over a number's digits,
    so that a part nearly always has more than the whole. ``boxes`` are (K, 4), all
    else is (K,), ``lengths`` in digits.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    inside = intersection_over_smaller(boxes[:, None], boxes)
    holds = (
        (lengths[:, None] > lengths)
        & (areas[:, None] > areas)
        & (scores[:, None] >= options.min_whole_score * scores)
        & (confidences[:, None] >= options.min_whole_confidence * confidences)
        & (inside >= options.min_part_inside)
    )
    return holds.any(axis=0)

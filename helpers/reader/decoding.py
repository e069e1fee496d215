"""From the outputs of a network to a number and how sure it is."""

import numpy as np
from scipy.special import log_softmax, softmax

from helpers.accuracy import BLANK, MAX_DIGITS


def decode(
    logits: np.ndarray, temperature: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the likeliest number of each row: its label and its probability.

    A number's probability is that of its length times those of its digits
    (Goodfellow et al. 2014, section 4). Logits float (N, 6, 11) become labels int64
    (N, 6), [length, d1..d5], blank 10, and probabilities float64 (N,). The
    ``temperature`` divides the logits for the probability, not for the choice (Guo et
    al. 2017).
    """
    logits = np.asarray(logits, float)
    totals = _log_probabilities(logits)
    lengths = totals.argmax(1) + 1
    used = np.arange(MAX_DIGITS) < lengths[:, None]
    labels = np.where(used, logits[:, 1:, :BLANK].argmax(-1), BLANK)
    if temperature != 1:
        totals = _log_probabilities(logits / temperature)
    chances = np.exp(np.take_along_axis(totals, lengths[:, None] - 1, axis=1)[:, 0])
    return np.column_stack([lengths, labels]), chances


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Sum them for the likeliest number of each length, 1 to 5: (N, 5)."""
    scores = log_softmax(logits, axis=-1)
    digits = scores[:, 1:, :BLANK].max(-1)
    return scores[:, 0, 1 : MAX_DIGITS + 1] + np.cumsum(digits, axis=1)


def alternatives(
    logits: np.ndarray, length: int
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """List the likeliest three values of each digit of a number, logits (6, 11)."""
    shares = softmax(np.asarray(logits, float)[1 : 1 + length, :BLANK], axis=-1)
    return tuple(
        tuple((str(digit), float(row[digit])) for digit in np.argsort(-row)[:3])
        for row in shares
    )

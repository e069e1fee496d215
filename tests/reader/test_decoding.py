"""Numbers out of a network's outputs, on cases worked out by hand."""

import numpy as np
import pytest

from helpers.accuracy import BLANK
from helpers.reader.decoding import alternatives, decode

EVEN = {}


def outputs(*positions: dict[int, float]) -> np.ndarray:
    """Logits (6, 11) with these probabilities; what is left is spread evenly."""
    rows = []
    for known in (*positions, *[EVEN] * (6 - len(positions))):
        row = np.full(11, (1 - sum(known.values())) / (11 - len(known)))
        row[list(known)] = list(known.values())
        rows.append(np.log(row))
    return np.array(rows)


FIVE = outputs({5: 0.9}, {1: 0.9}, {0: 0.9}, {2: 0.9}, {9: 0.9}, {0: 0.9})
CASES = {
    "two digits": (
        outputs({1: 0.1, 2: 0.6, 3: 0.2}, {7: 0.9}, {4: 0.8}, {1: 0.2}),
        [2, 7, 4, BLANK, BLANK, BLANK],
        0.6 * 0.9 * 0.8,
    ),
    "five digits, no blank": (FIVE, [5, 1, 0, 2, 9, 0], 0.9**6),
    "two digits are likelier than one, but the second cannot be told": (
        outputs({1: 0.4, 2: 0.5}, {3: 0.9}, {8: 0.5}),
        [1, 3] + [BLANK] * 4,
        0.4 * 0.9,
    ),
    "blank is likelier, but the length is certain": (
        outputs({2: 0.99}, {5: 0.9}, {BLANK: 0.9, 3: 0.06}),
        [2, 5, 3] + [BLANK] * 3,
        0.99 * 0.9 * 0.06,
    ),
    "no number has such a length": (
        outputs({0: 0.4, 6: 0.3, BLANK: 0.2, 1: 0.05}, {2: 0.8}),
        [1, 2] + [BLANK] * 4,
        0.05 * 0.8,
    ),
}


@pytest.mark.parametrize(("logits", "label", "probability"), CASES.values(), ids=CASES)
def test_likeliest_of_lengths_times_digits_is_read(logits, label, probability):
    labels, probabilities = decode(logits[None])
    assert labels.tolist() == [label]
    assert probabilities == pytest.approx([probability])


def test_logits_count_by_their_differences_however_large():
    logits = FIVE[None]
    expected = decode(logits)[1]
    assert decode(logits + 5_000)[1] == pytest.approx(expected)
    labels, probabilities = decode((1e4 * logits).astype(np.float32))
    assert labels.dtype == np.int64
    assert probabilities.dtype == np.float64
    assert 0 <= probabilities[0] <= 1


def test_temperature_changes_the_probability():
    logits = outputs({1: 0.5, 2: 0.49}, {3: 1 - 1e-9}, {8: 0.99})[None]
    lengths = np.array([0.5, 0.49, *[0.01 / 9] * 9]) ** 2
    _, probabilities = decode(logits, 0.5)
    assert probabilities == pytest.approx([lengths[0] / lengths.sum()])


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_number_is_the_same_at_any_temperature(temperature):
    logits = np.random.default_rng(3).normal(0, 2, (200, 6, 11))
    labels, probabilities = decode(logits)
    again, others = decode(logits, temperature)
    np.testing.assert_array_equal(again, labels)
    surer = {0.2: np.greater, 1.0: np.equal, 3.0: np.less}[temperature]
    assert surer(others.mean(), probabilities.mean())


def test_alternatives_are_the_likeliest_digits_blank_left_out():
    """Without the blank's 0.2, 0.4 of 0.8 is a half, and so on."""
    row = {7: 0.4, 1: 0.24, 9: 0.08, BLANK: 0.2}
    logits = outputs({2: 0.9}, row, {0: 0.6, 8: 0.2}, {4: 0.9})
    found, other = alternatives(logits, 2)
    assert [digit for digit, _ in found] == ["7", "1", "9"]
    assert [share for _, share in found] == pytest.approx([0.5, 0.3, 0.1])
    assert [digit for digit, _ in other][:2] == ["0", "8"]

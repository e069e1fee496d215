"""Measures of confidences beside how often they are right, worked out by hand."""

import numpy as np
import pytest
from builders import CONFIDENCES, RIGHT

from helpers.accuracy import BLANK, wilson_interval
from helpers.reader.calibration import (
    calibration_error,
    fit_temperature,
    kept_by,
    reliability,
)
from helpers.reader.decoding import decode


def test_reliability_has_a_row_for_each_bin_that_holds_images():
    # Bins of a quarter: two answers in the first, none in the second, four, two.
    table = reliability(CONFIDENCES, RIGHT, 4)
    assert table.index.tolist() == [0, 2, 3]
    assert table["images"].tolist() == [2, 4, 2]
    assert table["confidence"].tolist() == pytest.approx([0.15, 0.6, 0.95])
    assert table["right"].tolist() == [0.5, 0.75, 1.0]
    assert tuple(table.loc[2, ["low", "high"]]) == wilson_interval(3, 4)


def test_calibration_error_weighs_the_bins_by_their_images():
    expected = (2 * 0.35 + 4 * 0.15 + 2 * 0.05) / 8
    assert calibration_error(CONFIDENCES, RIGHT, 4) == pytest.approx(expected)


def drawn(temperature, count=4_000):
    """Logits of one digit, and numbers that are right as often as these say."""
    rng = np.random.default_rng(5)
    logits = np.full((count, 6, 11), -40.0)
    logits[:, 0, 1] = 40
    logits[:, 1, :BLANK] = rng.normal(0, 2, (count, BLANK))
    chances = np.exp(logits[:, 1, :BLANK])
    chances /= chances.sum(1, keepdims=True)
    digits = (chances.cumsum(1) > rng.random((count, 1))).argmax(1)
    labels = np.full((count, 6), BLANK)
    labels[:, 0], labels[:, 1] = 1, digits
    return logits * temperature, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found_that_the_logits_were_multiplied_by(temperature):
    found = fit_temperature(*drawn(temperature))
    assert found == pytest.approx(temperature, rel=0.1)


def test_temperature_counts_numbers_whose_digits_fail_together():
    """Two digits right or wrong at once are right more often than their product."""
    rng = np.random.default_rng(2)
    count, chance = 4_000, 0.7
    logits = np.full((count, 6, 11), -40.0)
    logits[:, 0, 2] = 40
    logits[:, 1:3, :BLANK] = np.log((1 - chance) / 9)
    logits[:, 1:3, 7] = np.log(chance)
    labels = np.tile([2, 7, 7, BLANK, BLANK, BLANK], (count, 1))
    labels[rng.random(count) > chance, 1:3] = 1
    _, confidences = decode(logits, fit_temperature(logits, labels))
    assert confidences == pytest.approx(np.full(count, chance), abs=0.02)


def test_threshold_keeps_what_reaches_it_and_maybe_nothing():
    kept = kept_by(CONFIDENCES, RIGHT, 0.6)
    assert list(kept.values()) == [8, 5 / 8, 4 / 5, *wilson_interval(4, 5)]
    assert list(kept) == ["images", "coverage", "accuracy", "low", "high"]
    none = list(kept_by(CONFIDENCES, RIGHT, np.inf).values())
    np.testing.assert_equal(none, [8, 0, np.nan, np.nan, np.nan])

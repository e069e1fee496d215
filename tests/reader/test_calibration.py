"""Temperatures of made-up logits."""

import numpy as np
import pytest

from helpers.accuracy import BLANK
from helpers.reader.calibration import fit_temperature
from helpers.reader.decoding import decode


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

"""Intervals, tables and figures of confidences, on cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from builders import CONFIDENCES, RIGHT

from helpers.accuracy import wilson_interval
from workshop.studies.calibration import (
    calibration_error,
    coverage_figure,
    coverage_interval,
    coverage_table,
    kept_answers,
    kept_by,
    reliability,
    reliability_figure,
    threshold_table,
)


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


def test_threshold_keeps_what_reaches_it_and_maybe_nothing():
    kept = kept_by(CONFIDENCES, RIGHT, 0.6)
    assert list(kept.values()) == [8, 5 / 8, 4 / 5, *wilson_interval(4, 5)]
    assert list(kept) == ["images", "coverage", "accuracy", "low", "high"]
    none = list(kept_by(CONFIDENCES, RIGHT, np.inf).values())
    np.testing.assert_equal(none, [8, 0, np.nan, np.nan, np.nan])


def test_coverage_interval_holds_what_was_found_and_narrows_with_images():
    widths = []
    for repeats in (20, 200):
        confidences = np.tile(CONFIDENCES, repeats)
        right = np.tile(RIGHT, repeats)
        low, high = coverage_interval(confidences, right, 0.85)
        assert 0 <= low <= 7 / 8 <= high <= 1
        assert (low, high) == coverage_interval(confidences, right, 0.85)
        widths.append(high - low)
    assert widths[1] < widths[0]


def test_coverage_table_has_a_row_for_each_answers_and_target():
    table = coverage_table({"one": (CONFIDENCES, RIGHT)})
    assert table.index.tolist() == [("one", 0.98), ("one", 0.99)]
    assert table["coverage"].tolist() == [2 / 8, 2 / 8]
    assert (table["low"] <= table["coverage"]).all()
    assert (table["coverage"] <= table["high"]).all()


@pytest.fixture
def kept():
    """Answers of two readers, as they are kept."""
    table = pd.DataFrame({"confidence": CONFIDENCES, "right": RIGHT.astype(int)})
    readers = {"photos": 0.6, "drawn": 0.9}
    return pd.concat(
        table.assign(trained_on=name, box="given", sure_from=threshold)
        for name, threshold in readers.items()
    )


def test_kept_answers_are_by_reader_in_their_order(kept):
    answers = kept_answers(kept)
    assert list(answers) == ["photos, box given", "drawn, box given"]
    for confidences, right in answers.values():
        np.testing.assert_array_equal(confidences, CONFIDENCES)
        np.testing.assert_array_equal(right, RIGHT)
        assert right.dtype == bool


def test_each_reader_is_measured_by_its_own_threshold(kept):
    table = threshold_table(kept)
    assert table["sure_from"].tolist() == [0.6, 0.9]
    assert table["coverage"].tolist() == [5 / 8, 2 / 8]
    assert table["accuracy"].tolist() == [4 / 5, 1]


def test_reliability_figure_shows_the_bins_of_each_set_of_answers():
    answers = {"one": (CONFIDENCES, RIGHT), "two": (np.ones(3), np.ones(3, bool))}
    first, second = reliability_figure(answers).axes
    points = dict(first.collections[-1].get_offsets().tolist())
    assert points == pytest.approx(
        {0.1: 0, 0.2: 1, 0.5: 1, 0.6: 1, 0.7: 0, 0.9: 1, 1.0: 1}
    )
    areas = first.collections[-1].get_sizes()
    assert areas.argmax() == 3
    assert "8 images, error 37.5 points" in first.get_title()
    np.testing.assert_allclose(second.collections[-1].get_offsets(), [(1, 1)])


def test_coverage_figure_draws_the_accuracy_of_the_surest_first():
    (axis,) = coverage_figure({"one": (CONFIDENCES, RIGHT)}).axes
    line = axis.lines[0]
    np.testing.assert_allclose(line.get_xdata(), np.arange(1, 9) / 8)
    expected = np.cumsum([1, 1, 0, 1, 1, 1, 1, 0]) / np.arange(1, 9)
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert line.get_label() == "one"
    assert [one.get_ydata()[0] for one in axis.lines[-2:]] == [0.98, 0.99]

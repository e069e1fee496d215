from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from helpers.accuracy import (
    MEASURES,
    accuracy_by_length,
    constant_answer,
    coverage_at_accuracy,
    measure,
    position_accuracy,
    sequence_accuracy,
    wilson_interval,
)
from helpers.preprocessing import labels_of

B = 10
LABELS = np.array(
    [
        [4, 2, 1, 6, 5, B],
        [2, 2, 5, B, B, B],
        [1, 7, B, B, B, B],
        [5, 1, 2, 3, 4, 0],
    ]
)
ONE_DIGIT_WRONG = [4, 3, 1, 6, 5, B]  # the report's own example
LENGTH_WRONG = [3, 2, 5, B, B, B]
STRAY_DIGIT = [1, 7, 3, B, B, B]

# Rows: one digit of four wrong; only the length wrong; a digit where a blank
# belongs; right. Positions right: 5 + 5 + 5 + 6 of 24; digits: 3 + 2 + 1 + 5 of 12.
ANSWERS = np.array([ONE_DIGIT_WRONG, LENGTH_WRONG, STRAY_DIGIT, LABELS[3]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strict", 1 / 4),
        ("six_position", 21 / 24),
        ("digit", 11 / 12),
        ("length", 3 / 4),
    ],
)
def test_measures_on_cases_by_hand(name, value):
    assert MEASURES[name](ANSWERS, LABELS) == value
    assert MEASURES[name](LABELS, LABELS) == 1
    rate = getattr(measure(ANSWERS, LABELS), name)
    assert rate.value == measure(ANSWERS, LABELS).values()[name] == value
    assert (rate.low, rate.high) == wilson_interval(4 * value, 4)  # images as trials


def test_by_length_splits_by_the_true_length():
    scores = accuracy_by_length(ANSWERS, LABELS)
    strict = {length: score.strict.value for length, score in scores.items()}
    assert strict == {1: 0, 2: 0, 4: 0, 5: 1}
    assert {score.images for score in scores.values()} == {1}


def test_constant_answer_is_the_commonest_of_each_position():
    labels = [[2, 1, 5, B, B, B], [2, 1, 3, B, B, B], [1, 4, B, B, B, B]]
    np.testing.assert_array_equal(constant_answer(labels), [[2, 1, 3, B, B, B]] * 3)


def test_constant_answer_on_official_labels(real_data):
    with np.load(real_data / "svhn" / "test_boxes.npz") as file:
        boxes = SimpleNamespace(image=file["image"], label=file["label"] % 10)
    _, labels = labels_of(boxes)
    answer = constant_answer(labels)
    assert len(labels) == 13_068
    assert answer[0].tolist() == [2, 1, B, B, B, B]
    assert position_accuracy(answer, labels) == pytest.approx(0.655, abs=0.0005)
    assert sequence_accuracy(answer, labels) == 0


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_agrees_with_scipy(case):
    correct, total = case
    ours = wilson_interval(correct, total)
    theirs = binomtest(correct, total).proportion_ci(method="wilson")
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize(("correct", "total"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_interval_refuses_impossible_counts(correct, total):
    with pytest.raises(ValueError, match="expected at least one trial"):
        wilson_interval(correct, total)


@pytest.mark.parametrize("function", [*MEASURES.values(), measure, accuracy_by_length])
@pytest.mark.parametrize(
    ("predicted", "labels", "message"),
    [
        (ANSWERS[:3], LABELS, "predicted has 3 rows and labels 4"),
        (ANSWERS[:, :5], LABELS, r"predicted is int64 \(4, 5\)"),
        (ANSWERS[0], LABELS[0], r"predicted is int64 \(6,\)"),
        (ANSWERS[:0], LABELS[:0], r"predicted is int64 \(0, 6\)"),
        (ANSWERS / 1.0, LABELS, "predicted is float64 .*; expected integers"),
        (ANSWERS - 1, LABELS, "predicted holds -1"),
        (ANSWERS, [[6, 1, 2, 3, 4, 5]] * 4, "row 0 of labels is"),
        (ANSWERS, [[0, B, B, B, B, B]] * 4, "row 0 of labels is"),
        (ANSWERS, [*LABELS[:3], [2, 1, 5, 3, B, B]], "row 3 of labels is"),
        (ANSWERS, [*LABELS[:3], [3, 1, 5, B, B, B]], "row 3 of labels is"),
    ],
)
def test_unsound_arrays_are_refused(function, predicted, labels, message):
    with pytest.raises(ValueError, match=message):
        function(predicted, labels)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30),
    st.floats(0.05, 1),
)
def test_no_threshold_keeps_more_at_the_accuracy(answers, accuracy):
    confidences, right = (np.array(column) for column in zip(*answers, strict=True))
    found = coverage_at_accuracy(confidences / 5, right, accuracy)
    kept = {
        least / 5: right[confidences >= least]
        for least in range(6)
        if least in confidences
    }
    enough = [least for least in kept if kept[least].mean() >= accuracy]
    assert found.threshold == min(enough, default=np.inf)
    expected = kept[min(enough)] if enough else np.zeros(0)
    assert found.share == pytest.approx(len(expected) / len(right))
    accuracy = expected.mean() if enough else np.nan
    assert found.accuracy == pytest.approx(accuracy, nan_ok=True)


@pytest.mark.parametrize(
    ("confidences", "right"),
    [
        ([0.5, 0.6], [True]),
        ([], np.zeros(0, bool)),
        ([0.5, 0.6], [0.0, 1.0]),
        ([0.5, np.nan], [True, False]),
    ],
)
def test_confidences_that_fit_no_answers_are_refused(confidences, right):
    with pytest.raises(ValueError, match="expected finite numbers"):
        coverage_at_accuracy(confidences, right)

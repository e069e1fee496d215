"""Kinds of errors, on cases worked out by hand."""

import numpy as np
import pytest

from helpers.figures.errors import (
    KINDS,
    error_gallery,
    error_table,
    kind_of_error,
)

B = 10  # blank
TRUE = [3, 1, 9, 5, B, B]
CASES = [
    ("right", [3, 1, 9, 5, B, B]),
    ("wrong length", [2, 1, 9, B, B, B]),
    ("wrong length", [2, 1, 9, 5, B, B]),
    ("length right, digits too few or many", [3, 1, B, 5, B, B]),
    ("length right, digits too few or many", [3, 1, 9, 5, 7, B]),
    ("two digits swapped", [3, 9, 1, 5, B, B]),
    ("two digits swapped", [3, 5, 9, 1, B, B]),
    ("one digit wrong", [3, 1, 9, 6, B, B]),
    ("several digits wrong", [3, 9, 2, 5, B, B]),
    ("several digits wrong", [3, 9, 5, 1, B, B]),
]
ANSWERS = np.array([answer for _, answer in CASES])
LABELS = np.array([TRUE] * len(CASES))


@pytest.mark.parametrize(("kind", "answer"), CASES)
def test_kind_of_an_answer(kind, answer):
    assert kind_of_error([answer], [TRUE]).tolist() == [kind]


def test_every_kind_has_a_case():
    assert {kind for kind, _ in CASES} == {"right", *KINDS}


def test_table_counts_the_wrong_answers():
    table = error_table(ANSWERS, LABELS)
    assert table["images"].to_dict() == dict(zip(KINDS, (2, 2, 2, 1, 2), strict=True))
    assert table["share"].sum() == pytest.approx(1)


def test_table_of_no_errors_is_all_0():
    assert not error_table(LABELS, LABELS).to_numpy().any()


def test_shapes_must_fit():
    with pytest.raises(ValueError, match=r"\(1, 5\).*expected \(N, 6\)"):
        kind_of_error([TRUE[:5]], [TRUE])


def test_gallery_has_a_row_for_each_kind_with_what_was_read():
    images = np.zeros((len(CASES), 8, 8), np.uint8)
    figure = error_gallery(images, ANSWERS, LABELS, each=3)
    heads = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert heads == [
        "wrong length: 2",
        "length right, digits too few or many: 2",
        "two digits swapped: 2",
        "one digit wrong: 1",
        "several digits wrong: 2",
    ]
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles[0] == "195 → 19"
    assert len(titles) == 9


def test_gallery_of_no_errors_is_empty():
    figure = error_gallery(np.zeros((len(LABELS), 8, 8), np.uint8), LABELS, LABELS)
    assert not any(axis.images for axis in figure.axes)

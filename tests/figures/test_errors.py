"""Kinds of errors, on cases worked out by hand."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from helpers.figures.errors import (
    KINDS,
    draw_reading,
    error_gallery,
    error_table,
    kind_of_error,
    wrong_readings,
)
from helpers.figures.style import RED

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
IMAGES = np.zeros((len(CASES), 8, 8), np.uint8)


def test_every_kind_is_told():
    assert kind_of_error(ANSWERS, LABELS).tolist() == [kind for kind, _ in CASES]
    assert {kind for kind, _ in CASES} == {"right", *KINDS}


def test_table_counts_the_wrong_answers():
    table = error_table(ANSWERS, LABELS)
    assert table["images"].to_dict() == dict(zip(KINDS, (2, 2, 2, 1, 2), strict=True))
    assert table["share"].sum() == pytest.approx(1)
    assert not error_table(LABELS, LABELS).to_numpy().any()


def written(axis):
    """Each text over an image with whether it is in red, as one line a row."""
    rows = {}
    for text in axis.texts:
        rows.setdefault(text.xyann[1], []).append(
            (text.get_text(), text.get_color() == RED)
        )
    return [rows[height] for height in sorted(rows, reverse=True)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([3, 1, 9, 6, B, B], "19<6>"),
        ([3, 1, B, 5, B, B], "1<->5"),
        ([2, 1, 9, B, B, B], "19<->< (2)>"),
        ([3, 1, 9, 5, B, 7], "195-<7>"),
    ],
)
def test_reading_stands_below_the_number_with_what_is_wrong_in_red(answer, expected):
    axis = Figure().subplots()
    draw_reading(axis, np.array(answer), np.array(TRUE))
    truth, read = written(axis)
    assert truth == [("1", False), ("9", False), ("5", False)]
    assert "".join(f"<{text}>" if red else text for text, red in read) == expected


def test_first_wrong_readings_are_shown():
    axes = wrong_readings(IMAGES, ANSWERS, LABELS, most=5, columns=3).axes
    assert [bool(axis.images) for axis in axes] == [True] * 5 + [False]
    assert written(axes[0])[1][-1] == (" (2)", True)
    assert not any(axis.images for axis in wrong_readings(IMAGES, LABELS, LABELS).axes)


def test_gallery_has_a_row_for_each_kind():
    figure = error_gallery(IMAGES, ANSWERS, LABELS, each=3)
    heads = [
        text.get_text()
        for axis in figure.axes
        for text in axis.texts
        if text.get_weight() == "bold" and ":" in text.get_text()
    ]
    assert heads[0] == "wrong length: 2"
    assert [head.rpartition(":")[0] for head in heads] == list(KINDS)
    assert sum(bool(axis.images) for axis in figure.axes) == 9
    empty = error_gallery(IMAGES, LABELS, LABELS)
    assert not any(axis.images for axis in empty.axes)

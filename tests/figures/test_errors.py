"""Kinds of errors, on cases worked out by hand."""

import numpy as np
import pytest

from helpers.figures.errors import KINDS, error_gallery, error_table, kind_of_error

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


def test_gallery_has_a_row_for_each_kind_with_what_was_read():
    figure = error_gallery(IMAGES, ANSWERS, LABELS, each=3)
    heads = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert heads[0] == "wrong length: 2"
    assert [head.rpartition(":")[0] for head in heads] == list(KINDS)
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles[0] == "195 → 19"
    assert len(titles) == 9
    empty = error_gallery(IMAGES, LABELS, LABELS)
    assert not any(axis.images for axis in empty.axes)

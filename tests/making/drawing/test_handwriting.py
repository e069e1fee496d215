"""Handwritten digits: by one hand alike, never the same, and still the digits."""

from dataclasses import replace

import numpy as np
import pytest
from builders import ink
from scipy.ndimage import label

from helpers.sample.glyphs import HEIGHT
from workshop.making.drawing import handwriting
from workshop.making.drawing.forms import ALL_FORMS, FORMS
from workshop.making.drawing.handwriting import (
    CORNERED,
    Hand,
    rounded,
    write,
    write_form,
)

HAND = Hand(width=0.6, slant=0.0, pen=0.08)


def written(form, digit, **changes):
    """A form of a digit as a hand writes it, always the same."""
    rng = np.random.default_rng(1)
    strokes = [np.array(stroke) for stroke in form]
    return write_form(rng, replace(HAND, **changes), digit, strokes)


def holes(shape):
    """How many parts of the ground no way leads out of."""
    return label(~np.pad(shape, 1))[1] - 1


def test_every_digit_has_forms_of_strokes_inside_its_square():
    assert len(FORMS) == len(ALL_FORMS) == 10
    for usual, forms in zip(FORMS, ALL_FORMS, strict=True):
        assert 2 <= len(usual) < len(forms)
        for form in forms:
            # The tail of a rarer form may reach out.
            furthest = 1 if form in usual else 1.35
            for stroke in map(np.array, form):
                assert len(stroke) >= 2
                assert (stroke >= 0).all() and (stroke <= furthest).all()


def test_every_mask_has_the_height_of_glyphs_and_ink_from_edge_to_edge():
    for digit, forms in enumerate(ALL_FORMS):
        for form in forms:
            shape = ink(written(form, digit))
            assert shape.shape[0] == HEIGHT
            assert shape[[1, -2]].any(1).all()
            assert shape[:, [0, 1]].any() and shape[:, [-2, -1]].any()


@pytest.mark.parametrize(
    ("digit", "form", "expected"),
    [(0, 0, 1), (1, 0, 0), (4, 0, 1), (4, 1, 0), (8, 1, 2), (7, 2, 0), (9, 0, 1)],
)
def test_rings_are_closed_and_open_forms_are_open(digit, form, expected):
    assert holes(ink(written(FORMS[digit][form], digit, pen=0.05))) == expected


@pytest.mark.parametrize("digit", [CORNERED, 7])
def test_a_4_alone_keeps_its_corner(digit):
    """Rounded it would be a 9: its slope and its bar always stay two strokes."""
    rng = np.random.default_rng(1)
    form = [np.array(stroke) for stroke in FORMS[digit][0]]
    joints = [len(rounded(rng, digit, form)) < len(form) for _ in range(300)]
    share = 0 if digit == CORNERED else handwriting.ROUNDED_SHARE
    assert np.mean(joints) == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("pen", [0.05, 0.2])
def test_rings_of_a_thick_pen_stay_open_and_a_1_narrow(pen):
    assert holes(ink(written(FORMS[0][0], 0, pen=pen, width=0.3))) == 1
    assert written(FORMS[1][0], 1, pen=pen, width=0.3).width < 0.3


def test_uneven_hand_writes_lower_digits_inside_the_line():
    rng = np.random.default_rng(4)
    heights = []
    hand = replace(HAND, uneven=0.3, free=True)
    for glyph in write(rng, hand, tuple(range(10)) * 5):
        rows = np.flatnonzero(ink(glyph).any(1))
        assert glyph.mask.height == HEIGHT
        heights.append((rows[-1] - rows[0] + 1) / HEIGHT)
        # The outline is that of the ink.
        assert glyph.outline[:, 1].min() * HEIGHT == pytest.approx(rows[0], abs=2)
        assert glyph.outline[:, 1].max() * HEIGHT == pytest.approx(rows[-1] + 1, abs=2)
    assert min(heights) < 0.7 < 0.95 < max(heights)


def test_a_neat_hand_keeps_to_its_form_and_a_free_one_slips():
    rng = np.random.default_rng(2)
    for free in (False, True):
        glyphs = write(rng, replace(HAND, free=free), (2,) * 20)
        assert (len({glyph.mask.tobytes() for glyph in glyphs}) > 1) == free

"""Handwritten digits: by one hand alike, never the same, and still the digits."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.sample.glyphs import HEIGHT
from workshop.making.forms import ALL_FORMS, FORMS, MORE_FORMS
from workshop.making.handwriting import (
    Hand,
    curve_through,
    draw_hand,
    write,
    write_digit,
)

STEADY = Hand(width=0.6, slant=0.0, pen=0.08, wobble=0.0)


def ink(glyph):
    return np.asarray(glyph.mask) > 127


def written(form, **changes):
    return write_digit(np.random.default_rng(1), replace(STEADY, **changes), form)


def holes(shape):
    """How many parts of the ground no way leads out of."""
    from scipy.ndimage import label

    return label(~np.pad(shape, 1))[1] - 1


def test_every_digit_has_forms_of_strokes_inside_its_square():
    assert len(FORMS) == len(MORE_FORMS) == 10
    for usual, forms in zip(FORMS, ALL_FORMS, strict=True):
        assert 2 <= len(usual) < len(forms)
        assert not set(forms[len(usual) :]) & set(usual)
        for form in forms:
            # The tail of a rarer form may reach out.
            furthest = 1 if form in usual else 1.35
            for stroke in form:
                assert len(stroke) >= 2
                assert (np.array(stroke) >= 0).all()
                assert (np.array(stroke) <= furthest).all()


@pytest.mark.parametrize(
    ("digit", "form", "expected"),
    [(0, 0, 1), (1, 0, 0), (4, 0, 1), (4, 1, 0), (8, 1, 2), (7, 2, 0), (9, 0, 1)],
)
def test_rings_are_closed_and_open_forms_are_open(digit, form, expected):
    assert holes(ink(written(FORMS[digit][form], pen=0.05))) == expected


def test_every_mask_has_the_height_of_glyphs_and_ink_from_top_to_bottom():
    for form in (form for forms in ALL_FORMS for form in forms):
        shape = ink(written(form))
        assert shape.shape[0] == HEIGHT
        assert shape.any(1).all()
        assert shape[:, [0, 1]].any() and shape[:, [-2, -1]].any()


def test_thick_pen_leaves_more_ink():
    share = [ink(written(FORMS[1][0], pen=pen)).sum() for pen in (0.05, 0.1, 0.2)]
    assert share[0] < 0.7 * share[1] < 0.5 * share[2]


def test_slant_leans_an_upright_stroke():
    rows = ink(written(FORMS[1][0], slant=0.4))
    top, bottom = (np.flatnonzero(rows[row]).mean() for row in (8, HEIGHT - 9))
    assert (top - bottom) / HEIGHT == pytest.approx(0.4, abs=0.1)


def test_hand_keeps_its_forms_and_never_writes_twice_the_same():
    rng = np.random.default_rng(5)
    first, second = write(rng, draw_hand(rng), (4, 4))
    assert first.mask.tobytes() != second.mask.tobytes()
    # No wobble: only the width of a digit differs, and its form is the same.
    one, other = write(rng, STEADY, (4, 4))
    same_size = other.mask.resize(one.mask.size)
    assert (ink(one) == (np.asarray(same_size) > 127)).mean() > 0.95


def test_same_seed_same_writing():
    def masks(seed):
        rng = np.random.default_rng(seed)
        return [glyph.mask.tobytes() for glyph in write(rng, draw_hand(rng), (2, 0, 7))]

    assert masks(3) == masks(3)
    assert masks(3) != masks(4)


def test_hands_differ_within_what_people_write():
    rng = np.random.default_rng(0)
    hands = [draw_hand(rng) for _ in range(200)]
    for name, low, high in (("width", 0.35, 1), ("pen", 0.03, 0.17)):
        values = [getattr(hand, name) for hand in hands]
        assert low <= min(values) < 0.7 * max(values)
        assert max(values) <= high


def test_two_points_make_a_line_and_more_a_curve_through_them():
    points = [(0.0, 0.0), (1.0, 2.0), (3.0, 2.0), (4.0, 0.0)]
    np.testing.assert_array_equal(curve_through(points[:2]), points[:2])
    curve = curve_through(points, steps=8)
    assert len(curve) == 3 * 8 + 1
    np.testing.assert_allclose(curve[::8], points)
    np.testing.assert_allclose(
        curve_through([(0, 0), (1, 1), (2, 2)])[:, 0], np.linspace(0, 2, 17), atol=0.07
    )


def test_ring_is_as_round_where_it_closes_as_anywhere():
    ring = [(0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5), (0.5, 0.0)]
    ways = np.diff(curve_through(ring, steps=16), axis=0)
    headings = np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))
    turns = np.abs(
        np.diff(np.append(headings, headings[0] + (headings[-1] - headings[0])))
    )
    start, end = ways[0], ways[-1]
    cosine = start @ end / np.linalg.norm(start) / np.linalg.norm(end)
    assert cosine > 0.95
    assert turns[:-1].max() < 0.5

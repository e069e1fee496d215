"""Handwritten digits: by one hand alike, never the same, and still the digits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import label

from helpers.sample.glyphs import HEIGHT
from workshop.making.drawing import handwriting
from workshop.making.drawing.forms import ALL_FORMS, FORMS
from workshop.making.drawing.handwriting import (
    CORNERED,
    STEPS,
    FreeHand,
    Hand,
    any_form,
    between,
    draw_free_hand,
    draw_hand,
    rounded,
    write,
    write_digit,
    write_form,
    write_freely,
)
from workshop.making.drawing.strokes import curve_through

NEAT = Hand(width=0.6, slant=0.0, pen=0.08, wobble=0.0)
FREE = FreeHand(width=0.6, slant=0.0, pen=0.08)


def ink(glyph):
    return np.asarray(glyph.mask) > 127


def written(form, digit=None, **changes):
    """A form by a neat hand, or of a digit by a free one, as always the same."""
    rng = np.random.default_rng(1)
    if digit is None:
        return write_digit(rng, replace(NEAT, **changes), form)
    strokes = [np.array(stroke) for stroke in form]
    return write_form(rng, replace(FREE, **changes), digit, strokes)


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


@pytest.mark.parametrize("free", [False, True])
def test_every_mask_has_the_height_of_glyphs_and_ink_from_edge_to_edge(free):
    for digit, forms in enumerate(ALL_FORMS):
        for form in forms:
            shape = ink(written(form, digit if free else None))
            assert shape.shape[0] == HEIGHT
            assert shape[[1, -2]].any(1).all()
            assert shape[:, [0, 1]].any() and shape[:, [-2, -1]].any()


@pytest.mark.parametrize(
    ("digit", "form", "expected"),
    [(0, 0, 1), (1, 0, 0), (4, 0, 1), (4, 1, 0), (8, 1, 2), (7, 2, 0), (9, 0, 1)],
)
def test_rings_are_closed_and_open_forms_are_open(digit, form, expected):
    assert holes(ink(written(FORMS[digit][form], pen=0.05))) == expected


def test_thick_pen_leaves_more_ink():
    share = [ink(written(FORMS[1][0], pen=pen)).sum() for pen in (0.05, 0.1, 0.2)]
    assert share[0] < 0.7 * share[1] < 0.5 * share[2]


def test_slant_leans_an_upright_stroke():
    rows = ink(written(FORMS[1][0], slant=0.4))
    top, bottom = (np.flatnonzero(rows[row]).mean() for row in (8, HEIGHT - 9))
    assert (top - bottom) / HEIGHT == pytest.approx(0.4, abs=0.1)


def test_neat_hand_keeps_its_forms_and_never_writes_twice_the_same():
    rng = np.random.default_rng(5)
    first, second = write(rng, draw_hand(rng), (4, 4))
    assert first.mask.tobytes() != second.mask.tobytes()
    # No wobble: only the width of a digit differs, and its form is the same.
    one, other = write(rng, NEAT, (4, 4))
    same_size = other.mask.resize(one.mask.size)
    assert (ink(one) == (np.asarray(same_size) > 127)).mean() > 0.95


@pytest.mark.parametrize("free", [False, True])
def test_same_seed_same_writing(free):
    def masks(seed):
        rng = np.random.default_rng(seed)
        if free:
            glyphs = write_freely(rng, draw_free_hand(rng), (2, 0, 7))
        else:
            glyphs = write(rng, draw_hand(rng), (2, 0, 7))
        return [glyph.mask.tobytes() for glyph in glyphs]

    assert masks(3) == masks(3)
    assert masks(3) != masks(4)


@pytest.mark.parametrize(
    ("draw", "bounds"),
    [
        (draw_hand, {"width": (0.35, 1), "pen": (0.03, 0.17)}),
        (draw_free_hand, {"width": (0.25, 1.5), "pen": (0.035, 0.2)}),
        (draw_free_hand, {"pressure": (0, 0.4), "waver": (0, 0.05), "warp": (0, 0.35)}),
    ],
)
def test_hands_differ_within_what_people_write(draw, bounds):
    rng = np.random.default_rng(0)
    hands = [draw(rng) for _ in range(300)]
    for name, (low, high) in bounds.items():
        values = [getattr(hand, name) for hand in hands]
        assert low <= min(values) < 0.6 * max(values)
        assert max(values) <= high


def test_form_between_two_goes_from_the_one_to_the_other():
    one, other = FORMS[6][0], FORMS[6][1]
    ends = [curve_through(form[0])[[0, -1]] for form in (one, other)]
    for share in (0.0, 0.25, 1.0):
        (stroke,) = between(one, other, share)
        assert stroke.shape == (STEPS, 2)
        expected = (1 - share) * ends[0] + share * ends[1]
        np.testing.assert_allclose(stroke[[0, -1]], expected, atol=1e-9)
    bars = between((((0, 0), (0, 1)),), (((1, 0), (0, 1)),), 0.5)
    np.testing.assert_allclose(bars, [[[0.5, 0], [0, 1]]])


def test_any_form_is_as_often_between_two_as_said_and_each_is_used():
    rng = np.random.default_rng(2)
    known = {str([np.array(s).tolist() for s in form]) for form in ALL_FORMS[8]}
    drawn = [str([s.tolist() for s in any_form(rng, 8)]) for _ in range(400)]
    own = [form for form in drawn if form in known]
    assert set(own) == known
    assert len(own) / 400 == pytest.approx(1 - handwriting.MIXED_SHARE, abs=0.1)


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


def test_pressure_makes_strokes_thicker_and_thinner():
    rows = ink(written(FORMS[1][0], 1, pressure=0.4)).sum(1)[12:-12]
    even = ink(written(FORMS[1][0], 1)).sum(1)[12:-12]
    assert np.ptp(even) <= 2
    assert np.ptp(rows) >= 3


def test_uneven_hand_writes_lower_digits_inside_the_line():
    rng = np.random.default_rng(4)
    heights = []
    for glyph in write_freely(rng, replace(FREE, uneven=0.3), tuple(range(10)) * 5):
        rows = np.flatnonzero(ink(glyph).any(1))
        assert glyph.mask.height == HEIGHT
        heights.append((rows[-1] - rows[0] + 1) / HEIGHT)
        # The outline is that of the ink.
        assert glyph.outline[:, 1].min() * HEIGHT == pytest.approx(rows[0], abs=2)
        assert glyph.outline[:, 1].max() * HEIGHT == pytest.approx(rows[-1] + 1, abs=2)
    assert min(heights) < 0.7 < 0.95 < max(heights)

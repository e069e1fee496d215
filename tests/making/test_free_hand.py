"""Free handwriting: between the forms that people write, and still the digits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import label

from helpers.sample.glyphs import HEIGHT
from workshop.making import free_hand
from workshop.making.forms import ALL_FORMS, FORMS
from workshop.making.free_hand import (
    CORNERED,
    STEPS,
    FreeHand,
    any_form,
    between,
    draw_free_hand,
    joined,
    warped,
    wavering,
    write_form,
    write_freely,
)
from workshop.making.handwriting import curve_through

STEADY = FreeHand(width=0.6, slant=0.0, pen=0.08)


def ink(glyph):
    return np.asarray(glyph.mask) > 127


def written(digit, form, seed=1, **changes):
    strokes = [np.array(stroke) for stroke in form]
    rng = np.random.default_rng(seed)
    return write_form(rng, replace(STEADY, **changes), digit, strokes)


def holes(shape):
    """How many parts of the ground no way leads out of."""
    return label(~np.pad(shape, 1))[1] - 1


def test_every_mask_has_the_height_of_glyphs_and_ink_from_edge_to_edge():
    for digit, forms in enumerate(ALL_FORMS):
        for form in forms:
            shape = ink(written(digit, form))
            assert shape.shape[0] == HEIGHT
            assert shape[[1, -2]].any(1).all()
            assert shape[:, [0, 1]].any() and shape[:, [-2, -1]].any()


def test_form_between_two_goes_from_the_one_to_the_other():
    one, other = FORMS[6][0], FORMS[6][1]
    ends = [np.array([curve_through(form[0])[[0, -1]]])[0] for form in (one, other)]
    for share in (0.0, 0.25, 1.0):
        (stroke,) = between(one, other, share)
        assert stroke.shape == (STEPS, 2)
        expected = (1 - share) * ends[0] + share * ends[1]
        np.testing.assert_allclose(stroke[[0, -1]], expected, atol=1e-9)


def test_straight_strokes_stay_straight_between_forms():
    bars = between((((0, 0), (0, 1)),), (((1, 0), (0, 1)),), 0.5)
    np.testing.assert_allclose(bars, [[[0.5, 0], [0, 1]]])


def test_any_form_has_the_strokes_of_a_form_and_is_often_between_two():
    rng = np.random.default_rng(2)
    own = 0
    for _ in range(300):
        form = any_form(rng, 8)
        assert len(form) in {len(known) for known in ALL_FORMS[8]}
        known = [[np.array(stroke).tolist() for stroke in one] for one in ALL_FORMS[8]]
        own += [stroke.tolist() for stroke in form] in known
    assert own / 300 == pytest.approx(1 - free_hand.MIXED, abs=0.1)


def test_strokes_that_meet_are_joined_and_others_not():
    bar, leg, cross = ([0, 0], [1, 0]), ([1, 0], [0, 1]), ([0, 0.5], [1, 0.5])
    long, short = joined([np.array(stroke, float) for stroke in (bar, leg, cross)])
    np.testing.assert_array_equal(long, [[0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(short, cross)


@pytest.mark.parametrize(("digit", "same"), [(CORNERED, True), (7, False)])
def test_a_4_alone_keeps_its_corner(monkeypatch, digit, same):
    """Rounded it would be a 9: its slope and its bar always stay two strokes."""
    shapes = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(free_hand, "ROUNDED", share)
        shapes.append(written(digit, FORMS[digit][0]).mask.tobytes())
    assert (shapes[0] == shapes[1]) == same


@pytest.mark.parametrize("pen", [0.05, 0.2])
def test_rings_of_a_thick_pen_stay_open(pen):
    glyph = written(0, FORMS[0][0], pen=pen, width=0.3)
    assert holes(ink(glyph)) == 1


def test_thick_pen_leaves_a_1_narrow():
    assert written(1, FORMS[1][0], pen=0.2, width=0.3).width < 0.3


def test_pressure_makes_strokes_thicker_and_thinner():
    rows = ink(written(1, FORMS[1][0], pressure=0.4)).sum(1)[12:-12]
    even = ink(written(1, FORMS[1][0])).sum(1)[12:-12]
    assert np.ptp(even) <= 2
    assert np.ptp(rows) >= 3


def test_free_hand_uses_every_form_and_slips_now_and_then(monkeypatch):
    monkeypatch.setattr(free_hand, "MIXED", 0.0)
    seen = []
    monkeypatch.setattr(
        free_hand,
        "write_form",
        lambda rng, hand, digit, form: (
            seen.append([stroke.tolist() for stroke in form])
            or write_form(rng, hand, digit, form)
        ),
    )
    rng = np.random.default_rng(3)
    same, used = [], set()
    for _ in range(200):
        seen.clear()
        write_freely(rng, STEADY, (2, 2))
        used |= {str(form) for form in seen}
        same.append(seen[0] == seen[1])
    assert len(used) == len(ALL_FORMS[2])
    # Both as usual, 0.8 twice; or one of them by chance the same.
    chance = 1 / len(ALL_FORMS[2])
    assert np.mean(same) == pytest.approx(0.64 + 0.36 * chance, abs=0.1)


def test_uneven_hand_writes_lower_digits_inside_the_line():
    rng = np.random.default_rng(4)
    hand = replace(STEADY, uneven=0.3)
    heights = []
    for glyph in write_freely(rng, hand, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9) * 5):
        rows = np.flatnonzero(ink(glyph).any(1))
        assert glyph.mask.height == HEIGHT
        heights.append((rows[-1] - rows[0] + 1) / HEIGHT)
        # The outline is that of the ink.
        assert glyph.outline[:, 1].min() * HEIGHT == pytest.approx(rows[0], abs=2)
        assert glyph.outline[:, 1].max() * HEIGHT == pytest.approx(rows[-1] + 1, abs=2)
    assert min(heights) < 0.7 < 0.95 < max(heights)
    even = write_freely(rng, STEADY, (0, 1, 2))
    assert all(ink(glyph)[[1, -2]].any(1).all() for glyph in even)


def test_points_are_bent_smoothly_and_by_as_much_as_said():
    rng = np.random.default_rng(5)
    row = np.stack([np.linspace(0, 1, 21), np.full(21, 0.3)], 1)
    moved = np.stack([warped(rng, row, 0.2) - row for _ in range(500)])
    # A parabola along the row: its second differences are the same everywhere.
    bends = np.diff(moved, 2, axis=1)
    np.testing.assert_allclose(bends, bends[:, :1].repeat(19, 1), atol=1e-9)
    assert 0.05 < moved[:, [0, -1]].std() < 0.2
    np.testing.assert_array_equal(warped(rng, row, 0.0), row)


def test_points_waver_by_as_much_as_said_and_alike_where_they_meet():
    rng = np.random.default_rng(6)
    row = np.stack([np.linspace(0, 1, 21), np.full(21, 0.3)], 1)
    row[-1] = row[0]
    shifts = np.stack([wavering(rng, row, 0.05) - row for _ in range(800)])
    assert shifts.std() == pytest.approx(0.05, rel=0.1)
    np.testing.assert_allclose(shifts[:, 0], shifts[:, -1], atol=1e-12)
    # From a point to the next, a twentieth away, a shift hardly changes.
    assert np.diff(shifts[:, :-1], axis=1).std() < 0.6 * shifts.std()
    np.testing.assert_array_equal(wavering(rng, row, 0.0), row)


def test_same_seed_same_writing():
    def masks(seed):
        rng = np.random.default_rng(seed)
        glyphs = write_freely(rng, draw_free_hand(rng), (2, 0, 7))
        return [glyph.mask.tobytes() for glyph in glyphs]

    assert masks(3) == masks(3)
    assert masks(3) != masks(4)


def test_free_hands_differ():
    rng = np.random.default_rng(0)
    hands = [draw_free_hand(rng) for _ in range(300)]
    for name, low, high in (
        *(("width", 0.25, 1.5), ("pen", 0.035, 0.2), ("spread", 0.05, 0.3)),
        *(("pressure", 0, 0.4), ("waver", 0, 0.05), ("warp", 0, 0.35)),
        *(("uneven", 0, 0.2), ("slant", -1.2, 1.5)),
    ):
        values = [getattr(hand, name) for hand in hands]
        assert low <= min(values) < 0.6 * max(values)
        assert max(values) <= high

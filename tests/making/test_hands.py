"""Digits by hand: thicker and thinner, wider and bent, and still the digits."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, digit_glyphs
from helpers.sample.plates import draw_style
from helpers.sample.textures import LUMA
from helpers.sample.typefaces import files
from workshop.making import hands
from workshop.making.hands import (
    any_glyphs,
    bend,
    note,
    thicken,
    varied_glyphs,
    varied_style,
)

CORNERS = [[15, 0], [24, 0], [24, HEIGHT], [15, HEIGHT]]


@pytest.fixture(scope="module")
def digits():
    return digit_glyphs(files("lato")[0], None)


def bar(thick: int) -> Glyph:
    """An upright stroke in the middle of a mask of 40 pixels."""
    mask = Image.new("L", (40, HEIGHT))
    left = 20 - thick // 2
    ImageDraw.Draw(mask).rectangle((left, 0, left + thick - 1, HEIGHT), fill=255)
    return Glyph(mask, np.array(CORNERS) / HEIGHT)


def ink(glyph: Glyph) -> np.ndarray:
    return np.asarray(glyph.mask).astype(int)


def assert_same(one: Glyph, other: Glyph):
    np.testing.assert_array_equal(ink(one), ink(other))
    np.testing.assert_array_equal(one.outline, other.outline)


@pytest.mark.parametrize("step", [-7, -5, -3, 3, 5, 7])
def test_stroke_grows_or_shrinks_by_half_a_step_on_each_side(step):
    changed = ink(thicken(bar(12), step)) > 127
    grown = 12 + (abs(step) - 1) * np.sign(step)
    assert (changed.sum(1) == grown).all()
    np.testing.assert_array_equal(changed, changed[:, ::-1])


@pytest.mark.parametrize("step", [3, 7])
def test_thicker_digit_covers_the_digit(digits, step):
    for glyph in digits:
        thick = thicken(glyph, step)
        assert thick.mask.size == glyph.mask.size
        assert (ink(thick) >= ink(glyph)).all()
        assert ink(thick).sum() > ink(glyph).sum()


def test_thinner_digit_lies_within_the_digit(digits):
    for glyph in digits:
        thin = thicken(glyph, -3)
        assert thin.mask.size == glyph.mask.size
        assert (ink(thin) <= ink(glyph)).all()
        assert 0 < ink(thin).sum() < ink(glyph).sum()


def test_strokes_that_would_vanish_stay(digits):
    assert_same(thicken(bar(4), -7), bar(4))
    for glyph in digits:
        assert ink(thicken(glyph, -7)).sum() > 0.3 * ink(glyph).sum()


@pytest.mark.parametrize("step", [-2, -1, 0, 1, 2])
def test_small_step_changes_nothing(digits, step):
    assert_same(thicken(digits[3], step), digits[3])


@pytest.mark.parametrize("stretch", [0.7, 1.0, 1.5])
def test_stretched_digit_has_another_width_and_the_same_height(digits, stretch):
    for glyph in digits:
        wide = bend(np.random.default_rng(1), glyph, stretch, 0.0)
        assert wide.mask.height == HEIGHT
        assert abs(wide.mask.width - stretch * glyph.mask.width) <= 0.5
        factor = wide.width / glyph.width
        assert wide.outline[:, 0] == pytest.approx(factor * glyph.outline[:, 0])
        assert wide.outline[:, 1] == pytest.approx(glyph.outline[:, 1])


def test_no_stretch_and_no_strength_leave_a_digit_as_it_is(digits):
    assert_same(bend(np.random.default_rng(1), digits[8], 1.0, 0.0), digits[8])


def test_narrowest_digit_is_two_pixels_wide(digits):
    thin = bend(np.random.default_rng(1), digits[1], 0.001, 0.0)
    assert thin.mask.size == (2, HEIGHT)


def test_bent_digit_keeps_its_size_its_ink_and_its_ends(digits):
    rng = np.random.default_rng(6)
    for glyph in digits:
        bent = bend(rng, glyph, 1.0, 0.04)
        assert bent.mask.size == glyph.mask.size
        assert 0.7 < ink(bent).sum() / ink(glyph).sum() < 1.4
        assert (ink(bent) != ink(glyph)).any()
        rows = np.flatnonzero((ink(bent) > 127).any(1))
        assert rows[0] <= 0.08 * HEIGHT
        assert rows[-1] >= 0.92 * HEIGHT - 1


def test_more_strength_bends_more(digits):
    def change(strength):
        bent = bend(np.random.default_rng(6), digits[5], 1.0, strength)
        return np.abs(ink(bent) - ink(digits[5])).sum()

    assert 0 < change(0.01) < change(0.03) < change(0.09)


def test_same_seed_same_bend_another_seed_another(digits):
    one, again, other = (
        bend(np.random.default_rng(seed), digits[2], 1.1, 0.04) for seed in (3, 3, 4)
    )
    assert_same(again, one)
    assert (ink(other) != ink(one)).any()


def draw(seed, number):
    rng = np.random.default_rng(seed)
    return any_glyphs(rng, draw_style(rng), number)


def test_same_digit_of_a_number_has_the_same_glyph():
    glyphs = draw(5, (7, 1, 7, 7, 1))
    assert len(glyphs) == 5
    assert glyphs[0] is glyphs[2] is glyphs[3]
    assert glyphs[1] is glyphs[4]
    assert glyphs[0] is not glyphs[1]


def test_glyphs_of_a_number_do_not_depend_on_the_order_of_its_digits():
    for one, other in zip(
        draw(5, (4, 7, 1)), reversed(draw(5, (1, 7, 4))), strict=True
    ):
        assert_same(one, other)


def test_same_seed_same_glyphs():
    for seed in range(4):
        for one, again in zip(draw(seed, (2, 6)), draw(seed, (2, 6)), strict=True):
            assert_same(one, again)


def test_hardly_two_sets_are_alike():
    threes = {draw(seed, (3,))[0].mask.tobytes() for seed in range(12)}
    assert len(threes) == 12


def test_every_set_is_of_ink_in_masks_of_one_height():
    for seed in range(12):
        for glyph in draw(seed, (0, 4, 9)):
            assert glyph.mask.height == HEIGHT
            assert 0.02 < ink(glyph).mean() / 255 < 0.98


def test_varied_styles_are_notes_and_steep_as_often_as_said():
    rng = np.random.default_rng(1)
    styles = [varied_style(rng) for _ in range(2_000)]
    written = np.mean([style.faces == hands.WRITTEN for style in styles])
    steep = np.mean([style.rise != 0 for style in styles])
    assert written == pytest.approx(hands.NOTES, abs=0.03)
    assert steep == pytest.approx(hands.STEEP, abs=0.03)


def test_only_notes_are_spaced_as_often_as_said():
    rng = np.random.default_rng(4)
    notes = [hands.spaced(rng, note(rng)) for _ in range(1_000)]
    spreads = np.array([style.spread for style in notes])
    assert np.mean(spreads > 0) == pytest.approx(hands.APART, abs=0.05)
    assert 0.15 <= spreads[spreads > 0].min() < spreads.max() <= 1
    other = draw_style(rng)
    assert all(hands.spaced(rng, other) is other for _ in range(20))


def test_notes_from_near_have_digits_apart_or_touching_as_often_as_said():
    rng = np.random.default_rng(5)
    notes = [hands.near_note(rng) for _ in range(1_000)]
    assert {style.faces for style in notes} == {hands.WRITTEN}
    spreads = np.array([style.spread for style in notes])
    assert -hands.OVERLAP <= spreads.min() < -0.9 * hands.OVERLAP
    assert np.mean(spreads < 0) == pytest.approx(hands.TOUCHING, abs=0.05)
    apart = hands.APART * (1 - hands.TOUCHING)
    assert np.mean(spreads > 0) == pytest.approx(apart, abs=0.05)


def test_cast_styles_are_plates_apart_or_steep_as_often_as_said():
    rng = np.random.default_rng(6)
    styles = [hands.cast_style(rng) for _ in range(1_000)]
    assert hands.WRITTEN not in {style.faces for style in styles}
    apart = np.mean([style.spread > 0 for style in styles])
    assert apart == pytest.approx(hands.CAST_APART, abs=0.05)
    steep = np.mean([style.rise != 0 for style in styles])
    assert steep == pytest.approx(hands.STEEP, abs=0.04)


def test_ink_of_a_note_stands_out_from_its_paper():
    rng = np.random.default_rng(2)
    notes = [note(rng) for _ in range(200)]
    papers = [style for style in notes if style.plate is not None]
    assert 60 < len(papers) < 180
    steps = [abs((style.plate - style.digit) @ LUMA) for style in papers]
    assert np.mean(np.array(steps) > 0.2) > 0.9


def test_digits_of_a_note_are_written_and_others_are_of_a_typeface(monkeypatch):
    rng = np.random.default_rng(3)
    monkeypatch.setattr(hands, "draw_typeface", None)
    monkeypatch.setattr(hands, "files", None)
    written = varied_glyphs(rng, note(rng), (3, 3))
    assert len(written) == 2
    assert written[0].mask.tobytes() != written[1].mask.tobytes()
    with pytest.raises(TypeError):
        varied_glyphs(rng, draw_style(rng), (3, 3))


def test_without_another_form_varied_glyphs_are_any_glyphs(monkeypatch):
    monkeypatch.setattr(
        hands, "vary", lambda rng, glyphs, digits: dict(enumerate(glyphs))
    )
    for seed in range(3):
        style = draw_style(np.random.default_rng(seed))
        one, other = (
            draw_some(np.random.default_rng(seed), style, (4, 1))
            for draw_some in (any_glyphs, varied_glyphs)
        )
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)

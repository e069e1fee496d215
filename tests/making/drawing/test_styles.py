"""Styles beyond the sample's, and digits thicker, wider and bent that stay digits."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, Glyph, digit_glyphs
from helpers.sample.plates import draw_style
from helpers.sample.typefaces import files
from workshop.making.drawing import styles
from workshop.making.drawing.styles import WRITTEN, bend, note, thicken, varied_glyphs


@pytest.fixture(scope="module")
def digits():
    return digit_glyphs(files("lato")[0], None)


def bar(thick: int) -> Glyph:
    """An upright stroke in the middle of a mask of 40 pixels."""
    mask = Image.new("L", (40, HEIGHT))
    left = 20 - thick // 2
    ImageDraw.Draw(mask).rectangle((left, 0, left + thick - 1, HEIGHT), fill=255)
    return Glyph(mask, np.array([[15, 0], [24, 0], [24, 96], [15, 96]]) / HEIGHT)


def ink(glyph: Glyph) -> np.ndarray:
    return np.asarray(glyph.mask).astype(int)


def assert_same(one: Glyph, other: Glyph):
    np.testing.assert_array_equal(ink(one), ink(other))
    np.testing.assert_array_equal(one.outline, other.outline)


@pytest.mark.parametrize("step", [-7, -3, 3, 7])
def test_stroke_grows_or_shrinks_by_half_a_step_on_each_side(step):
    changed = ink(thicken(bar(12), step)) > 127
    assert (changed.sum(1) == 12 + (abs(step) - 1) * np.sign(step)).all()
    np.testing.assert_array_equal(changed, changed[:, ::-1])


def test_strokes_that_would_vanish_and_small_steps_leave_a_digit(digits):
    assert_same(thicken(bar(4), -7), bar(4))
    for glyph in digits:
        assert ink(thicken(glyph, -7)).sum() > 0.3 * ink(glyph).sum()
        assert thicken(glyph, 2) is glyph


@pytest.mark.parametrize("stretch", [0.001, 0.7, 1.0, 1.5])
def test_stretched_digit_has_another_width_and_the_same_height(digits, stretch):
    for glyph in digits:
        wide = bend(np.random.default_rng(1), glyph, stretch, 0.0)
        width = max(2, stretch * glyph.mask.width)
        assert wide.mask.height == HEIGHT
        assert abs(wide.mask.width - width) <= 0.5
        factor = wide.width / glyph.width
        assert wide.outline == pytest.approx(glyph.outline * [factor, 1])
        if stretch == 1:
            assert_same(wide, glyph)


def test_bent_digit_keeps_its_size_its_ink_and_its_ends(digits):
    rng = np.random.default_rng(6)
    for glyph in digits:
        bent = bend(rng, glyph, 1.0, 0.04)
        assert bent.mask.size == glyph.mask.size
        assert 0.7 < ink(bent).sum() / ink(glyph).sum() < 1.4
        rows = np.flatnonzero((ink(bent) > 127).any(1))
        assert rows[0] <= 0.08 * HEIGHT
        assert rows[-1] >= 0.92 * HEIGHT - 1


def glyphs_of(seed, number):
    rng = np.random.default_rng(seed)
    return varied_glyphs(rng, draw_style(rng), number)


def test_same_digit_of_a_number_has_the_same_glyph_whatever_the_order():
    glyphs = glyphs_of(5, (7, 1, 7, 4))
    assert glyphs[0] is glyphs[2]
    assert glyphs[0] is not glyphs[1]
    for one, other in zip(glyphs, reversed(glyphs_of(5, (4, 7, 1, 7))), strict=True):
        assert_same(one, other)


KINDS = {
    "written": lambda style: style.faces == WRITTEN,
    "steep": lambda style: style.rise != 0,
    "spaced": lambda style: style.spread > 0,
    "touching": lambda style: -styles.MAX_OVERLAP <= style.spread < 0,
}
APART, TOUCHING = styles.SPACED_NOTE_SHARE, styles.TOUCHING_SHARE


@pytest.mark.parametrize(
    ("draw", "kind", "share"),
    [
        (styles.varied_style, "written", styles.NOTE_SHARE),
        (styles.varied_style, "steep", styles.STEEP_SHARE),
        (styles.cast_style, "steep", styles.STEEP_SHARE),
        (styles.cast_style, "spaced", styles.SPACED_CAST_SHARE),
        (styles.near_note, "spaced", APART * (1 - TOUCHING)),
        (styles.near_note, "touching", TOUCHING),
        (note, "spaced", APART),
    ],
)
def test_styles_are_notes_steep_or_apart_as_often_as_said(draw, kind, share):
    rng = np.random.default_rng(1)
    found = np.mean([KINDS[kind](draw(rng)) for _ in range(2_000)])
    assert found == pytest.approx(share, abs=0.04)

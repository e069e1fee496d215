"""Digits in the forms of old plates: what is added is there, and the rest stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import label, sum_labels

from helpers.sample.glyphs import HEIGHT, digit_glyphs, glyph_of
from helpers.sample.typefaces import files
from workshop.making.drawing import variants
from workshop.making.drawing.styles import FAMILIES
from workshop.making.drawing.variants import SHARES, vary, with_forms

SIZES = np.full(6, 0.5)


@pytest.fixture(scope="module", params=["lato", "abril_fatface", "oswald"])
def glyphs(request):
    return digit_glyphs(files(request.param)[0], None)


def shape(mask):
    return np.asarray(mask) > 127


def bar(left=20, right=30, width=50):
    mask = Image.new("L", (width, HEIGHT))
    ImageDraw.Draw(mask).rectangle((left, 0, right - 1, HEIGHT), fill=255)
    return mask


def test_flat_three_has_a_bar_on_top_and_the_lower_bowl_of_the_three(glyphs):
    three, seven = glyphs[3].mask, glyphs[7].mask
    flat = variants.flat_three(three, seven)
    assert flat.size == three.size
    low = int(0.7 * HEIGHT)
    np.testing.assert_array_equal(shape(flat)[low:], shape(three)[low:])
    top = slice(1, int(0.1 * HEIGHT))
    assert shape(flat)[top].any(0).mean() > shape(three)[top].any(0).mean()
    # One piece: the slanting stroke reaches the bowl.
    parts, count = label(np.asarray(flat) > 60)
    sizes = sum_labels(np.ones(parts.shape), parts, range(1, count + 1))
    assert max(sizes) > 0.97 * sum(sizes)


def test_seven_gets_a_bar_across_or_a_drop_at_its_left(glyphs):
    seven, row = glyphs[7].mask, HEIGHT // 2
    barred = variants.with_bar(seven, 0.6, 0.5, stem=12)
    assert barred.height == HEIGHT
    assert shape(barred)[row].sum() > shape(seven)[row].sum() + 0.2 * HEIGHT
    dropped = variants.with_drop(seven, 0.3, stem=10)
    assert (shape(dropped) >= shape(seven)).all()
    assert shape(dropped)[: int(0.28 * HEIGHT), 0].all()


def test_flag_widens_a_one_to_the_left_and_a_foot_to_both_sides():
    flagged = shape(variants.with_flag(bar(), 0.3, 0.3))
    assert flagged.shape[1] == pytest.approx(10 + 0.3 * HEIGHT, abs=3)
    assert (flagged[-20:].sum(1) == 10).all()
    assert not flagged[-20:, :-12].any()
    footed = shape(variants.with_foot(bar(), 0.2))
    assert footed.shape[1] == pytest.approx(10 + 0.4 * HEIGHT, abs=3)
    assert footed[-2].all()
    assert footed[HEIGHT // 2].sum() == 10


@pytest.mark.parametrize("digit", sorted(variants.CURLS))
def test_balls_thicken_the_free_ends_alone(glyphs, digit):
    mask = glyphs[digit].mask
    balls = shape(variants.with_balls(mask, variants.CURLS[digit], 0.1))
    assert (balls >= shape(mask)).all()
    assert (balls & ~shape(mask)).mean() < 0.12


def test_stencil_cuts_from_top_to_bottom_and_hollow_leaves_an_outline(glyphs):
    cut = shape(variants.stencilled(glyphs[8].mask, 0.08))
    middle = cut.shape[1] // 2
    assert not cut[:, middle - 1 : middle + 2].any()
    assert cut[:, :middle].any() and cut[:, middle:].any()
    inside = shape(variants.hollow(bar(10, 40)))
    assert not inside[HEIGHT // 2, 10:20].any()
    assert inside[HEIGHT // 2, 1] and inside[HEIGHT // 2, -2]
    assert inside[0].all() and inside[-1].all()


def test_stem_is_as_thick_as_its_stroke():
    assert variants.stem_width(glyph_of(bar(20, 33))) == 13


def test_none_of_the_forms_leaves_the_typeface(glyphs):
    found = with_forms(glyphs, (1, 3, 7), (), SIZES)
    assert found == {digit: glyphs[digit] for digit in (1, 3, 7)}


CHANGED = dict(zip(SHARES, (7, 3, 7, 1, 1, 2, 8, 4), strict=True))


@pytest.mark.parametrize("name", SHARES)
def test_each_form_changes_its_digit(glyphs, name):
    digit = CHANGED[name]
    found = with_forms(glyphs, (digit,), (name,), SIZES)
    assert list(found) == [digit]
    assert found[digit].mask.tobytes() != glyphs[digit].mask.tobytes()
    assert found[digit].mask.height == HEIGHT


def test_forms_of_a_digit_do_not_depend_on_the_others(glyphs):
    for seed in range(12):
        alone, among = (
            vary(np.random.default_rng(seed), glyphs, digits)
            for digits in ((3,), (7, 1, 3, 3, 9))
        )
        assert alone[3].mask.tobytes() == among[3].mask.tobytes()


def test_every_form_of_every_typeface_has_ink():
    for family in FAMILIES:
        glyphs = digit_glyphs(files(family)[0], None)
        found = with_forms(glyphs, tuple(range(10)), list(SHARES)[:6], SIZES)
        for digit, glyph in found.items():
            assert glyph.mask.height == HEIGHT, (family, digit)
            assert 0.03 < shape(glyph.mask).mean() < 0.98, (family, digit)

"""Digits in the forms of old plates: what is added is there, and the rest stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from helpers.sample.glyphs import HEIGHT, digit_glyphs
from helpers.sample.typefaces import files
from workshop.making import variants

FORMS = ("FLAT_THREE", "BARRED_SEVEN", "DROPPED_SEVEN", "FLAGGED_ONE", "FOOTED_ONE")
FORMS += ("BALLS", "STENCILLED", "HOLLOW")


@pytest.fixture(scope="module", params=["lato", "abril_fatface", "oswald"])
def glyphs(request):
    return digit_glyphs(files(request.param)[0], None)


@pytest.fixture
def only(monkeypatch):
    """Some forms always, the others never."""

    def choose(*names):
        for name in FORMS:
            monkeypatch.setattr(variants, name, float(name in names))

    return choose


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
    from scipy.ndimage import label, sum_labels

    parts, count = label(np.asarray(flat) > 60)
    sizes = sum_labels(np.ones(parts.shape), parts, range(1, count + 1))
    assert max(sizes) > 0.97 * sum(sizes)


def test_bar_crosses_the_seven(glyphs):
    seven = glyphs[7].mask
    barred = variants.with_bar(seven, 0.6, 0.5, stem=12)
    row = HEIGHT // 2
    assert barred.height == HEIGHT
    assert shape(barred)[row].sum() > shape(seven)[row].sum() + 0.2 * HEIGHT
    assert shape(barred).sum() > shape(seven).sum()


def test_drop_hangs_from_the_left_of_the_seven(glyphs):
    seven = glyphs[7].mask
    dropped = variants.with_drop(seven, 0.3, stem=10)
    assert dropped.size == seven.size
    assert (shape(dropped) >= shape(seven)).all()
    assert shape(dropped)[: int(0.28 * HEIGHT), 0].all()


def test_flag_widens_a_one_to_the_left():
    flagged = variants.with_flag(bar(), 0.3, 0.3)
    before = variants._tight(bar())
    assert flagged.width == pytest.approx(before.width + 0.3 * HEIGHT, abs=3)
    assert (shape(flagged)[-20:].sum(1) == 10).all()
    assert not shape(flagged)[-20:, :-12].any()


def test_foot_widens_a_one_at_both_sides_of_its_end():
    footed = shape(variants.with_foot(bar(), 0.2))
    assert footed.shape[1] == pytest.approx(10 + 0.4 * HEIGHT, abs=3)
    assert footed[-2].all()
    assert footed[HEIGHT // 2].sum() == 10


@pytest.mark.parametrize("digit", sorted(variants.CURLS))
def test_balls_thicken_the_free_ends_alone(glyphs, digit):
    mask = glyphs[digit].mask
    balls = variants.with_balls(mask, variants.CURLS[digit], 0.1)
    grown = shape(balls) & ~shape(mask)
    assert balls.size == mask.size
    assert (shape(balls) >= shape(mask)).all()
    assert 0 <= grown.mean() < 0.12
    assert mask.tobytes() == glyphs[digit].mask.tobytes()


def test_stencil_cuts_from_top_to_bottom(glyphs):
    cut = shape(variants.stencilled(glyphs[8].mask, 0.08))
    middle = cut.shape[1] // 2
    assert not cut[:, middle - 1 : middle + 2].any()
    assert cut[:, :middle].any() and cut[:, middle:].any()


def test_hollow_digit_is_its_outline():
    inside = shape(variants.hollow(bar(10, 40)))
    assert not inside[HEIGHT // 2, 10:20].any()
    assert inside[HEIGHT // 2, 1] and inside[HEIGHT // 2, -2]
    assert inside[0].all() and inside[-1].all()


def test_stem_is_as_thick_as_its_stroke():
    from helpers.sample.glyphs import glyph_of

    assert variants.stem_width(glyph_of(bar(20, 33))) == 13


def test_none_of_the_forms_leaves_the_typeface(glyphs, only):
    only()
    found = variants.vary(np.random.default_rng(1), glyphs, (1, 3, 7))
    assert found == {digit: glyphs[digit] for digit in (1, 3, 7)}


@pytest.mark.parametrize(
    ("name", "digit"),
    [
        *(("FLAT_THREE", 3), ("BARRED_SEVEN", 7), ("DROPPED_SEVEN", 7)),
        *(("FLAGGED_ONE", 1), ("FOOTED_ONE", 1), ("BALLS", 2)),
        *(("STENCILLED", 8), ("HOLLOW", 4)),
    ],
)
def test_each_form_changes_its_digit(glyphs, only, name, digit):
    only(name)
    found = variants.vary(np.random.default_rng(1), glyphs, (digit,))
    assert list(found) == [digit]
    assert found[digit].mask.tobytes() != glyphs[digit].mask.tobytes()
    assert found[digit].mask.height == HEIGHT


def test_forms_of_a_digit_do_not_depend_on_the_others(glyphs):
    for seed in range(12):
        alone, among = (
            variants.vary(np.random.default_rng(seed), glyphs, digits)
            for digits in ((3,), (7, 1, 3, 3, 9))
        )
        assert alone[3].mask.tobytes() == among[3].mask.tobytes()


def test_every_form_of_every_typeface_has_ink(only):
    from workshop.making.hands import FAMILIES

    only(*FORMS[:6])
    for family in FAMILIES:
        glyphs = digit_glyphs(files(family)[0], None)
        found = variants.vary(np.random.default_rng(2), glyphs, tuple(range(10)))
        for digit, glyph in found.items():
            assert glyph.mask.height == HEIGHT, (family, digit)
            assert 0.03 < shape(glyph.mask).mean() < 0.98, (family, digit)

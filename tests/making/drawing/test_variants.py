"""Digits in the forms of old plates: what is added is there, and the rest stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import label, sum_labels

from helpers.sample.glyphs import HEIGHT, digit_glyphs
from helpers.sample.typefaces import files
from workshop.making.drawing import variants
from workshop.making.drawing.styles import FAMILIES
from workshop.making.drawing.variants import SHARES, with_forms

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


def test_stencil_cuts_from_top_to_bottom_and_hollow_leaves_an_outline(glyphs):
    cut = shape(variants.stencilled(glyphs[8].mask, 0.08))
    middle = cut.shape[1] // 2
    assert not cut[:, middle - 1 : middle + 2].any()
    assert cut[:, :middle].any() and cut[:, middle:].any()
    inside = shape(variants.hollow(bar(10, 40)))
    assert not inside[HEIGHT // 2, 10:20].any()
    assert inside[HEIGHT // 2, 1] and inside[HEIGHT // 2, -2]
    assert inside[0].all() and inside[-1].all()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_of_every_typeface_changes_some_digit_and_has_ink(family):
    glyphs = digit_glyphs(files(family)[0], None)
    for form in SHARES:
        found = with_forms(glyphs, tuple(range(10)), (form,), SIZES)
        assert any(found[digit] is not glyphs[digit] for digit in range(10))
        for digit, glyph in found.items():
            assert glyph.mask.height == HEIGHT, digit
            assert 0.03 < shape(glyph.mask).mean() < 0.98, digit

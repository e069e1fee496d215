"""Digits of old plates: strokes that swell and shrink, and still the digits."""

from dataclasses import replace

import numpy as np
import pytest
from builders import ink
from scipy.ndimage import label

from helpers.sample.glyphs import HEIGHT
from workshop.making.drawing.forms import PLATE_FORMS
from workshop.making.drawing.old_plates import Foundry, cast, cast_form, draw_foundry

PLAIN = Foundry()
RINGS = (1, 0, 0, 0, 1, 0, 1, 0, 2, 1)
"""Holes in each digit."""


def made(form, **changes):
    """A form as a maker casts it, always the same."""
    strokes = [np.array(stroke) for stroke in form]
    return cast_form(np.random.default_rng(1), replace(PLAIN, **changes), strokes)


@pytest.mark.parametrize("digit", range(10))
def test_every_form_is_one_piece_with_the_rings_of_its_digit(digit):
    for form in PLATE_FORMS[digit]:
        shape = ink(made(form, weight=0.6, contrast=0.3))
        assert shape.shape[0] == HEIGHT
        parts, _ = label(~np.pad(shape, 1))
        # Where two strokes cross their ends may leave a few pixels between them.
        rings = (np.bincount(parts.ravel())[2:] > 20).sum()
        assert rings == RINGS[digit] or (digit == 4 and rings == 0)
        assert label(shape, np.ones((3, 3)))[1] == 1


def test_weight_balls_width_and_slant_do_what_they_say():
    two, one = PLATE_FORMS[2][0], PLATE_FORMS[1][3]
    plain = made(two)
    assert ink(made(two, weight=1.4)).mean() > 1.15 * ink(plain).mean()
    left = np.s_[: HEIGHT // 2, : plain.mask.width // 3]
    assert ink(made(two, balls=0.4))[left].sum() < 0.9 * ink(plain)[left].sum()
    assert made(two, width=1.5).width > 1.3 * plain.width
    # By 0.3 of the 0.86 heights from the stroke's first point to its last.
    leaning = made(one, slant=0.3).width
    assert leaning == pytest.approx(made(one).width + 0.26, abs=0.03)


def test_a_maker_casts_a_digit_always_alike():
    rng = np.random.default_rng(3)
    first, other, again = cast(rng, draw_foundry(rng), (7, 2, 7))
    assert first is again
    assert first.mask.tobytes() != other.mask.tobytes()


def test_every_form_is_cast_and_joints_are_rounded_now_and_then():
    rng = np.random.default_rng(4)
    masks = {cast(rng, PLAIN, (7,))[0].mask.tobytes() for _ in range(100)}
    assert len(PLATE_FORMS[7]) < len(masks) <= 2 * len(PLATE_FORMS[7])
    masks = {cast(rng, PLAIN, (9,))[0].mask.tobytes() for _ in range(40)}
    assert len(masks) == len(PLATE_FORMS[9])

"""Styles and digits beyond the sample's: any typeface, by hand, of old plates."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter
from scipy.ndimage import map_coordinates

from helpers.sample.glyphs import HEIGHT, Glyph, digit_glyphs
from helpers.sample.plates import Style, draw_style, painted
from helpers.sample.textures import noise, tint
from helpers.sample.typefaces import ALL_FAMILIES, draw_typeface, files
from workshop.making.drawing.handwriting import draw_free_hand, draw_hand, write
from workshop.making.drawing.old_plates import cast, draw_foundry
from workshop.making.drawing.variants import vary

ON_NO_HOUSE = ("press_start_2p", "great_vibes", "black_ops_one", "zeyada")
FAMILIES = tuple(family for family in ALL_FAMILIES if family not in ON_NO_HOUSE)

STEPS, STEP_SHARES = (-7, -5, -3, 0, 3, 5, 7), (0.06, 0.1, 0.1, 0.48, 0.1, 0.1, 0.06)
"""Pixels of a mask that strokes are made thicker by, and how often."""

STEEP_SHARE, NOTE_SHARE = 0.2, 0.2
"""Share of varied numbers that climb or fall, and of those written by hand."""

SPACED_SHARE, SPACED_CAST_SHARE, SPACED_NOTE_SHARE = 0.15, 0.3, 0.4
"""Share of numbers whose digits stand well apart, of old plates and of notes."""

TOUCHING_SHARE, MAX_OVERLAP = 0.25, 0.15
"""Share of notes from near whose digits stand closer than usual, so that some touch,
and by how many digit heights at most."""

WRITTEN = "written"  # in place of a group of typefaces: digits that a hand writes


def varied_style(rng: np.random.Generator) -> Style:
    """Draw a style that house numbers have or readers meet: notes, steep numbers."""
    if rng.random() < NOTE_SHARE:
        return _steep(rng, note(rng))
    return _steep(rng, _spaced(rng, draw_style(rng), SPACED_SHARE))


def cast_style(rng: np.random.Generator) -> Style:
    """Draw a style of old plates and cast numbers, more of them apart; some steep."""
    return _steep(rng, _spaced(rng, draw_style(rng), SPACED_CAST_SHARE))


def note(rng: np.random.Generator) -> Style:
    """Draw a pen on paper, or a brush or chalk on the wall, in somebody's hand.

    A finder that never saw digits of notes well apart takes half of them for the whole.
    """
    style = painted(rng)
    if rng.random() < 0.6:
        paper = tint(rng, rng.uniform(0.08, 0.65), (0, 0.2), (0.6, 1))
        ink = tint(rng, rng.random(), (0, 0.8), (0.02, 0.4))
        if rng.random() < 0.15:
            paper, ink = ink, paper
        style = replace(style, plate=paper, digit=ink)
    return _spaced(rng, replace(style, faces=WRITTEN), SPACED_NOTE_SHARE)


def near_note(rng: np.random.Generator) -> Style:
    """Draw a `note` seen from near: digits apart or touching, in a row or less so."""
    style = replace(note(rng), loose=float(rng.uniform(0.2, 2.2)))
    if rng.random() < TOUCHING_SHARE:
        return replace(style, spread=-float(rng.uniform(0, MAX_OVERLAP)))
    return style


def _steep(rng, style: Style) -> Style:
    """A style, now and then of numbers that climb or fall."""
    if rng.random() < STEEP_SHARE:
        return replace(style, rise=float(rng.normal(-0.1, 0.3)))
    return style


def _spaced(rng, style: Style, share: float) -> Style:
    """A style, a share of the time with digits well apart."""
    if rng.random() < share:
        return replace(style, spread=float(rng.uniform(0.15, 1.0)))
    return style


def varied_glyphs(rng, style: Style, digits: tuple[int, ...]) -> tuple[Glyph, ...]:
    """Draw a number's digits: by hand for a note, else in any typeface.

    Half the time it is one that suits the style. Some digits take forms of old plates
    (`vary`); each set has a weight and a width of its own, each digit is bent a little.
    """
    if style.faces == WRITTEN:
        return write(rng, draw_hand(rng), digits)
    if rng.random() < 0.5:
        path, weight = draw_typeface(rng, style.faces)
    else:
        choices = files(FAMILIES[rng.integers(len(FAMILIES))])
        path = choices[rng.integers(len(choices))]
        weight = int(rng.choice((400, 600, 800))) if "wght" in path.name else None
    step = int(rng.choice(STEPS, p=STEP_SHARES))
    glyphs = vary(rng, digit_glyphs(path, weight), digits)
    stretch = float(np.exp(rng.normal(0, 0.12)))
    strength = rng.uniform(0, 0.05) if rng.random() < 0.7 else 0.0
    bent = {
        digit: bend(rng, thicken(glyphs[digit], step), stretch, strength)
        for digit in sorted(set(digits))
    }
    return tuple(bent[digit] for digit in digits)


def free_glyphs(rng, style: Style, digits: tuple[int, ...]) -> tuple[Glyph, ...]:
    """Draw handwritten digits in all their forms, whatever the style."""
    return write(rng, draw_free_hand(rng), digits)


def cast_glyphs(rng, style: Style, digits: tuple[int, ...]) -> tuple[Glyph, ...]:
    """Draw digits as old plates and cast numbers have them, whatever the style."""
    return cast(rng, draw_foundry(rng), digits)


def thicken(glyph: Glyph, step: int) -> Glyph:
    """Make strokes thicker (``step`` over 0) or thinner, by about its size in pixels.

    Thin strokes are left as they are where they would vanish.
    """
    if abs(step) < 3:
        return glyph
    if step > 0:
        return Glyph(glyph.mask.filter(ImageFilter.MaxFilter(step)), glyph.outline)
    mask = glyph.mask.filter(ImageFilter.MinFilter(-step))
    ink, before = np.asarray(mask).mean(), np.asarray(glyph.mask).mean()
    return Glyph(mask, glyph.outline) if ink > 0.35 * before else glyph


def bend(rng, glyph: Glyph, stretch: float, strength: float) -> Glyph:
    """Make a glyph ``stretch`` times as wide and shift its parts against each other.

    ``strength`` is the deviation of the shifts, as a share of the height.
    """
    width = max(2, round(glyph.mask.width * stretch))
    mask = glyph.mask.resize((width, HEIGHT), Image.Resampling.BILINEAR)
    if strength:
        shape = HEIGHT, width
        # At the sides little, so that no digit is cut off.
        fades = (0.2 + 0.8 * np.sin(np.linspace(0, np.pi, side)) for side in shape)
        reach = strength * HEIGHT * np.outer(*fades)
        cells = HEIGHT / 3, width / 2
        places = [at + reach * noise(rng, shape, cells) for at in np.indices(shape)]
        mask = Image.fromarray(map_coordinates(np.asarray(mask), places, order=1))
    return Glyph(mask, glyph.outline * [width / glyph.mask.width, 1])

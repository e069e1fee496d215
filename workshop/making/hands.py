"""Digits as no typeface has them: other weights, widths and slips of the hand."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from helpers.sample.glyphs import HEIGHT, Glyph, digit_glyphs
from helpers.sample.plates import Style, draw_style, painted
from helpers.sample.textures import hsv
from helpers.sample.typefaces import ALL_FAMILIES, draw_typeface, files
from workshop.making.free_hand import draw_free_hand, write_freely
from workshop.making.handwriting import draw_hand, write
from workshop.making.old_plates import cast, draw_foundry
from workshop.making.variants import vary

ODD = ("press_start_2p", "great_vibes", "black_ops_one", "zeyada")
"""Families whose digits stand on no house."""

FAMILIES = tuple(family for family in ALL_FAMILIES if family not in ODD)

STEPS, CHANCES = (-7, -5, -3, 0, 3, 5, 7), (0.06, 0.1, 0.1, 0.48, 0.1, 0.1, 0.06)
"""By how much strokes are made thicker, in pixels of a mask, and how often."""

SPREAD = 0.15
"""Share of numbers whose digits stand well apart."""

STEEP, NOTES = 0.2, 0.2
"""Share of varied numbers that climb or fall, and of those written by hand."""

CAST_APART = 0.3
"""Share of old plates and cast numbers whose digits stand well apart."""

APART = 0.4
"""Share of notes whose digits stand well apart, among images for the finder."""

TOUCHING, OVERLAP = 0.25, 0.15
"""Share of notes seen from near whose digits stand closer than usual, so that some
touch, and by how much of a height at most."""

WRITTEN = "written"
"""In place of a group of typefaces: digits that a hand writes."""


def any_style(rng: np.random.Generator) -> Style:
    """`plates.draw_style`, now and then with digits well apart."""
    return _set_apart(rng, draw_style(rng), SPREAD)


def varied_style(rng: np.random.Generator) -> Style:
    """`any_style`, or one that house numbers seldom have but readers meet.

    Steep numbers, which were read worst of the real ones, and notes by hand.
    """
    return _steep(rng, note(rng) if rng.random() < NOTES else any_style(rng))


def cast_style(rng: np.random.Generator) -> Style:
    """A style of old plates and cast numbers, more of them apart; some are steep."""
    return _steep(rng, _set_apart(rng, draw_style(rng), CAST_APART))


def spaced_style(rng: np.random.Generator) -> Style:
    """`varied_style`, its notes `spaced`."""
    return spaced(rng, varied_style(rng))


def spaced(rng: np.random.Generator, style: Style) -> Style:
    """A style, if it is a note's now and then with digits well apart.

    A finder that never saw any takes half of such a number for the whole of it.
    """
    return _set_apart(rng, style, APART) if style.faces == WRITTEN else style


def _steep(rng, style):
    """A style, now and then of numbers that climb or fall."""
    if rng.random() < STEEP:
        return replace(style, rise=float(rng.normal(-0.1, 0.3)))
    return style


def _set_apart(rng, style, share):
    """A style, a share of the time with digits well apart."""
    if rng.random() < share:
        return replace(style, spread=float(rng.uniform(0.15, 1.0)))
    return style


def note(rng: np.random.Generator) -> Style:
    """A pen on paper, or a brush or chalk on the wall, in somebody's handwriting."""
    if rng.random() < 0.4:
        return replace(painted(rng), faces=WRITTEN)
    paper = hsv(rng.uniform(0.08, 0.65), rng.uniform(0, 0.2), rng.uniform(0.6, 1))
    ink = hsv(rng.random(), rng.uniform(0, 0.8), rng.uniform(0.02, 0.4))
    if rng.random() < 0.15:
        paper, ink = ink, paper
    return Style(paper, ink, None, WRITTEN, 0.0, float(rng.uniform(0.2, 1.2)))


def near_note(rng: np.random.Generator) -> Style:
    """A `note`, `spaced` or its digits touching, in a row more or less straight."""
    style = replace(note(rng), loose=float(rng.uniform(0.2, 2.2)))
    if rng.random() < TOUCHING:
        return replace(style, spread=-float(rng.uniform(0, OVERLAP)))
    return spaced(rng, style)


def any_glyphs(
    rng: np.random.Generator, style: Style, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """A number's digits in any typeface, half the time one that suits the style.

    Each set has a weight and a width of its own, and each digit is bent a little, so
    that hardly two sets are alike.
    """
    glyphs, step = _any_set(rng, style)
    return _bent(rng, glyphs, step, digits)


def varied_glyphs(
    rng: np.random.Generator, style: Style, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """`any_glyphs`, some in forms of old plates (`vary`), or handwritten (`write`)."""
    if style.faces == WRITTEN:
        return write(rng, draw_hand(rng), digits)
    glyphs, step = _any_set(rng, style)
    return _bent(rng, vary(rng, glyphs, digits), step, digits)


def free_glyphs(
    rng: np.random.Generator, style: Style, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """Handwritten digits in all their forms (`write_freely`), whatever the style."""
    return write_freely(rng, draw_free_hand(rng), digits)


def cast_glyphs(
    rng: np.random.Generator, style: Style, digits: tuple[int, ...]
) -> tuple[Glyph, ...]:
    """Digits as old plates and cast numbers have them (`cast`), whatever the style."""
    return cast(rng, draw_foundry(rng), digits)


def _any_set(rng, style):
    """The glyphs of a typeface, and by how much to make their strokes thicker."""
    if rng.random() < 0.5:
        path, weight = draw_typeface(rng, style.faces)
    else:
        choices = files(FAMILIES[rng.integers(len(FAMILIES))])
        path = choices[rng.integers(len(choices))]
        weight = int(rng.choice((400, 600, 800))) if "wght" in path.name else None
    return digit_glyphs(path, weight), int(rng.choice(STEPS, p=CHANCES))


def _bent(rng, glyphs, step, digits):
    stretch = float(np.exp(rng.normal(0, 0.12)))
    strength = rng.uniform(0, 0.05) if rng.random() < 0.7 else 0.0
    bent = {
        digit: bend(rng, thicken(glyphs[digit], step), stretch, strength)
        for digit in sorted(set(digits))
    }
    return tuple(bent[digit] for digit in digits)


def thicken(glyph: Glyph, step: int) -> Glyph:
    """Strokes thicker (``step`` over 0) or thinner, by about its size in pixels.

    Thin strokes are left as they are where they would vanish.
    """
    if abs(step) < 3:
        return glyph
    if step > 0:
        return Glyph(glyph.mask.filter(ImageFilter.MaxFilter(step)), glyph.outline)
    mask = glyph.mask.filter(ImageFilter.MinFilter(-step))
    ink, before = np.asarray(mask).mean(), np.asarray(glyph.mask).mean()
    return Glyph(mask, glyph.outline) if ink > 0.35 * before else glyph


def bend(
    rng: np.random.Generator, glyph: Glyph, stretch: float, strength: float
) -> Glyph:
    """A glyph ``stretch`` times as wide, and its parts shifted against each other.

    ``strength`` is the deviation of the shifts, as a share of the height.
    """
    width = max(2, round(glyph.mask.width * stretch))
    mask = glyph.mask.resize((width, HEIGHT), Image.Resampling.BILINEAR)
    outline = glyph.outline * [width / glyph.mask.width, 1]
    if strength:
        mask = mask.transform(
            mask.size, Image.Transform.MESH, _mesh(rng, mask, strength)
        )
    return Glyph(mask, outline)


def _mesh(rng, mask, strength):
    """Pillow's mesh of four rows and three columns with shifted corners inside."""
    rows, columns = 4, 3
    y, x = np.meshgrid(
        np.linspace(0, mask.height, rows + 1),
        np.linspace(0, mask.width, columns + 1),
        indexing="ij",
    )
    corners = np.stack([x, y], axis=-1)
    shifts = rng.normal(0, strength * mask.height, corners.shape)
    # At the sides little, so that no digit is cut off.
    shifts[[0, -1]] *= 0.2
    shifts[:, [0, -1]] *= 0.2
    moved = corners + shifts
    mesh = []
    for row in range(rows):
        for column in range(columns):
            target = (*corners[row, column], *corners[row + 1, column + 1])
            quad = [
                moved[row, column],
                moved[row + 1, column],
                moved[row + 1, column + 1],
                moved[row, column + 1],
            ]
            mesh.append(
                (tuple(round(v) for v in target), tuple(np.concatenate(quad).tolist()))
            )
    return mesh

"""Digits as old plates and European hands write them, which no typeface here has.

A flat-topped 3, a 7 with a bar or a serif, a 1 with a long flag, curls that end in
balls, stencils and hollow digits: what a reader taught by typefaces alone took for
other digits in the real train set.
"""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of

FLAT_THREE, BARRED_SEVEN, DROPPED_SEVEN, FLAGGED_ONE, FOOTED_ONE, BALLS = (
    *(0.35, 0.15, 0.2, 0.25, 0.2, 0.25),
)
"""Share of numbers whose digits have each of the forms."""

STENCILLED, HOLLOW = 0.05, 0.03
"""Share of numbers that are stencilled, and of which only the outline stands."""

ROUND = (0, 2, 3, 5, 6, 8, 9)
"""Digits that a stencil's bridge crosses."""

_LEFT, _RIGHT = -1, 1
CURLS = {
    2: ((_LEFT, 0.12, 0.42),),
    3: ((_LEFT, 0.1, 0.4), (_LEFT, 0.6, 0.9)),
    5: ((_LEFT, 0.6, 0.92),),
    6: ((_RIGHT, 0.08, 0.38),),
    9: ((_LEFT, 0.62, 0.92),),
}
"""Where a digit's strokes end freely: the side, and from and to which height."""


def vary(
    rng: np.random.Generator, glyphs: tuple[Glyph, ...], digits: tuple[int, ...]
) -> dict[int, Glyph]:
    """The glyphs of ``digits``, some in another form, by digit.

    Parameters
    ----------
    rng
        Source of all chance; takes as much whatever the digits.
    glyphs
        Of the digits 0 to 9, of one typeface.
    digits
        Those that are wanted.
    """
    chance = dict(zip(_FORMS, rng.random(len(_FORMS)), strict=True))
    size = rng.random(6)
    stem = stem_width(glyphs[1])
    masks = {digit: glyphs[digit].mask for digit in {*digits, 3, 7}}
    if chance["drop"] < DROPPED_SEVEN:
        masks[7] = with_drop(masks[7], 0.14 + 0.16 * size[0], stem)
    if chance["flat"] < FLAT_THREE:
        masks[3] = flat_three(masks[3], masks[7])
    if chance["bar"] < BARRED_SEVEN:
        masks[7] = with_bar(masks[7], 0.4 + 0.4 * size[1], 0.4 + 0.2 * size[2], stem)
    if 1 in masks and chance["flag"] < FLAGGED_ONE:
        masks[1] = with_flag(masks[1], 0.12 + 0.2 * size[3], 0.15 + 0.3 * size[4])
    if 1 in masks and chance["foot"] < FOOTED_ONE:
        masks[1] = with_foot(masks[1], 0.1 + 0.2 * size[5])
    if chance["balls"] < BALLS:
        radius = 0.07 + 0.08 * size[0]
        masks = {
            digit: with_balls(mask, CURLS.get(digit, ()), radius)
            for digit, mask in masks.items()
        }
    if chance["stencil"] < STENCILLED:
        bridge = 0.04 + 0.06 * size[1]
        masks = {
            digit: stencilled(mask, bridge) if digit in ROUND else mask
            for digit, mask in masks.items()
        }
    if chance["hollow"] < HOLLOW:
        masks = {digit: hollow(mask) for digit, mask in masks.items()}
    return {
        digit: glyphs[digit]
        if masks[digit] is glyphs[digit].mask
        else glyph_of(masks[digit])
        for digit in set(digits)
    }


_FORMS = ("drop", "flat", "bar", "flag", "foot", "balls", "stencil", "hollow")


def stem_width(one: Glyph) -> float:
    """Thickness of the upright stroke of a 1, in pixels of its mask."""
    return max(3.0, float(_stem_rows(one.mask).sum(1).mean()))


def flat_three(three: Image.Image, seven: Image.Image) -> Image.Image:
    """A 3 whose upper half is the 7's: a bar, and a slanting stroke from its end."""
    lower = np.asarray(three) > 127
    rows = np.arange(int(0.3 * HEIGHT), int(0.6 * HEIGHT))
    ends = [np.flatnonzero(lower[row])[-1] for row in rows]
    waist = int(rows[np.argmin(ends)])
    goal = np.flatnonzero(lower[waist]).mean() / three.width
    upper = np.asarray(seven) > 127
    last = next(
        (
            row
            for row in range(int(0.3 * HEIGHT), HEIGHT - 4)
            if np.flatnonzero(upper[row]).mean() / seven.width <= goal
        ),
        HEIGHT - 4,
    )
    reach = waist + int(0.03 * HEIGHT)
    top = seven.crop((0, 0, seven.width, last))
    top = top.resize((three.width, reach), Image.Resampling.BILINEAR)
    mask = three.copy()
    mask.paste(0, (0, 0, three.width, waist))
    return ImageChops.lighter(mask, _on(three.size, top, (0, 0)))


def with_drop(seven: Image.Image, length: float, stem: float) -> Image.Image:
    """A 7 with a serif of ``length`` digit heights down from its bar's left end."""
    mask = seven.copy()
    thick = max(3, min(0.8 * stem, 0.25 * mask.width))
    ImageDraw.Draw(mask).polygon(
        [(0, 0), (thick, 0), (thick * 0.6, length * HEIGHT), (0, length * HEIGHT)],
        fill=255,
    )
    return mask


def with_bar(
    seven: Image.Image, length: float, height: float, stem: float
) -> Image.Image:
    """A 7 with a bar across its stroke, lengths in digit heights."""
    row = int(height * HEIGHT)
    middle = np.flatnonzero(np.asarray(seven)[row] > 127).mean()
    half, thick = length * HEIGHT / 2, max(2.0, 0.3 * stem)
    left, right = int(middle - half), int(np.ceil(middle + half))
    mask, shift = _widened(seven, -left, right - seven.width)
    box = (left + shift, row - thick, right + shift, row + thick)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return _tight(mask)


def with_flag(one: Image.Image, length: float, drop: float) -> Image.Image:
    """A 1 whose stroke begins with a slanting one of ``length`` to the left."""
    left, right = _stem(one)
    thick = max(3.0, 0.7 * (right - left))
    start = left - length * HEIGHT
    mask, shift = _widened(one, -int(start), 0)
    points = [
        (right + shift, 0),
        (right + shift, thick),
        (start + shift, drop * HEIGHT + thick),
        (start + shift, drop * HEIGHT),
        (left + shift, 0),
    ]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return _tight(mask)


def with_foot(one: Image.Image, length: float) -> Image.Image:
    """A 1 that stands on a line, ``length`` digit heights to either side."""
    left, right = _stem(one)
    reach, thick = length * HEIGHT, max(4.0, 0.35 * (right - left))
    mask, shift = _widened(
        one, -int(left - reach), int(np.ceil(right + reach)) - one.width
    )
    box = (left - reach + shift, HEIGHT - thick, right + reach + shift, HEIGHT)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return _tight(mask)


def with_balls(mask: Image.Image, ends, radius: float) -> Image.Image:
    """Balls of ``radius`` digit heights at free ends: see `CURLS`."""
    mask, shape = mask.copy(), np.asarray(mask) > 127
    reach = min(radius * HEIGHT, 0.3 * mask.width)
    for side, above, below in ends:
        rows, columns = np.nonzero(shape[int(above * HEIGHT) : int(below * HEIGHT)])
        tip = np.argmin(columns) if side == _LEFT else np.argmax(columns)
        x, y = columns[tip] - side * reach, rows[tip] + int(above * HEIGHT)
        box = (x - reach, y - reach, x + reach, y + reach)
        ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask


def stencilled(mask: Image.Image, bridge: float) -> Image.Image:
    """A digit cut from top to bottom by a gap of ``bridge`` digit heights."""
    mask, half = mask.copy(), bridge * HEIGHT / 2
    middle = mask.width / 2
    box = (middle - half, 0, middle + half, HEIGHT)
    ImageDraw.Draw(mask).rectangle(box, fill=0)
    return mask


def hollow(mask: Image.Image, line: int = 11) -> Image.Image:
    """Only the outline of a digit, about half of ``line`` pixels thick."""
    wide, _ = _widened(mask, 4, 4)
    inner = wide.filter(ImageFilter.MinFilter(line))
    inner.paste(0, (0, 0, inner.width, line // 2))
    inner.paste(0, (0, HEIGHT - line // 2, inner.width, HEIGHT))
    return _tight(ImageChops.subtract(wide, inner))


def _stem_rows(one: Image.Image) -> np.ndarray:
    """Where ink is in the rows of a 1 that its upright stroke alone crosses."""
    return np.asarray(one)[int(0.5 * HEIGHT) : int(0.75 * HEIGHT)] > 127


def _stem(one: Image.Image) -> tuple[float, float]:
    """Left and right edge of the upright stroke of a 1, in pixels."""
    rows = _stem_rows(one)
    columns = np.flatnonzero(rows.mean(0) > 0.5)
    if not len(columns):
        columns = np.flatnonzero(rows.any(0))
    return float(columns[0]), float(columns[-1] + 1)


def _widened(mask: Image.Image, left: int, right: int) -> tuple[Image.Image, int]:
    """A mask with room at its sides, and by how much its pixels moved."""
    left, right = max(left, 0) + 1, max(right, 0) + 1
    size = (mask.width + left + right, mask.height)
    return _on(size, mask, (left, 0)), left


def _on(size, mask: Image.Image, place) -> Image.Image:
    canvas = Image.new("L", size)
    canvas.paste(mask, place)
    return canvas


def _tight(mask: Image.Image) -> Image.Image:
    left, _, right, _ = mask.getbbox()
    return mask.crop((left, 0, right, HEIGHT))

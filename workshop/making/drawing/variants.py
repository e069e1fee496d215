"""Digits in forms that no typeface here has: of old plates and European hands.

A flat-topped 3, a 7 with a bar or a serif, a 1 with a long flag, curls that end in
balls, stencils and hollow digits. Lengths are in digit heights.
"""

from collections.abc import Callable, Collection

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from helpers.sample.glyphs import HEIGHT, Glyph, glyph_of

SHARES = {
    "drop": 0.2,
    "flat": 0.35,
    "bar": 0.15,
    "flag": 0.25,
    "foot": 0.2,
    "balls": 0.25,
    "stencil": 0.05,
    "hollow": 0.03,
}
"""Share of numbers whose digits have each of the forms."""

ROUND = (0, 2, 3, 5, 6, 8, 9)  # digits that a stencil's bridge crosses
LEFT, RIGHT = -1, 1
CURLS = {
    2: ((LEFT, 0.12, 0.42),),
    3: ((LEFT, 0.1, 0.4), (LEFT, 0.6, 0.9)),
    5: ((LEFT, 0.6, 0.92),),
    6: ((RIGHT, 0.08, 0.38),),
    9: ((LEFT, 0.62, 0.92),),
}
"""Where a digit's strokes end freely: the side, and from and to which height."""


def vary(rng, glyphs, digits: tuple[int, ...]) -> dict[int, Glyph]:
    """Give some of the digits of a typeface another form; all that are asked, by digit.

    As much chance is taken whatever the digits.
    """
    chances = zip(SHARES.items(), rng.random(len(SHARES)), strict=True)
    forms = {name for (name, share), chance in chances if chance < share}
    return with_forms(glyphs, digits, forms, rng.random(6))


def with_forms(glyphs, digits, forms: Collection[str], sizes) -> dict[int, Glyph]:
    """Give digits the ``forms``, of `SHARES`; ``sizes`` (6,), 0 to 1, say how large."""
    masks = {digit: glyphs[digit].mask for digit in {*digits, 1, 3, 7}}
    left, right = _stem(masks[1])
    stem = max(3.0, right - left)
    if "drop" in forms:
        masks[7] = with_drop(masks[7], 0.14 + 0.16 * sizes[0], stem)
    if "flat" in forms:
        masks[3] = flat_three(masks[3], masks[7])
    if "bar" in forms:
        masks[7] = with_bar(masks[7], 0.4 + 0.4 * sizes[1], 0.4 + 0.2 * sizes[2], stem)
    if "flag" in forms:
        masks[1] = with_flag(masks[1], 0.12 + 0.2 * sizes[3], 0.15 + 0.3 * sizes[4])
    if "foot" in forms:
        masks[1] = with_foot(masks[1], 0.1 + 0.2 * sizes[5])
    varied = {}
    for digit in set(digits):
        mask = masks[digit]
        if "balls" in forms:
            mask = with_balls(mask, CURLS.get(digit, ()), 0.07 + 0.08 * sizes[0])
        if "stencil" in forms and digit in ROUND:
            mask = stencilled(mask, 0.04 + 0.06 * sizes[1])
        if "hollow" in forms:
            mask = hollow(mask)
        same = mask is glyphs[digit].mask
        varied[digit] = glyphs[digit] if same else glyph_of(mask)
    return varied


def flat_three(three: Image.Image, seven: Image.Image) -> Image.Image:
    """A 3 whose upper half is the 7's: a bar, and a slanting stroke from its end."""
    lower, upper = (np.asarray(mask) > 127 for mask in (three, seven))
    rows = np.arange(int(0.3 * HEIGHT), int(0.6 * HEIGHT))
    waist = int(rows[np.argmin([np.flatnonzero(lower[row])[-1] for row in rows])])
    goal = np.flatnonzero(lower[waist]).mean() / three.width
    last = int(0.3 * HEIGHT)
    while last < HEIGHT - 4 and np.flatnonzero(upper[last]).mean() > goal * seven.width:
        last += 1
    size = (three.width, waist + int(0.03 * HEIGHT))
    top = seven.crop((0, 0, seven.width, last)).resize(size, Image.Resampling.BILINEAR)
    mask, above = three.copy(), Image.new("L", three.size)
    mask.paste(0, (0, 0, three.width, waist))
    above.paste(top)
    return ImageChops.lighter(mask, above)


def with_drop(seven: Image.Image, length: float, stem: float) -> Image.Image:
    """A 7 with a serif of ``length`` down from its bar's left end."""
    mask, end = seven.copy(), length * HEIGHT
    thick = max(3, min(0.8 * stem, 0.25 * mask.width))
    points = [(0, 0), (thick, 0), (thick * 0.6, end), (0, end)]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def with_bar(seven: Image.Image, length: float, height: float, stem: float):
    """A 7 with a bar of ``length`` across its stroke at a height."""
    row = int(height * HEIGHT)
    middle = np.flatnonzero(np.asarray(seven)[row] > 127).mean()
    half, thick = length * HEIGHT / 2, max(2.0, 0.3 * stem)
    box = (middle - half, row - thick), (middle + half, row + thick)
    return _with(seven, ImageDraw.ImageDraw.rectangle, box)


def with_flag(one: Image.Image, length: float, drop: float) -> Image.Image:
    """A 1 whose stroke begins with a slanting one of ``length`` to the left."""
    left, right = _stem(one)
    thick, drop = max(3.0, 0.7 * (right - left)), drop * HEIGHT
    start = left - length * HEIGHT
    points = (right, 0), (right, thick), (start, drop + thick), (start, drop)
    return _with(one, ImageDraw.ImageDraw.polygon, (*points, (left, 0)))


def with_foot(one: Image.Image, length: float) -> Image.Image:
    """A 1 that stands on a line, ``length`` to either side."""
    left, right = _stem(one)
    reach, thick = length * HEIGHT, max(4.0, 0.35 * (right - left))
    box = (left - reach, HEIGHT - thick), (right + reach, HEIGHT)
    return _with(one, ImageDraw.ImageDraw.rectangle, box)


def with_balls(mask: Image.Image, ends, radius: float) -> Image.Image:
    """A digit with balls at its free ends: see `CURLS`."""
    mask, shape = mask.copy(), np.asarray(mask) > 127
    reach = min(radius * HEIGHT, 0.3 * mask.width)
    for side, above, below in ends:
        rows, columns = np.nonzero(shape[int(above * HEIGHT) : int(below * HEIGHT)])
        tip = np.argmin(columns) if side == LEFT else np.argmax(columns)
        x, y = columns[tip] - side * reach, rows[tip] + int(above * HEIGHT)
        box = (x - reach, y - reach, x + reach, y + reach)
        ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask


def stencilled(mask: Image.Image, bridge: float) -> Image.Image:
    """A digit cut from top to bottom by a gap as wide as ``bridge``."""
    mask, half = mask.copy(), bridge * HEIGHT / 2
    box = (mask.width / 2 - half, 0, mask.width / 2 + half, HEIGHT)
    ImageDraw.Draw(mask).rectangle(box, fill=0)
    return mask


def hollow(mask: Image.Image, line: int = 11) -> Image.Image:
    """Only the outline of a digit, about half of ``line`` pixels thick."""
    wide = ImageOps.expand(mask, (5, 0, 5, 0))
    inner = wide.filter(ImageFilter.MinFilter(line))
    inner.paste(0, (0, 0, inner.width, line // 2))
    inner.paste(0, (0, HEIGHT - line // 2, inner.width, HEIGHT))
    return _tight(ImageChops.subtract(wide, inner))


def _stem(one: Image.Image) -> tuple[float, float]:
    """Left and right edge of the upright stroke of a 1, in pixels."""
    # Where nothing but that stroke is.
    rows = np.asarray(one)[int(0.5 * HEIGHT) : int(0.75 * HEIGHT)] > 127
    columns = np.flatnonzero(rows.mean(0) > 0.5)
    if not len(columns):
        columns = np.flatnonzero(rows.any(0))
    return float(columns[0]), float(columns[-1] + 1)


def _with(mask: Image.Image, draw: Callable, points) -> Image.Image:
    """A mask with a shape of ink, which may reach out at its sides."""
    wide = ImageOps.expand(mask, (HEIGHT, 0, HEIGHT, 0))
    draw(ImageDraw.Draw(wide), [(x + HEIGHT, y) for x, y in points], fill=255)
    return _tight(wide)


def _tight(mask: Image.Image) -> Image.Image:
    left, _, right, _ = mask.getbbox()
    return mask.crop((left, 0, right, HEIGHT))

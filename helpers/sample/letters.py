"""Drawn letters A to J as an archive in notMNIST's layout."""

import base64
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from tqdm import tqdm

from helpers.data.parallel import ordered_map
from helpers.files import atomic_write
from helpers.sample.scene_archives import add_file, open_tar
from helpers.sample.typefaces import ALL_FAMILIES, every_file, load_font

LETTERS = "ABCDEFGHIJ"
SIDE = 28  # of a letter's image in pixels
CANVAS = 64  # side of what a letter is drawn on, before it is cut out and scaled
CHUNK = 250  # letters that a process draws before it hands them over
UNREADABLE = 2  # empty files of the large archive, as there are in the official one
COPIES = 0.02  # share of letters that are drawn like an earlier one, pixel for pixel
SHARED = 0.025  # share of the small archive's that are drawn like one of the large one
UPRIGHT = 0.65  # share of letters that stand as their typeface has them
SHARPEN = 1.4  # gain in contrast that makes up for the blur of scaling


def draw_letters_archive(
    path: Path | str, count: int, seed: int, processes: int | None = None
) -> None:
    """Write ``count`` letters, as many of each, as a notMNIST archive.

    The file's name less ``.tar.gz`` names the folder inside; of the large archive's
    images two are empty. Same ``count`` and ``seed``: same bytes, whatever the number
    of ``processes``. Written whole or not at all; ``count`` is a multiple of ten.
    """
    path = Path(path)
    name = path.name.removesuffix(".tar.gz")
    large = "large" in name
    if count < 2 * len(LETTERS) or count % len(LETTERS):
        raise ValueError(f"{count} letters; expected a multiple of ten from 20 on.")
    each = count // len(LETTERS)
    tasks = [
        (letter, start, min(CHUNK, each - start), seed, large)
        for letter in LETTERS
        for start in range(0, each, CHUNK)
    ]
    with (
        atomic_write(path) as temporary,
        open_tar(temporary) as tar,
        tqdm(total=count, desc=f"drawing {name}", unit="letter") as progress,
    ):
        results = ordered_map(draw_chunk, tasks, processes)
        for (letter, start, *_), chunk in zip(tasks, results, strict=True):
            for number, data in enumerate(chunk, start):
                empty = large and number == 0 and LETTERS.index(letter) < UNREADABLE
                # Named like the official ones, after a font's file in base 64.
                font = f"drawn {letter}{number:06}.ttf".encode()
                code = base64.urlsafe_b64encode(font).decode()
                member = f"{name}/{letter}/{code}.png"
                add_file(tar, member, 0 if empty else len(data), io.BytesIO(data))
            progress.update(len(chunk))


def draw_chunk(
    letter: str, start: int, count: int, seed: int, large: bool
) -> list[bytes]:
    """Draw letters ``start`` and following of one kind, as the bytes of PNG files."""
    drawn = []
    for number in range(start, start + count):
        buffer = io.BytesIO()
        image = Image.fromarray(draw_numbered(letter, number, seed, large))
        image.save(buffer, "PNG", compress_level=1)
        drawn.append(buffer.getvalue())
    return drawn


def draw_numbered(letter: str, number: int, seed: int, large: bool) -> np.ndarray:
    """Draw an archive's letter of that number, or a copy of another: uint8 (28, 28)."""
    rng = np.random.default_rng([seed, int(large), LETTERS.index(letter), number])
    if not large and rng.random() < SHARED:
        return draw_numbered(letter, number, seed, large=True)
    if number and rng.random() < COPIES:
        return draw_numbered(letter, int(rng.integers(number)), seed, large)
    return draw_letter(rng, letter, EFFECTS if large else CLEANED_EFFECTS)


def draw_letter(
    rng: np.random.Generator, letter: str, shares: dict[str, float]
) -> np.ndarray:
    """Draw one letter, white on black, uint8 (28, 28).

    ``shares`` say how often each of `EFFECTS` is taken; they add up to 1.
    """
    effect = str(rng.choice(list(shares), p=list(shares.values())))
    ink = _slanted(rng, _typeset(rng, letter))
    if effect == "junk":
        return _junk(rng)
    _, apply = _EFFECTS[effect]
    return _fitted(rng, apply(rng, ink) if apply else ink)


def _typeset(rng: np.random.Generator, letter: str) -> np.ndarray:
    """A letter in a typeface: float32 (CANVAS, CANVAS), 0 to 1."""
    family = ALL_FAMILIES[rng.integers(len(ALL_FAMILIES))]
    files = every_file(family)
    path = files[rng.integers(len(files))]
    weight = int(rng.integers(2, 9)) * 100
    return _rendered(path, weight if "wght" in path.name else None, letter)


@lru_cache(maxsize=1024)
def _rendered(path: Path, weight: int | None, letter: str) -> np.ndarray:
    canvas = Image.new("L", (CANVAS, CANVAS))
    font, middle = load_font(path, 40, weight), (CANVAS / 2, CANVAS / 2)
    ImageDraw.Draw(canvas).text(middle, letter, 255, font, anchor="mm")
    return np.asarray(canvas, np.float32) / 255


def _slanted(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """Stretch by a random amount; shear, and sometimes turn, those not upright."""
    stretch = np.diag(rng.uniform(0.9, 1.1, 2))
    shear = turn = 0.0
    if rng.random() >= UPRIGHT:
        shear = rng.normal(0, 0.06) + (rng.random() < 0.4) * rng.uniform(0.1, 0.35)
        turn = rng.normal(0, 0.02 if rng.random() < 0.85 else 0.15)
    cos, sin = np.cos(turn), np.sin(turn)
    slant = np.array([[cos, sin], [-sin, cos]]) @ np.array([[1, 0], [shear, 1]])
    matrix = slant @ stretch
    middle = np.full(2, (CANVAS - 1) / 2)
    return ndimage.affine_transform(ink, matrix, middle - matrix @ middle, order=1)


def _outline(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    width = int(rng.integers(1, 3))
    outer = ndimage.grey_dilation(ink, size=(2 * width + 1,) * 2)
    return np.clip(outer - ink * rng.uniform(0.8, 1), 0, 1)


def _shadow(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    step = rng.integers(-1, 2, 2)
    step[0] = step[0] or 1
    image = ink
    for _ in range(int(rng.integers(3, 7))):
        image = np.maximum(np.roll(image, step, (0, 1)), ink)
    gap = ndimage.grey_dilation(ink, size=(3, 3)) - ink
    return np.clip(image - gap, 0, 1)


def _rough(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    grain = ndimage.gaussian_filter(rng.normal(size=ink.shape), rng.uniform(0.6, 2))
    level = np.quantile(grain, rng.uniform(0.05, 0.35))
    return np.where(grain < level, 0, ink)


def _wobble(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    smooth = rng.uniform(4, 8)
    grain = rng.normal(size=(2, *ink.shape))
    shifts = ndimage.gaussian_filter(grain, (0, smooth, smooth))
    places = np.indices(ink.shape) + shifts * rng.uniform(1.5, 4) * 2 * smooth
    return ndimage.map_coordinates(ink, places, order=1)


def _pixels(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    cell = int(rng.choice([4, 5, 6]))
    whole = CANVAS // cell * cell
    cells = ink[:whole, :whole].reshape(whole // cell, cell, -1, cell).mean((1, 3))
    coarse = cells > 0.5 * cells.max()
    filled = np.arange(cell) < int(rng.integers(cell - 1, cell + 1))
    return np.kron(coarse, np.outer(filled, filled).astype(float))


def _stripes(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    period = rng.uniform(4, 9)
    lines = (np.arange(CANVAS) % period) < period * rng.uniform(0.5, 0.75)
    lines = lines[:, None] if rng.random() < 0.6 else lines[None]
    return ink * lines


def _badge(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """The letter, small, in a disc, a box or a lozenge, or left out of one."""
    top, left, bottom, right = _bounds(ink)
    y, x = np.indices(ink.shape) - (CANVAS - 1) / 2
    reach = max(bottom - top, right - left) * rng.uniform(0.62, 0.75)
    power = rng.choice([1, 2, 8])
    distance = (np.abs(x) ** power + np.abs(y) ** power) ** (1 / power)
    if power == 1:
        reach *= 1.35
    disc = np.clip(reach - distance + 0.5, 0, 1)
    if rng.random() < 0.6:
        return disc - np.minimum(disc, ink)
    ring = disc - np.clip(reach - rng.uniform(1.5, 3) - distance + 0.5, 0, 1)
    return np.maximum(ring, ink)


def _reversed(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """The letter black in a white box that just holds it."""
    top, left, bottom, right = _bounds(ink)
    frame = int(rng.integers(1, 5))
    box = np.zeros_like(ink)
    box[max(0, top - frame) : bottom + frame, max(0, left - frame) : right + frame] = 1
    return box * (1 - ink)


def _junk(rng: np.random.Generator) -> np.ndarray:
    """What a symbol font holds in a letter's place."""
    kind = rng.integers(3)
    grain = rng.normal(size=(SIDE, SIDE))
    noise = ndimage.gaussian_filter(grain, rng.uniform(1.5, 4), mode="wrap")
    if kind == 0:
        noise = noise + noise[:, ::-1]
    if kind == 1:
        y, x = np.indices((SIDE, SIDE)) - SIDE / 2
        noise = np.sin(np.hypot(x, y) * rng.uniform(0.4, 1)) + noise * rng.uniform(2, 9)
    sharp = (noise - np.median(noise)) / noise.std() * 400 + 128
    return np.clip(sharp, 0, 255).astype(np.uint8)


def _bounds(image: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of what is more white than not, or nearly."""
    rows = np.flatnonzero(image.max(1) > 0.4)
    columns = np.flatnonzero(image.max(0) > 0.4)
    if not len(rows) or not len(columns):
        return 0, 0, *image.shape
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def _fitted(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Cut out the letter and scale it to fill its image, as notMNIST's do."""
    top, left, bottom, right = _bounds(image)
    part = Image.fromarray((image[top:bottom, left:right] * 255).astype(np.uint8))
    narrow = part.width / part.height
    width = height = SIDE
    if narrow < 0.55 and rng.random() < 0.1:  # a few such as I keep their shape
        width = max(4, round(SIDE * narrow))
    if rng.random() < 0.02:
        height -= int(rng.integers(7))
    small = part.resize((width, height), Image.Resampling.BILINEAR)
    canvas = Image.new("L", (SIDE, SIDE))
    canvas.paste(small, ((SIDE - width) // 2, (SIDE - height) // 2))
    sharp = (np.asarray(canvas, np.float32) - 127.5) * SHARPEN + 127.5
    return np.clip(sharp, 0, 255).astype(np.uint8)


_EFFECTS = {
    "plain": (0.76, None),
    "outline": (0.05, _outline),
    "shadow": (0.03, _shadow),
    "rough": (0.04, _rough),
    "wobble": (0.04, _wobble),
    "pixels": (0.02, _pixels),
    "stripes": (0.01, _stripes),
    "badge": (0.02, _badge),
    "reversed": (0.01, _reversed),
    "junk": (0.02, None),
}
EFFECTS = {name: share for name, (share, _) in _EFFECTS.items()}
"""What is done to a letter, and how often, in the large archive."""

CLEANED_EFFECTS = dict(EFFECTS, plain=0.815, rough=0.02, wobble=0.02, junk=0.005)
"""The same in the small archive, which was cleaned by hand."""

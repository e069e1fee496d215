"""Crops that show the same picture, though no pixel need be the same.

Two steps. An index finds for each crop the few whose Fourier magnitudes are nearest:
a crop that is moved keeps them, and other light, size or compression change them
little. Each such pair is then laid over one another, moved and rescaled step by step,
and counts if what is fine in both agrees. The index decides what is found, the second
look what is right.
"""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.fft
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits
from usearch.index import Index

from helpers.figures.style import image_grid

SIDE = 32
"""Pixels along each side of a crop."""

FREQUENCIES = 7
"""Waves along a side, from none, whose strength an index knows of a crop."""

ZOOMS = (1, 0.88, 0.91, 0.94, 0.97, 1.03, 1.06, 1.09, 1.12)
"""How much larger one of two crops is made before they are compared; first as it is."""

ALIKE = 0.96
"""Likeness of copies. Other crops of one number and typeface stay below it."""

MAYBE = 0.65
"""Likeness at half the size below which a pair is not looked at again."""

CHUNK = 256
"""Crops or pairs that are worked on at once, so that memory stays flat."""


@dataclass(frozen=True)
class Pairs:
    """Near-duplicates among crops, the most alike first.

    Parameters
    ----------
    rows
        int64 (P, 2): two rows of the crops, the smaller first; no pair stands twice.
    likeness
        float32 (P,), up to 1.
    """

    rows: np.ndarray
    likeness: np.ndarray

    def __len__(self):
        return len(self.rows)


def near_duplicates(
    images: np.ndarray,
    labels: np.ndarray | None = None,
    at_least: float = ALIKE,
    neighbours: int = 8,
) -> Pairs:
    """Pairs of crops that are copies but for place, size, light and compression.

    Found are moves of up to 3 pixels and sizes of up to an eighth more or less. A crop
    of one gray has no near-duplicates. The same crops give the same pairs.

    Parameters
    ----------
    images
        uint8 (N, 32, 32), gray.
    labels
        integers (N, 6). With them, only crops of the same number are paired.
    at_least
        Likeness of a pair, 0 to 1.
    neighbours
        How many others of each crop are looked at.

    Raises
    ------
    ValueError
        ``images`` have another shape or type, or ``labels`` another length.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"images are {images.dtype} {images.shape}; expected uint8 "
            f"(N, {SIDE}, {SIDE}), as `Settings(crop_size={SIDE})` prepares them."
        )
    if labels is not None and len(labels) != len(images):
        raise ValueError(
            f"{len(labels):,} labels for {len(images):,} images; expected one each."
        )
    rows = _candidates(images, neighbours)
    if labels is not None:
        labels = np.asarray(labels)
        rows = rows[(labels[rows[:, 0]] == labels[rows[:, 1]]).all(axis=1)]
    small = _in_chunks(lambda part: _filtered(part, SMALL)[0], images)
    rows = rows[
        _in_chunks(lambda p: _likeness(small[p[:, :1]], small[p[:, 1]], 1), rows)
        >= MAYBE
    ]
    likeness = _in_chunks(
        lambda p: _likeness(
            _filtered(images[p[:, 0]], FULL).swapaxes(0, 1),
            _filtered(images[p[:, 1]], FULL[:1])[0],
            3,
        ),
        rows,
    )
    order = np.argsort(-likeness, kind="stable")
    order = order[likeness[order] >= at_least]
    return Pairs(rows[order], likeness[order])


def groups(pairs: Pairs, images: int) -> np.ndarray:
    """Number crops so that pairs, and pairs of pairs, share a number.

    Returns
    -------
    numpy.ndarray
        int32 (images,), from 0.
    """
    joined = coo_array((np.ones(len(pairs)), pairs.rows.T), (images, images))
    return connected_components(joined, directed=False)[1]


def repeats(pairs: Pairs, images: int) -> np.ndarray:
    """Which crops to leave out so that one of each group stays: bool (images,)."""
    again = np.ones(images, bool)
    again[np.unique(groups(pairs, images), return_index=True)[1]] = False
    return again


def leaks(pairs: Pairs, splits: np.ndarray, learned: str = "train") -> np.ndarray:
    """Which crops to leave out of a split so that no other split has a copy of one.

    Parameters
    ----------
    pairs
        Near-duplicates among the crops of all splits.
    splits
        str (N,), the name of each crop's split.
    learned
        The split that gives way.

    Returns
    -------
    numpy.ndarray
        bool (N,), True only for crops of ``learned``.
    """
    inside = np.asarray(splits) == learned
    across = pairs.rows[inside[pairs.rows].sum(axis=1) == 1]
    out = np.zeros(len(inside), bool)
    out[across.ravel()] = True
    return out & inside


def altered(images: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Near-duplicates of crops, made to see whether they are found.

    Parameters
    ----------
    images
        uint8 (N, 32, 32).
    kind
        One of `KINDS`: moved by one or two pixels; made smaller and back, or larger by
        up to an eighth; saved as JPEG; brighter or darker; or all of that in turn.
    rng
        Chooses by how much.

    Returns
    -------
    numpy.ndarray
        uint8 (N, 32, 32).
    """
    made = images
    for name in CHANGES if kind == "all" else (kind,):
        made = [CHANGES[name](image, rng) for image in made]
    return np.stack(made)


def pairs_figure(
    images: np.ndarray, pairs: Pairs, titles: list[str] | None = None, columns: int = 5
) -> Figure:
    """Each pair of crops side by side, with its likeness and what the two are called.

    Parameters
    ----------
    images
        uint8 (N, 32, 32): those that ``pairs`` speak of.
    pairs
        One or more, shown in their order.
    titles
        One for each of ``images``.
    columns
        Pairs in a row.
    """
    gap = np.full((len(pairs), SIDE, 2), 255, np.uint8)
    first, second = images[pairs.rows[:, 0]], images[pairs.rows[:, 1]]
    beside = np.concatenate([first, gap, second], axis=2)
    texts = [f"{value:.3f}" for value in pairs.likeness]
    if titles is not None:
        texts = [
            f"{titles[a]} {titles[b]}: {text}"
            for (a, b), text in zip(pairs.rows, texts, strict=True)
        ]
    return image_grid(beside, texts, columns, side=9 / columns)


def _candidates(images: np.ndarray, neighbours: int) -> np.ndarray:
    """Pairs of rows (P, 2) that are near by their Fourier magnitudes, ascending."""
    if len(images) < 2:
        return np.empty((0, 2), np.int64)
    vectors = _in_chunks(_magnitudes, images)
    index = Index(ndim=vectors.shape[1], metric="cos", dtype="f16")
    rows = np.arange(len(vectors))
    # With one thread: several would build another index every time.
    index.add(rows, vectors, threads=1)
    found = index.search(vectors, min(1 + neighbours, len(vectors)))
    filled = np.arange(found.keys.shape[1]) < found.counts[:, None]
    pairs = np.stack(
        [np.repeat(rows, filled.sum(axis=1)), found.keys[filled].astype(np.int64)], 1
    )
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def _magnitudes(images: np.ndarray) -> np.ndarray:
    """What the index knows of crops: float32 (N, 91), each of mean 0 and length 1."""
    fade = np.hanning(SIDE + 2)[1:-1].astype(np.float32)
    x = images.astype(np.float32)
    x = (x - x.mean(axis=(1, 2), keepdims=True)) * fade[:, None] * fade
    waves = np.abs(scipy.fft.rfft2(x))[:, :, :FREQUENCIES]
    rows = np.arange(1 - FREQUENCIES, FREQUENCIES)
    # The root keeps the few strongest waves from speaking for all.
    vectors = np.sqrt(waves[:, rows]).reshape(len(x), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _filters(side: int, focus: float, zooms: tuple[float, ...]) -> np.ndarray:
    """Matrices that resize an axis of a crop and blur it a little and a lot.

    float32 (Z, 2, side, 32), of which the first index is that of the zoom.
    """
    matrices = []
    for zoom in zooms:
        step = SIDE / side / zoom
        at = (SIDE - 1) / 2 + step * (np.arange(side) - (side - 1) / 2)
        for sigma in (focus, 3):
            blurred = gaussian_filter1d(np.eye(SIDE), sigma, axis=0, mode="nearest")
            matrices.append([np.interp(at, np.arange(SIDE), row) for row in blurred.T])
    matrices = np.reshape(matrices, (len(zooms), 2, SIDE, side))
    return np.ascontiguousarray(matrices.swapaxes(2, 3), np.float32)


SMALL = _filters(SIDE // 2, 1.5, (1,))
FULL = _filters(SIDE, 1.0, ZOOMS)


def _filtered(images: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """What a lot of blur takes away and a little leaves: float32 (Z, N, side, side)."""
    x = images.astype(np.float32)
    return np.stack([fine @ x @ fine.T - wide @ x @ wide.T for fine, wide in filters])


def _likeness(first: np.ndarray, second: np.ndarray, shift: int) -> np.ndarray:
    """The largest correlation of the middle of one crop with places in the other.

    Parameters
    ----------
    first
        float32 (P, Z, side, side): each at several zooms, of which the best counts.
    second
        float32 (P, side, side).
    shift
        Pixels that the places are away from the middle at most, on either axis.

    Returns
    -------
    numpy.ndarray
        float32 (P,).
    """
    middle = first[:, :, shift:-shift, shift:-shift]
    size = middle.shape[2:]
    middle = middle.reshape(*first.shape[:2], size[0] * size[1])
    middle = middle - middle.mean(axis=2, keepdims=True)
    places = sliding_window_view(second, size, axis=(1, 2))
    places = places.reshape(len(second), (1 + 2 * shift) ** 2, middle.shape[2])
    places = places - places.mean(axis=2, keepdims=True)
    both = middle @ places.swapaxes(1, 2)
    lengths = [np.linalg.norm(x, axis=2) for x in (middle, places)]
    scale = lengths[0][:, :, None] * lengths[1][:, None]
    return (both / np.maximum(scale, 1e-6)).max(axis=(1, 2))


def _in_chunks(function, values: np.ndarray) -> np.ndarray:
    """``function(values)``, float32, of a few values at a time, on all cores."""
    starts = range(0, max(1, len(values)), CHUNK)
    # One thread for each product: the products are small, and there are many.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda start: function(values[start : start + CHUNK]), starts)
        return np.concatenate(list(parts)).astype(np.float32, copy=False)


def _moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moves = [(y, x) for y in range(5) for x in range(5) if (y, x) != (2, 2)]
    y, x = moves[rng.integers(len(moves))]
    return np.pad(image, 2, mode="edge")[y : y + SIDE, x : x + SIDE]


def _rescaled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = Image.fromarray(image)
    if rng.random() < 0.5:
        small = 2 * (int(rng.integers(20, 29)),)
        made = picture.resize(small, Image.BICUBIC).resize(picture.size, Image.BICUBIC)
    else:
        edge = rng.uniform(0, SIDE / 18)
        box = (edge, edge, SIDE - edge, SIDE - edge)
        made = picture.resize(picture.size, Image.BICUBIC, box)
    return np.asarray(made)


def _recompressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    quality = int(rng.integers(50, 91))
    Image.fromarray(image).save(file := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _brightened(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    light = image * rng.uniform(0.7, 1.4) + rng.uniform(-20, 20)
    return np.clip(light, 0, 255).astype(np.uint8)


CHANGES = {
    "moved": _moved,
    "rescaled": _rescaled,
    "recompressed": _recompressed,
    "brightened": _brightened,
}
KINDS = (*CHANGES, "all")

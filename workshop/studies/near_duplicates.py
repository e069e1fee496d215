"""Near-duplicates: crops of the same picture, though no pixel need be the same.

A nearest-neighbour search proposes for each crop the few whose Fourier magnitudes are
nearest: moves keep them, and light, size or compression hardly change them. Each pair
is compared at several shifts and sizes, and counts if its fine detail correlates.
"""

import io
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import scipy.fft
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from helpers.figures.style import image_grid

SIDE = 32  # pixels along each side of a crop
NEIGHBOURS = 8  # other crops that each crop is compared with
FREQUENCIES = 7  # lowest ones along a side whose magnitudes describe a crop
MIN_SIMILARITY = 0.96  # of copies; other crops of one number and typeface stay below
MIN_COARSE_SIMILARITY = 0.65  # of a pair at half the size, to be compared at full size
CHUNK = 256  # crops or pairs that are worked on at once, so that memory stays flat

ZOOMS = (1, 0.88, 0.91, 0.94, 0.97, 1.03, 1.06, 1.09, 1.12)
"""How much larger one of two crops is made before they are compared; first as it is."""


def find_pairs(images: np.ndarray, labels: np.ndarray | None = None) -> pd.DataFrame:
    """Find pairs of crops that are copies but for place, size, light and compression.

    Moves of up to 3 pixels and sizes of up to an eighth more or less are found. A crop
    of one gray has no near-duplicates. The same crops give the same pairs.

    ``images`` are uint8 (N, 32, 32); with ``labels`` (N, 6), only crops of the same
    number are paired. The result has ``first`` and ``second``, rows of the crops, the
    smaller first, and their ``similarity``, the most similar first.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"images are {images.dtype} {images.shape}; expected uint8 "
            f"(N, {SIDE}, {SIDE}), as `Settings(crop_size={SIDE})` prepares them."
        )
    rows = _candidates(images)
    if labels is not None:
        labels = np.asarray(labels)
        rows = rows[(labels[rows[:, 0]] == labels[rows[:, 1]]).all(axis=1)]
    small = _in_chunks(lambda part: _filter(part, HALF_SIZE)[0], images)
    coarse = _in_chunks(
        lambda part: _correlation(small[part[:, :1]], small[part[:, 1]], 1), rows
    )
    rows = rows[coarse >= MIN_COARSE_SIMILARITY]

    def compare(part: np.ndarray) -> np.ndarray:
        zoomed = _filter(images[part[:, 0]], FULL_SIZE).swapaxes(0, 1)
        return _correlation(zoomed, _filter(images[part[:, 1]], FULL_SIZE[:1])[0], 3)

    pairs = pd.DataFrame(rows, columns=["first", "second"])
    pairs = pairs.assign(similarity=_in_chunks(compare, rows))
    pairs = pairs[pairs["similarity"] >= MIN_SIMILARITY]
    return pairs.sort_values("similarity", ascending=False, kind="stable")


def leaks(pairs: pd.DataFrame, splits: np.ndarray, split: str) -> np.ndarray:
    """Mark the crops of a split that have a copy in another one: bool (N,).

    ``pairs`` are of the crops of all splits, ``splits`` the name of each crop's, (N,).
    """
    inside = np.asarray(splits) == split
    rows = pairs[["first", "second"]].to_numpy()
    leaked = np.zeros(len(inside), bool)
    leaked[rows[inside[rows].sum(axis=1) == 1]] = True
    return leaked & inside


def alter(images: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Make near-duplicates of crops, to see whether they are found.

    ``images`` are uint8 (N, 32, 32) and ``kind`` one of `ALTERATIONS`: moved by one or
    two pixels each way; made smaller and back, or larger by up to an eighth; saved as
    JPEG; brighter or darker; or all in turn.
    """
    made = images
    for name in _CHANGES if kind == "all" else (kind,):
        made = [_CHANGES[name](image, rng) for image in made]
    return np.stack(made)


def pairs_figure(
    images: np.ndarray, pairs: pd.DataFrame, titles: list[str] | None = None
) -> Figure:
    """Draw pairs of crops side by side, with the crops' titles and the similarity."""
    first, second = pairs["first"], pairs["second"]
    gap = np.full((len(pairs), SIDE, 2), 255, np.uint8)
    beside = np.concatenate([images[first], gap, images[second]], axis=2)
    texts = [f"{value:.3f}" for value in pairs["similarity"]]
    if titles:
        numbers = zip(first, second, texts, strict=True)
        texts = [f"{titles[one]} {titles[two]}: {text}" for one, two, text in numbers]
    return image_grid(beside, texts, columns=5, side=1.8)


def magnitudes(images: np.ndarray) -> np.ndarray:
    """Describe crops by Fourier magnitudes: float32 (N, 91), of mean 0 and length 1."""
    fade = np.hanning(SIDE + 2)[1:-1].astype(np.float32)
    x = images.astype(np.float32)
    x = (x - x.mean(axis=(1, 2), keepdims=True)) * fade[:, None] * fade
    waves = np.abs(scipy.fft.rfft2(x))[:, :, :FREQUENCIES]
    rows = np.arange(1 - FREQUENCIES, FREQUENCIES)
    # The root keeps the few strongest waves from deciding alone.
    vectors = np.sqrt(waves[:, rows]).reshape(len(x), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _candidates(images: np.ndarray) -> np.ndarray:
    """Pair each crop with its nearest ones: int64 (P, 2), ascending, none twice."""
    if len(images) < 2:
        return np.empty((0, 2), np.int64)
    count = min(NEIGHBOURS, len(images) - 1)
    search = NearestNeighbors(n_neighbors=count, algorithm="brute")
    vectors = _in_chunks(magnitudes, images)
    nearest = search.fit(vectors).kneighbors(return_distance=False)
    rows = np.repeat(np.arange(len(images)), nearest.shape[1])
    return np.unique(np.sort(np.stack([rows, nearest.ravel()], 1), axis=1), axis=0)


def _filters(side: int, focus: float, zooms: tuple[float, ...]) -> np.ndarray:
    """Make matrices that resize an axis of a crop and blur it a little and a lot.

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


HALF_SIZE = _filters(SIDE // 2, 1.5, (1,))
FULL_SIZE = _filters(SIDE, 1.0, ZOOMS)


def _filter(images: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Keep fine detail, a little blur less a lot of it: float32 (Z, N, side, side)."""
    x = images.astype(np.float32)
    return np.stack([fine @ x @ fine.T - wide @ x @ wide.T for fine, wide in filters])


def _correlation(first: np.ndarray, second: np.ndarray, shift: int) -> np.ndarray:
    """Find the largest correlation of crops' middles with places in others: (P,).

    ``first``, (P, Z, side, side), are at several zooms; the places in ``second``,
    (P, side, side), are up to ``shift`` pixels from the middle on either axis.
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
    with threadpool_limits(1), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        parts = pool.map(lambda start: function(values[start : start + CHUNK]), starts)
        return np.concatenate(list(parts)).astype(np.float32, copy=False)


def _move(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    y, x = rng.choice([0, 1, 3, 4], 2)  # 2 is where it was
    return np.pad(image, 2, mode="edge")[y : y + SIDE, x : x + SIDE]


def _rescale(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = Image.fromarray(image)
    if rng.random() < 0.5:
        small = 2 * (int(rng.integers(20, 29)),)
        made = picture.resize(small, Image.BICUBIC).resize(picture.size, Image.BICUBIC)
    else:
        edge = rng.uniform(0, SIDE / 18)
        box = (edge, edge, SIDE - edge, SIDE - edge)
        made = picture.resize(picture.size, Image.BICUBIC, box)
    return np.asarray(made)


def _recompress(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    quality = int(rng.integers(50, 91))
    Image.fromarray(image).save(file := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _brighten(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    light = image * rng.uniform(0.7, 1.4) + rng.uniform(-20, 20)
    return np.clip(light, 0, 255).astype(np.uint8)


_CHANGES = {
    "moved": _move,
    "rescaled": _rescale,
    "recompressed": _recompress,
    "brightened": _brighten,
}
ALTERATIONS = (*_CHANGES, "all")
"""Kinds of near-duplicates that `alter` makes."""

"""What the layers of a convolutional network do, and what they have learnt to see."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view

from helpers.evaluation import network_input
from helpers.figures.style import styled


def slide(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A convolution by hand: the kernel times the patch under it, at every place.

    Stride 1 and no padding: the patch stays within the image.

    Parameters
    ----------
    images
        (N, H, W).
    kernel
        (h, w).

    Returns
    -------
    numpy.ndarray
        (N, H - h + 1, W - w + 1).
    """
    patches = sliding_window_view(images, kernel.shape, axis=(1, 2))
    return np.einsum("nyxij,ij->nyx", patches, kernel)


def max_pool(maps: np.ndarray, size: int) -> np.ndarray:
    """The largest value of each window of size x size; windows do not overlap.

    Rows and columns that fill no window are dropped: (N, H, W) to
    (N, H // size, W // size).
    """
    height, width = maps.shape[1] // size, maps.shape[2] // size
    whole = maps[:, : height * size, : width * size]
    return whole.reshape(-1, height, size, width, size).max(axis=(2, 4))


def shifted(images: np.ndarray, pixels: int) -> np.ndarray:
    """Images (N, H, W) moved to the right; their left column fills what is bared."""
    filled = np.pad(images, ((0, 0), (0, 0), (pixels, 0)), mode="edge")
    return filled[:, :, : images.shape[2]]


def relative_change(before: np.ndarray, after: np.ndarray) -> float:
    """How far values move: 0 is not at all, 1 as far as to those of another image.

    The mean distance of ``before`` and ``after``, both (N, ...) with a row for each
    of at least two images, over the mean distance of each image's ``before`` and the
    next image's.
    """
    moved, apart = (
        np.linalg.norm((values - before).reshape(len(before), -1), axis=1).mean()
        for values in (after, np.roll(before, -1, axis=0))
    )
    return float(moved / apart)


def layer_output(network: keras.Model, images: np.ndarray, layer: str) -> np.ndarray:
    """What the layer of that name gives for crops, uint8 (N, side, side).

    Returns
    -------
    numpy.ndarray
        float32 (N, ...).
    """
    part = keras.Model(network.inputs, network.get_layer(layer).output)
    return np.asarray(part(network_input(images), training=False))


def change_by_layer(
    network: keras.Model, before: np.ndarray, after: np.ndarray, layers: list[str]
) -> pd.Series:
    """`relative_change` of the layers' outputs between crops, uint8 (N, side, side)."""
    return pd.Series(
        {
            name: relative_change(
                layer_output(network, before, name), layer_output(network, after, name)
            )
            for name in layers
        }
    )


@styled
def first_filters(network: keras.Model) -> tuple[Figure, pd.DataFrame]:
    """The first convolution's kernels as pictures, dark for negative weights.

    The numbers have a column for each filter, its weights row by row.
    """
    first = next(n for n in network.layers if isinstance(n, keras.layers.Conv2D))
    kernels = np.asarray(first.kernel)[:, :, 0]
    largest = np.abs(kernels).max()
    figure, axes = _grid(kernels.shape[-1], columns=8)
    figure.get_layout_engine().set(rect=(0, 0.06, 1, 0.94))  # room for a line below
    for number, axis in enumerate(axes):
        axis.imshow(kernels[..., number], "gray", vmin=-largest, vmax=largest)
    numbers = pd.DataFrame(kernels.reshape(-1, kernels.shape[-1]))
    return figure, numbers.add_prefix("filter_")


@styled
def feature_maps(network: keras.Model, image: np.ndarray, layer: str) -> Figure:
    """A crop, uint8 (side, side), then the answer of every channel of ``layer``.

    Dark is 0; all channels share one scale.
    """
    maps = layer_output(network, np.asarray(image)[None], layer)[0]
    figure, axes = _grid(maps.shape[-1] + 1, columns=17)
    axes[0].imshow(image, "gray", vmin=0, vmax=255)
    for number, axis in enumerate(axes[1:]):
        axis.imshow(maps[..., number], "magma", vmin=0, vmax=maps.max())
    return figure


def error_kinds(predicted: np.ndarray, labels: np.ndarray) -> pd.Series:
    """Number of images by what is wrong with their answers, integers (N, 6).

    Every image is of one kind.
    """
    wrong = predicted != labels
    length, digits = wrong[:, 0], wrong[:, 1:].sum(axis=1)
    kinds = {
        "all right": ~length & (digits == 0),
        "right digits, wrong length": length & (digits == 0),
        "wrong length and digits": length & (digits > 0),
        "one digit wrong": ~length & (digits == 1),
        "several digits wrong": ~length & (digits > 1),
    }
    counts = {kind: int(chosen.sum()) for kind, chosen in kinds.items()}
    return pd.Series(counts, name="images")


def _grid(count: int, columns: int):
    rows = -(-count // columns)
    width = 9 / columns
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(9, rows * width),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes.ravel()[:count]

"""What the layers of a convolutional network compute, and what they have learnt."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view

from helpers.evaluation import network_input
from helpers.figures.style import SIGNED, image_grid, styled


def slide(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve images (N, H, W) with a kernel (h, w): (N, H - h + 1, W - w + 1)."""
    patches = sliding_window_view(images, kernel.shape, axis=(1, 2))
    return np.einsum("nyxij,ij->nyx", patches, kernel)


def max_pool(maps: np.ndarray, size: int) -> np.ndarray:
    """Take the largest value of each window: (N, H, W) to (N, H // size, W // size)."""
    height, width = maps.shape[1] // size, maps.shape[2] // size
    whole = maps[:, : height * size, : width * size]
    return whole.reshape(-1, height, size, width, size).max(axis=(2, 4))


def shifted(images: np.ndarray, pixels: int) -> np.ndarray:
    """Move images (N, H, W) to the right; their left column fills what is bared."""
    filled = np.pad(images, ((0, 0), (0, 0), (pixels, 0)), mode="edge")
    return filled[:, :, : images.shape[2]]


def relative_change(before: np.ndarray, after: np.ndarray) -> float:
    """Measure how far values move: 0 not at all, 1 as far as to another image's.

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
    """Return what a layer gives for crops, uint8 (N, side, side): float32 (N, ...)."""
    part = keras.Model(network.inputs, network.get_layer(layer).output)
    return np.asarray(part(network_input(images), training=False))


def change_by_layer(
    network: keras.Model, before: np.ndarray, after: np.ndarray, layers: list[str]
) -> pd.Series:
    """Measure `relative_change` of layers' outputs between crops, uint8 (N, s, s)."""
    changes = {}
    for name in layers:
        outputs = (layer_output(network, crops, name) for crops in (before, after))
        changes[name] = relative_change(*outputs)
    return pd.Series(changes)


@styled
def first_filters(network: keras.Model) -> tuple[Figure, pd.DataFrame]:
    """Show the first convolution's kernels: blue positive weights, red negative ones.

    The numbers have a column for each filter, its weights row by row.
    """
    first = next(n for n in network.layers if isinstance(n, keras.layers.Conv2D))
    kernels = np.asarray(first.kernel)[:, :, 0]
    titles = [str(n) for n in range(1, kernels.shape[-1] + 1)]
    channels = np.moveaxis(kernels, -1, 0)
    figure = image_grid(channels, titles, columns=8, side=9 / 8, cmap=SIGNED)
    figure.get_layout_engine().set(rect=(0, 0.06, 1, 0.94))  # room for a line below
    largest = np.abs(kernels).max()
    for axis in figure.axes:
        for image in axis.images:
            image.set_clim(-largest, largest)
    numbers = pd.DataFrame(kernels.reshape(-1, kernels.shape[-1]))
    return figure, numbers.add_prefix("filter_")


@styled
def feature_maps(
    network: keras.Model, image: np.ndarray, layer: str, most: int = 16
) -> Figure:
    """Show a crop, uint8 (side, side), and feature maps of ``layer``, by channel.

    Of more than ``most`` channels, those with the largest activations. Dark is 0; all
    share one scale.
    """
    maps = layer_output(network, np.asarray(image)[None], layer)[0]
    strongest = np.argsort(-maps.max(axis=(0, 1)), kind="stable")[:most]
    columns = 8
    rows = -(-len(strongest) // columns)
    size = 1.1 * (columns + 2), 1.25 * max(2, rows)
    figure = plt.figure(figsize=size, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(2, columns))
    crop = left.subplots()
    crop.imshow(image, "gray", vmin=0, vmax=255)
    crop.set_title("crop", fontsize=9)
    axes = right.subplots(rows, columns, squeeze=False).ravel()
    for axis, channel in zip(axes, sorted(strongest), strict=False):
        axis.imshow(maps[..., channel], "magma", vmin=0, vmax=maps.max())
        axis.set_title(f"channel {channel + 1}", fontsize=9)
    for axis in [crop, *axes]:
        axis.axis("off")
    return figure

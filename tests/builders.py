"""Small data folders and recipes that tests build on."""

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.data.digitstruct import Boxes, write_boxes
from helpers.files import read_arrays
from helpers.reader.weights import VERSION
from helpers.recipe import Recipe
from helpers.training.batches import Examples

TINY = Recipe(2, crop_size=12, widths=(8, 8, 4), steps=20, validation_interval=10)
"""Two layers, trained in a second."""

FIVE_LAYERS = Recipe(
    layers=5,
    crop_size=12,
    depths=(4, 4, 4),
    widths=(8, 8, 4),
    batch_size=11,  # not the same on two devices
    steps=60,
    validation_interval=20,
    distortion=0.1,
)
"""One convolution, dropout and distortion, trained in a few seconds."""

CONFIDENCES = np.array([0.1, 0.2, 0.5, 0.6, 0.6, 0.7, 0.9, 1.0])
RIGHT = np.array([False, True, True, True, True, False, True, True])
"""Of eight answers, and whether they are right."""

read_weights = partial(read_arrays, expected="weights", version=VERSION)
"""Metadata and arrays of a reader's file."""


def tar_gz(path: Path, members) -> Path:
    """Write (name or TarInfo, bytes) pairs as a .tar.gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def boxes_of(rows: dict[int, list[tuple]]) -> Boxes:
    """Boxes from {image: [(label, left, top, width, height), ...]}."""
    flat = [(image, *box) for image, boxes in rows.items() for box in boxes]
    image, label, *columns = np.array(flat, float).reshape(-1, 6).T
    images = np.array(list(rows), np.int32)
    return Boxes(image.astype(np.int32), label.astype(np.int8), *columns, images)


def write_numbers(folder: Path, count: int, seed: int = 0) -> Path:
    """Write an archive's folder: ``count`` images of 30 by 20 pixels, of two digits."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    images = np.arange(1, count + 1)
    for number in images:
        pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    second = rng.integers(0, 10, count)
    boxes = boxes_of(
        {
            n: [(m % 10, 5, 4, 9, 12), (second[m], 15, 4, 9, 12)]
            for m, n in enumerate(images)
        }
    )
    write_boxes(folder / "digitStruct.mat", boxes)
    return folder


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The bytes of an image's file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def black_png(width: int, height: int, whole: bool = True) -> bytes:
    """A PNG of one bit a pixel, or only its header, with no pixel behind it."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8) if whole else b""
    pixels = b"".join(packer.compress(row) for _ in range(height if whole else 0))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG, its check sum right."""
    check_sum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check_sum


def with_tar_field(tar: bytes, field: int, value: bytes, start: int = 0) -> bytes:
    """Change a field of the header at ``start`` and make its check sum right."""
    header = bytearray(tar[start : start + 512])
    header[field : field + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(tar[:start] + header + tar[start + 512 :])


def write_letters(folder: Path, numbers: Iterable[int]) -> Path:
    """Write a notMNIST folder: A to J, of shades 20 x class + each of the numbers."""
    for label, letter in enumerate("ABCDEFGHIJ"):
        (folder / letter).mkdir(parents=True)
        for number in numbers:
            path = folder / letter / f"{number}.png"
            Image.new("L", (28, 28), 20 * label + number).save(path)
    return folder


def ink(glyph) -> np.ndarray:
    """Where a digit's mask is inked, bool (H, W)."""
    return np.asarray(glyph.mask) > 127


def bright_numbers(count: int, seed: int) -> Examples:
    """Crops of 12 by 12 pixels: one digit or two, told by which rows are bright."""
    rng = np.random.default_rng(seed)
    labels = np.full((count, 6), 10)
    labels[:, 0], labels[:, 1] = rng.integers((1, 0), (3, 2), (count, 2)).T
    labels[labels[:, 0] == 2, 2] = 1
    images = rng.integers(0, 60, (count, 12, 12), dtype=np.uint8)
    images[np.arange(count), labels[:, 1]] += 150
    images[np.arange(count), 5 + labels[:, 0]] += 150
    return Examples(images, labels)


def by_image(examples) -> dict[bytes, list[int]]:
    """The label of each image, by its bytes."""
    labels = examples.labels.tolist()
    return dict(zip(map(bytes, examples.images), labels, strict=True))


def assert_same_training(one, other) -> None:
    """Trainers or runs have the same weights and history, but for its seconds."""
    histories = [pd.DataFrame(made.history) for made in (one, other)]
    pd.testing.assert_frame_equal(
        *(history.drop(columns="seconds") for history in histories), check_exact=True
    )
    for array, expected in zip(
        one.network.variables, other.network.variables, strict=True
    ):
        np.testing.assert_array_equal(array.numpy(), expected.numpy())

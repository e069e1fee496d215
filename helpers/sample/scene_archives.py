"""Drawn street scenes as an archive in the layout of the official ones."""

import gzip
import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from helpers.data.digitstruct import Boxes, write_boxes
from helpers.data.parallel import ordered_map
from helpers.files import atomic_write
from helpers.sample.distributions import LENGTHS, Order, draw_orders
from helpers.sample.scenes import draw_scene

CHUNK = 25
"""Scenes that a process draws before it hands them over."""

UNREADABLE = 2
"""PNG files of an archive that cannot be read, as there are in real archives."""


def draw_scenes_archive(
    path: Path | str, count: int, seed: int, split: str, processes: int | None = None
) -> None:
    """Write ``count`` scenes as ``split``.tar.gz: <split>/1.png and so on.

    Same ``count``, ``seed`` and ``split``: same bytes, whatever the number of
    ``processes``. The archive is written whole or not at all. Two of its images are
    empty and cut short; their boxes are listed all the same.
    """
    seeds = np.random.SeedSequence(seed, spawn_key=(list(LENGTHS).index(split),))
    rng = np.random.default_rng(seeds)
    orders = draw_orders(rng, count, split)
    broken = rng.choice(count, min(UNREADABLE, count // 2), replace=False).tolist()
    tasks = (
        (seeds, start, orders[start : start + CHUNK])
        for start in range(0, count, CHUNK)
    )
    drawn = chain.from_iterable(ordered_map(draw_chunk, tasks, processes))
    rows = []
    with atomic_write(path) as temporary, open_tar(temporary) as tar:
        for data, *row in tqdm(drawn, f"drawing {split}", count, unit="scene"):
            if len(rows) in broken:
                data = data[: broken.index(len(rows)) * len(data) // 2]
            rows.append(row)
            add_file(tar, f"{split}/{len(rows)}.png", len(data), io.BytesIO(data))
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "digitStruct.mat"
            write_boxes(listed, _columns(rows))
            with listed.open("rb") as file:
                add_file(tar, f"{split}/{listed.name}", listed.stat().st_size, file)


def draw_chunk(
    seeds: np.random.SeedSequence, start: int, orders: list[Order]
) -> list[tuple[bytes, tuple[int, ...], np.ndarray]]:
    """Draw scenes ``start`` and following: PNG, digits and (digits, 4) boxes of each.

    A box is left, top, width and height in pixels.
    """
    drawn = []
    for number, order in enumerate(orders, start):
        own = np.random.SeedSequence(
            seeds.entropy, spawn_key=(*seeds.spawn_key, number)
        )
        scene = draw_scene(np.random.default_rng(own), order)
        png = io.BytesIO()
        Image.fromarray(scene.image).save(png, "PNG", compress_level=1)
        drawn.append((png.getvalue(), scene.digits, scene.boxes))
    return drawn


def _columns(rows) -> Boxes:
    """The boxes of an archive from (digits, boxes) of image 1, 2, ..."""
    numbers = np.arange(1, len(rows) + 1, dtype=np.int32)
    digits, boxes = zip(*rows, strict=True)
    image = np.repeat(numbers, list(map(len, digits)))
    label = np.concatenate(digits).astype(np.int8)
    return Boxes(image, label, *np.concatenate(boxes).T.astype(float), numbers)


@contextmanager
def open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    """A .tar.gz open for writing that says nothing of when it was written."""
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        yield tar


def add_file(tar: tarfile.TarFile, name: str, size: int, file) -> None:
    """Add a file's first ``size`` bytes to an archive open for writing."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    tar.addfile(entry, file)

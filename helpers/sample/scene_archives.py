"""Drawn street scenes as an archive in the layout of the official ones."""

import gzip
import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from helpers.data.digitstruct import Boxes, write_boxes
from helpers.data.parallel import ordered_map
from helpers.files import atomic_write
from helpers.sample.distributions import LENGTHS, Order, draw_orders
from helpers.sample.scenes import Scene, draw_scene

CHUNK = 25
"""Scenes that a process draws before it hands them over."""

UNREADABLE = 2
"""PNG files of an archive that cannot be read, as there are in real archives."""


@dataclass(frozen=True)
class ImageFile:
    """A file of a drawn archive and what its digitStruct.mat says of it.

    Parameters
    ----------
    data
        The bytes of the PNG file.
    digits
        From left to right.
    boxes
        (digits, 4): left, top, width and height in pixels.
    """

    data: bytes
    digits: tuple[int, ...]
    boxes: np.ndarray


def draw_scenes_archive(
    path: Path | str, count: int, seed: int, split: str, processes: int | None = None
) -> None:
    """Write ``count`` scenes as ``split``.tar.gz: <split>/1.png and so on.

    Same ``count``, ``seed`` and ``split``: same bytes, whatever the number of
    ``processes`` (by default one for each core). The archive is written whole or not
    at all. Two of its images are empty and cut short; their boxes are listed all the
    same. With more than one process, a script that calls this needs the usual
    ``if __name__ == "__main__":``.

    Raises
    ------
    ValueError
        ``split`` is none of train, test and extra, or ``count`` is not positive.
    """
    files = draw_files(count, seed, split, processes)
    with tqdm(files, f"drawing {split}", count, unit="scene") as progress:
        write_archive(path, split, progress)


def draw_files(
    count: int, seed: int, split: str, processes: int | None = None, first: int = 0
) -> Iterator[ImageFile]:
    """Draw the images of `draw_scenes_archive` one by one, from ``first`` on.

    They are the same whatever the ``first``, so that drawing can go on from a stop.

    Raises
    ------
    ValueError
        As in `draw_scenes_archive`.
    """
    if split not in LENGTHS or count < 1:
        raise ValueError(
            f"split {split!r} of {count} scenes; expected one of {', '.join(LENGTHS)} "
            "and one scene or more."
        )
    seeds = np.random.SeedSequence(seed, spawn_key=(list(LENGTHS).index(split),))
    rng = np.random.default_rng(seeds)
    orders = draw_orders(rng, count, split)
    broken = rng.choice(count, min(UNREADABLE, count // 2), replace=False).tolist()
    tasks = (
        (seeds, start, orders[start : start + CHUNK])
        for start in range(first, count, CHUNK)
    )
    drawn = chain.from_iterable(ordered_map(draw_chunk, tasks, processes))
    for row, file in enumerate(drawn, first):
        if row in broken:
            length = broken.index(row) * len(file.data) // 2
            file = replace(file, data=file.data[:length])
        yield file


def write_archive(path: Path | str, split: str, files: Iterable[ImageFile]) -> None:
    """Write image files and their boxes as ``split``.tar.gz, whole or not at all."""
    rows = []
    with atomic_write(path) as temporary, open_tar(temporary) as tar:
        for file in files:
            rows.append((file.digits, file.boxes))
            name = f"{split}/{len(rows)}.png"
            add_file(tar, name, len(file.data), io.BytesIO(file.data))
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "digitStruct.mat"
            write_boxes(listed, _columns(rows))
            with listed.open("rb") as file:
                add_file(tar, f"{split}/{listed.name}", listed.stat().st_size, file)


def draw_chunk(
    seeds: np.random.SeedSequence, start: int, orders: list[Order]
) -> list[ImageFile]:
    """Draw scenes ``start`` and following, whole."""
    scenes = (
        draw_scene(np.random.default_rng(_child(seeds, start + index)), order)
        for index, order in enumerate(orders)
    )
    return [ImageFile(png(scene), scene.digits, scene.boxes) for scene in scenes]


def png(scene: Scene) -> bytes:
    """A scene's image as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(scene.image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _child(seeds: np.random.SeedSequence, index: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, index))


def _columns(rows) -> Boxes:
    """The boxes of an archive from (digits, boxes) of image 1, 2, ..."""
    numbers = np.arange(1, len(rows) + 1, dtype=np.int32)
    boxes = np.concatenate([boxes for _, boxes in rows]).astype(float)
    return Boxes(
        image=np.repeat(numbers, [len(digits) for digits, _ in rows]),
        label=np.concatenate([digits for digits, _ in rows]).astype(np.int8),
        left=boxes[:, 0],
        top=boxes[:, 1],
        width=boxes[:, 2],
        height=boxes[:, 3],
        images=numbers,
    )


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

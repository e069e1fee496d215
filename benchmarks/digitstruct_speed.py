"""Reading digitStruct.mat: this project against h5py, one element after the other.

    python benchmarks/digitstruct_speed.py [digitStruct.mat]

Without a file, one is written with the boxes of 8,000 made-up images. The peer is the
loop that the public programs for SVHN use. Both read the same file in the same run.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from helpers.data.digitstruct import FIELDS, Boxes, read_boxes, write_boxes

REPEATS = 5
PROMISED = 4


def read_by_element(path: Path) -> list:
    rows = []
    with h5py.File(path) as file:
        part = file["digitStruct"]
        for name, group in zip(part["name"][:, 0], part["bbox"][:, 0], strict=True):
            text = "".join(chr(code[0]) for code in file[name][()])
            boxes = {}
            for field in FIELDS:
                item = file[group][field]
                boxes[field] = (
                    [file[item[()][i].item()][()][0][0] for i in range(len(item))]
                    if len(item) > 1
                    else [item[()][0][0]]
                )
            rows.append((text, boxes))
    return rows


def made_up_boxes(rng: np.random.Generator, lengths: np.ndarray) -> Boxes:
    """Boxes and digits by chance, for an image of each of the lengths."""
    images = np.arange(1, len(lengths) + 1)
    image = np.repeat(images, lengths)
    left, top, width, height = rng.integers(1, 200, (4, len(image))).astype(float)
    label = rng.integers(0, 10, len(image)).astype(np.int8)
    return Boxes(image, label, left, top, width, height, images)


def write_example(path: Path, images: int = 8_000) -> None:
    rng = np.random.default_rng(0)
    write_boxes(path, made_up_boxes(rng, rng.integers(1, 5, images)))


def seconds(function, path: Path) -> float:
    start = time.perf_counter()
    function(path)
    return time.perf_counter() - start


def compare(path: Path) -> None:
    pairs = [
        (seconds(read_by_element, path), seconds(read_boxes, path))
        for _ in range(REPEATS)
    ]
    peer, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(slow / fast for slow, fast in pairs)
    boxes = read_boxes(path)
    read = [[label % 10 for label in row["label"]] for _, row in read_by_element(path)]
    assert np.array_equal(np.concatenate(read), boxes.label), "the two disagree"
    images = len(boxes.images)
    print(f"{images:,} images, {len(boxes):,} digits, medians of {REPEATS} in turn")
    print(f"h5py by element  {peer:8.2f} s  {images / peer:10,.0f} images/s")
    print(f"read_boxes       {ours:8.2f} s  {images / ours:10,.0f} images/s")
    print(f"ratio            {ratio:8.1f}    (promised: {PROMISED})")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_example(Path(folder) / "digitStruct.mat")
            compare(Path(folder) / "digitStruct.mat")

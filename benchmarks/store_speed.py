"""Images into the store: this project against the usual loop, and the memory it takes.

    python benchmarks/store_speed.py [IMAGES]

Both crop the same images of the drawn train archive (8,000, or the first IMAGES of
them) in the same run, each time in a fresh process. The peer is the loop that one
writes first: open, crop, resize and make gray with Pillow, keep all in a list. Then the
store is made of the same images listed twice, which must take about as much memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from joblib.externals.loky import get_reusable_executor
from PIL import Image

from helpers import datasets, preprocessing
from helpers.data.digitstruct import Boxes, read_boxes, write_boxes
from helpers.datasets import prepare
from helpers.settings import Settings

REPEATS = 3
PROMISED = 1_500
TEST_IMAGES = 100
BOX_COLUMNS = ("image", "label", "left", "top", "width", "height")


def crop_in_a_loop(folder: Path, settings: Settings) -> np.ndarray:
    numbers, unions = preprocessing.union_boxes(read_boxes(folder / "digitStruct.mat"))
    size = (settings.crop_size, settings.crop_size)
    crops = []
    for number, box in zip(
        numbers, preprocessing.grow(unions, settings.margin), strict=True
    ):
        try:
            image = Image.open(folder / f"{number}.png").convert("RGB")
        except OSError:
            continue
        left, top = max(0, int(box[0])), max(0, int(box[1]))
        right, bottom = min(image.width, int(box[2])), min(image.height, int(box[3]))
        crop = image.crop((left, top, right, bottom)).resize(size, Image.BICUBIC)
        crops.append(np.asarray(crop.convert("L")))
    return np.array(crops)


def part_of(whole: Path, place: Path, first: int, last: int, times: int = 1) -> None:
    """A folder of links to images ``first`` to ``last`` of another, ``times`` over."""
    boxes = read_boxes(whole / "digitStruct.mat")
    kept = (boxes.image >= first) & (boxes.image <= last)
    columns = {name: np.tile(getattr(boxes, name)[kept], times) for name in BOX_COLUMNS}
    sources = np.tile(np.arange(first, last + 1), times)
    shift = np.repeat(np.arange(times) * (last + 1 - first), kept.sum())
    columns["image"] = (columns["image"] + shift).astype(np.int32)
    images = np.arange(first, first + len(sources), dtype=np.int32)
    place.mkdir(parents=True)
    write_boxes(place / "digitStruct.mat", Boxes(**columns, images=images))
    for image, source in zip(images, sources, strict=True):
        (place / f"{image}.png").symlink_to(whole / f"{source}.png")


def work(kind: str, data: str) -> None:
    """Do one of the two, and print what it took as JSON."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(data=data, home=Path(home))
        start = time.perf_counter()
        if kind == "store":
            made = prepare(settings)
            seconds = time.perf_counter() - start
            images = sum(map(len, made.splits().values())) + len(made.skipped)
        else:
            folders = [
                datasets.archive_folder(name, settings) for name in ("train", "test")
            ]
            crops = [crop_in_a_loop(folder, settings) for folder in folders]
            seconds = time.perf_counter() - start
            images = sum(map(len, crops))
    get_reusable_executor().shutdown()  # only what has ended is counted
    usage = [
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(
        json.dumps(
            {
                "images": images,
                "seconds": seconds,
                "cpu": sum(use.ru_utime + use.ru_stime for use in usage),
                "own": usage[0].ru_maxrss / 1024,
                "child": usage[1].ru_maxrss / 1024,
            }
        )
    )


def measure(kind: str, data: Path) -> dict:
    words = [sys.executable, __file__, kind, str(data)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def compare(images: int) -> None:
    whole = datasets.archive_folder("train", Settings())
    with tempfile.TemporaryDirectory() as place:
        for name, times in (("once", 1), ("twice", 2)):
            part_of(whole, Path(place) / name / "test", 1, TEST_IMAGES)
            train = Path(place) / name / "train"
            part_of(whole, train, TEST_IMAGES + 1, images, times)
        runs = [
            {kind: measure(kind, Path(place) / "once") for kind in ("loop", "store")}
            for _ in range(REPEATS)
        ]
        twice = measure("store", Path(place) / "twice")
    loop, store = (
        min((run[kind] for run in runs), key=lambda run: run["seconds"])
        for kind in ("loop", "store")
    )
    rate = images / store["seconds"]
    print(f"{images:,} images, the best of {REPEATS} in turn, start-up included")
    for name, run in (("loop over Pillow", loop), ("prepare", store)):
        print(
            f"{name:<18}{run['seconds']:6.2f} s {images / run['seconds']:8,.0f} "
            f"images/s   processor {run['cpu']:6.2f} s"
        )
    print(f"ratio             {loop['seconds'] / store['seconds']:6.1f}")
    print(f"images/s          {rate:6,.0f}    (promised: {PROMISED:,})")
    print("peak memory in MiB, of the first process and of the largest other:")
    for run in (store, twice):
        print(f"{run['images']:8,} images   {run['own']:6.0f} {run['child']:6.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["store"], ["loop"]):
        work(*sys.argv[1:])
    else:
        compare(int(sys.argv[1]) if len(sys.argv) > 1 else Settings.drawn_train)

"""The reader's speed: loading it, a large photo, and numbers whose boxes are known.

    python benchmarks/reader_speed.py [--numbers 400]

Three promises, each measured beside a peer in the same run: that it loads in less than
2 s after TensorFlow's own import (a fresh process each time), that it finds and reads
the number in a photo of 12 megapixels in less than 0.5 s (peer: Pillow decodes the
photo, no more), and that it reads 300 numbers/s or more where their boxes are given
(peer: the report's seven-layer network reads a crop of each through
`helpers.evaluation.predict`). The photo and the numbers are drawn.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

REPEATS = 5
LOADING, PHOTO, RATE = 2.0, 0.5, 300
PHOTO_SIZE = (4_000, 3_000)


def seconds(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def in_turn(*functions) -> list[float]:
    """The median seconds of each, called in turn after a call that warms up."""
    for function in functions:
        function()
    turns = [[seconds(function) for function in functions] for _ in range(REPEATS)]
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def import_and_load() -> None:
    """Print the seconds of TensorFlow's import, and of loading the reader after it."""
    importing = seconds(__import__, "tensorflow")

    def load() -> None:
        from helpers.reader import Reader

        Reader.pretrained()

    print(importing, seconds(load))


def loading() -> tuple[float, float]:
    """The same, medians over fresh processes."""
    runs = [
        subprocess.run(
            [sys.executable, __file__, "--load"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        for _ in range(REPEATS)
    ]
    times = [map(float, run.splitlines()[-1].split()) for run in runs]
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def draw_photo(path: Path) -> None:
    """A drawn view as a photo of 12 megapixels, with a camera's noise."""
    from workshop.making.drawing.views import draw_view

    rng = np.random.default_rng(1)
    view = Image.fromarray(draw_view(rng, 800).image).resize(PHOTO_SIZE)
    noise = rng.integers(-4, 5, (*PHOTO_SIZE[::-1], 1), dtype=np.int16)
    pixels = np.asarray(view) + noise
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=92)


def decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def draw_numbers(count: int) -> tuple[list, list]:
    """Drawn scenes as Pillow images, and the box of the number in each."""
    from helpers.sample.scenes import draw_scene

    rng = np.random.default_rng(2)
    scenes = [draw_scene(rng) for _ in range(count)]
    images = [Image.fromarray(scene.image) for scene in scenes]
    return images, [scene.box for scene in scenes]


def promise(is_kept: bool, promised: str) -> str:
    return f"(promised: {promised}: {'kept' if is_kept else 'NOT KEPT'})"


def compare(numbers: int) -> None:
    from helpers.evaluation import predict
    from helpers.networks import build_network
    from helpers.reader import Reader
    from helpers.reader.crops import CROP_GROWTHS, crop_gray

    print(f"{os.cpu_count()} cores, medians of {REPEATS}")
    importing, load = loading()
    print(f"TensorFlow's import  {importing:8.2f} s")
    told = promise(load < LOADING, f"under {LOADING:g} s")
    print(f"loading the reader   {load:8.2f} s  {told}")

    reader = Reader.pretrained()
    with tempfile.TemporaryDirectory() as place:
        photo = Path(place) / "photo.jpg"
        draw_photo(photo)
        peer, ours = in_turn(lambda: decode(photo), lambda: reader.read([photo]))
    print(f"Pillow decodes       {peer:8.3f} s  a photo of 12 megapixels")
    told = promise(ours < PHOTO, f"under {PHOTO:g} s")
    print(f"finding and reading  {ours:8.3f} s  {told}")

    images, boxes = draw_numbers(numbers)
    seven = build_network(7, seed=1)

    def read_by_seven_layers() -> None:
        pairs = zip(images, boxes, strict=True)
        crops = [crop_gray(image, [box], (32, 32))[0] for image, box in pairs]
        predict(seven, np.stack(crops))

    peer, ours = in_turn(read_by_seven_layers, lambda: reader.read(images, boxes))
    print(f"{numbers:,} numbers whose boxes are given, cropping included")
    print(f"seven layers         {numbers / peer:8,.0f} numbers/s, a crop of each")
    told = promise(numbers / ours >= RATE, f"{RATE} numbers/s")
    print(f"reader               {numbers / ours:8,.0f} numbers/s  {told}")
    each = len(CROP_GROWTHS)
    print(f"{each * numbers / ours:29,.0f} crops/s, {each} of each number")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--numbers", type=int, default=400)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        import_and_load()
    else:
        compare(options.numbers)


if __name__ == "__main__":
    main()

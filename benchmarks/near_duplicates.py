"""Near-duplicates among as many crops as SVHN has: how many are found, and how fast.

    python benchmarks/near_duplicates.py [--images 20000] [--planted 2000]

The crops are those of the drawn sample and, where more are asked for, mixtures of two
of them, turned and stretched, no two of which show the same. Copies of the sample's
crops that are moved, rescaled, recompressed, brightened or all of that are planted
among them. A pair that was not planted counts against precision. Promised: precision
and recall of 0.95, and 4 minutes for 235,755 crops on two cores, the official train and
extra archives together. The share found by `likeness_keys`, which the store leaves
copies out by, is the peer.
"""

import argparse
import time

import numpy as np
from scipy.ndimage import affine_transform
from tqdm import trange

from helpers.data.splits import likeness_keys
from helpers.datasets import prepare
from helpers.settings import Settings
from workshop.studies.near_duplicates import ALTERATIONS, alter, find_pairs

PROMISED, MINUTES, OFFICIAL = 0.95, 4, 235_755


def turned(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(-0.3, 0.3)
    stretch = np.diag(rng.uniform(0.7, 1.2, 2))
    sine, cosine = np.sin(angle), np.cos(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) @ stretch
    middle = np.full(2, 15.5)
    start = middle - matrix @ middle
    return affine_transform(
        image, matrix, start, output=np.float32, order=1, mode="mirror"
    )


def mixtures(images: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    made = np.empty((count, *images.shape[1:]), np.uint8)
    for row in trange(count, desc="mixing", unit="crop", disable=count == 0):
        first, second = (turned(images[n], rng) for n in rng.choice(len(images), 2))
        first, second = ((x - x.mean()) / max(1, x.std()) for x in (first, second))
        made[row] = np.clip(128 + 25 * (first + second), 0, 255)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--planted", type=int, default=2_000)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    splits = prepare(Settings(data="sample")).splits().values()
    drawn = np.concatenate([split.images for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    drawn, labels = (x[: options.images - options.planted] for x in (drawn, labels))
    originals = rng.choice(len(drawn), options.planted, replace=False)
    parts = np.array_split(originals, len(ALTERATIONS))
    copies = [
        alter(drawn[part], kind, rng)
        for kind, part in zip(ALTERATIONS, parts, strict=True)
    ]
    rest = options.images - len(drawn) - options.planted
    images = np.concatenate([drawn, *copies, mixtures(drawn, rest, rng)])
    planted = dict(enumerate(originals.tolist(), len(drawn)))  # copy: original

    start, work = time.perf_counter(), time.process_time()
    pairs = find_pairs(images)
    seconds, work = time.perf_counter() - start, time.process_time() - work

    found = {
        copy
        for row, copy in zip(pairs["first"], pairs["second"], strict=True)
        if planted.get(copy) == row
    }
    recall, precision = len(found) / len(planted), len(found) / max(1, len(pairs))
    keys = likeness_keys(drawn, labels)
    first = len(drawn)
    for kind, part, copied in zip(ALTERATIONS, parts, copies, strict=True):
        share = np.mean([copy in found for copy in range(first, first + len(part))])
        peer = (likeness_keys(copied, labels[part]) == keys[part]).mean()
        print(f"{kind:13} found {share:6.1%}    by likeness_keys {peer:6.1%}")
        first += len(part)
    print(f"recall        {recall:.4f}   (promised: {PROMISED})")
    print(f"precision     {precision:.4f}   (promised: {PROMISED})")
    print(f"{len(images):,} crops in {seconds:.1f} s, {work:.1f} s of cores at work")
    if len(images) >= OFFICIAL:
        print(f"promised: {60 * MINUTES} s")


if __name__ == "__main__":
    main()

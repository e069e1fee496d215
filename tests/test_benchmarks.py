"""The numbers in handwriting that benchmarks are made on."""

import sys

import numpy as np

from helpers.settings import ROOT

sys.path.append(str(ROOT / "benchmarks"))
from handwritten import framed, handwritten_numbers


def test_ink_lies_in_the_box_and_a_frame_changes_only_the_paper_round_it():
    numbers = handwritten_numbers(20, seed=3)
    assert set(numbers.labels[:, 0].tolist()) == {2, 3, 4}
    frames = framed(numbers, room=0.5)
    whole = zip(numbers.paths, numbers.boxes.astype(int).tolist(), strict=True)
    new = zip(frames.paths, frames.boxes.astype(int).tolist(), strict=True)
    for (image, box), (other, inner) in zip(whole, new, strict=True):
        left, top, right, bottom = box
        dark = np.asarray(image) < np.median(image) - 40.0
        assert dark.sum() == dark[top:bottom, left:right].sum() > 0
        assert image.crop(box).tobytes() == other.crop(inner).tobytes()
        assert abs(inner[0] - 0.5 * (bottom - top)) <= 1

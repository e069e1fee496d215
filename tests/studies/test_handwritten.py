"""Numbers put together of real handwritten digits."""

import numpy as np
import pytest

from helpers.accuracy import BLANK
from workshop.studies.handwritten import framed, handwritten_numbers


@pytest.fixture(scope="module")
def numbers():
    return handwritten_numbers(60, seed=3)


def test_lengths_are_two_to_four_and_labels_are_of_digits(numbers):
    assert len(numbers) == 60
    assert set(numbers.labels[:, 0].tolist()) == {2, 3, 4}
    used = np.arange(5) < numbers.labels[:, :1]
    assert (numbers.labels[:, 1:][used] < BLANK).all()
    assert (numbers.labels[:, 1:][~used] == BLANK).all()


def test_all_ink_lies_in_the_box_and_reaches_its_sides(numbers):
    for image, box in zip(numbers.paths, numbers.boxes, strict=True):
        pixels = np.asarray(image).astype(float)
        left, top, right, bottom = box.astype(int)
        paper = np.median(pixels)
        dark = pixels < paper - 40
        inside = dark[top:bottom, left:right]
        assert dark.sum() == inside.sum() > 0
        # To within two pixels of the originals, whose outermost may be faint.
        assert inside[:, :16].any() and inside[:, -16:].any()


@pytest.mark.parametrize("room", [0.05, 0.5, 4])
def test_framed_numbers_have_their_room_on_paper_like_their_own(numbers, room):
    frames = framed(numbers, room)
    assert (frames.labels == numbers.labels).all()
    whole = zip(numbers.paths, numbers.boxes, strict=True)
    new = zip(frames.paths, frames.boxes, strict=True)
    for (image, box), (other, inner) in zip(whole, new, strict=True):
        left, top, right, bottom = inner
        assert left == top == other.width - right == other.height - bottom
        assert left == pytest.approx(room * (bottom - top), abs=1)
        cuts = other.crop(inner.tolist()), image.crop(box.tolist())
        assert cuts[0].tobytes() == cuts[1].tobytes()
        if room == 4:
            corners = (
                np.asarray(one)[:20, :20].astype(float) for one in (image, other)
            )
            old, added = ((corner.mean(), corner.std()) for corner in corners)
            assert added == pytest.approx(old, abs=2)

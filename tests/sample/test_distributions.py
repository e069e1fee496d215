"""Numbers, lengths and sizes drawn as they are in the real train set."""

import numpy as np
import pytest

from helpers.sample import plates, scenes
from helpers.sample.distributions import LENGTHS, draw_digits, draw_lengths, draw_orders


@pytest.fixture(scope="module")
def sizes():
    """(widest, tallest) box of scenes that are laid out but not painted."""
    orders = draw_orders(np.random.default_rng(3), 3_000, "train")
    found = []
    for number, order in enumerate(orders):
        rng = np.random.default_rng([3, number])
        style = plates.draw_style(rng)
        glyphs = scenes.style_glyphs(rng, style, order.digits)
        _, _, boxes, _ = scenes.compose(rng, order, style, glyphs)
        found.append(boxes[:, 2:].max(0))
    return np.array(found, float).T


@pytest.mark.parametrize(
    ("row", "mean", "p98", "p999"), [(0, 18.66, 51, 108.6), (1, 34.37, 86, 170)]
)
def test_box_sizes_are_those_of_the_real_train_set(sizes, row, mean, p98, p999):
    found = sizes[row]
    assert found.mean() == pytest.approx(mean, rel=0.05)
    assert np.percentile(found, 98) == pytest.approx(p98, rel=0.10)
    assert np.percentile(found, 99.9) == pytest.approx(p999, rel=0.30)


@pytest.mark.parametrize("split", LENGTHS)
def test_lengths_have_the_shares_of_the_official_archive(split):
    count = 8_000
    lengths = draw_lengths(np.random.default_rng(4), count, split)
    found = np.bincount(lengths, minlength=7)[1:]
    official = np.zeros(6)
    official[: len(LENGTHS[split])] = LENGTHS[split]
    assert np.abs(found - count * official / official.sum()).max() < 2


def test_digits_and_lengths_are_those_of_the_real_train_set(real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz") as file:
        image, label = file["image"], file["label"]
    _, starts, lengths = np.unique(image, return_index=True, return_counts=True)
    assert tuple(np.bincount(lengths)[1:]) == LENGTHS["train"]
    rng = np.random.default_rng(5)
    for length in (1, 2, 3, 4):
        ours = np.array([draw_digits(rng, length) for _ in range(4_000)])
        for place in range(length):
            real = label[starts[lengths == length] + place]
            drawn, found = (
                np.bincount(digits, minlength=10) / len(digits)
                for digits in (ours[:, place], real)
            )
            assert np.abs(drawn - found).sum() < 0.08

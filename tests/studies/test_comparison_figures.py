"""Figures of comparisons: what is drawn is what was measured."""

import numpy as np
import pandas as pd
import pytest

from workshop.studies.comparison_figures import bands, difference_chart, length_chart


@pytest.fixture
def results():
    rng = np.random.default_rng(1)
    rows = []
    for recipe, better in (("plain", 0.0), ("other", 0.1), ("worse", -0.1)):
        for seed in (1, 2, 3):
            shared = {"recipe": recipe, "seed": seed, "images": 50}
            for part, length, step in (
                *(("validation", 0, step) for step in (10, 20, 30)),
                *(("test", length, 30) for length in (0, 1, 2)),
            ):
                strict = 0.5 + better + 0.01 * seed + 0.02 * rng.random()
                rows.append(
                    shared
                    | {"part": part, "length": length, "step": step}
                    | {"strict": strict, "six_position": 0.9}
                )
    return pd.DataFrame(rows)


def test_bands_reach_from_the_lowest_seed_to_the_highest(results):
    (axis,) = bands(results).axes
    plain = results[(results["recipe"] == "plain") & (results["part"] == "validation")]
    mean = plain.groupby("step")["strict"].mean()
    np.testing.assert_allclose(axis.lines[0].get_ydata(), mean)
    corners = axis.collections[0].get_paths()[0].vertices
    assert corners[:, 1].max() == pytest.approx(plain["strict"].max())
    assert corners[:, 1].min() == pytest.approx(plain["strict"].min())


def test_difference_chart_is_in_order_of_what_was_lost(results):
    (axis,) = difference_chart(results, "plain").axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["other", "worse"]
    best, worst = axis.lines[0].get_xdata()
    assert worst < 0 < best


def test_length_chart_has_a_mark_for_each_length(results):
    (axis,) = length_chart(results).axes
    assert [len(group[0].get_ydata()) for group in axis.containers] == [2, 2, 2]
    labels = [label.get_text() for label in axis.get_xticklabels()]
    assert labels == ["1\n50 images", "2\n50 images"]

"""Learning from more and more images: which, how measured, and what a line says."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from builders import by_image

from helpers import paper
from helpers.accuracy import measure
from helpers.reader import Reader
from helpers.reader.evaluation import archive_numbers, read_numbers
from helpers.reader.networks import build_reader
from helpers.training.batches import Examples
from workshop.making.training import Plan
from workshop.making.tuning import TuningOptions
from workshop.studies import learning_curve
from workshop.studies.learning_curve import (
    STARTS,
    PowerLaw,
    estimate,
    extrapolation_table,
    fit_power_law,
    learn,
    learning_curve_figure,
    real_images,
    summary,
)

build = partial(build_reader, depths=(4, 4, 4, 4), width=8)
SHORT = {
    "tuning": TuningOptions(plan=Plan(steps=2, batch_size=10)),
    "fresh": Plan(steps=3, batch_size=10),
    "build": build,
}


@pytest.fixture
def images():
    """Forty random contexts to learn from, eleven crops to measure on."""
    rng = np.random.default_rng(1)
    contexts = rng.integers(0, 256, (40, 72, 108), dtype=np.uint8)
    labels = np.full((40, 6), 10, np.uint8)
    labels[:, 0], labels[:, 1] = 1, np.arange(40) % 10
    crops = rng.integers(0, 256, (11, 3, 48, 72), dtype=np.uint8)
    return Examples(contexts, labels), (crops, labels[:11])


@pytest.fixture
def shipped(monkeypatch):
    """A small network in place of the shipped reader, tuned without drawn images."""
    reader = Reader(build(seed=7), None, {})
    monkeypatch.setattr(Reader, "pretrained", lambda: reader)
    monkeypatch.setattr(
        learning_curve, "tuning_sources", lambda mine, *_: [(mine, 1.0)]
    )
    return reader


@pytest.fixture
def asked(shipped, monkeypatch):
    """What each training was asked for, with nothing trained."""
    asked = []

    def train(network, sources, plan, folder):
        asked.append((network.get_weights(), sources, plan, folder))

    monkeypatch.setattr(learning_curve, "train_reader", train)
    return asked


def test_each_size_is_learned_in_both_ways_after_the_shipped_reader(
    images, settings, shipped, asked
):
    sizes = 10, 20, 900
    rows = pd.DataFrame(learn(*images, settings, sizes, (1, 2), **SHORT))
    assert rows["images"].tolist() == [0] + [10, 10, 20, 20] * 2
    assert rows["pretrained"].tolist() == [True] + [True, False] * 4
    assert rows["seed"].tolist()[1:] == [1] * 4 + [2] * 4
    assert rows["steps"].tolist() == [0] + [2, 3] * 4
    assert (rows["test_images"] == 11).all()
    assert (rows["low"] <= rows["strict"]).all()
    assert (rows["strict"] <= rows["high"]).all()
    folders = [folder for *_, folder in asked]
    assert len(set(folders)) == 8
    # Begun with the shipped weights, or with none.
    own = shipped.network.get_weights()
    start, fresh = (weights for weights, *_ in asked[:2])
    assert all((a == b).all() for a, b in zip(start, own, strict=True))
    assert any((a != b).any() for a, b in zip(start, fresh, strict=True))
    # Smaller parts lie in larger ones, and go with their labels.
    parts = [by_image(part) for _, ((part, _),), *_ in asked[:4:2]]
    parts.append(by_image(images[0]))
    assert parts[0].items() < parts[1].items() < parts[2].items()
    # Another call goes on with the same runs.
    list(learn(*images, settings, sizes, (1, 2), **SHORT))
    assert [folder for *_, folder in asked[8:]] == folders


def test_shipped_reader_is_measured_as_it_reads(few_settings):
    first = next(learn(*real_images(few_settings), few_settings))
    numbers, _ = archive_numbers("test", few_settings)
    predicted, _ = read_numbers(Reader.pretrained(), numbers)
    assert first["strict"] == measure(predicted, numbers.labels).strict.value


SIZES = np.array([250, 500, 1_000, 2_000, 4_000])


@pytest.mark.parametrize(
    ("law", "floor"),
    [
        (PowerLaw(0, 0.5, 0.3), False),
        (PowerLaw(0, 0.12, 0.05), False),
        (PowerLaw(0.04, 2, 0.6), True),
    ],
)
def test_law_is_found_that_made_the_errors(law, floor):
    found = fit_power_law(SIZES, law(SIZES), 10_000_000, floor)
    np.testing.assert_allclose(found(SIZES), law(SIZES), rtol=0.01)
    assert found(235_755) == pytest.approx(law(235_755), rel=0.05)


def test_images_for_an_error_are_those_that_the_law_gives_it_for():
    law = PowerLaw(0.03, 2, 0.5)
    assert law(law.images_for(0.1)) == pytest.approx(0.1)
    assert law.images_for(0.03) == PowerLaw(0, 0.5, 0).images_for(0.1) == np.inf


@pytest.mark.parametrize("images", [[100], [100, 100], [0, 100]])
def test_line_through_too_few_sizes_is_refused(images):
    with pytest.raises(ValueError, match="two or more different numbers"):
        fit_power_law(images, [0.5] * len(images), 700)


def rows_of(law, pretrained, test_images=700):
    table = pd.DataFrame({"images": SIZES, "strict": 1 - law(SIZES)})
    low, high = table["strict"] - 0.02, table["strict"] + 0.02
    bounds = {"low": low, "high": high}
    return table.assign(pretrained=pretrained, test_images=test_images, **bounds)


def test_bounds_hold_the_line_and_narrow_with_test_images():
    places = np.array([1_000, 235_755])
    spread = []
    for tests in (200, 20_000):
        table = rows_of(PowerLaw(0, 2, 0.4), False, tests)
        errors, low, high = estimate(table, lambda law: law(places), resamples=30)
        assert (low <= errors).all()
        assert (errors <= high).all()
        spread.append(np.log(high / low))
    assert spread[0][1] > 2 * spread[0][0]  # wider away from the points
    assert spread[1][1] < spread[0][1] / 3


def test_table_says_what_each_curve_suggests_under_both_laws():
    both = pd.concat([rows_of(PowerLaw(0.03, 2, 0.5), kind) for kind in (True, False)])
    table = extrapolation_table(both, resamples=10)
    assert len(table) == 4
    assert (table["low"] <= table["high"]).all()
    for name in STARTS.values():
        straight, bent = table.loc[name, "strict"]
        assert bent < straight
    alone = extrapolation_table(both[~both["pretrained"]], resamples=2)
    assert set(alone.index.get_level_values(0)) == {STARTS[False]}


SHIPPED = pd.DataFrame(
    [{"images": 0, "pretrained": True, "strict": 0.9, "test_images": 700}]
)


def test_figure_has_points_lines_and_the_shipped_reader():
    both = [rows_of(PowerLaw(0, 2, 0.4), kind) for kind in (True, False)]
    (axis,) = learning_curve_figure(pd.concat([*both, SHIPPED]), resamples=5).axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    for container, rows in zip(axis.containers, both, strict=True):
        np.testing.assert_array_equal(container.lines[0].get_xdata(), SIZES)
        points = container.lines[0].get_ydata().astype(float)
        np.testing.assert_allclose(points, 1 - rows["strict"].to_numpy())
    lines = {line.get_label(): line for line in axis.lines}
    assert lines["drawn images alone"].get_ydata()[0] == pytest.approx(0.1)
    published = lines["published, other test images"].get_ydata()
    assert len(published) == len(paper.PUBLISHED)


def test_summary_is_that_of_the_rows():
    law = PowerLaw(0, 2, 0.4)
    rows = [SHIPPED, *(rows_of(law, kind, 100_000) for kind in (True, False))]
    text = summary(pd.concat(rows, ignore_index=True), resamples=10)
    assert text.count(f"{1 - law(SIZES.max()):.1%}") == 2
    assert f"{1 - 2**-0.4:.0%} of errors" in text
    assert f"worth {round(law.images_for(0.1), -2):,.0f} of these" in text

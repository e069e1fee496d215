"""Learning from more and more images: which, how measured, and what a line says."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import paper
from helpers.accuracy import measure
from helpers.reader import Reader, weights
from helpers.reader.evaluation import archive_numbers, read_numbers
from helpers.reader.networks import build_finder, build_reader
from helpers.settings import Settings
from workshop.making.training import Plan
from workshop.making.tuning import TuningOptions
from workshop.studies import learning_curve
from workshop.studies.learning_curve import (
    PowerLaw,
    extrapolate,
    extrapolation_table,
    findings,
    fit_power_law,
    learn,
    learning_curve_figure,
    real_images,
    worth_of_drawing,
)

TINY = {
    "reader": partial(build_reader, depths=(4, 4, 4, 4), width=8),
    "finder": partial(build_finder, depths=(4, 4, 4, 4, 4)),
}
SHORT = {
    "tuning": TuningOptions(plan=Plan(steps=2, batch_size=10), drawn=12, shard=12),
    "fresh": Plan(steps=3, batch_size=10),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def settings(few_numbers, tmp_path, monkeypatch):
    """A few made-up images, small networks, and a shipped reader of these."""
    monkeypatch.setattr(weights, "BUILDERS", TINY)
    monkeypatch.setattr(learning_curve, "build_reader", TINY["reader"])
    path = tmp_path / "shipped.npz"
    networks = {name: build(seed=7) for name, build in TINY.items()}
    weights.save_weights(path, networks, {"sure_from": 0.5})
    monkeypatch.setattr("helpers.reader.reader.SHIPPED", path)
    folders = {"home": tmp_path / "home", "runs_root": tmp_path / "runs"}
    return Settings(data=str(few_numbers), **folders)


@pytest.fixture
def asked(settings, monkeypatch):
    """What each training was asked for, with nothing trained."""
    asked = []

    def train(network, sources, plan, folder):
        asked.append((network.get_weights(), sources, plan, folder))

    monkeypatch.setattr(learning_curve, "train_reader", train)
    return asked


def test_each_size_is_learned_in_both_ways_after_the_shipped_reader(settings, asked):
    rows = pd.DataFrame(
        learn(real_images(settings), settings, (10, 20, 900), (1, 2), **SHORT)
    )
    assert rows["images"].tolist() == [0] + [10, 10, 20, 20] * 2
    assert rows["pretrained"].tolist() == [True] + [True, False] * 4
    assert rows["seed"].tolist()[1:] == [1] * 4 + [2] * 4
    assert rows["steps"].tolist() == [0] + [2, 3] * 4
    assert (rows["test_images"] == 11).all()
    assert (rows["low"] <= rows["strict"]).all()
    assert (rows["strict"] <= rows["high"]).all()


def test_shipped_reader_is_measured_as_it_reads(settings):
    first = next(iter(learn(real_images(settings), settings, (10,), **SHORT)))
    numbers, _ = archive_numbers("test", settings)
    predicted, _ = read_numbers(Reader.pretrained(), numbers)
    assert first["strict"] == measure(predicted, numbers.labels).strict.value


def test_smaller_parts_lie_in_larger_ones_and_go_with_their_labels(settings, asked):
    images = real_images(settings)
    list(learn(images, settings, (10, 40), (1,), **SHORT))
    small, large = (asked[place][1][-1][0] for place in (1, 3))
    labels = {
        context.tobytes(): label.tolist()
        for context, label in zip(images.train.images, images.train.labels, strict=True)
    }
    parts = []
    for part in (small, large):
        rows = [context.tobytes() for context in part.images]
        expected = [labels[row] for row in rows]
        assert part.labels.tolist() == expected
        parts.append(set(rows))
    assert parts[0] < parts[1]
    assert (len(small), len(large)) == (10, 40)


def test_pretrained_starts_from_the_shipped_weights_with_drawn_images_beside(
    settings, asked
):
    list(learn(real_images(settings), settings, (10,), (1,), **SHORT))
    (start, sources, plan, _), (fresh, alone, fresh_plan, _) = asked
    for one, shipped in zip(
        start, Reader.pretrained().network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, shipped)
    assert [share for _, share in sources] == pytest.approx([0.2, 0.1, 0.1, 0.6])
    assert [share for _, share in alone] == [1.0]
    assert any((one != two).any() for one, two in zip(start, fresh, strict=True))
    assert (plan.steps, fresh_plan.steps, plan.seed) == (2, 3, 1)


def test_runs_that_differ_have_folders_of_their_own(settings, asked):
    list(learn(real_images(settings), settings, (10, 20), (1, 2), **SHORT))
    assert len({folder for *_, folder in asked}) == 8


def test_finished_runs_are_not_trained_again(settings):
    images = real_images(settings)
    first = list(learn(images, settings, (10,), **SHORT))
    files = {path: path.stat().st_mtime_ns for path in settings.runs.rglob("*.npz")}
    assert len(files) == 2
    assert list(learn(images, settings, (10,), **SHORT)) == first
    again = {path: path.stat().st_mtime_ns for path in settings.runs.rglob("*.npz")}
    assert again == files


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


def test_law_says_no_more_than_all_is_wrong():
    assert PowerLaw(0, 5, 0.1)([1, 10]).tolist() == [1, 1]


def test_images_for_an_error_are_those_that_the_law_gives_it_for():
    law = PowerLaw(0.03, 2, 0.5)
    assert law(law.images_for(0.1)) == pytest.approx(0.1)
    assert law.images_for(0.03) == PowerLaw(0, 0.5, 0).images_for(0.1) == np.inf


@pytest.mark.parametrize("images", [[100], [100, 100], [0, 100]])
def test_line_through_too_few_sizes_is_refused(images):
    with pytest.raises(ValueError, match="two or more different numbers"):
        fit_power_law(images, [0.5] * len(images), 700)


def rows_of(law, pretrained, test_images=700):
    strict = 1 - law(SIZES)
    return pd.DataFrame(
        {
            "images": SIZES,
            "pretrained": pretrained,
            "strict": strict,
            "low": strict - 0.02,
            "high": strict + 0.02,
            "test_images": test_images,
        }
    )


def test_interval_holds_the_line_and_widens_away_from_the_points():
    table = rows_of(PowerLaw(0, 2, 0.4), False)
    places = np.array([1_000, 235_755])
    errors, low, high = extrapolate(table, places, resamples=60)
    assert (low <= errors).all()
    assert (errors <= high).all()
    spread = np.log(high / low)
    assert spread[1] > 2 * spread[0]


def test_more_test_images_make_it_surer():
    widths = []
    for tests in (200, 20_000):
        table = rows_of(PowerLaw(0, 2, 0.4), False, tests)
        _, low, high = extrapolate(table, 235_755, resamples=60)
        widths.append(float(high - low))
    assert widths[1] < widths[0] / 3


def test_table_says_what_each_curve_suggests_under_both_laws():
    both = pd.concat([rows_of(PowerLaw(0.03, 2, 0.5), kind) for kind in (True, False)])
    table = extrapolation_table(both, resamples=30)
    assert len(table) == 4
    assert (table["low"] <= table["high"]).all()
    for name in learning_curve.KINDS.values():
        straight, bent = table.loc[name, "strict"]
        assert bent < straight
    alone = extrapolation_table(both[~both["pretrained"]], resamples=30)
    assert set(alone.index.get_level_values(0)) == {learning_curve.KINDS[False]}


SHIPPED = pd.DataFrame(
    [{"images": 0, "pretrained": True, "strict": 0.9, "test_images": 700}]
)


def test_drawing_is_worth_the_images_that_random_weights_need():
    law = PowerLaw(0, 2, 0.4)
    table = pd.concat([SHIPPED, rows_of(law, False, 100_000)], ignore_index=True)
    images, low, high = worth_of_drawing(table, resamples=30)
    assert images == pytest.approx(law.images_for(0.1), rel=0.02)
    assert low <= images <= high


def test_findings_are_those_of_the_rows():
    law = PowerLaw(0, 2, 0.4)
    rows = [SHIPPED, *(rows_of(law, kind, 100_000) for kind in (True, False))]
    first, second, drawing = findings(pd.concat(rows, ignore_index=True)).splitlines()
    strict = 1 - law(SIZES.max())
    fall = 1 - 2**-0.4
    for line, kind in ((first, False), (second, True)):
        assert learning_curve.KINDS[kind] in line
        assert f"{strict:.1%}" in line
        assert f"{fall:.0%} of errors" in line
    assert "worth 1,800 of these" in drawing


def test_figure_has_points_lines_and_the_shipped_reader():
    both = [rows_of(PowerLaw(0, 2, 0.4), kind) for kind in (True, False)]
    (axis,) = learning_curve_figure(pd.concat([*both, SHIPPED]), resamples=10).axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    for container, rows in zip(axis.containers, both, strict=True):
        np.testing.assert_array_equal(container.lines[0].get_xdata(), SIZES)
        points = container.lines[0].get_ydata().astype(float)
        np.testing.assert_allclose(points, 1 - rows["strict"].to_numpy())
    lines = {line.get_label(): line for line in axis.lines}
    assert lines["drawn images alone"].get_ydata()[0] == pytest.approx(0.1)
    published = lines["published, other test images"].get_ydata()
    assert len(published) == len(paper.PUBLISHED)

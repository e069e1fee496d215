"""The figures of training runs: what they show of which run."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import paper
from helpers.figures.curves import (
    compare_runs,
    depth_gap,
    depth_table,
    figure_3,
    figure_6,
    keep_curves,
    kept_curves,
    training_curve,
)
from helpers.networks import build_network
from helpers.recipe import Recipe
from helpers.training.batches import Examples
from helpers.training.runs import Run

TINY = Recipe(layers=1, crop_size=8, steps=20, distortion=0.1)
COLUMNS = ["step", "loss", "learning_rate", "strict", "six_position", "seconds"]


def ones(count):
    """Flat crops, each of the number 1."""
    labels = np.tile([1, 1, 10, 10, 10, 10], (count, 1))
    return Examples(np.zeros((count, 8, 8), np.uint8), labels)


def curve_of(history):
    """Of a network that answers 1 to each of two validation and three test images."""
    network = build_network(**vars(TINY))
    kernel, bias = (np.zeros(w.shape) for w in network.get_layer("logits").weights)
    bias[:2, 1] = bias[2:, 10] = 1
    network.get_layer("logits").set_weights([kernel, bias])
    history = pd.DataFrame(history, columns=COLUMNS)
    run = Run("folder", TINY, network, history, step=20, seconds=2.0)
    data = {"train": ones(5), "validation": ones(2), "test": ones(3)}
    data["test"].labels[2, 1] = 7
    return training_curve(run, data)


@pytest.fixture(scope="module")
def curve():
    return curve_of([[10, 3.0, 0.1, 0.5, 0.75, 1.0], [20, 2.0, 0.05, 1.0, 1.0, 2.0]])


def test_training_curve_ends_in_test_and_constant_answer(curve):
    assert curve["part"].tolist() == ["validation", "validation", "test", "constant"]
    assert curve["step"].tolist() == [10, 20, 20, 20]
    strict, six_position = [0.5, 1.0, 2 / 3, 2 / 3], [0.75, 1.0, 17 / 18, 17 / 18]
    assert curve["strict"].tolist() == pytest.approx(strict)
    assert curve["six_position"].tolist() == pytest.approx(six_position)
    assert curve["images"].tolist() == [2, 2, 3, 3]
    made_of = ["layers", "steps", "distortion", "train_images", "steps_per_second"]
    assert (curve[made_of] == [1, 20, 0.1, 5, 10.0]).all(axis=None)


def test_run_stopped_before_its_first_validation_is_drawn_by_what_there_is():
    curve = curve_of([])
    assert curve["part"].tolist() == ["test", "constant"]
    assert curve["step"].tolist() == [20, 20]
    for draw in (figure_3, figure_6):
        drawn = [line for axis in draw(curve).axes for line in axis.lines]
        assert 2 / 3 in [y for line in drawn for y in line.get_ydata()]


def test_compare_runs_draws_every_run_in_both_measures_the_strict_one_first():
    table = pd.DataFrame(
        {"step": [1, 2], "strict": [0.1, 0.2], "six_position": [0.6, 0.7]}
    )
    histories = {"run": table, "stopped before a validation": table[:0]}
    runs = {name: SimpleNamespace(history=h) for name, h in histories.items()}
    axes = compare_runs(runs).axes
    assert [line.get_label() for line in axes[0].lines] == list(runs)
    found = [[line.get_ydata().tolist() for line in axis.lines] for axis in axes]
    assert found == [[[0.1, 0.2], []], [[0.6, 0.7], []]]


def test_figure_3_shows_all_parts_in_both_measures_and_the_report_in_its_own(curve):
    kept = pd.read_csv(io.StringIO(curve.to_csv(index=False)))
    axes = figure_3(kept).axes
    drawn = [[line.get_xydata().tolist() for line in axis.lines] for axis in axes]
    for lines, scores, last in zip(
        drawn, ([0.5, 1], [0.75, 1]), (2 / 3, 17 / 18), strict=True
    ):
        validation, constant, test, *_ = lines
        assert validation == [[10, scores[0]], [20, scores[1]]]
        assert [y for _, y in constant] == pytest.approx([last, last])
        assert test == [[20, pytest.approx(last)]]
    published = [list(point) for point in paper.FIGURE_3.items()]
    assert [published in lines for lines in drawn] == [False, True]


def curves_of(accuracies):
    """Curves of one validation row and one test row for each depth."""
    rows = [
        {"layers": layers, "part": part, "strict": six - 0.2, "six_position": six}
        for layers, six in accuracies.items()
        for part in ("validation", "test")
    ]
    sizes = {"images": 9, "train_images": 99, "steps": 100, "steps_per_second": 5.0}
    return pd.DataFrame(rows).assign(step=100, **sizes)


def test_figure_6_tells_kinds_of_layers_apart_and_has_the_report_s_dots_at_its_steps():
    axes = figure_6(curves_of({2: 0.6, 4: 0.8, 5: 0.9, 7: 0.9})).axes
    styles = {line.get_label(): line.get_linestyle() for line in axes[0].lines}
    assert [styles["2 layers"], styles["4 layers"]] == [":", ":"]
    assert [styles["5 layers"], styles["7 layers"]] == ["-", "-"]
    beyond = [
        [(x, y) for line in axis.lines for x, y in line.get_xydata() if x > 100]
        for axis in axes
    ]
    dots = [(100_000, paper.FIGURE_6[layers]) for layers in (2, 4, 5, 7)]
    assert beyond == [[], dots]


def test_depth_table_has_the_test_scores_beside_the_report_s():
    found = depth_table(curves_of({7: 0.9, 1: 0.7}))
    assert found["six_position"].to_dict() == {1: 0.7, 7: 0.9}
    report = {1: paper.ONE_LAYER, 7: paper.FIGURE_6[7]}
    assert found["report_six_position"].to_dict() == report


@pytest.mark.parametrize(
    ("accuracies", "gap"),
    [
        ({1: 0.1, 2: 0.8, 4: 0.9, 5: 0.9, 7: 1.0}, 0.1),  # a single layer left out
        ({1: 0.6, 7: 0.9}, np.nan),
        (paper.FIGURE_6, 0.0397),
    ],
)
def test_depth_gap_is_between_the_means_of_both_kinds(accuracies, gap):
    found = depth_gap(curves_of(accuracies), "six_position")
    assert found == pytest.approx(gap, abs=0.0005, nan_ok=True)


def test_kept_curves_are_those_that_are_there(curve, settings, tmp_path):
    assert kept_curves("figure_03", settings) == {}
    keep_curves("figure_03", replace(settings, data=str(tmp_path)), curve)
    (images,) = kept = kept_curves("figure_03", settings)
    assert images == "photographs"
    assert kept[images]["step"].tolist() == curve["step"].tolist()
    keep_curves("figure_03", settings, curve)
    assert list(kept_curves("figure_03", settings)) == ["drawn images", "photographs"]

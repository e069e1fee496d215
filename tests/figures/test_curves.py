"""The figures of training runs: what they show of which run."""

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
    learning_curve,
    long_curves,
)
from helpers.recipe import Recipe
from helpers.settings import ROOT, Settings
from helpers.training.batches import Examples
from helpers.training.runs import NUMBER_TASK, Run

TINY = Recipe(layers=1, crop_size=8, steps=20, distortion=0.1)


def run_of(*strict):
    """A run whose six-position accuracy is 0.1 above its strict one."""
    history = pd.DataFrame({"step": range(1, len(strict) + 1), "strict": strict})
    return SimpleNamespace(history=history.assign(six_position=history["strict"] + 0.1))


def test_compare_runs_draws_every_run_in_both_measures_the_strict_one_first():
    figure = compare_runs({"small": run_of(0.1, 0.2), "large": run_of(0.3, 0.4)})
    strict, six_position = figure.axes
    assert [line.get_label() for line in strict.lines] == ["small", "large"]
    assert [line.get_ydata().tolist() for line in strict.lines] == [
        [0.1, 0.2],
        [0.3, 0.4],
    ]
    assert [line.get_ydata().tolist() for line in six_position.lines] == [
        [0.2, 0.1 + 0.2],
        [0.4, 0.5],
    ]


def ones(count):
    """Flat crops, each of the number 1."""
    labels = np.full((count, 6), 10)
    labels[:, :2] = 1
    return Examples(np.zeros((count, 8, 8), np.uint8), labels)


COLUMNS = ["step", "loss", "learning_rate", "strict", "six_position", "seconds"]


def curve_of(history):
    """Of a network that answers 1 to each of two validation and three test images."""
    network = NUMBER_TASK.build(TINY)
    kernel, bias = (np.zeros(w.shape) for w in network.get_layer("logits").weights)
    bias[:2, 1] = bias[2:, 10] = 1
    network.get_layer("logits").set_weights([kernel, bias])
    history = pd.DataFrame(history, columns=COLUMNS)
    run = Run("folder", TINY, network, history, step=20, seconds=2.0)
    test = ones(3)
    test.labels[2, 1] = 7
    return learning_curve(run, {"train": ones(5), "validation": ones(2), "test": test})


@pytest.fixture
def curve():
    return curve_of([[10, 3.0, 0.1, 0.5, 0.75, 1.0], [20, 2.0, 0.05, 1.0, 1.0, 2.0]])


def test_run_stopped_before_its_first_validation_is_drawn_by_what_there_is():
    curve = curve_of([])
    assert curve["part"].tolist() == ["test", "constant"]
    assert curve["step"].tolist() == [20, 20]
    for draw in (figure_3, figure_6):
        drawn = [line for axis in draw(curve).axes for line in axis.lines]
        assert 2 / 3 in [y for line in drawn for y in line.get_ydata()]
    empty = SimpleNamespace(history=pd.DataFrame(columns=COLUMNS))
    strict, _ = compare_runs({"none": empty, "some": run_of(0.1, 0.2)}).axes
    assert [len(line.get_xdata()) for line in strict.lines] == [0, 2]


def test_learning_curve_ends_in_test_and_constant_answer(curve):
    assert curve["part"].tolist() == ["validation", "validation", "test", "constant"]
    assert curve["step"].tolist() == [10, 20, 20, 20]
    assert curve["strict"].tolist() == pytest.approx([0.5, 1.0, 2 / 3, 2 / 3])
    assert curve["six_position"].tolist() == pytest.approx(
        [0.75, 1.0, 17 / 18, 17 / 18]
    )


def test_learning_curve_says_what_it_was_made_from(curve):
    assert curve["images"].tolist() == [2, 2, 3, 3]
    made_of = ["layers", "steps", "distortion", "train_images", "steps_per_second"]
    assert (curve[made_of] == [1, 20, 0.1, 5, 10.0]).all(axis=None)


def test_curve_kept_as_csv_gives_the_same_figures(curve, tmp_path):
    curve.to_csv(tmp_path / "curve.csv", index=False)
    kept = pd.read_csv(tmp_path / "curve.csv")
    for draw in (figure_3, figure_6):
        lines, expected = (
            [line.get_xydata().tolist() for axis in draw(c).axes for line in axis.lines]
            for c in (kept, curve)
        )
        assert lines == expected


def lines_of(axis):
    """Points of each line by its label, the first if there are several."""
    return {
        line.get_label(): line.get_xydata().tolist() for line in reversed(axis.lines)
    }


def test_figure_3_shows_validation_test_and_constant_in_both_measures(curve):
    strict, six_position = map(lines_of, figure_3(curve).axes)
    assert strict["validation"] == [[10, 0.5], [20, 1.0]]
    assert six_position["validation"] == [[10, 0.75], [20, 1.0]]
    assert strict["test"] == [[20, pytest.approx(2 / 3)]]
    assert six_position["test"] == [[20, pytest.approx(17 / 18)]]
    assert [y for _, y in strict["constant"]] == pytest.approx([2 / 3, 2 / 3])


def test_figure_3_puts_the_report_s_six_position_curve_in_that_panel_alone(curve):
    strict, six_position = figure_3(curve).axes
    published = [list(point) for point in paper.FIGURE_3.items()]
    assert published in [line.get_xydata().tolist() for line in six_position.lines]
    assert not [line for line in strict.lines if len(line.get_xdata()) == 4]


def curves_of(accuracies):
    """Curves of one validation row and one test row for each depth."""
    return pd.DataFrame(
        [
            {
                "layers": layers,
                "part": part,
                "step": 100,
                "strict": accuracy - 0.2,
                "six_position": accuracy,
                "images": 9,
                "train_images": 99,
                "steps": 100,
                "steps_per_second": 5.0,
            }
            for layers, accuracy in accuracies.items()
            for part in ("validation", "test")
        ]
    )


def test_figure_6_dots_fully_connected_lines_and_draws_convolutional_ones_solid():
    curves = curves_of(dict.fromkeys(range(1, 8), 0.9))
    styles = {
        line.get_label(): line.get_linestyle()
        for line in figure_6(curves).axes[0].lines
    }
    assert [styles["1 layer"], styles["4 layers"]] == [":", ":"]
    assert [styles["5 layers"], styles["7 layers"]] == ["-", "-"]


def test_figure_6_sets_the_report_s_dots_beside_the_depths_drawn():
    strict, six_position = figure_6(curves_of({1: 0.6, 2: 0.8, 6: 0.9})).axes
    beyond = [
        line.get_ydata()[0]
        for line in six_position.lines
        if line.get_xdata().size and line.get_xdata()[0] > 100
    ]
    assert beyond == [paper.FIGURE_6[2], paper.FIGURE_6[6]]
    assert not [x for line in strict.lines for x in line.get_xdata() if x > 100]


def test_depth_table_has_the_test_scores_beside_the_report_s():
    found = depth_table(curves_of({7: 0.9, 1: 0.7}))
    assert found.index.tolist() == [1, 7]
    assert found["six_position"].tolist() == [0.7, 0.9]
    assert found["report_six_position"].tolist() == [
        paper.ONE_LAYER,
        paper.FIGURE_6[7],
    ]
    assert found["images"].tolist() == [9, 9]


def test_depth_gap_is_between_the_means_and_leaves_a_single_layer_out():
    curves = curves_of({1: 0.1, 2: 0.8, 4: 0.9, 5: 0.9, 7: 1.0})
    assert depth_gap(curves, "six_position") == pytest.approx(0.1)


def test_depth_gap_needs_both_kinds():
    assert np.isnan(depth_gap(curves_of({1: 0.6, 7: 0.9}), "strict"))


def test_depth_gap_of_the_report_is_four_points():
    gap = depth_gap(curves_of(paper.FIGURE_6), "six_position")
    assert gap == pytest.approx(0.04, abs=0.0005)


def test_kept_curves_are_those_that_are_there(curve, settings, tmp_path):
    assert kept_curves("figure_03", settings) == {}
    keep_curves("figure_03", replace(settings, data=str(tmp_path)), curve)
    assert [path.name for path in settings.kept_root.iterdir()] == [
        "figure_03_svhn.csv"
    ]
    (images,) = kept = kept_curves("figure_03", settings)
    assert images == "photographs"
    assert kept[images]["step"].tolist() == curve["step"].tolist()
    keep_curves("figure_03", settings, curve)
    assert list(kept_curves("figure_03", settings)) == ["drawn images", "photographs"]


def test_kept_curves_do_not_follow_the_figures_of_a_run(tmp_path):
    settings = Settings(figures_root=tmp_path)
    assert long_curves("a", settings) == ROOT / "figures" / "long" / "a_sample.csv"

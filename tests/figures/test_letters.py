"""Figures of logistic regression: what they show of its tables and weights."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from helpers import paper
from helpers.data.notmnist import LETTERS
from helpers.figures.letters import confusion_figure, curve_figure, weight_figure


def test_curve_figure_shows_the_curve_and_the_report():
    rows = {"letters": [50, 100], "accuracy": [0.6, 0.7], "on_train": [1.0, 0.9]}
    curve = pd.DataFrame(rows | {"low": [0.5, 0.6], "high": [0.7, 0.8]})
    (axis,) = curve_figure(curve).axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert lines == {
        "train": [[50, 1.0], [100, 0.9]],
        "test": [[50, 0.6], [100, 0.7]],
        "report": [[20_000, paper.LETTERS_LOGISTIC]],
    }


def test_confusion_figure_counts_all_and_shades_errors_alone():
    counts = pd.DataFrame([[9, 1], [4, 7]], list("AB"), list("AB"))
    (axis,) = confusion_figure(counts).axes
    assert axis.images[0].get_array().tolist() == [[0, 1], [4, 0]]
    assert [text.get_text() for text in axis.texts] == ["9", "1", "4", "7"]
    assert axis.get_xlabel() == "taken for"


def test_weight_figure_shows_each_letter_on_one_scale():
    weights = np.arange(10.0)[:, None] * np.ones(28 * 28)
    figure = weight_figure(SimpleNamespace(coef_=weights))
    shown = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in shown] == list(LETTERS)
    assert {axis.images[0].get_clim() for axis in shown} == {(-9, 9)}
    assert (shown[3].images[0].get_array() == 3).all()

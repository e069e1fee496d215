"""The goal's table: who reads how many, from which measurements."""

import numpy as np
import pandas as pd
import pytest

from helpers import paper
from helpers.accuracy import wilson_interval
from workshop.studies.goal import OURS, THEIRS, goal_figure, goal_table


@pytest.fixture
def results(tmp_path):
    """What the reader read of 200 images, in its box and on its own, and of photos."""
    path = tmp_path / "reader.csv"
    rows = [
        "test archive,drawn images alone,given,200,0.9",
        "test archive,drawn images alone,none,200,0.5",
        "test archive,drawn then real,given,200,0.95",
        "photographs,drawn images alone,given,59,0.7",
    ]
    header = "measured_on,trained_on,box,images,strict"
    path.write_text("\n".join([header, *rows]))
    return path


def keep_run(settings, strict):
    rows = [("validation", 50, 0.1), ("test", 100, strict), ("constant", 100, 0.0)]
    table = pd.DataFrame(rows, columns=["part", "images", "strict"])
    path = settings.kept_root / "figure_03_svhn.csv"
    path.parent.mkdir(parents=True)
    table.assign(train_images=1_234).to_csv(path, index=False)


def test_table_has_the_report_and_what_others_published(settings, tmp_path):
    table = goal_table(settings, tmp_path / "none.csv")
    assert len(table) == 1 + len(paper.PUBLISHED)
    own = table.loc["the report's own weights"]
    assert (own["images"], own["strict"]) == (256, 0.816)
    assert own["source"] == OURS
    for name, strict in paper.PUBLISHED.items():
        row = table.loc[name]
        assert (row["strict"], row["images"]) == (strict, 13_068)
        assert row["source"] == THEIRS
        right = round(strict * 13_068)
        assert (row["low"], row["high"]) == wilson_interval(right, 13_068)


def test_table_takes_in_the_long_run_and_the_reader_in_its_boxes(settings, results):
    keep_run(settings, 0.7)
    table = goal_table(settings, results)
    run = table.loc["seven layers, trained here"]
    assert (run["strict"], run["images"]) == (0.7, 100)
    assert run["trained_on"] == "1,234 photographs"
    assert (run["low"], run["high"]) == wilson_interval(70, 100)
    reader = table.loc["the reader"]
    assert (reader["strict"], reader["images"]) == (0.9, 200)
    assert reader["trained_on"] == "drawn images alone"
    assert table.loc["the reader, fine-tuned", "strict"] == 0.95
    assert table.index.is_unique
    assert table["strict"].is_monotonic_increasing


def test_figure_has_a_mark_for_each_and_the_goal(settings, results):
    table = goal_table(settings, results)
    (axis,) = goal_figure(table).axes
    marks = np.concatenate([marks.lines[0].get_xdata() for marks in axis.containers])
    assert sorted(marks) == table["strict"].tolist()
    assert axis.lines[-1].get_xdata()[0] == paper.GOAL
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert [label.partition("\n")[0] for label in labels] == table.index.tolist()

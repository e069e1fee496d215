"""The tables of the report: this run's side worked out by hand."""

from pydoc import locate
from types import SimpleNamespace

import numpy as np

from helpers import paper, tables
from helpers.accuracy import measure
from helpers.data.notmnist import Letters
from helpers.data.store import Split
from helpers.networks import build_network
from helpers.recipe import Recipe
from helpers.settings import Settings


def beside(table, report):
    """This run's rows by split; the others are the report's."""
    assert list(table.index) == [
        (name, whose) for name in report for whose in ("report", "this run")
    ]
    for name, row in report.items():
        assert tuple(table.loc[name, "report"]) == row
    return [tuple(table.loc[name, "this run"]) for name in report]


def test_table_1_measures_pixels_beside_the_report():
    def letters(shade, rows):
        images = np.zeros((rows, 28, 28), np.uint8)
        images[:, :14] = shade  # the lower half is black
        return Letters(images, np.zeros(rows, np.uint8), np.full(rows, "a.png"))

    splits = [letters(255, 3), letters(0, 2), letters(51, 1)]
    found = tables.table_1(dict(zip(paper.TABLE_1, splits, strict=True)))
    expected = [(3, 0, 0.5), (2, -0.5, 0), (1, -0.4, 0.1)]
    assert beside(found, paper.TABLE_1) == expected


def test_table_2_counts_digits_beside_the_report():
    def split(*digits):
        labels = np.array(digits)[:, None]
        return Split(labels, labels, labels, labels)

    splits = [split(1, 2, 2, 5), split(3), split(1, 1, 4)]
    splits = dict(zip(paper.TABLE_2, splits, strict=True))
    found = tables.table_2(SimpleNamespace(splits=lambda: splits))
    expected = [(4, 2.5, 1, 2, 0, 0, 1), (1, 3, 0, 0, 1, 0, 0), (3, 2, 2, 0, 0, 1, 0)]
    assert beside(found, paper.TABLE_2) == expected


def test_result_table_has_what_the_report_said_and_whose_images(tmp_path):
    answers = np.array([[1, 7, 10, 10, 10, 10], [1, 8, 10, 10, 10, 10]])
    score = measure(answers, answers[[0, 0]])
    run = [str(score.strict), str(score.six_position)]
    for said, settings, told, source in (
        ({"one": 0.6}, Settings(), ["60.0%", "six-position"], "drawn"),
        ({}, Settings(data=str(tmp_path)), ["nothing", ""], tmp_path.name),
    ):
        found = tables.result_table({"one": score}, said, settings).loc["one"]
        assert found.tolist() == [*told, *run, f"2 test images ({source})"]


def test_letter_table_counts_the_letters_that_were_read():
    right = {"Model 1": np.array([True, True, True, False])}
    row = tables.letter_table(right, {"Model 1": 0.88}, Settings()).loc["Model 1"]
    assert row["the report said"] == "88.0%"
    assert row["this run"].startswith("75.0% (30.1% to 95.4%")
    assert row["on"] == "4 test letters (drawn)"


def test_table_3_has_a_reason_and_a_place_that_exists_for_every_technique():
    found = tables.table_3()
    assert len(found) == 11
    assert found["why"].str.len().between(20, 120).all()
    for place in found["in helpers"]:
        assert locate(f"helpers.{place}") is not None, place


def test_table_4_is_the_report_s_but_for_the_misprint():
    found = tables.table_4(Recipe(), build_network(7))
    differing = found[found["the report's table"] != found["this run"]]
    assert differing.index.tolist() == ["l2 beta"]
    assert differing.iloc[0].tolist() == ["0.005", "0.0005", "0.0005"]
    found = tables.table_4(Recipe(depths=(4, 5, 6)), build_network(7))
    assert found.loc["depths", "this run"] == "4, 5, 6"


def test_table_5_has_every_layer_technique_and_parameter_of_the_network():
    network = build_network(5, keep_rate=0.9)
    found = tables.table_5(network)
    assert found.index.tolist() == [1, 2, 3, 4, 5]
    assert found["output"].tolist() == [
        *("15 x 15 x 64", "6 x 128", "6 x 64", "6 x 16", "6 x 11")
    ]
    convolution, dense, *_, logits = found["techniques"]
    assert convolution == (
        "4 x 4 convolution, 2 x 2 max-pool, ReLU, local response normalisation"
    )
    assert dense == "6 fully connected of 128 with ReLU, dropout, keep 0.9"
    assert logits == "6 fully connected of 11"
    assert found["parameters"].sum() == network.count_params()

"""The tables of the report: this run's side worked out by hand."""

from pydoc import locate
from types import SimpleNamespace

import numpy as np

from helpers import paper
from helpers.accuracy import measure
from helpers.data.notmnist import Letters
from helpers.data.store import Split
from helpers.networks import build_network
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.tables import (
    letter_table,
    result_table,
    table_1,
    table_2,
    table_3,
    table_4,
    table_5,
)


def split_of(*digits):
    """A split of numbers of so many digits, each digit a 1."""
    labels = np.full((len(digits), 6), 10, np.uint8)
    labels[:, 0] = digits
    for row, length in zip(labels, digits, strict=True):
        row[1 : 1 + length] = 1
    rows = len(digits)
    images = np.zeros((rows, 8, 8), np.uint8)
    return Split(images, labels, np.arange(rows), np.full(rows, "train"))


def letters_of(shade, rows):
    """Letters whose upper half has one shade; the lower is black."""
    images = np.zeros((rows, 28, 28), np.uint8)
    images[:, :14] = shade
    return Letters(images, np.zeros(rows, np.uint8), np.full(rows, "a.png"))


def rows_of(table, report):
    """This run's rows by split; the others are the report's."""
    assert list(table.index) == [
        (name, whose) for name in report for whose in ("report", "this run")
    ]
    for name, row in report.items():
        assert tuple(table.loc[name, "report"]) == row
    run = table.xs("this run", level=1)
    return {name: run.loc[name].tolist() for name in report}


def test_table_1_measures_pixels_beside_the_report():
    rows = {"train": (255, 3), "validation": (0, 2), "test": (51, 1)}
    found = table_1({name: letters_of(*row) for name, row in rows.items()})
    assert rows_of(found, paper.TABLE_1) == {
        "train": [3, 0, 0.5],
        "validation": [2, -0.5, 0],
        "test": [1, -0.4, 0.1],
    }


def test_table_2_counts_digits_beside_the_report():
    digits = {"train": (1, 2, 2, 5), "validation": (3,), "test": (1, 1, 4)}
    splits = {name: split_of(*lengths) for name, lengths in digits.items()}
    found = table_2(SimpleNamespace(splits=lambda: splits))
    assert rows_of(found, paper.TABLE_2) == {
        "train": [4, 2.5, 1, 2, 0, 0, 1],
        "validation": [1, 3, 0, 0, 1, 0, 0],
        "test": [3, 2, 2, 0, 0, 1, 0],
    }


def test_report_of_table_2_adds_up():
    for rows, average, *counts in paper.TABLE_2.values():
        assert sum(counts) == rows
        digits = sum(length * count for length, count in enumerate(counts, 1))
        assert abs(digits / rows - average) < 0.0051


ANSWERS = np.array([[1, 7, 10, 10, 10, 10], [1, 8, 10, 10, 10, 10]])
SCORES = {"one layer": measure(ANSWERS, ANSWERS[[0, 0]])}


def test_result_table_says_what_the_report_did_and_did_not_and_whose_images(tmp_path):
    (row,) = result_table(SCORES, {"one layer": 0.6}, Settings()).to_dict("records")
    assert row == {
        "the report said": "60.0%",
        "its program measures": "six-position",
        "this run, strict": str(SCORES["one layer"].strict),
        "this run, six-position": str(SCORES["one layer"].six_position),
        "on": "2 test images (drawn)",
    }
    found = result_table(SCORES, {}, Settings(data=str(tmp_path))).loc["one layer"]
    assert found[["the report said", "its program measures"]].tolist() == [
        "nothing",
        "",
    ]
    assert found["on"] == f"2 test images ({tmp_path.name})"


def test_letter_table_counts_the_letters_that_were_read():
    right = {"Model 1": np.array([True, True, True, False])}
    row = letter_table(right, {"Model 1": 0.88}, Settings()).loc["Model 1"]
    assert row["the report said"] == "88.0%"
    assert row["this run"].startswith("75.0% (30.1% to 95.4%")
    assert row["on"] == "4 test letters (drawn)"


def test_table_3_has_a_reason_and_a_place_that_exists_for_every_technique():
    found = table_3()
    assert len(found) == 11
    assert found["why"].str.len().between(20, 120).all()
    for place in found["in helpers"]:
        assert locate(f"helpers.{place}") is not None, place


def test_table_4_is_the_report_s_but_for_the_misprint():
    found = table_4(Recipe(), build_network(7))
    differing = found[found["the report's table"] != found["this run"]]
    assert differing.index.tolist() == ["l2 beta"]
    assert differing.iloc[0].tolist() == ["0.005", "0.0005", "0.0005"]


def test_table_4_reads_the_recipe():
    recipe = Recipe(keep_rate=0.5, depths=(4, 5, 6))
    found = table_4(recipe, build_network(7))["this run"]
    assert found["keep rate"] == "0.5"
    assert found["depths"] == "4, 5, 6"


def test_table_5_counts_layers_as_the_report_does():
    found = table_5(build_network(7))
    assert found.index.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert found["output"].tolist() == [
        *("15 x 15 x 16", "6 x 6 x 32", "2 x 2 x 64"),
        *("6 x 128", "6 x 64", "6 x 16", "6 x 11"),
    ]


def test_table_5_has_every_technique_and_parameter_of_the_network():
    network = build_network(5, keep_rate=0.9)
    found = table_5(network)
    convolution, dense, *_, logits = found["techniques"]
    assert convolution == (
        "4 x 4 convolution, 2 x 2 max-pool, ReLU, local response normalisation"
    )
    assert dense == "6 fully connected of 128 with ReLU, dropout, keep 0.9"
    assert logits == "6 fully connected of 11"
    assert found["parameters"].sum() == network.count_params()

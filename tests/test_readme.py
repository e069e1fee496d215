"""The README's figures and commands against what they come from."""

import re

import pandas as pd
import pytest

from helpers.settings import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
STRICT = ("strict", "low", "high")
WRITTEN = ("written", "written_low", "written_high")
LAYERS = {"two": 2, "six": 6, "seven": 7}


def strict_cells(row, names=STRICT):
    """Strict accuracy and its interval, as the README's tables have them."""
    share, low, high = (f"{100 * row[name]:.1f}" for name in names)
    return f"{share} % | {low} to {high} %"


@pytest.mark.parametrize("word", LAYERS)
def test_accuracies_are_those_of_the_long_runs(word):
    curves = pd.read_csv(ROOT / "figures/long/figure_06_depth_svhn.csv")
    tested = curves[(curves["part"] == "test") & (curves["layers"] == LAYERS[word])]
    (row,) = tested.to_dict("records")
    pattern = (
        rf"\| {word} layers, ([\d,]+) steps here \| ([\d,]+) photographs "
        r"\| (\d+) others \| ([\d.]+) % \| ([\d.]+) % \|"
    )
    said = re.search(pattern, README).groups()
    assert said == (
        f"{row['steps']:,}",
        f"{row['train_images']:,}",
        f"{row['images']}",
        f"{100 * row['strict']:.1f}",
        f"{100 * row['six_position']:.1f}",
    )


def test_make_knows_every_target_named():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"^(?:\w+=\S+ )?make ([a-z]+)", README, re.M)):
        assert re.search(rf"^{target}:.*##", makefile, re.M), target


def test_links_and_pictures_are_there():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / link).exists(), link


def in_the_readme(name, line) -> pd.DataFrame:
    """A benchmark's results, for each row of which the README has its ``line``."""
    measured = pd.read_csv(ROOT / f"benchmarks/results/{name}.csv")
    for row in measured.to_dict("records"):
        assert line(row) in README
    return measured


def test_reader_is_as_right_as_was_measured():
    names = {
        "test archive": "house numbers of SVHN",
        "handwritten digits": "numbers of handwritten digits",
        "photographs": "photographs of numbers",
        "the report's photographs": "photographs of the report",
    }
    in_the_readme(
        "reader_accuracy",
        lambda row: (
            f"| {row['images']:,} {names[row['measured_on']]} | {row['box']} "
            f"| {row['trained_on']} | {strict_cells(row)} |"
        ),
    )


def test_finding_costs_what_was_measured():
    measured = in_the_readme(
        "finding",
        lambda row: (
            f"| {row['digits']} | {100 * row['width']:.0f} % | {row['read']} "
            f"| {strict_cells(row)} |"
        ),
    )
    for _, rows in measured.groupby(["digits", "width"]):
        of = rows.set_index("read")
        found = of.loc["found", "strict"]
        for part in ("each box of one cell", "never wider", "without a second look"):
            row = of.loc[f"found, {part}"]
            assert row["low"] <= found <= row["high"], "README: within chance"
    for digits, rows in measured.groupby("digits"):
        largest = rows[rows["width"] == rows["width"].max()].set_index("read")
        whole, kept = (largest.loc[name] for name in ("found", "found, parts kept"))
        assert whole["strict"] > kept["high"], f"README: what counts, {digits}"


def test_parts_of_the_drawing_bring_what_was_measured():
    measured = in_the_readme(
        "reader_drawing",
        lambda row: (
            f"| {row['drawn']} | {strict_cells(row)} | {strict_cells(row, WRITTEN)} |"
        ),
    )
    with_both, with_notes, without = (measured.iloc[row] for row in range(3))
    assert with_notes["written"] > without["written_high"], "README: gains"
    assert with_notes["strict"] < without["low"], "README: the house numbers lose"
    assert with_both["strict"] < with_notes["low"], "README: with either"
    for name in ("strict", "written"):
        assert measured[name][2:5].is_monotonic_decreasing, "README: less and less"
    within = measured["strict"][5:].between(without["low"], without["high"])
    assert within.all(), "README: the others are within what chance makes"


def test_rehearsal_is_as_it_was_measured():
    for row in pd.read_csv(ROOT / "benchmarks/results/rehearsal.csv").to_dict(
        "records"
    ):
        line = (
            f"| {row['stage']} | {row['seconds']:,.1f} | {row['peak_mb']:,.0f} "
            f"| {row['what']} |"
        )
        assert line in README or row["stage"] == "draw"

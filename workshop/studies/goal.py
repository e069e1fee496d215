"""The report's goal, 95 whole numbers of 100: who reads how many, trained on what."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from helpers import paper
from helpers.accuracy import wilson_interval
from helpers.figures.curves import kept_curves
from helpers.figures.style import percent, styled
from helpers.settings import ROOT, Settings
from workshop.studies.charts import reach

READER_RESULTS = ROOT / "benchmarks" / "results" / "reader_accuracy.csv"
"""What benchmarks/reader_accuracy.py measured."""

OURS, THEIRS = "measured here", "as published"


def goal_table(
    settings: Settings, reader_results: Path = READER_RESULTS
) -> pd.DataFrame:
    """Compare strict accuracy of this course's networks and of others, on photographs.

    The report's own weights are measured on the first official test images alone: they
    learned from the photographs that the others here are measured on. What was not run
    or measured has no row. By ``network``, the lowest first: ``trained_on``, ``images``
    measured on, ``strict`` with the bounds of its Wilson interval, ``low`` and
    ``high``, 95 %, and ``source``, who measured it.
    """
    own, trained_on = paper.CHECKPOINT, f"{paper.CHECKPOINT_TRAINED_ON:,} photographs"
    report = "the report's own weights", trained_on
    rows = [(*report, own["images"], own["strict"], OURS)]
    trained_on = f"nearly {paper.ALL_IMAGES:,} photographs"
    rows += [
        (name, trained_on, paper.OFFICIAL_TEST, strict, THEIRS)
        for name, strict in paper.PUBLISHED.items()
    ]
    kept = kept_curves("figure_03", settings).get("photographs")
    if kept is not None:
        test = kept[kept["part"] == "test"].iloc[-1]
        trained_on = f"{test['train_images']:,} photographs"
        made_of = "seven layers, trained here", trained_on
        rows.append((*made_of, test["images"], test["strict"], OURS))
    if reader_results.is_file():
        measured = pd.read_csv(reader_results)
        given = measured.query("measured_on == 'test archive' and box == 'given'")
        for test in given.itertuples():
            tuned = test.trained_on != "drawn images alone"
            name = "the reader, fine-tuned" if tuned else "the reader"
            rows.append((name, test.trained_on, test.images, test.strict, OURS))
    columns = ["network", "trained_on", "images", "strict", "source"]
    table = pd.DataFrame(rows, columns=columns)
    table[["low", "high"]] = [
        wilson_interval(round(row.strict * row.images), row.images)
        for row in table.itertuples()
    ]
    return table.sort_values("strict", kind="stable").set_index("network")


@styled
def goal_figure(table: pd.DataFrame) -> Figure:
    """Draw a `goal_table`'s accuracies with their intervals, the goal a dotted line.

    Open marks are of others, on other test images.
    """
    size = 8.5, 0.9 + 0.5 * len(table)
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    table = table.assign(place=range(len(table)))
    looks = {OURS: {"color": "C0"}, THEIRS: {"color": "gray", "mfc": "none"}}
    for source, rows in table.groupby("source"):
        bounds = reach(rows["strict"], rows["low"], rows["high"])
        marks = {"fmt": "o", "capsize": 3} | looks[source]
        axis.errorbar(rows["strict"], rows["place"], xerr=bounds, **marks)
    names = [f"{name}\n{on}" for name, on in table["trained_on"].items()]
    axis.set_yticks(table["place"], names, fontsize=8)
    axis.axvline(paper.GOAL, color="k", ls=":")
    axis.set_xlabel("strict: whole numbers right (open: as published)")
    percent(axis.xaxis)
    axis.grid(axis="x", alpha=0.3)
    return figure

"""The tables of the report, each beside what this run finds."""

from collections.abc import Mapping

import pandas as pd

from helpers import report
from helpers.accuracy import LONGEST, Score
from helpers.notmnist import Letters
from helpers.settings import Settings
from helpers.store import Store


def table_1(splits: Mapping[str, Letters]) -> pd.DataFrame:
    """Letters in each split, mean and deviation of their pixels (report, Table 1).

    Two rows for each of train, validation and test: the report's and this run's.
    """
    columns = ["rows", "mean", "standard deviation"]
    rows = {}
    for name, letters in splits.items():
        pixels = letters.pixels
        found = (round(float(value), 3) for value in (pixels.mean(), pixels.std()))
        rows[name, "report"] = report.TABLE_1[name]
        rows[name, "this run"] = (len(letters), *found)
    index = pd.MultiIndex.from_tuples(rows, names=["split", "figures of"])
    return pd.DataFrame(rows.values(), index, columns)


def table_2(store: Store) -> pd.DataFrame:
    """Numbers in each split and how many digits they have (report, Table 2).

    Two rows for each of train, validation and test: the report's and this run's.
    """
    columns = ["rows", "average digits", *range(1, LONGEST + 1)]
    rows = {}
    for name, split in store.splits().items():
        digits = split.labels[:, 0]
        rows[name, "report"] = report.TABLE_2[name]
        counts = (int((digits == length).sum()) for length in columns[2:])
        rows[name, "this run"] = (len(split), round(digits.mean(), 2), *counts)
    index = pd.MultiIndex.from_tuples(rows, names=["split", "figures of"])
    return pd.DataFrame(rows.values(), index, columns)


def result_table(
    scores: Mapping[str, Score], said: Mapping[str, float], settings: Settings
) -> pd.DataFrame:
    """What the report said of its networks, what that measures, and this run's.

    Parameters
    ----------
    scores
        By name of the network, on test images.
    said
        By the same names, the accuracy that the report gives, 0 to 1: whatever its
        text calls it, a six-position average. It may lack some.
    settings
        Of the run, for where its images are from.

    Returns
    -------
    pandas.DataFrame
        A row of text for each name, the strict measure of this run before the other.
    """
    source = "drawn" if settings.is_drawn else settings.source
    rows = {
        name: {
            "the report said": f"{said[name]:.1%}" if name in said else "nothing",
            "its program measures": "six-position" if name in said else "",
            "this run, strict": str(score.strict),
            "this run, six-position": str(score.six_position),
            "on": f"{score.images:,} {source} test images",
        }
        for name, score in scores.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")

"""The tables of the report, each beside what this run finds."""

import pandas as pd

from helpers import report
from helpers.accuracy import LONGEST
from helpers.store import Store


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

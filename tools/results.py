"""Write the tables of README.md and benchmarks/results/README.md from the results.

python tools/results.py

A table stands between <!-- NAME --> and <!-- end -->; the text around it stays. NAME is
a CSV file of benchmarks/results or, for README.md, ``summary``.
"""

import re

import pandas as pd

from helpers import paper
from helpers.files import atomic_write
from helpers.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGES = (ROOT / "README.md", RESULTS / "README.md")
TABLE = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def summary() -> pd.DataFrame:
    """What the report, its weights, networks trained here and the reader read."""
    report = f"{paper.CHECKPOINT_TRAINED_ON:,} photographs"
    official = f"{paper.OFFICIAL_TEST:,} photographs"
    found, some = paper.CHECKPOINT, f"{paper.CHECKPOINT['images']} of them"
    strict, six = found["strict"], found["six_position"]
    rows = [
        (
            "7 layers, as the report prints it",
            report,
            official,
            None,
            paper.FIGURE_3_TEST,
        ),
        ("the same weights, measured here", report, some, strict, six),
        ("the same answer to every image", "", official, 0.0, paper.CONSTANT_ANSWER),
    ]
    curves = pd.read_csv(ROOT / "figures" / "long" / "figure_06_depth_svhn.csv")
    for row in curves[curves["part"] == "test"].itertuples():
        if row.layers in (2, 6, 7):
            name = f"{row.layers} layers, {row.steps:,} steps here"
            train, test = f"{row.train_images:,} photographs", f"{row.images} others"
            rows.append((name, train, test, row.strict, row.six_position))
    reader = pd.read_csv(RESULTS / "reader_accuracy.csv")
    for row in reader[reader["measured_on"] == "test archive"].itertuples():
        name = "reader, box given" if row.box == "given" else "reader, no box given"
        test = f"{row.images} photographs"
        rows.append((name, row.trained_on, test, row.strict, None))
    columns = ["network", "learned from", "measured on", "strict", "six-position"]
    return pd.DataFrame(rows, columns=columns)


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown, fractions as percentages, bounds as one interval."""
    texts = {}
    for name, values in table.items():
        if name.endswith("low"):
            highs = table[name.removesuffix("low") + "high"]
            bounds = zip(100 * values, 100 * highs, strict=True)
            texts[f"{name.removesuffix('low')}95 % interval"] = [
                f"{a:.1f} to {b:.1f} %" for a, b in bounds
            ]
        elif not name.endswith("high"):
            texts[name] = [text(value, values) for value in values]
    header = [name.replace("_", " ") for name in texts]
    lines = [header, ["---"] * len(header), *zip(*texts.values(), strict=True)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def text(value, column: pd.Series) -> str:
    """A value as its column's kind asks for; nothing for what is missing."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if column.max() <= 1 and column.dtype == float:
        return f"{100 * value:.1f} %"
    return f"{value:,g}"


def filled(page: str) -> str:
    """A page with each of its tables as the results are now."""

    def table(found: re.Match) -> str:
        start, name, end = found.groups()
        results = (
            summary() if name == "summary" else pd.read_csv(RESULTS / f"{name}.csv")
        )
        return start + markdown(results) + end

    return TABLE.sub(table, page)


def main() -> None:
    """Write the tables of both pages."""
    for path in PAGES:
        page = filled(path.read_text(encoding="utf-8"))
        with atomic_write(path) as temporary:
            temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

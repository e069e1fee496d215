"""List bad inputs and what each of them gets, from the tests that try them.

python tools/bad_inputs.py

The list is build/reports/bad_inputs.md: the archive, image or row that is bad, what
became of it, and the very words that a user is told.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from helpers.files import atomic_write
from helpers.settings import ROOT

TESTS = ROOT / "tests" / "data" / "test_bad_inputs.py"
TARGET = ROOT / "build" / "reports" / "bad_inputs.md"


def bad_inputs(report: Path) -> list[list[str]]:
    """Group, input, outcome and message of each test in a report in JUnit's format."""
    return [
        item.attrib["value"].split("\t")
        for item in ElementTree.parse(report).iter("property")
        if item.attrib["name"] == "bad input"
    ]


def as_markdown(rows: list[list[str]]) -> str:
    """A table of the rows, and before it how many there are of each outcome."""
    outcomes = [row[2] for row in rows]
    counts = ", ".join(
        f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes)
    )
    lines = ["| where | what is bad | what it gets | message |", "|---|---|---|---|"]
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([f"# {len(rows)} bad inputs: {counts}", "", *lines, ""])


def main() -> int:
    """Run the tests and write the list; the exit status is that of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["-m", "pytest", "-q", "-o", "junit_family=xunit1", str(TESTS)]
        words.append(f"--junitxml={report}")
        status = subprocess.run([sys.executable, *words], cwd=ROOT).returncode
        rows = bad_inputs(report)
    with atomic_write(TARGET) as temporary:
        temporary.write_text(as_markdown(rows), encoding="utf-8")
    print(f"{len(rows)} bad inputs in {TARGET}")
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Damaged files end in an error of ours or in a right answer, never otherwise.

The tally of a run is in build/reports: how many cases of each damage came to what.
"""

from collections import Counter

import pandas as pd
import pytest
from fuzzing import GOOD, KINDS, outcomes

from helpers.files import atomic_write
from helpers.settings import ROOT

CASES = {"mat": 10_000, "png": 6_000, "gz": 3_000, "tar": 3_000}


def run(kind: str, cases: int) -> None:
    found = list(outcomes(kind, cases))
    assert [number for number, *_ in found] == list(range(cases))
    tally = Counter((damage, outcome) for _, damage, outcome, _ in found)
    table = pd.DataFrame(
        [(kind, *key, count) for key, count in sorted(tally.items())],
        columns=["file", "damage", "outcome", "cases"],
    )
    path = ROOT / "build" / "reports" / f"fuzz_{kind}_{cases}.csv"
    with atomic_write(path) as temporary:
        table.to_csv(temporary, index=False)
    assert [case for case in found if case[2] not in GOOD] == []


@pytest.mark.parametrize("kind", KINDS)
def test_some_damaged_files_end_well(kind):
    run(kind, 100)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_22_000_damaged_files_end_well(kind):
    run(kind, CASES[kind])

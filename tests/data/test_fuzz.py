"""Damaged files end in an error of ours or in a right answer, never otherwise."""

import pytest
from fuzzing import GOOD, KINDS, outcomes


@pytest.mark.parametrize("cases", [70, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_end_well(kind, cases):
    found = list(outcomes(kind, cases))
    assert [number for number, *_ in found] == list(range(cases))
    assert [case for case in found if case[2] not in GOOD] == []

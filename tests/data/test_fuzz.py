"""Damaged files end in an error of ours or in a right answer, never otherwise."""

import pytest
from fuzzing import GOOD, KINDS, outcomes


def bad_outcomes(kind: str, cases: int) -> list[tuple]:
    found = list(outcomes(kind, cases))
    assert [number for number, *_ in found] == list(range(cases))
    return [case for case in found if case[2] not in GOOD]


@pytest.mark.parametrize("kind", KINDS)
def test_some_damaged_files_end_well(kind):
    assert bad_outcomes(kind, 70) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_8_000_damaged_files_end_well(kind):
    assert bad_outcomes(kind, 2_000) == []

"""Checkpoints: damage and strangers are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.training.checkpoints import (
    CheckpointError,
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)

WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)


@settings(deadline=None, max_examples=80)
@given(
    place=st.floats(0, 1, exclude_max=True),
    flip=st.one_of(st.none(), st.integers(1, 255)),
)
def test_damaged_or_cut_file_is_refused_or_reads_as_it_was(
    tmp_path_factory, place, flip
):
    path = tmp_path_factory.mktemp("damage") / "c.npz"
    save_checkpoint(path, {"number": 1}, {"weights": WEIGHTS})
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    if flip is None:
        del content[at:]
    else:
        content[at] ^= flip
    path.write_bytes(content)
    try:
        metadata, arrays = load_checkpoint(path)
    except CheckpointError as error:
        assert str(path) in str(error)
    else:
        assert metadata == {"number": 1}
        for array in arrays.values():
            np.testing.assert_array_equal(array, WEIGHTS, strict=True)


def test_other_run_is_refused_by_what_differs(tmp_path):
    found = {"recipe": {"layers": 7, "rows": None, "widths": [8, 4]}, "task": "numbers"}
    same = {"recipe": {"layers": 7, "rows": None, "widths": (8, 4)}, "task": "numbers"}
    check_same_run(tmp_path, found, same)
    other = {"recipe": {"layers": 4, "rows": None, "widths": (8, 4)}, "seed": 1}
    with pytest.raises(CheckpointError) as error:
        check_same_run(tmp_path, found, other)
    assert str(error.value).count(" here") == 3
    assert "recipe.layers is 7 there and 4 here" in str(error.value)
    assert "seed is 'absent' there and 1 here" in str(error.value)

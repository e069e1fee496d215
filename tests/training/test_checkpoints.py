"""Checkpoints: what is written comes back, damage and strangers are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.training.checkpoints import (
    VERSION,
    CheckpointError,
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)

ARRAYS = {"weights": np.arange(12, dtype=np.float32).reshape(3, 4), "step": np.int64(7)}


def test_metadata_and_arrays_come_back(tmp_path):
    metadata = {"recipe": {"layers": 7}, "loss": 0.1 + 0.2}
    save_checkpoint(tmp_path / "c.npz", metadata, ARRAYS)
    found, arrays = load_checkpoint(tmp_path / "c.npz")
    assert found == metadata
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


@settings(deadline=None, max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_damaged_file_is_refused_or_reads_as_it_was(tmp_path_factory, place, flip):
    path = tmp_path_factory.mktemp("damage") / "c.npz"
    save_checkpoint(path, {"number": 1}, {"weights": ARRAYS["weights"]})
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= flip
    path.write_bytes(content)
    try:
        metadata, arrays = load_checkpoint(path)
    except CheckpointError as error:
        assert str(path) in str(error)
    else:
        assert metadata == {"number": 1}
        for array in arrays.values():
            np.testing.assert_array_equal(array, ARRAYS["weights"])


@settings(deadline=None, max_examples=30)
@given(kept=st.floats(0, 1, exclude_max=True))
def test_truncated_file_is_refused(tmp_path_factory, kept):
    path = tmp_path_factory.mktemp("short") / "c.npz"
    save_checkpoint(path, {"number": 1}, ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_other_version_is_refused(tmp_path):
    np.savez(tmp_path / "c.npz", metadata=np.array('{"version": 0}'))
    with pytest.raises(CheckpointError, match=f"version 0; expected {VERSION}"):
        load_checkpoint(tmp_path / "c.npz")


def test_same_run_passes(tmp_path):
    metadata = {"task": "numbers", "recipe": {"widths": [8, 4]}}
    check_same_run(
        tmp_path, metadata, {"task": "numbers", "recipe": {"widths": (8, 4)}}
    )


def test_other_run_is_refused_by_what_differs(tmp_path):
    found = {"recipe": {"layers": 7, "keep_rate": 0.8}, "task": "numbers"}
    expected = {"recipe": {"layers": 4, "keep_rate": 0.8, "seed": 1}, "task": "numbers"}
    with pytest.raises(CheckpointError) as error:
        check_same_run(tmp_path, found, expected)
    assert "recipe.layers is 7 there and 4 here" in str(error.value)
    assert "recipe.seed is 'absent' there and 1 here" in str(error.value)
    assert "keep_rate" not in str(error.value)


def test_long_values_of_another_run_are_told_by_their_beginnings(tmp_path):
    found, expected = ({"data": [{"digest": d * 300}] * 9} for d in "ab")
    with pytest.raises(CheckpointError, match="left by another run: data is") as error:
        check_same_run(tmp_path, found, expected)
    assert len(str(error.value)) < 1_000

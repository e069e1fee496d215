"""Drawn files: every example in its order, made once, whoever draws it."""

import numpy as np
import pytest

from workshop.making.shards import CHUNK, drawn_shards

SHARD = 2 * CHUNK + 20


def draw(count, *seed):
    """Examples that say their seed and row, and a random picture of each."""
    rows = [(*seed, row) for row in range(count)]
    pictures = np.random.default_rng(seed).integers(0, 256, (count, 2, 3), np.uint8)
    return pictures, np.array(rows)


def keep(folder, count, *, drawing=draw, name="rows", seed=4, processes=1):
    return drawn_shards(
        drawing, folder, name, count, seed, shard=SHARD, processes=processes
    )


def assert_same(arrays, expected):
    for array, other in zip(arrays, expected, strict=True):
        assert array.dtype == other.dtype
        np.testing.assert_array_equal(array, other)


class Counted:
    """`draw`, with the seeds of every call, which stops once at the call ``stop``."""

    def __init__(self, stop=None):
        self.seeds, self.stop = [], stop

    def __call__(self, count, *seed):
        if len(self.seeds) == self.stop:
            self.stop = None
            raise KeyboardInterrupt
        self.seeds.append(seed)
        return draw(count, *seed)


def test_examples_come_file_by_file_and_chunk_by_chunk_and_files_are_filled(tmp_path):
    _, rows = keep(tmp_path, SHARD + 60)
    sizes = [(0, 0, CHUNK), (0, 1, CHUNK), (0, 2, 20), (1, 0, CHUNK), (1, 1, 10)]
    expected = [(4, *which, row) for *which, size in sizes for row in range(size)]
    assert rows.tolist() == [list(row) for row in expected]
    assert_same(keep(tmp_path, 70, drawing=None)[1:], (rows[:70],))
    assert len(keep(tmp_path, 2 * SHARD, drawing=None)[0]) == 2 * SHARD


def test_number_of_processes_changes_nothing(tmp_path):
    one = keep(tmp_path / "one", SHARD)
    assert_same(keep(tmp_path / "two", SHARD, processes=2), one)


@pytest.mark.parametrize("stop", [0, 2, 3, 5])
def test_stopped_call_goes_on_from_the_last_whole_file(tmp_path, stop):
    drawing = Counted(stop)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "stopped", 2 * SHARD, drawing=drawing)
    whole = len(list((tmp_path / "stopped").glob("*")))
    assert whole == stop // 3
    drawing.seeds.clear()
    again = keep(tmp_path / "stopped", 2 * SHARD, drawing=drawing)
    assert_same(again, keep(tmp_path / "undisturbed", 2 * SHARD))
    files = range(whole, 2)
    assert drawing.seeds == [(4, file, chunk) for file in files for chunk in range(3)]


def test_damaged_file_is_named_and_drawn_anew_alone_once_deleted(tmp_path):
    whole = keep(tmp_path, 2 * SHARD)
    first, *_ = sorted(tmp_path.iterdir())
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="damaged") as error:
        keep(tmp_path, 2 * SHARD)
    assert str(first) in str(error.value)
    first.unlink()
    drawing = Counted()
    assert_same(keep(tmp_path, 2 * SHARD, drawing=drawing), whole)
    assert {seed[1] for seed in drawing.seeds} == {0}

"""Writes are whole or absent."""

import errno
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.errors import InputError
from helpers.files import (
    atomic_folder,
    atomic_write,
    read_arrays,
    write_arrays,
    write_table,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_whole(tmp_path):
    with atomic_write(tmp_path / "new" / "a.txt") as path:
        path.write_text("all of it")
        assert path.suffix == ".txt"
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "all of it"
    assert names(tmp_path / "new") == ["a.txt"]


def test_table_is_written_with_the_digits_asked_for(tmp_path):
    table = pd.DataFrame({"name": ["a, b", "c"], "value": [1 / 3, 2.0]}, index=[7, 8])
    write_table(tmp_path / "a.csv", table, "%.2f", index=True)
    text = b',name,value\n7,"a, b",0.33\n8,c,2.00\n'
    assert (tmp_path / "a.csv").read_bytes() == text


def test_folder_replaces_the_old_one(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with atomic_folder(tmp_path / "f") as folder:
        (folder / "new").touch()
    assert names(tmp_path / "f") == ["new"]
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("atomic", [atomic_write, atomic_folder])
def test_failed_write_leaves_what_was_there_and_nothing_else(tmp_path, atomic):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with pytest.raises(RuntimeError), atomic(tmp_path / "f"):
        raise RuntimeError
    assert names(tmp_path / "f") == ["old"]
    assert names(tmp_path) == ["f"]


def test_arrays_and_metadata_come_back_in_order(tmp_path):
    arrays = {"b": np.arange(3, dtype=np.int16), "a": np.ones((2, 2), np.float32)}
    write_arrays(tmp_path / "a.npz", {"version": 2, "n": [1]}, arrays)
    metadata, found = read_arrays(tmp_path / "a.npz", "arrays.", 2)
    assert metadata == {"version": 2, "n": [1]}
    assert list(found) == ["b", "a"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    np.savez(tmp_path / "other.npz", x=np.zeros(2))
    assert read_arrays(tmp_path / "other.npz", "arrays.")[0] == {}


class Trap:
    """What leaves a file behind when it is read as a pickle."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return Path.touch, (self.place,)


@pytest.mark.parametrize("name", ["metadata", "x"])
def test_pickle_is_refused_unread(tmp_path, name):
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    np.savez(tmp_path / "a.npz", **{name: trap})
    with pytest.raises(InputError, match=r"a\.npz: damaged, .*; expected mine\. Do it"):
        read_arrays(tmp_path / "a.npz", "mine. Do it.")
    assert not (tmp_path / "sprung").exists()


NO_ARCHIVES = [b"", b"no archive", b"PK\x03\x04 cut off", None]
NO_METADATA = ["no JSON", "[1]", '{"version": 1}', "{}"]


@pytest.mark.parametrize("content", NO_ARCHIVES + NO_METADATA)
def test_file_of_no_archive_other_metadata_or_version_is_named(tmp_path, content):
    path = tmp_path / "a.npz"
    if content is None:
        np.save(path.open("wb"), np.zeros(3))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, metadata=np.array(content))
    with pytest.raises(InputError, match=r"a\.npz: .*expected"):
        read_arrays(path, "arrays.", 2)
    with pytest.raises(FileNotFoundError, match=r"b\.npz: no such file; expected mine"):
        read_arrays(tmp_path / "b.npz", "mine.")


@pytest.mark.parametrize("whole", [atomic_write, atomic_folder])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_no_room_is_told_in_one_line_that_names_the_file(tmp_path, whole, number):
    with pytest.raises(OSError) as raised, whole(tmp_path / "a"):
        raise OSError(number, "a library's own words\non two lines")
    assert raised.value.errno == number
    assert (os.strerror(number) + "; what was there is unchanged") in str(raised.value)
    assert f"{tmp_path / 'a'}" in str(raised.value)
    assert "library" not in str(raised.value)


def test_other_errors_keep_their_words(tmp_path):
    with pytest.raises(OSError, match=r"b\.png"), atomic_write(tmp_path / "a"):
        raise FileNotFoundError(errno.ENOENT, "no such file", "b.png")

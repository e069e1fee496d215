"""Writes are whole or absent."""

import errno
import os

import pandas as pd
import pytest

from helpers.files import atomic_folder, atomic_write, write_table


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_whole(tmp_path):
    with atomic_write(tmp_path / "new" / "a.txt") as path:
        path.write_text("all of it")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "all of it"
    assert names(tmp_path / "new") == ["a.txt"]


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_temporary_file_keeps_the_suffix(tmp_path):
    with atomic_write(tmp_path / "a.png") as path:
        assert path.suffix == ".png"


def test_table_is_written_with_the_digits_asked_for(tmp_path):
    table = pd.DataFrame({"name": ["a, b", "c"], "value": [1 / 3, 2.0]}, index=[7, 8])
    write_table(tmp_path / "plain.csv", table)
    assert (tmp_path / "plain.csv").read_bytes() == (
        b'name,value\n"a, b",0.333333\nc,2\n'
    )
    write_table(tmp_path / "short.csv", table, "%.2f", index=True)
    assert (tmp_path / "short.csv").read_bytes() == (
        b',name,value\n7,"a, b",0.33\n8,c,2.00\n'
    )


def test_folder_replaces_the_old_one(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with atomic_folder(tmp_path / "f") as folder:
        (folder / "new").touch()
    assert names(tmp_path / "f") == ["new"]
    assert names(tmp_path) == ["f"]


def test_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "f") as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert names(tmp_path / "f") == ["old"]
    assert names(tmp_path) == ["f"]


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
    with (
        pytest.raises(FileNotFoundError, match=r"b\.png"),
        atomic_write(tmp_path / "a"),
    ):
        raise FileNotFoundError(errno.ENOENT, "no such file", "b.png")

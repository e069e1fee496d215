"""Writes are whole or absent."""

import pytest

from helpers.files import whole_file, whole_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_whole(tmp_path):
    with whole_file(tmp_path / "new" / "a.txt") as path:
        path.write_text("all of it")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "all of it"
    assert names(tmp_path / "new") == ["a.txt"]


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_temporary_file_keeps_the_suffix(tmp_path):
    with whole_file(tmp_path / "a.png") as path:
        assert path.suffix == ".png"


def test_folder_replaces_the_old_one(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with whole_folder(tmp_path / "f") as folder:
        (folder / "new").touch()
    assert names(tmp_path / "f") == ["new"]
    assert names(tmp_path) == ["f"]


def test_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "old").touch()
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "f") as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert names(tmp_path / "f") == ["old"]
    assert names(tmp_path) == ["f"]

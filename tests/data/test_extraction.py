"""An extraction ends whole or not at all, whatever the archive holds or stops it.

More of what an archive may hold is in test_bad_inputs.
"""

import errno
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from builders import tar_gz

from helpers.data.archives import ARCHIVES
from helpers.data.extraction import (
    MANIFEST,
    ArchiveError,
    Limits,
    extract,
    is_extracted,
    read_manifest,
)
from helpers.settings import ROOT

MEMBERS = ARCHIVES["test"].members
TEST = [("test/1.png", b"one"), ("test/2.png", b""), ("test/digitStruct.mat", b"mat")]
FILES = ["1.png", "2.png", "digitStruct.mat", MANIFEST]


@pytest.fixture
def extracted(tmp_path):
    """Extracts an archive of the members given, harmed or not."""

    def extracted(members=TEST, harm=Path.exists, **options):
        archive = tar_gz(tmp_path / "archives" / "test.tar.gz", members)
        harm(archive)
        return extract(archive, tmp_path / "test", MEMBERS, **options)

    return extracted


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("added", [".DS_Store", "._1.png", "Thumbs.db"])
def test_whole_folder_is_left_as_it_is(extracted, tmp_path, added):
    folder = extracted()
    (folder / added).touch()
    (folder / "1.png").write_bytes(b"kept")
    extract(tmp_path / "archives" / "test.tar.gz", folder, MEMBERS)
    assert (folder / "1.png").read_bytes() == b"kept"


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "1.png").unlink(),
        lambda folder: (folder / "3.png").touch(),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / MANIFEST).write_text("{}"),
    ],
    ids=["lost file", "further file", "no manifest", "no words"],
)
def test_folder_that_is_not_whole_is_made_anew(extracted, harm):
    harm(extracted())
    assert names(extracted()) == FILES


def test_folders_and_a_leading_dot_are_no_surprise(extracted):
    top = tarfile.TarInfo("./test")
    top.type = tarfile.DIRTYPE
    folder = extracted([(top, b"")] + [(f"./{name}", data) for name, data in TEST])
    assert read_manifest(folder)["skipped"] == {}


@pytest.mark.parametrize(
    "name", ["\N{WAVE DASH}" * 100, "a\x07b", "x\udcff"], ids=["long", "bell", "bytes"]
)
def test_name_that_no_disk_takes_is_left_out(tmp_path, name):
    letters = "notMNIST_small/A"
    members = [(f"{letters}/{name}.png", b"x"), (f"{letters}/é 1.png", b"y")]
    archive = tar_gz(tmp_path / "a.tar.gz", members)
    made = extract(archive, tmp_path / "made", ARCHIVES["notMNIST_small"].members)
    assert names(made / "A") == ["é 1.png"]
    skipped = {f"{letters}/{name}.png": "not a file of this archive's layout"}
    assert read_manifest(made)["skipped"] == skipped


def test_name_of_a_skipped_member_is_kept_short(extracted):
    [skipped] = read_manifest(extracted([*TEST, ("x" * 20_000, b"")]))["skipped"]
    assert skipped == "x" * 255


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_damaged_archive_leaves_what_was_there(extracted, tmp_path):
    for before in (["archives"], ["archives", "test"]):
        with pytest.raises(ArchiveError, match=r"test\.tar\.gz: damaged"):
            extracted([("test/1.png", bytes(range(256)) * 99)], harm=cut)
        assert names(tmp_path) == [".test.lock", *before]
        folder = extracted()
    assert names(folder) == FILES


def test_archive_of_other_things_is_refused(extracted):
    with pytest.raises(ArchiveError, match="none of its 1 members"):
        extracted([("train/1.png", b"")])


def test_archive_of_too_many_members_is_refused(extracted):
    with pytest.raises(ArchiveError, match=r"more than 2 members.* do not trust"):
        extracted(limits=Limits(members=2))


def test_full_disk_is_not_the_fault_of_the_archive(extracted, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", fail)
    with pytest.raises(OSError, match="No space left"):
        extracted()
    assert names(tmp_path) == [".test.lock", "archives"]


def test_what_a_killed_extraction_left_is_removed_and_nothing_else(extracted, tmp_path):
    others = [tmp_path / name for name in (".tester-x", "test-x", ".train-x")]
    for path in [*others, tmp_path / ".test-x"]:
        path.mkdir()
    extracted()
    assert not (tmp_path / ".test-x").exists()
    assert all(path.exists() for path in others)


MANY = 4_000


@pytest.fixture
def large(tmp_path):
    """An archive of many files, which takes a while to extract."""
    images = ((f"test/{n}.png", b"%d" % n * 99) for n in range(MANY))
    return tar_gz(tmp_path / "test.tar.gz", images)


def extraction(archive) -> subprocess.Popen:
    """The extraction in a process of its own."""
    code = (
        "import re; from pathlib import PosixPath; "
        "from helpers.data.extraction import extract; "
        f"extract({archive!r}, {archive.with_name('test')!r}, {MEMBERS!r})"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=-3)


def killed_under_way(archive) -> int:
    """Files that an extraction had made when it was killed; 0 if it was done."""
    process = extraction(archive)
    temporary = []
    while process.poll() is None and not temporary:
        temporary = [*archive.parent.glob(".test-*/test/99.png")]
        time.sleep(0.001)
    process.kill()
    process.wait()
    return sum(len([*path.parent.iterdir()]) for path in temporary if path.exists())


def assert_whole(archive):
    folder = archive.with_name("test")
    assert is_extracted(folder, archive)
    assert len(names(folder)) == MANY + 1
    for n in range(MANY):
        assert (folder / f"{n}.png").read_bytes() == b"%d" % n * 99
    assert names(folder.parent) == [".test.lock", "test", "test.tar.gz"]


def test_extraction_killed_under_way_is_made_whole_by_the_next(large):
    assert 0 < killed_under_way(large) < MANY
    assert not large.with_name("test").exists()
    assert extraction(large).wait() == 0
    assert_whole(large)


def test_of_two_processes_one_extracts(large):
    processes = [extraction(large) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert_whole(large)

"""Extraction that is killed, disturbed or asked for odd names ends whole or not at all.

What else an archive may hold is in test_archives and test_bad_inputs.
"""

import io
import random
import re
import subprocess
import sys
import tarfile
import time

import pytest

from helpers.data.archives import ARCHIVES
from helpers.data.extraction import MANIFEST, extract, is_extracted, read_manifest
from helpers.settings import ROOT

FILES = 4_000


def tar_gz(path, members):
    """Write (name, bytes) pairs as a .tar.gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def large(tmp_path):
    """A user's folder with an archive of many files, which takes a while to extract."""
    images = ((f"test/{n}.png", b"%d" % n * 99) for n in range(FILES))
    tar_gz(tmp_path / "mine" / "test.tar.gz", [*images, ("test/digitStruct.mat", b"")])
    return tmp_path / "mine"


def extraction(large) -> subprocess.Popen:
    """The extraction as a user starts it, in a process of its own."""
    code = (
        "from helpers.datasets import archive_folder; from pathlib import Path; "
        "from helpers.settings import Settings; "
        f"archive_folder('test', Settings(data={str(large)!r}, home=Path({str(large)!r})))"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=-3)


def killed_under_way(large, seconds: float = 0.0) -> int:
    """Files that an extraction had made when it was killed; 0 if it was done."""
    process = extraction(large)
    temporary = []
    while process.poll() is None and not temporary:
        temporary = [*large.glob("*/.test-*/99.png")]
        time.sleep(0.001)
    time.sleep(seconds)
    process.kill()
    process.wait()
    return sum(len([*path.parent.iterdir()]) for path in temporary if path.exists())


def assert_whole(large):
    assert extraction(large).wait() == 0
    [manifest] = large.glob(f"*/test/{MANIFEST}")
    folder = manifest.parent
    assert is_extracted(folder, large / "test.tar.gz")
    assert len([*folder.iterdir()]) == FILES + 2
    for n in range(FILES):
        assert (folder / f"{n}.png").read_bytes() == b"%d" % n * 99
    left = {path.name for path in folder.parent.iterdir()}
    assert left == {"test", ".test.lock"}


def test_extraction_killed_under_way_is_made_whole_by_the_next(large):
    assert 0 < killed_under_way(large) < FILES
    assert not list(large.glob("*/test"))
    assert_whole(large)


@pytest.mark.long
def test_extraction_killed_ten_times_at_random_is_made_whole(large):
    moments = random.Random(2016)
    reached = [killed_under_way(large, moments.uniform(0, 0.3)) for _ in range(10)]
    print("files at each kill:", reached)
    assert_whole(large)


def test_what_a_killed_extraction_left_is_removed_and_nothing_else(tmp_path):
    archive = tar_gz(tmp_path / "test.tar.gz", [("test/1.png", b"one")])
    others = [tmp_path / name for name in (".tester-x", "test-x", ".train-x")]
    for path in [*others, tmp_path / ".test-x"]:
        path.mkdir()
        (path / "1.png").touch()
    extract(archive, tmp_path / "test", ARCHIVES["test"].members)
    assert not (tmp_path / ".test-x").exists()
    assert all((path / "1.png").exists() for path in others)


@pytest.mark.parametrize(
    "name", ["\N{WAVE DASH}" * 100, "a\x07b", "x\udcff"], ids=["long", "bell", "bytes"]
)
def test_name_that_no_disk_takes_is_left_out(tmp_path, name):
    letters = "notMNIST_small/A"
    members = [(f"{letters}/{name}.png", b"x"), (f"{letters}/é 1.png", b"y")]
    archive = tar_gz(tmp_path / "a.tar.gz", members)
    made = extract(archive, tmp_path / "made", ARCHIVES["notMNIST_small"].members)
    assert [path.name for path in (made / "A").iterdir()] == ["é 1.png"]
    [(skipped, reason)] = read_manifest(made).skipped.items()
    assert skipped == f"{letters}/{name}.png"
    assert reason == "not the name of a file"


def test_name_of_a_skipped_member_is_kept_short(tmp_path):
    name = "x" * 20_000
    archive = tar_gz(tmp_path / "a.tar.gz", [("a/1.png", b""), (name, b"")])
    made = extract(archive, tmp_path / "made", re.compile(r"a/1\.png"))
    [skipped] = read_manifest(made).skipped
    assert 0 < len(skipped) <= 255
    assert name.startswith(skipped)

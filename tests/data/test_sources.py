"""Archives of every source end as checked folders in the official layout."""

import hashlib
from dataclasses import replace

import pytest
import servers
from builders import tar_gz

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import read_boxes
from helpers.data.extraction import LIMITS, MANIFEST
from helpers.data.sources import OfficialArchives, OwnArchives

TEST = [("test/1.png", b"one"), ("test/digitStruct.mat", b"mat")]


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine").mkdir()
    return OwnArchives(home=tmp_path / "home", place=tmp_path / "mine")


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*"))


NOT_MNIST = ("A/1.png", "A/QS5vdGY=.png", "J/1.png")


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    ("name", "content"),
    [("test", ("1.png", "digitStruct.mat")), ("notMNIST_small", NOT_MNIST)],
)
def test_own_archive_becomes_a_folder_and_is_said_once_not_to_be_official(
    own, capsys, name, content, below
):
    place = own.place / (ARCHIVES[name].family if below else "")
    tar_gz(place / f"{name}.tar.gz", [(f"{name}/{file}", b"x") for file in content])
    for _ in range(2):
        assert own.folder(name) == own.home / name
    assert files(own.home / name) == sorted([*content, MANIFEST])
    assert capsys.readouterr().out.splitlines() == [
        f"{name}.tar.gz: not the official archive of its name; used as it is"
    ]


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    ("name", "content"),
    [("test", "digitStruct.mat"), ("notMNIST_small", "A/a.png")],
)
def test_own_extracted_folder_is_used_in_place(own, name, content, below):
    path = own.place / (ARCHIVES[name].family if below else "") / name / content
    path.parent.mkdir(parents=True)
    path.touch()
    assert path.is_relative_to(own.folder(name))
    assert own.available() == (name,)
    assert not own.home.exists()


def test_folder_of_other_things_is_no_extracted_archive(own):
    (own.place / "test").mkdir()
    tar_gz(own.place / "test.tar.gz", TEST)
    assert own.folder("test") == own.home / "test"


def test_missing_archive_says_where_it_was_looked_for(own):
    assert own.available() == ()
    with pytest.raises(FileNotFoundError) as error:
        own.folder("extra")
    assert all(s in str(error.value) for s in (str(own.place), "extra.tar.gz", "svhn/"))


def test_changed_archive_is_extracted_anew(own):
    tar_gz(own.place / "test.tar.gz", TEST)
    own.folder("test")
    tar_gz(own.place / "test.tar.gz", [*TEST, ("test/3.png", b"three")])
    assert "3.png" in files(own.folder("test"))


@pytest.fixture
def published(tmp_path):
    """The server of a small archive, and the source that it is official for."""
    content = tar_gz(tmp_path / "served.tar.gz", TEST).read_bytes()
    with servers.Server(content) as server:
        entry = replace(
            ARCHIVES["test"],
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            addresses=(f"{server.address}/test.tar.gz",),
        )
        home = tmp_path / "home"
        yield server, OfficialArchives(home=home, archives={"test": entry})


def test_official_archive_is_fetched_and_extracted_once(published):
    server, source = published
    folder = source.folder("test")
    assert files(folder) == ["1.png", "digitStruct.mat", MANIFEST]
    (source.home / "archives" / "test.tar.gz").unlink()  # to save disk
    assert source.folder("test") == folder
    assert len(server.asked) == 1


def test_published_facts_are_complete():
    svhn = [a for a in ARCHIVES.values() if a.family == "svhn"]
    assert [len(a.sha256) for a in svhn] == [64] * 3
    assert sum(a.size for a in svhn) == 2_636_187_279
    letters = [a for a in ARCHIVES.values() if a.family == "notmnist"]
    assert [a.size for a in letters] == [247_336_696, 8_458_043]
    assert [len(a.addresses) for a in letters] == [2, 2]


def test_largest_official_member_is_not_refused(real_data):
    listed = real_data / "digitstruct" / "extra.mat"
    per_digit = listed.stat().st_size / len(read_boxes(listed))
    assert 531_131 * per_digit < LIMITS.file_bytes  # the digits of extra.tar.gz

"""Archives of every source end as checked folders in the official layout."""

import errno
import io
import tarfile

import pytest

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import read_boxes
from helpers.data.extraction import LARGEST_FILE, MANIFEST, ArchiveError, read_manifest
from helpers.datasets import archive_folder, available_archives
from helpers.settings import Settings


def tar_gz(path, members):
    """Write (name or TarInfo, bytes) pairs as a .tar.gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


TEST = [("test/1.png", b"one"), ("test/2.png", b""), ("test/digitStruct.mat", b"mat")]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "mine"


@pytest.fixture
def settings(tmp_path, place):
    place.mkdir()
    return Settings(data=str(place), home=tmp_path / "home")


def files(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*.*"))


@pytest.mark.parametrize("below", ["", "svhn"])
def test_own_archive_becomes_a_folder(settings, place, below):
    tar_gz(place / below / "test.tar.gz", TEST)
    made = archive_folder("test", settings)
    assert files(made) == ["1.png", "2.png", "digitStruct.mat", MANIFEST]
    assert (made / "1.png").read_bytes() == b"one"
    assert settings.home in made.parents


def test_own_archive_that_is_not_official_is_said_so_once(settings, place, capsys):
    tar_gz(place / "test.tar.gz", TEST)
    archive_folder("test", settings)
    archive_folder("test", settings)
    assert capsys.readouterr().out.splitlines() == [
        "test.tar.gz: not the official archive of that name; used as it is"
    ]


@pytest.mark.parametrize(
    ("name", "below", "content"),
    [
        ("test", "", "digitStruct.mat"),
        ("test", "svhn", "digitStruct.mat"),
        ("notMNIST_small", "", "A/a.png"),
        ("notMNIST_small", "notmnist", "A/a.png"),
    ],
)
def test_own_extracted_folder_is_used_in_place(settings, place, name, below, content):
    path = place / below / name / content
    path.parent.mkdir(parents=True)
    path.touch()
    assert archive_folder(name, settings) == place / below / name
    assert available_archives(settings) == (name,)
    assert not settings.home.exists()


def test_folder_of_other_things_is_no_extracted_archive(settings, place):
    (place / "test").mkdir()
    tar_gz(place / "test.tar.gz", TEST)
    assert archive_folder("test", settings) != place / "test"


def test_sample_is_drawn_then_extracted(tmp_path, monkeypatch):
    def draw(place, settings):
        tar_gz(place / "test.tar.gz", TEST)

    monkeypatch.setattr("helpers.sample.draw_archives", draw)
    made = archive_folder("test", Settings(home=tmp_path))
    assert made == tmp_path / "sample" / "test"
    assert (made / "1.png").read_bytes() == b"one"


def test_letters_keep_their_folders(settings, place):
    name = "notMNIST_small/A/QS5vdGY=.png"
    tar_gz(place / "notMNIST_small.tar.gz", [(name, b"x"), (name + "x", b"")])
    made = archive_folder("notMNIST_small", settings)
    assert files(made) == ["A/QS5vdGY=.png", MANIFEST]


def test_available_is_what_there_is(settings, place):
    tar_gz(place / "test.tar.gz", TEST)
    assert available_archives(settings) == ("test",)
    assert available_archives(Settings()) == tuple(ARCHIVES)


def test_missing_archive_says_where_it_was_looked_for(settings, place):
    with pytest.raises(FileNotFoundError) as error:
        archive_folder("extra", settings)
    assert all(s in str(error.value) for s in (str(place), "extra.tar.gz", "svhn/"))


def test_two_folders_of_one_name_stay_apart(tmp_path):
    made = []
    for parent in ("a", "b"):
        tar_gz(tmp_path / parent / "data" / "test.tar.gz", TEST)
        settings = Settings(data=str(tmp_path / parent / "data"), home=tmp_path)
        made.append(archive_folder("test", settings))
    assert made[0] != made[1]


def test_second_call_extracts_nothing(settings, place):
    tar_gz(place / "test.tar.gz", TEST)
    made = archive_folder("test", settings)
    (made / "1.png").write_bytes(b"kept")
    assert (archive_folder("test", settings) / "1.png").read_bytes() == b"kept"


def test_changed_archive_is_extracted_anew(settings, place):
    tar_gz(place / "test.tar.gz", TEST)
    archive_folder("test", settings)
    tar_gz(place / "test.tar.gz", [*TEST, ("test/3.png", b"three")])
    assert "3.png" in files(archive_folder("test", settings))


@pytest.mark.parametrize("harm", ["file", "manifest", "words"])
def test_folder_that_is_not_whole_is_made_anew(settings, place, harm):
    tar_gz(place / "test.tar.gz", TEST)
    made = archive_folder("test", settings)
    if harm == "words":
        (made / MANIFEST).write_text("{}")
    else:
        (made / {"file": "1.png", "manifest": MANIFEST}[harm]).unlink()
    assert files(archive_folder("test", settings)) == [
        "1.png",
        "2.png",
        "digitStruct.mat",
        MANIFEST,
    ]


def link(name, kind, target="/etc/passwd"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("test/../../escaped.png", "layout"),
        ("/test/1.png", "layout"),
        ("../test/9.png", "layout"),
        ("test/._1.png", "layout"),
        ("test/Thumbs.db", "layout"),
        ("test/1 (1).png", "layout"),
        ("test/1.png", "second"),
        (link("test/7.png", tarfile.SYMTYPE), "regular"),
        (link("test/7.png", tarfile.LNKTYPE, "test/1.png"), "regular"),
        (link("test/7.png", tarfile.CHRTYPE), "regular"),
        (link("test/7.png", tarfile.FIFOTYPE), "regular"),
    ],
)
def test_unexpected_member_is_left_out_and_listed(
    settings, place, tmp_path, member, reason
):
    tar_gz(place / "test.tar.gz", [*TEST, (member, b"")])
    made = archive_folder("test", settings)
    assert files(made) == ["1.png", "2.png", "digitStruct.mat", MANIFEST]
    assert (made / "1.png").read_bytes() == b"one"
    [why] = read_manifest(made).skipped.values()
    assert reason in why
    assert not list(tmp_path.rglob("escaped.png"))


def test_folders_and_a_leading_dot_are_no_surprise(settings, place):
    top = tarfile.TarInfo("./test")
    top.type = tarfile.DIRTYPE
    tar_gz(place / "test.tar.gz", [(top, b"")] + [("./" + n, d) for n, d in TEST])
    assert read_manifest(archive_folder("test", settings)).skipped == {}


def cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    "harm", [cut, flip, lambda path: path.write_text("<html>404</html>")]
)
def test_damaged_archive_is_named_and_leaves_nothing(settings, place, harm):
    path = tar_gz(place / "test.tar.gz", [("test/1.png", bytes(range(256)) * 99)])
    harm(path)
    with pytest.raises(ArchiveError, match=r"test\.tar\.gz: damaged"):
        archive_folder("test", settings)
    assert [p.name for p in settings.home.rglob("*") if p.is_file()] == [".test.lock"]


def test_damaged_archive_leaves_the_folder_made_before(settings, place):
    tar_gz(place / "test.tar.gz", TEST)
    made = archive_folder("test", settings)
    (place / "test.tar.gz").write_bytes(b"")
    with pytest.raises(ArchiveError):
        archive_folder("test", settings)
    assert (made / "1.png").read_bytes() == b"one"


def test_archive_of_other_things_is_refused(settings, place):
    tar_gz(place / "test.tar.gz", [("train/1.png", b"")])
    with pytest.raises(ArchiveError, match="none of its 1 members"):
        archive_folder("test", settings)


def test_too_many_members_are_refused(settings, place, monkeypatch):
    monkeypatch.setattr("helpers.data.extraction.MOST_FILES", 2)
    tar_gz(place / "test.tar.gz", TEST)
    with pytest.raises(ArchiveError, match="more than 2 members"):
        archive_folder("test", settings)


def test_too_many_bytes_are_refused_before_they_are_read(settings, place, monkeypatch):
    monkeypatch.setattr("helpers.data.extraction.MOST_BYTES", 4)
    tar_gz(place / "test.tar.gz", TEST)
    with pytest.raises(ArchiveError, match="do not trust"):
        archive_folder("test", settings)


def test_full_disk_is_not_the_fault_of_the_archive(settings, place, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", fail)
    tar_gz(place / "test.tar.gz", TEST)
    with pytest.raises(OSError, match="No space left"):
        archive_folder("test", settings)
    assert [p.name for p in settings.home.rglob("*") if p.is_file()] == [".test.lock"]


def test_largest_official_member_is_not_refused(real_data):
    listed = real_data / "digitstruct" / "extra.mat"
    per_digit = listed.stat().st_size / len(read_boxes(listed))
    assert 531_131 * per_digit < LARGEST_FILE  # the digits of extra.tar.gz


@pytest.mark.parametrize(
    ("name", "images"),
    {
        "train": 4_434,
        "test": 700,
        "notMNIST_large": 15_415,
        "notMNIST_small": 6_724,
    }.items(),
)
def test_real_archives_come_out_whole(real_data, tmp_path, name, images):
    settings = Settings(data=str(real_data), home=tmp_path)
    assert len(list(archive_folder(name, settings).rglob("*.png"))) == images

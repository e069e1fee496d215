"""Commands on full and read-only disks, in odd places and a bare environment."""

import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from helpers.__main__ import main
from helpers.networks import build_network
from helpers.settings import ROOT, Settings

TINY = "--layers 2 --crop-size 12 --widths 8 8 4 --steps 20 --validation-interval 10"
ODD = "Straße 12, Ωμέγα, 番地"


@pytest.fixture
def disk(tmp_path):
    """Mount a disk of one megabyte; it is taken away again after the test."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(words, stderr=-3).returncode:
        pytest.skip("this user may not mount a disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk) -> None:
    """Leave no room on a disk."""
    with (disk / "rest").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def make_read_only(disk) -> None:
    """Let nothing be written on a disk, not even by root."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


@pytest.fixture
def use(few_settings, monkeypatch):
    """Changes the settings that the environment gives."""

    def change(**places) -> None:
        made = replace(few_settings, **places)
        monkeypatch.setattr(
            Settings, "from_environment", lambda given: replace(made, **given)
        )

    return change


@pytest.mark.parametrize("spoil", [fill, make_read_only])
@pytest.mark.parametrize(
    ("place", "words"), [("home", "prepare"), ("runs_root", f"train {TINY}")]
)
def test_command_without_a_place_to_write_is_told(
    disk, use, place, words, spoil, capsys
):
    use(**{place: disk})
    spoil(disk)
    assert main(words.split()) == 2
    *_, told = capsys.readouterr().err.splitlines()
    assert told.startswith("python -m helpers: ")
    assert str(disk) in told
    assert "space" in told or "Read-only" in told
    if place == "home":
        assert "Make room, or choose" in told
        assert not list(disk.rglob("*.h5"))


def test_train_goes_on_when_there_is_room_again(disk, use):
    use(runs_root=disk)
    fill(disk)
    assert main(["train", *TINY.split()]) == 2
    (disk / "rest").unlink()
    assert main(["train", *TINY.split()]) == 0


def test_read_only_images_can_be_measured(disk, use, few_numbers, tmp_path):
    use()
    data = ["--data", str(shutil.copytree(few_numbers, disk / "few"))]
    network = tmp_path / "network.keras"
    build_network(1, crop_size=16, seed=1).save(network)
    make_read_only(disk)
    assert main(["prepare", *data]) == 0
    assert main(["evaluate", "--weights", str(network), *data]) == 0


@pytest.mark.long
def test_every_command_works_without_home_in_a_place_of_any_name(tmp_path, few_numbers):
    """A copy of the package: data and runs are then kept beside it."""
    place = tmp_path / ODD
    shutil.copytree(ROOT / "helpers", place / "helpers")
    data = shutil.copytree(few_numbers, place / "Bilder à lire")
    for words in (
        ["prepare", "--data", data],
        ["train", *TINY.split(), "--data", data],
        ["evaluate", "--data", data],
        ["read", data / "train" / "1.png"],
    ):
        words = [sys.executable, "-m", "helpers", *map(str, words)]
        result = subprocess.run(
            words, cwd=place, env={}, capture_output=True, encoding="utf-8"
        )
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        assert result.stdout
    assert (place / "data").is_dir()
    assert list((place / "runs").rglob("network.keras"))

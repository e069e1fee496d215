"""Hours of work: many kills, full and read-only disks, odd places, a bare environment.

A whole hour of kills: ``WORKBOOK_LONG_MINUTES=60 pytest -m long -k killed_ten
tests/training/test_long_runs.py``; by default it takes about two minutes.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.__main__ import main
from helpers.networks import build_network
from helpers.settings import ROOT, Settings
from helpers.training.checkpoints import load_checkpoint
from helpers.training.runs import number_data

STEPS = max(100, round(3_000 * float(os.environ.get("WORKBOOK_LONG_MINUTES", "2"))))
KILLS = 10
TINY = "--layers 2 --crop-size 12 --widths 8 8 4 --steps 20 --validation-interval 10"
ODD = "Straße 12, Ωμέγα, 番地"


def command(*words, **keywords) -> subprocess.Popen:
    """``python -m helpers`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "helpers", *map(str, words)],
        **{"cwd": ROOT, "stderr": subprocess.DEVNULL} | keywords,
    )


@pytest.mark.long
def test_run_killed_ten_times_ends_where_the_undisturbed_one_does(
    few_numbers, tmp_path
):
    """SIGKILL at any moment: start, steps, validation, writing or rest."""
    number_data(Settings(data=str(few_numbers)))

    def train(folder):
        words = f"train --data {few_numbers} --steps {STEPS} --validation-interval"
        return command(*words.split(), max(10, STEPS // 200), "--folder", folder)

    began = time.monotonic()
    process = train(tmp_path / "undisturbed")
    curve = tmp_path / "undisturbed" / "history.csv"
    while process.poll() is None and not curve.exists():
        time.sleep(0.01)
    start = time.monotonic() - began
    assert process.wait() == 0
    steps = time.monotonic() - began - start

    # Ten lives that take fewer steps than a run, so that none can finish it.
    moments = random.Random(2016)
    reached = set()
    stored = tmp_path / "killed" / "history.csv"
    for _ in range(KILLS):
        process = train(tmp_path / "killed")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(moments.uniform(start / 2, start + 0.7 * steps / KILLS))
        process.kill()
        process.wait()
        reached |= {len(pd.read_csv(stored))} if stored.exists() else set()
    assert len(reached) > 1  # some were taken up where others had got to
    assert train(tmp_path / "killed").wait() == 0

    (killed, arrays), (metadata, expected) = (
        load_checkpoint(tmp_path / name / "checkpoint.npz")
        for name in ("killed", "undisturbed")
    )
    curves = [
        pd.DataFrame(found["progress"]["history"]).drop(columns="seconds")
        for found in (killed, metadata)
    ]
    pd.testing.assert_frame_equal(*curves, check_exact=True)
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)


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
    with (disk / "rest").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


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

    change()
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
        process = command(
            *words, cwd=place, env={}, stdout=-1, stderr=-1, encoding="utf-8"
        )
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
        assert out
    assert (place / "data").is_dir()
    assert list((place / "runs").rglob("network.keras"))

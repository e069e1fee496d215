"""The rehearsal at full size, rehearsed on a handful of images."""

import json
import math
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import requests

from helpers.data import archives
from helpers.sample.scene_archives import draw_files, draw_scenes_archive
from helpers.settings import ROOT, Settings

sys.path.append(str(ROOT / "tools"))
import rehearsal as tool
from rehearsal import Measured, Rehearsal

TINY = 1e-6  # as few images as a rehearsal can have


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A rehearsal whose archives are drawn."""
    made = Rehearsal(tmp_path_factory.mktemp("drawn"), TINY)
    tool.draw(made)
    return made


@pytest.fixture
def stand_ins(monkeypatch):
    """Official archives and an environment that a test may change."""
    monkeypatch.setattr(archives, "ARCHIVES", dict(archives.ARCHIVES))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a server that has a file of ten bytes."""
    place = tmp_path_factory.mktemp("server")
    (place / "ten.tar.gz").write_bytes(b"0123456789")
    with tool.serving(place) as address:
        yield address


def ask(address, **headers):
    session = requests.Session()
    session.trust_env = False  # no proxy
    return session.get(address, headers=headers, timeout=10)


def test_whole_rehearsal_has_the_official_counts():
    counts = {"train": 33_402, "test": 13_068, "extra": 202_353}
    assert Rehearsal(Path("any")).counts == counts


def test_small_rehearsal_has_its_share_and_some_of_each():
    counts = {"train": 334, "test": 131, "extra": 2_024}
    assert Rehearsal(Path("any"), 0.01).counts == counts
    assert set(Rehearsal(Path("any"), TINY).counts.values()) == {20}


def test_server_gives_a_file(address):
    answer = ask(f"{address}/ten.tar.gz")
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["Content-Length"] == "10"


@pytest.mark.parametrize(
    ("asked", "content", "scope"),
    [
        ("4-", b"456789", "bytes 4-9/10"),
        ("2-5", b"2345", "bytes 2-5/10"),
        ("9-99", b"9", "bytes 9-9/10"),
    ],
)
def test_server_gives_a_range(address, asked, content, scope):
    answer = ask(f"{address}/ten.tar.gz", Range=f"bytes={asked}")
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["Content-Range"] == scope


def test_server_has_no_range_beyond_the_end(address):
    answer = ask(f"{address}/ten.tar.gz", Range="bytes=10-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10"


def test_server_has_no_other_file(address):
    assert ask(f"{address}/eleven.tar.gz").status_code == 404


def test_drawn_archives_are_those_of_the_sample(drawn, tmp_path):
    draw_scenes_archive(tmp_path / "test.tar.gz", 20, Settings.seed, "test", 1)
    found = (drawn.served / "test.tar.gz").read_bytes()
    assert found == (tmp_path / "test.tar.gz").read_bytes()


def test_metadata_says_what_was_drawn(drawn):
    metadata = json.loads(drawn.metadata.read_text())
    assert list(metadata) == ["train", "test", "extra"]
    for name, said in metadata.items():
        assert said["size"] == (drawn.served / f"{name}.tar.gz").stat().st_size
        assert len(said["sha256"]) == 64


def test_drawing_goes_on_after_the_last_whole_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "SHARD", 4)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert tool.draw_shards(whole, "train", 10) == 10
    stopped.mkdir()
    tool.write_shard(
        stopped / "000000.npz", list(islice(draw_files(10, Settings.seed, "train"), 4))
    )
    assert tool.draw_shards(stopped, "train", 10) == 6
    for one, other in zip(
        tool.kept_files(whole), tool.kept_files(stopped), strict=True
    ):
        assert (one.data, one.digits) == (other.data, other.digits)
        assert one.boxes.tolist() == other.boxes.tolist()


@pytest.mark.usefixtures("stand_ins")
def test_drawn_archives_are_fetched_extracted_and_parsed_as_official_ones(
    drawn, tmp_path
):
    made = Rehearsal(tmp_path, TINY)
    made.served.parent.mkdir(exist_ok=True)
    made.served.symlink_to(drawn.served)
    with tool.serving(made.served) as address:
        tool.take_as_official(made, address)
        assert list(archives.ARCHIVES) == ["train", "test", "extra"]
        assert "SHA-256 checked" in tool.download(made)
    assert tool.extract(made).startswith("66 files")  # with a list and a manifest each
    assert "boxes of 60 images" in tool.parse(made)


@pytest.mark.usefixtures("stand_ins")
def test_nothing_stands_in_before_it_is_drawn(tmp_path):
    with pytest.raises(FileNotFoundError, match="Do the stage draw first"):
        tool.take_as_official(Rehearsal(tmp_path, TINY), "http://127.0.0.1:1")


def test_network_that_is_not_trained_cannot_be_evaluated(tmp_path):
    with pytest.raises(FileNotFoundError, match="Do the stage train first"):
        tool.evaluate(Rehearsal(tmp_path, TINY))


@pytest.fixture
def stages():
    """Stages that were done, and a function that does them in no time."""
    done = []

    def run(stage, rehearsal, address):
        done.append(stage)
        for output in rehearsal.outputs(stage):
            assert stage == "draw" or not output.exists()
            output.mkdir(parents=True, exist_ok=True)
        return Measured(stage, float(len(done)), math.nan, "nothing, and quickly")

    return done, run


def test_every_stage_is_done_once_and_kept(tmp_path, stages):
    done, run = stages
    table = tool.rehearse(Rehearsal(tmp_path, TINY), run=run)
    assert done == [row.stage for row in table] == list(tool.STAGES)
    again = tool.rehearse(Rehearsal(tmp_path, TINY), run=run)
    assert done == list(tool.STAGES)
    assert [str(row) for row in again] == [str(row) for row in table]


def test_named_stages_are_done_anew_in_their_order(tmp_path, stages):
    done, run = stages
    tool.rehearse(Rehearsal(tmp_path, TINY), run=run)
    done.clear()
    table = tool.rehearse(Rehearsal(tmp_path, TINY), ["evaluate", "prepare"], run)
    assert done == ["prepare", "evaluate"]
    seconds = {row.stage: row.seconds for row in table}
    assert (seconds["parse"], seconds["prepare"], seconds["evaluate"]) == (4, 1, 2)


def test_stages_before_one_that_fails_are_kept(tmp_path, stages):
    done, run = stages

    def fail(stage, *more):
        if stage == "parse":
            raise ChildProcessError("damaged")
        return run(stage, *more)

    with pytest.raises(ChildProcessError, match="damaged"):
        tool.rehearse(Rehearsal(tmp_path, TINY), run=fail)
    tool.rehearse(Rehearsal(tmp_path, TINY), run=run)
    assert done == list(tool.STAGES)


def test_folder_of_another_scale_is_refused(tmp_path, stages):
    _, run = stages
    tool.rehearse(Rehearsal(tmp_path, 0.5), run=run)
    with pytest.raises(ValueError, match=r"of scale 0\.5; expected 0\.25"):
        tool.rehearse(Rehearsal(tmp_path, 0.25), run=run)


def test_stage_that_fails_is_told_of(tmp_path, capfd):
    with pytest.raises(ChildProcessError, match="the stage parse ended with"):
        tool.measure("parse", Rehearsal(tmp_path, TINY), "")
    assert "Do the stage draw first" in capfd.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_memory_is_that_of_a_process_and_those_below_it():
    hold = "held = bytearray(50_000_000); print(flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert len(tool.family(process.pid)) == 2
        assert 50e6 < tool.memory(process.pid) < 120e6
        process.communicate(b"\n")
    assert tool.memory(process.pid) == 0
    assert process.pid not in tool.family(os.getpid())


def test_table_is_written_as_markdown():
    table = [Measured("parse", 1234.5, 678.0, "boxes")]
    lines = tool.markdown(table).splitlines()
    assert lines[0] == "| stage | seconds | peak MB | what |"
    assert lines[2:] == ["| parse | 1,234.5 | 678 | boxes |"]


@pytest.mark.parametrize(
    ("seconds", "megabytes", "told"),
    [
        (360.0, 2_000.0, "kept"),
        (360.1, 100.0, "NOT KEPT"),
        (1.0, 2_001.0, "NOT KEPT"),
        (1.0, math.nan, "kept"),
    ],
)
def test_promises_are_of_time_and_memory(seconds, megabytes, told):
    table = [
        Measured("train", 9e9, 9e9, ""),
        Measured("prepare", seconds, megabytes, ""),
    ]
    assert tool.promises(table) == [
        f"prepare: promised at most 360 s and 2,000 MB: {told}"
    ]


@pytest.mark.long
def test_rehearsal_goes_through_every_stage(tmp_path, capfd):
    place = tmp_path / "all of it"
    before = tool.RESULTS.read_bytes() if tool.RESULTS.exists() else None
    assert tool.main(["--folder", str(place), "--scale", "0.001"]) == 0
    table = tool.read(place / "rehearsal.csv")
    assert [row.stage for row in table] == list(tool.STAGES)
    assert all(row.seconds > 0 for row in table)
    assert tool.markdown(table) in capfd.readouterr().out
    after = tool.RESULTS.read_bytes() if tool.RESULTS.exists() else None
    assert after == before  # only a whole rehearsal writes there
    drawings = sorted(path.name for path in (place / "figures").rglob("*.png"))
    assert drawings == ["figure_01.png", "figure_02.png"]


@pytest.mark.long
def test_stage_that_cannot_be_done_ends_with_a_message(tmp_path, capfd):
    words = ["--folder", str(tmp_path), "--scale", "0.001", "--stages", "figures"]
    assert tool.main(words) == 2
    assert "rehearsal: the stage figures ended with" in capfd.readouterr().err

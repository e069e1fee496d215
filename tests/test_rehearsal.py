"""The rehearsal at full size, rehearsed on a handful of images."""

import json
import sys

import pandas as pd
import pytest

from helpers.data import archives
from helpers.settings import ROOT

sys.path.append(str(ROOT / "tools"))
import rehearsal as tool
from rehearsal import Rehearsal

TINY = 1e-6  # 20 images an archive, as few as a rehearsal can have


def test_drawn_archives_are_downloaded_extracted_and_parsed_as_official_ones(
    tmp_path, monkeypatch, capsys
):
    for name, archive in list(archives.ARCHIVES.items()):
        monkeypatch.setitem(archives.ARCHIVES, name, archive)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Rehearsal(tmp_path, TINY)
    made.server.mkdir()
    with tool.serving(made.server) as address:
        for stage in ("draw", "download", "extract", "parse"):
            tool.work(stage, made, address)
    *_, extracted, parsed = capsys.readouterr().out.splitlines()
    assert extracted.startswith("66 files, ")  # with a list and a manifest each
    assert "boxes of 60 images" in parsed
    listed = json.loads(made.archives.read_text())
    sizes = [(made.server / f"{name}.tar.gz").stat().st_size for name in listed]
    assert sizes == [archive["size"] for archive in listed.values()]


@pytest.fixture
def rehearse(tmp_path):
    """Rehearse with stages that take no time; what was done, and the results."""

    def rehearse(*stages, seconds=1.0, fails=""):
        done = []

        def work(stage, rehearsal, address):
            for pattern in tool.STAGES[stage].outputs:
                assert not list(rehearsal.folder.glob(pattern))
                (rehearsal.folder / pattern.replace("*", "x")).mkdir(parents=True)
            if stage == fails:
                raise ChildProcessError(stage)
            done.append(stage)
            return {"stage": stage, "seconds": seconds}

        return done, tool.rehearse(Rehearsal(tmp_path, TINY), stages, work)

    return rehearse


def test_every_stage_is_done_once_and_kept(rehearse):
    done, table = rehearse()
    assert done == list(table["stage"]) == list(tool.STAGES)
    again, kept = rehearse()
    assert again == []
    pd.testing.assert_frame_equal(kept, table, check_dtype=False)


def test_named_stages_are_done_anew_in_their_order(rehearse):
    rehearse()
    done, table = rehearse("evaluate", "prepare", seconds=2.0)
    assert done == ["prepare", "evaluate"]
    assert list(table["stage"][table["seconds"] == 2]) == done


def test_stages_before_one_that_fails_are_kept(rehearse):
    with pytest.raises(ChildProcessError, match="prepare"):
        rehearse(fails="prepare")
    assert rehearse()[0] == ["prepare", "train", "evaluate", "figures"]


def test_stage_that_fails_is_told_of(tmp_path, capfd):
    words = ["--folder", str(tmp_path), "--stages", "parse"]
    assert tool.main(words) == 2
    told = capfd.readouterr().err
    assert "archives.json" in told
    assert "rehearsal: the stage parse ended with exit status 1; expected 0" in told


@pytest.mark.parametrize(
    ("seconds", "megabytes", "told"),
    [(360.0, 2_000, "kept"), (360.1, 100, "NOT KEPT"), (1.0, 2_001, "NOT KEPT")],
)
def test_promises_are_of_time_and_memory(seconds, megabytes, told):
    row = {"stage": "prepare", "seconds": seconds, "peak_mb": megabytes}
    (line,) = tool.promises(pd.DataFrame([row, row | {"stage": "train"}]))
    assert line == f"prepare: promised at most 360 s and 2,000 MB: {told}"


@pytest.mark.long
def test_rehearsal_goes_through_every_stage(tmp_path):
    before = tool.RESULTS.read_bytes()
    assert tool.main(["--folder", str(tmp_path), "--scale", "0.001"]) == 0
    assert tool.RESULTS.read_bytes() == before  # only a whole rehearsal writes there
    table = pd.read_csv(tmp_path / "scale_0.001" / "rehearsal.csv")
    assert list(table["stage"]) == list(tool.STAGES)
    assert (table[["seconds", "peak_mb"]] > 0).all(axis=None)
    drawings = {path.name for path in tmp_path.rglob("figures/**/*.png")}
    assert drawings == {"figure_01.png", "figure_02.png"}

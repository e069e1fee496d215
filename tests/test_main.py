"""The shell: each command's work, its last line, and errors without a traceback."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import tensorflow as tf

from helpers.__main__ import main
from helpers.data.archives import ARCHIVES
from helpers.networks import build_network
from helpers.reader.reader import Reader, Reading
from helpers.recipe import Recipe
from helpers.settings import ROOT, Settings
from helpers.training import runs
from helpers.training.devices import ONE_DEVICE
from helpers.training.runs import run_name

TRAIN_TINY = (
    "train --layers 2 --crop-size 12 --widths 8 8 4 --steps 20 --validation-interval 10"
)
MEASURES = ["images", "strict", "six_position", "digit", "length", "skipped"]


@pytest.fixture(autouse=True)
def environment(settings, monkeypatch):
    """The environment's settings, but in folders of the test's own, of a few images."""
    own = {"home": settings.home, "runs_root": settings.runs_root}
    own |= {"drawn_train": 20, "drawn_test": 20, "drawn_extra": 20}
    own |= {"drawn_large": 40, "drawn_small": 40}
    monkeypatch.setattr(
        Settings,
        "from_environment",
        lambda *given, read=Settings.from_environment: replace(read(*given), **own),
    )
    for name in ("DATA", "PROFILE", "MIRROR", "FIGURES"):
        monkeypatch.delenv(f"WORKBOOK_{name}", raising=False)


@pytest.fixture
def files(tmp_path):
    """Weights by what they are of."""
    names = {"network": "network.keras", "reader": "tuned.npz", "report": "report.npz"}
    files = {kind: tmp_path / name for kind, name in names.items()}
    build_network(1, crop_size=16, seed=1).save(files["network"])
    np.savez(files["reader"], reader_000=np.zeros(1), metadata=np.array("{}"))
    np.savez(files["report"], conv1_kernel=np.zeros(1))
    return files


@pytest.fixture
def tell(few_numbers, capsys):
    """Run a command on the few numbers; its status, and lines of output and errors."""

    def run_command(words: str):
        status = main([*words.split(), "--data", str(few_numbers)])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run_command


def test_draw_draws_the_sample_s_archives(settings):
    assert main(["draw"]) == 0
    drawn = (settings.home / "sample" / "archives").glob("*.tar.gz")
    assert {path.name for path in drawn} == {each.file for each in ARCHIVES.values()}


def test_fetch_says_where_each_archive_is_from_where_the_shell_is(
    few_numbers, monkeypatch, capsys
):
    monkeypatch.chdir(few_numbers.parent)
    assert main(["fetch", "--data", few_numbers.name]) == 0
    lines = capsys.readouterr().out.splitlines()
    folders = {name: str(few_numbers / name) for name in ("train", "test")}
    assert dict(line.split() for line in lines) == folders


def test_prepare_says_what_each_split_holds(tell):
    status, (path, *lines), _ = tell("prepare")
    assert status == 0
    assert path.endswith(".h5")
    *splits, left_out = (" ".join(line.split()) for line in lines)
    assert splits == ["train 50 images", "validation 10 images", "test 11 images"]
    assert left_out.startswith("left out 1 of test: ")


def test_train_ends_with_its_scores_strict_first(tell, tmp_path):
    status, lines, _ = tell(f"{TRAIN_TINY} --folder {tmp_path / 'mine'}")
    assert status == 0
    assert lines[0].startswith(f"{tmp_path / 'mine'}: ")
    assert (tmp_path / "mine" / "network.keras").is_file()
    assert lines[-5].endswith("few: 11 images")
    assert lines[-4].split()[0] == "strict"


@pytest.mark.parametrize(
    ("words", "recipe", "strategy"),
    [
        ("--layers 4", Recipe.quick(4), type(ONE_DEVICE)),
        ("--layers 4 --report", Recipe(4), type(ONE_DEVICE)),
        ("--strategy mirrored", Recipe.quick(), tf.distribute.MirroredStrategy),
    ],
)
def test_train_makes_the_run_that_notebooks_look_for(
    tell, few_settings, monkeypatch, words, recipe, strategy
):
    train = Mock(side_effect=ValueError)
    monkeypatch.setattr(runs, "train", train)
    tell(f"train {words}")
    given, data, folder = train.call_args.args
    assert given == recipe
    assert folder == few_settings.runs / run_name(recipe, data)
    assert type(train.call_args.kwargs["strategy"]) is strategy


def test_workers_but_the_first_leave_the_test_to_it(tell, monkeypatch):
    monkeypatch.setattr(runs, "train", lambda *_, strategy: None)
    monkeypatch.setattr("helpers.training.devices.is_chief", lambda strategy: False)
    assert tell("train")[:2] == (0, [])


@pytest.fixture
def asked(monkeypatch):
    """What readers are asked for; each reads 01 in everything."""
    asked = SimpleNamespace(weights=[], boxes=[])

    class Told:
        def read(self, images, boxes=None):
            asked.boxes.append(boxes)
            return [Reading("01", 0.9, None, True, ()) for _ in images]

    def reader(path=Path("own")):
        asked.weights.append(path)
        return Told()

    monkeypatch.setattr(Reader, "pretrained", reader)
    monkeypatch.setattr(Reader, "load", reader)
    return asked


@pytest.mark.parametrize(
    ("words", "images", "reader", "boxes"),
    [
        ("evaluate", 11, ["own"], [(11, 4)]),
        ("evaluate --find --split train", 60, ["own"], [(60,)]),
        ("evaluate --weights {reader}", 11, ["tuned"], [(11, 4)]),
        ("evaluate --weights {network}", 11, [], []),
    ],
)
def test_evaluate_ends_with_one_json_object(
    tell, asked, files, words, images, reader, boxes
):
    status, lines, errors = tell(words.format(**files))
    score = json.loads(lines[-1])
    assert (status, list(score), score["images"]) == (0, MEASURES, images)
    assert all(0 <= score[name] <= 1 for name in MEASURES[1:-1])
    left_out = [line for line in errors if line.startswith("test/3.png left out: ")]
    assert score["skipped"] == len(left_out) == (images == 11)
    assert [np.shape(given) for given in asked.boxes] == boxes
    assert [path.stem for path in asked.weights] == reader


def test_reader_is_made_and_its_measures_are_the_last_line(monkeypatch, capsys):
    made = {"measured": {"validation": {"strict": 0.5}}}
    monkeypatch.setattr("workshop.making.make.make_reader", lambda settings: made)
    assert main(["reader"]) == 0
    assert json.loads(capsys.readouterr().out) == made["measured"]


@pytest.mark.parametrize("output", [None, "mine.npz"])
def test_tune_says_what_it_brought_and_where_it_is(
    tell, few_settings, monkeypatch, output
):
    scores = {"images": 1_200, "before": 0.5, "after": 0.875, "calibrated_on": "few"}
    tune = Mock(return_value=scores)
    monkeypatch.setattr("workshop.making.tuning.fine_tune", tune)
    _, (said, last), _ = tell(f"tune --output {output}" if output else "tune")
    path = output or str(few_settings.runs / "reader_tuned.npz")
    settings, given = tune.call_args.args
    assert (settings.data, str(given)) == (few_settings.data, path)
    assert said.startswith(f"{path}: of 1,200 images kept apart, 50.0% were read")
    assert json.loads(last) == scores


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"{TRAIN_TINY} --initial-learning-rate 1e30", "not finite. The likely cause"),
        ("train --strategy multiworker", "TF_CONFIG is ''; expected every worker's"),
        ("train --steps 0", "steps is 0; expected 1 or more"),
        ("evaluate --weights none.keras", "none.keras: no such file; expected"),
        ("evaluate --weights none.npz", "none.npz: no such file; expected"),
        ("evaluate --find --weights {network}", "network.keras: holds no finder"),
        ("evaluate --split extra --weights {network}", "neither extra.tar.gz nor"),
        ("evaluate --weights {report}", "report.npz: conv1_kernel is float64 (1,)"),
    ],
)
def test_error_is_a_message_and_status_2(tell, files, words, told):
    status, lines, errors = tell(words.format(**files))
    assert (status, lines) == (2, [])
    assert told in errors[-1]


def test_process_ends_with_the_status_and_no_traceback():
    words = [sys.executable, "-m", "helpers", "prepare", "--data", "nowhere"]
    result = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "nowhere', which is no folder; expected" in line


def test_interrupt_stops_without_a_traceback(tell, monkeypatch):
    interrupt = Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr("helpers.datasets.available_archives", interrupt)
    assert tell("fetch") == (130, [], ["python -m helpers: stopped"])

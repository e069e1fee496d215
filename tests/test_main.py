"""The shell: each command's work, its last line, and errors without a traceback."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from helpers.__main__ import main
from helpers.networks import build_network
from helpers.reader.reader import Reader, Reading
from helpers.recipe import Recipe
from helpers.settings import ROOT, Settings
from helpers.training import loop
from helpers.training.options import recipe_of
from helpers.training.runs import number_data, run
from helpers.training.strategies import ONE_DEVICE

TINY = "--layers 2 --crop-size 12 --widths 8 8 4 --steps 20 --validation-interval 10"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """What the environment gives, its folders in a place of the test's own."""
    settings = Settings(home=tmp_path / "home", runs_root=tmp_path / "runs")
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    return settings


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "network.keras"
    build_network(1, crop_size=16, seed=1).save(path)
    return path


@pytest.fixture
def tell(settings, few_numbers, capsys):
    """Run a command on the few numbers; its status, and lines of output and errors."""

    def run_command(words: str):
        status = main([*words.split(), "--data", str(few_numbers)])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run_command


def recipe() -> Recipe:
    """The recipe of the options in TINY."""
    tiny = {"crop_size": 12, "widths": (8, 8, 4), "steps": 20}
    return Recipe(layers=2, validation_interval=10, **tiny)


def test_draw_draws_where_the_sample_is_looked_for(settings, monkeypatch):
    places = []
    monkeypatch.setattr("helpers.sample.draw_archives", lambda *a: places.append(a))
    assert main(["draw"]) == 0
    assert places == [(settings.home / "sample" / "archives", settings)]


def test_fetch_says_where_each_archive_is(tell, few_numbers):
    status, lines, _ = tell("fetch")
    assert status == 0
    assert [line.split() for line in lines] == [
        ["train", str(few_numbers / "train")],
        ["test", str(few_numbers / "test")],
    ]


def test_prepare_says_what_each_split_holds(tell):
    status, (path, *lines), _ = tell("prepare")
    assert status == 0
    assert path.endswith("svhn_32px.h5")
    assert [" ".join(line.split()) for line in lines] == [
        "train 50 images",
        "validation 10 images",
        "test 11 images",
        "left out 1 of test: not an image (0 bytes)",
    ]


def test_train_ends_with_its_scores_strict_first(tell):
    status, lines, _ = tell(f"train {TINY}")
    assert status == 0
    assert lines[-5].endswith("few: 11 images")
    assert [line.split()[0] for line in lines[-4:]] == [
        "strict",
        "six-position",
        "digit",
        "length",
    ]


def test_train_makes_the_run_that_notebooks_look_for(
    tell, settings, few_numbers, monkeypatch
):
    tell(f"train {TINY}")
    monkeypatch.setattr(loop, "_take_steps", None)  # no step is left to take
    settings = Settings(
        data=str(few_numbers),
        crop_size=12,
        home=settings.home,
        runs_root=settings.runs_root,
    )
    assert run(recipe(), number_data(settings), settings).finished


def test_train_goes_on_in_the_folder_it_is_given(tell, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    tell(f"train {TINY} --folder {folder}")
    monkeypatch.setattr(loop, "_take_steps", None)
    status, lines, _ = tell(f"train {TINY} --folder {folder}")
    assert status == 0
    assert lines[0].startswith(f"{folder}: ")


def test_train_takes_few_steps_unless_it_is_to_be_as_the_report(tell, monkeypatch):
    recipes = []

    def stop(options, profile):
        recipes.append(recipe_of(options, profile))
        raise ValueError

    monkeypatch.setattr("helpers.__main__.recipe_of", stop)
    tell("train --layers 4")
    tell("train --layers 4 --report")
    assert recipes == [Recipe.quick(4), Recipe.report(4)]


def test_diverged_training_is_told_in_a_line(tell):
    status, _, errors = tell(f"train {TINY} --initial-learning-rate 1e30")
    assert status == 2
    assert "not finite. The likely cause is the learning rate" in errors[-1]


def test_evaluate_ends_with_one_json_object(tell, network):
    status, lines, _ = tell(f"evaluate --weights {network}")
    assert status == 0
    score = json.loads(lines[-1])
    measures = ["strict", "six_position", "digit", "length"]
    assert list(score) == ["images", *measures, "skipped"]
    assert (score["images"], score["skipped"]) == (11, 1)
    assert all(0 <= score[name] <= 1 for name in measures)


@pytest.fixture
def asked(monkeypatch):
    """What readers are asked for; each reads 01 in everything."""
    asked = SimpleNamespace(weights=[], boxes=[])

    class Told:
        def read(self, images, boxes=None):
            asked.boxes.append(boxes)
            return [Reading("01", 0.9, None, True, ()) for _ in images]

    def reader(path="its own"):
        asked.weights.append(path)
        return Told()

    monkeypatch.setattr(Reader, "pretrained", reader)
    monkeypatch.setattr(Reader, "load", reader)
    return asked


def test_evaluate_without_weights_measures_the_project_s_own_reader(tell, asked):
    status, lines, errors = tell("evaluate")
    assert status == 0
    score = json.loads(lines[-1])
    measures = ["strict", "six_position", "digit", "length"]
    assert list(score) == ["images", *measures, "skipped"]
    assert (score["images"], score["skipped"], score["length"]) == (11, 1, 1)
    assert any(line.startswith("test/3.png left out: ") for line in errors)
    assert asked.weights == ["its own"]
    assert [np.shape(boxes) for boxes in asked.boxes] == [(11, 4)]


def test_evaluate_gives_no_box_where_the_number_is_to_be_found(tell, asked):
    status, lines, _ = tell("evaluate --find --split train")
    assert status == 0
    assert json.loads(lines[-1])["images"] == 60
    assert asked.boxes == [[None] * 60]


@pytest.mark.parametrize("options", ["", "--find "])
def test_evaluate_takes_a_tuned_reader_s_weights(tell, asked, tmp_path, options):
    path = tmp_path / "tuned.npz"
    np.savez(
        path, reader_000=np.zeros(1), finder_000=np.zeros(1), metadata=np.array("{}")
    )
    status, lines, _ = tell(f"evaluate {options}--weights {path}")
    assert status == 0
    assert json.loads(lines[-1])["images"] == 11
    assert asked.weights == [path]


def test_evaluate_takes_no_other_network_for_a_reader(
    tell, asked, network, tmp_path, monkeypatch
):
    path = tmp_path / "seven_layer_200k.npz"
    np.savez(path, conv1_kernel=np.zeros(1))
    taken = []

    def load(weights):
        taken.append(weights)
        return build_network(1, crop_size=16, seed=1)

    monkeypatch.setattr("helpers.evaluation.load_network", load)
    assert tell(f"evaluate --weights {path}")[0] == 0
    assert tell(f"evaluate --weights {network}")[0] == 0
    assert (taken, asked.weights) == ([path, network], [])


def test_reader_that_is_not_there_is_told_in_a_line(tell, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.reader.reader.SHIPPED", tmp_path / "reader.npz")
    status, lines, errors = tell("evaluate")
    assert (status, lines) == (2, [])
    assert "reader.npz: no such file; expected the reader's weights" in errors[-1]


def test_reader_is_made_and_its_measures_are_the_last_line(
    settings, monkeypatch, capsys
):
    given, measured = [], {"drawn validation": {"images": 12, "strict": 0.5}}

    def make(*arguments):
        given.append(arguments)
        return SimpleNamespace(metadata={"measured": measured})

    monkeypatch.setattr("workshop.making.make.make_reader", make)
    assert main(["reader"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == measured
    assert given == [(settings,)]


@pytest.fixture
def tuned(monkeypatch):
    """What tuning was asked for; it says that it helped."""
    asked, scores = [], {"images": 1_200, "before": 0.5, "after": 0.875}

    def tune(*arguments):
        asked.append(arguments)
        return None, scores

    monkeypatch.setattr("workshop.making.make.fine_tune", tune)
    return asked


def test_tune_says_what_it_brought(tell, tuned, settings, few_numbers):
    status, lines, _ = tell("tune")
    path = settings.runs_root / "few" / "reader_tuned.npz"
    assert status == 0
    assert lines[0] == (
        f"{path}: of 1,200 images kept apart, 50.0% were read rightly before and 87.5% "
        "are now"
    )
    assert json.loads(lines[-1]) == {"images": 1200, "before": 0.5, "after": 0.875}
    assert tuned == [(replace(settings, data=str(few_numbers)), path)]


def test_tune_writes_where_it_is_told(tell, tuned, tmp_path):
    path = tmp_path / "mine.npz"
    status, lines, _ = tell(f"tune --output {path}")
    assert status == 0
    assert lines[0].startswith(f"{path}: ")
    assert tuned[0][1] == path


def test_tuning_that_cannot_be_is_told_in_a_line(tell, monkeypatch):
    def tune(*arguments):
        raise FileNotFoundError("reader.npz: no such file")

    monkeypatch.setattr("workshop.making.make.fine_tune", tune)
    status, lines, errors = tell("tune")
    assert (status, lines) == (2, [])
    assert errors == ["python -m helpers: reader.npz: no such file"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("", ["train the shipped reader from nothing", "teach the reader one's own"]),
        ("evaluate", ["by default the project's own reader", "--find look for the"]),
        ("reader", ["from nothing", "goes on from a stop"]),
        ("tune", ["kept apart and measured before and after", "--output FILE"]),
        ("read", ["--box L,T,R,B", "--weights FILE"]),
    ],
)
def test_help_says_what_there_is(capsys, command, told):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert not [words for words in told if words not in text]


def test_evaluate_lists_what_it_leaves_out(tell, network):
    _, _, errors = tell(f"evaluate --weights {network}")
    assert "test/3.png left out: not an image (0 bytes)" in errors


def test_evaluate_needs_no_archive_but_the_one_it_is_asked_for(
    tell, network, few_numbers
):
    shutil.rmtree(few_numbers / "test")
    status, lines, _ = tell(f"evaluate --split train --weights {network}")
    assert status == 0
    assert json.loads(lines[-1])["images"] == 60


def test_train_shares_its_steps_out_as_it_is_told(tell, monkeypatch):
    strategies = []

    def train(*arguments, strategy):
        strategies.append(strategy)
        raise ValueError

    monkeypatch.setattr(loop, "train", train)
    tell(f"train {TINY}")
    tell(f"train {TINY} --strategy mirrored")
    assert strategies[0] is ONE_DEVICE
    assert isinstance(strategies[1], tf.distribute.MirroredStrategy)


def test_workers_but_the_first_leave_the_test_to_it(tell, monkeypatch):
    monkeypatch.setattr("helpers.training.strategies.is_chief", lambda strategy: False)
    status, lines, _ = tell(f"train {TINY}")
    assert (status, lines) == (0, [])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("train --strategy multiworker", "TF_CONFIG is ''; expected every worker's"),
        ("evaluate --weights none.keras", "none.keras: no such file; expected"),
        ("evaluate --weights none.npz", "none.npz: no such file; expected"),
        ("evaluate --find --weights {network}", "network.keras: holds no finder"),
        ("evaluate --split extra --weights {network}", "neither extra.tar.gz nor"),
        ("train --steps 0", "steps is 0; expected 1 or more"),
    ],
)
def test_error_is_a_message_and_status_2(tell, network, words, told):
    status, lines, errors = tell(words.format(network=network))
    assert (status, lines) == (2, [])
    assert told in errors[-1]


def test_process_ends_with_the_status_and_no_traceback():
    result = subprocess.run(
        [sys.executable, "-m", "helpers", "prepare", "--data", "nowhere"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "nowhere', which is no folder; expected" in line


def test_relative_folder_begins_where_the_shell_is(
    settings, few_numbers, monkeypatch, capsys
):
    monkeypatch.chdir(few_numbers.parent)
    assert main(["fetch", "--data", few_numbers.name]) == 0
    assert str(few_numbers / "train") in capsys.readouterr().out


def test_interrupt_stops_without_a_traceback(tell, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.datasets.available_archives", interrupt)
    status, _, errors = tell("fetch")
    assert (status, errors) == (130, ["python -m helpers: stopped"])

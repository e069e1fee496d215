"""The command line that keeps how sure a reader is of each image of an archive."""

import importlib.util

import pandas as pd
import pytest

from helpers.accuracy import BLANK
from helpers.figures.errors import KINDS, RIGHT
from helpers.reader.evaluation import archive_numbers
from helpers.reader.reader import Reading
from helpers.settings import ROOT, Settings


class Told:
    """Reads every number as the label says, but for the first image; finds nothing."""

    def __init__(self, numbers):
        self.metadata = {"sure_from": 0.8}
        labels = zip(numbers.paths, numbers.labels, strict=True)
        self.answers = {
            path: "".join(str(d) for d in label[1:] if d != BLANK)
            for path, label in labels
        }
        self.answers[numbers.paths[0]] = "777"

    def read(self, images, boxes):
        return [
            Reading(self.answers[path], 0.9, None, True, ())
            if box is not None
            else Reading("", 0.0, None, False, ())
            for path, box in zip(images, boxes, strict=True)
        ]


@pytest.fixture
def keep(few_numbers, tmp_path, monkeypatch):
    """Runs the tool on a few made-up images and gives what it kept."""
    settings = Settings(
        data=str(few_numbers), home=tmp_path / "home", kept_root=tmp_path / "kept"
    )
    spec = importlib.util.spec_from_file_location(
        "reader_coverage", ROOT / "tools" / "reader_coverage.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    told = Told(archive_numbers("test", settings)[0])
    monkeypatch.setattr(tool.Reader, "pretrained", classmethod(lambda cls: told))
    monkeypatch.setattr(tool.Reader, "load", classmethod(lambda cls, path: told))
    monkeypatch.setattr(
        tool.Settings, "from_environment", classmethod(lambda cls: settings)
    )

    def run(*words):
        monkeypatch.setattr("sys.argv", ["reader_coverage.py", *words])
        tool.main()
        return pd.read_csv(tmp_path / "kept" / "coverage_svhn.csv")

    return run


def test_every_answer_is_kept_with_its_box_and_without(keep):
    table = keep()
    assert table["box"].tolist() == ["given"] * 11 + ["none"] * 11
    assert (table["sure_from"] == 0.8).all()
    given, found = (table[table["box"] == box] for box in ("given", "none"))
    assert given["right"].tolist() == [0] + [1] * 10
    assert given["kind"].tolist() == [KINDS[0]] + [RIGHT] * 10
    assert (given["confidence"] == 0.9).all()
    assert (found["right"] == 0).all()
    assert (found["confidence"] == 0).all()


def test_tuned_reader_is_kept_beside_the_shipped_one(keep):
    table = keep("--tuned", "mine.npz")
    assert table["trained_on"].nunique() == 2
    assert len(table) == 4 * 11

"""`python -m helpers read`: what it says of photos, with a reader that is made up."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from helpers.__main__ import READ_AT_ONCE, main


@dataclass(frozen=True)
class Reading:
    """What a reader says of an image."""

    number: str
    confidence: float
    box: tuple | None = (1, 2, 30, 40)
    sure: bool = True
    alternatives: tuple = ()
    others: tuple = ()
    source: str = "a name"
    error: str = ""


CLEAR = Reading("123", 0.987, alternatives=((("1", 0.99), ("7", 0.01)),))
DIM = Reading("4", 0.5, sure=False, others=(CLEAR, Reading("56", 0.25, sure=False)))
EMPTY = Reading("", 0.0, box=None, sure=False)
BROKEN = Reading("", 0.0, box=None, sure=False, error="holds 0 bytes")


@pytest.fixture
def calls(monkeypatch):
    """What the reader was asked for; it says "123" of every image it is given."""
    calls = []

    class Reader:
        def __init__(self, weights):
            calls.append(weights)

        @classmethod
        def pretrained(cls):
            return cls("its own")

        @classmethod
        def load(cls, path):
            return cls(path)

        def read(self, images, boxes=None):
            calls.append((images, boxes))
            return [ANSWERS.get(str(image), CLEAR) for image in images]

    monkeypatch.setattr("helpers.reader.Reader", Reader)
    return calls


ANSWERS = {
    "dim.jpg": DIM,
    "wall.jpg": EMPTY,
    "broken.jpg": BROKEN,
    "named.jpg": replace(BROKEN, error="named.jpg: holds 0 bytes"),
}


@pytest.fixture
def tell(calls, capsys):
    """Run `read`; its status, and lines of output and errors."""

    def run_command(*words):
        status = main(["read", *words])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run_command


def test_line_holds_file_number_and_confidence(tell):
    assert tell("door.jpg") == (0, ["door.jpg  123  0.99"], [])


def test_line_says_not_sure_and_the_other_numbers(tell):
    _, lines, _ = tell("dim.jpg")
    assert lines == ["dim.jpg  4  0.50  not sure  also 123 0.99, 56 0.25"]


def test_no_number_is_a_dash_so_that_the_columns_stay(tell):
    status, lines, _ = tell("wall.jpg")
    assert (status, lines) == (0, ["wall.jpg  -  0.00  not sure"])


def test_json_is_one_object_a_line(tell):
    status, lines, _ = tell("--json", "dim.jpg", "wall.jpg")
    dim, wall = map(json.loads, lines)
    assert status == 0
    assert list(dim) == [
        "file",
        "number",
        "confidence",
        "sure",
        "box",
        "alternatives",
        "others",
    ]
    assert (dim["file"], dim["number"], dim["sure"]) == ("dim.jpg", "4", False)
    assert [other["number"] for other in dim["others"]] == ["123", "56"]
    assert dim["others"][0]["alternatives"] == [[["1", 0.99], ["7", 0.01]]]
    assert (wall["number"], wall["box"], wall["others"]) == ("", None, [])


def test_file_that_cannot_be_read_is_told_and_the_rest_is_read(tell):
    status, lines, errors = tell("broken.jpg", "door.jpg", "named.jpg")
    assert status == 2
    assert lines == ["door.jpg  123  0.99"]
    assert errors == [
        "python -m helpers: broken.jpg: holds 0 bytes",
        "python -m helpers: named.jpg: holds 0 bytes",
    ]


def test_box_is_that_of_every_file(tell, calls):
    tell("a.jpg", "b.jpg", "--box", "10,20,30.5,40")
    assert calls[-1] == ([Path("a.jpg"), Path("b.jpg")], [(10, 20, 30.5, 40)] * 2)


def test_without_a_box_the_number_is_looked_for(tell, calls):
    tell("a.jpg")
    assert calls == ["its own", ([Path("a.jpg")], None)]


def test_weights_of_one_s_own_are_loaded(tell, calls):
    tell("a.jpg", "--weights", "mine.keras")
    assert calls[0] == Path("mine.keras")


def test_many_files_are_read_in_turn(tell, calls):
    files = [f"{n}.jpg" for n in range(READ_AT_ONCE + 1)]
    _, lines, _ = tell(*files)
    assert [len(images) for images, _ in calls[1:]] == [READ_AT_ONCE, 1]
    assert [line.split()[0] for line in lines] == files


@pytest.mark.parametrize("box", ["1,2,3", "1,2,x,4", "5,2,1,4", "1,5,3,4", "1,2,nan,4"])
def test_box_that_is_none_is_refused(tell, capsys, box):
    with pytest.raises(SystemExit) as ended:
        tell("a.jpg", f"--box={box}")
    assert ended.value.code == 2
    assert f"{box!r}; expected left,top,right,bottom" in capsys.readouterr().err


def test_weights_that_are_not_there_are_told_in_a_line(tell, monkeypatch):
    def missing(path):
        raise ValueError(f"{path}: no such file; expected a reader's weights.")

    monkeypatch.setattr("helpers.reader.Reader.load", missing)
    status, lines, errors = tell("a.jpg", "--weights", "none.keras")
    assert (status, lines, len(errors)) == (2, [], 1)

"""`python -m helpers read`: what it says of photos, with a reader that is made up."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.__main__ import READ_AT_ONCE, main
from helpers.reader import Reading

CLEAR = Reading("123", 0.987, (1, 2, 30, 40), True, ((("1", 0.99), ("7", 0.01)),))
DIM = Reading("4", 0.5, (1, 2, 3, 4), others=(CLEAR, Reading("56", 0.25, (5, 6, 7, 8))))
BROKEN = Reading(error="holds 0 bytes")
NAMED = Reading(error="named.jpg: holds 0 bytes")
NAMES = ("dim.jpg", "wall.jpg", "broken.jpg", "named.jpg")
ANSWERS = dict(zip(NAMES, (DIM, Reading(), BROKEN, NAMED), strict=True))


@pytest.fixture
def calls(monkeypatch):
    """What the reader was asked for; it says "123" of most images it is given."""
    calls = []

    def read(images, boxes=None):
        calls.append((images, boxes))
        return [ANSWERS.get(str(image), CLEAR) for image in images]

    def load(weights="its own"):
        calls.append(weights)
        return SimpleNamespace(read=read)

    made = SimpleNamespace(pretrained=load, load=load)
    monkeypatch.setattr("helpers.reader.Reader", made)
    return calls


@pytest.fixture
def tell(calls, capsys):
    """Run `read`; its status, and lines of output and errors."""

    def run_command(*words):
        status = main(["read", *words])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run_command


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("door.jpg", "door.jpg  123  0.99"),
        ("dim.jpg", "dim.jpg  4  0.50  not sure  also 123 0.99, 56 0.25"),
        ("wall.jpg", "wall.jpg  -  0.00  not sure"),
    ],
)
def test_line_holds_file_number_and_confidence(tell, file, line):
    assert tell(file) == (0, [line], [])


def test_json_is_one_object_a_line(tell):
    status, lines, _ = tell("--json", "dim.jpg", "wall.jpg")
    dim, wall = map(json.loads, lines)
    assert status == 0
    parts = "file number confidence sure box alternatives others"
    assert set(parts.split()) <= set(dim)
    assert (dim["file"], dim["number"], dim["sure"]) == ("dim.jpg", "4", False)
    assert [other["number"] for other in dim["others"]] == ["123", "56"]
    assert dim["others"][0]["alternatives"] == [[["1", 0.99], ["7", 0.01]]]
    assert (wall["number"], wall["box"], wall["others"]) == ("", None, [])


def test_file_that_cannot_be_read_is_told_and_the_rest_is_read(tell):
    told = tell("broken.jpg", "door.jpg", "named.jpg")
    start, end = "python -m helpers: ", ".jpg: holds 0 bytes"
    errors = [f"{start}broken{end}", f"{start}named{end}"]
    assert told == (2, ["door.jpg  123  0.99"], errors)


def test_reader_is_given_files_boxes_and_weights_as_asked(tell, calls):
    tell("a.jpg")
    assert calls == ["its own", ([Path("a.jpg")], None)]
    tell("a.jpg", "b.jpg", "--box", "10,20,30.5,40", "--weights", "mine.npz")
    files = [Path("a.jpg"), Path("b.jpg")]
    assert calls[2:] == [Path("mine.npz"), (files, [(10, 20, 30.5, 40)] * 2)]


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

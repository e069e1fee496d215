"""The form of every notebook: what its reader finds in the same place each time."""

import re

import nbformat
import pytest

from helpers.settings import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_CELL_LINES = 30
MACHINE_PATH = re.compile(r"(?<![\w.])/(home|root|work|tmp|Users|usr)/")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def prose(notebook):
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def printed(cell):
    for output in cell.outputs:
        texts = {"text": output.get("text", "")} | output.get("data", {})
        yield from (str(text) for kind, text in texts.items() if "image" not in kind)


def test_names_are_a_numbered_sequence():
    numbers = [int(path.name[:2]) for path in NOTEBOOKS]
    assert numbers == list(range(1, len(NOTEBOOKS) + 1)) != []


def test_opens_with_title_aims_and_time(notebook):
    first = notebook.cells[0].source
    assert re.match(r"# \S", first)
    assert "you will" in first.lower()
    assert re.search(r"quick.*(second|minute)", first, re.IGNORECASE | re.DOTALL)


def test_has_one_cell_of_plain_parameters(notebook):
    (parameters,) = [cell for cell in notebook.cells if "parameters" in tags(cell)]
    for line in parameters.source.splitlines():
        assert re.match(r"(#|$|\w+ = [^a-z(]*[\"'\d(\[TFN\-])", line), line


def test_ends_in_summary_exercises_and_links(notebook):
    text = prose(notebook)
    assert text.index("## Summary") < text.index("## Exercises")
    bullets = re.findall(r"^[-*] ", text.split("## Summary")[1].split("##")[0], re.M)
    assert 3 <= len(bullets) <= 5
    assert notebook.cells[-1].id == "links"


def test_links_lead_to_its_neighbours(path, notebook):
    place = NOTEBOOKS.index(path)
    beside = {other.name for other in NOTEBOOKS[max(place - 1, 0) : place + 2]}
    links = re.findall(r"\]\(([^)]+\.ipynb)\)", notebook.cells[-1].source)
    assert set(links) == beside - {path.name}


def test_cells_are_short(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= MAX_CELL_LINES, cell.source


def test_pictures_are_there_and_described(notebook):
    for text, name in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", prose(notebook)):
        assert text, f"{name} has no description"
        assert (FOLDER / name).is_file(), name


def test_checks_are_out_of_the_way(notebook):
    for cell in code_cells(notebook):
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        checks = bool(re.search(r"^check\(", cell.source, re.MULTILINE))
        assert hidden == checks == ("hide-cell" in tags(cell)), cell.source
        assert "True" not in "".join(printed(cell)).split(), cell.source


def test_every_exercise_has_a_solution(path, notebook):
    exercises = prose(notebook).split("## Exercises")[1]
    solved = prose(nbformat.read(FOLDER / "solutions" / path.name, as_version=4))
    numbers = re.findall(r"^(\d)\. ", exercises, re.MULTILINE)
    assert len(numbers) >= 4
    assert re.findall(r"^## (?:Exercise )?(\d)", solved, re.MULTILINE) == numbers
    assert exercises.count("(harder)") == 2
    assert f"(solutions/{path.name})" in exercises


def test_report_is_rebuilt_by_helpers_alone(path, notebook):
    code = "\n".join(cell.source for cell in code_cells(notebook))
    taken = re.findall(r"^ *(?:from|import) (\w+)", code, re.MULTILINE)
    assert "helpers" in taken
    assert int(path.name[:2]) > 7 or "workshop" not in taken


def test_was_run_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_holds_no_error_and_no_machine_path(notebook):
    for cell in code_cells(notebook):
        assert not [o for o in cell.outputs if o.output_type == "error"], cell.source
        for text in printed(cell):
            assert not MACHINE_PATH.search(text), text


def test_pins_facts_that_hold_on_any_data(notebook):
    cells = [c for c in code_cells(notebook) if "nbval-check-output" in tags(c)]
    assert cells
    for cell in cells:
        assert any(printed(cell)), f"a checked cell prints nothing: {cell.source}"

"""README.md and CONTRIBUTING.md: their tables, commands and links are up to date."""

import re
import sys

import pytest

from helpers.settings import ROOT

sys.path.append(str(ROOT / "tools"))
import results

README = ROOT / "README.md"
PAGES = (README, ROOT / "CONTRIBUTING.md", results.RESULTS / "README.md")


@pytest.fixture(params=PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def page(request):
    return request.param


def test_tables_are_those_of_the_results(page):
    text = page.read_text(encoding="utf-8")
    assert results.filled(text) == text, "run python tools/results.py"


def test_every_result_has_its_table():
    tables = {
        name for path in PAGES for _, name, _ in results.TABLE.findall(path.read_text())
    }
    assert tables >= {path.stem for path in results.RESULTS.glob("*.csv")}


def test_links_and_pictures_are_there(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_make_knows_every_target_named(page):
    makefile = (ROOT / "Makefile").read_text()
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"^(?:\w+=\S+ )?make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target


def test_folders_and_modules_named_are_there():
    rows = re.findall(r"^\| `([\w/]+/)` \| (.*) \|$", README.read_text(), re.MULTILINE)
    assert len(rows) > 10
    for folder, text in rows:
        assert (ROOT / folder).is_dir(), folder
        if folder.startswith("helpers"):
            for module in re.findall(r"`(\w+)`", text):
                assert (ROOT / folder / f"{module}.py").is_file(), f"{folder}{module}"


def test_readme_is_short():
    assert len(README.read_text().splitlines()) < 200

"""Keep the notebooks: `links` writes previous and next, `store` keeps a quick run.

python tools/notebooks.py links
python tools/notebooks.py store [NOTEBOOK ...]
"""

import argparse
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

from helpers.files import atomic_write
from helpers.settings import ROOT

FOLDER = ROOT / "notebooks"
LINKS = "links"
"""The id of the cell that holds the links; it is a notebook's last."""


def title(notebook) -> str:
    """The heading of a notebook's first cell."""
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ").strip()


def link_line(name: str, titles: dict[str, str]) -> str:
    """Previous and next of notebook ``name`` in the course, in Markdown."""
    names = list(titles)
    place = names.index(name)
    parts = []
    if place > 0:
        parts.append(f"Previous: [{titles[names[place - 1]]}]({names[place - 1]})")
    if place + 1 < len(names):
        parts.append(f"Next: [{titles[names[place + 1]]}]({names[place + 1]})")
    return "---\n" + " | ".join(parts)


def with_links(notebook, line: str):
    """The notebook with ``line`` as its last cell, in place of an older one."""
    cells = [cell for cell in notebook.cells if cell.id != LINKS]
    notebook.cells = [*cells, nbformat.v4.new_markdown_cell(line, id=LINKS)]
    return notebook


def without_run_details(notebook):
    """The notebook less what differs from run to run and says nothing to a reader."""
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        kept = cell.metadata.keys() & {"tags", "jupyter"}
        cell.metadata = {name: cell.metadata[name] for name in kept}
    return notebook


def read(path: Path):
    """The notebook at ``path``, in the current format."""
    return nbformat.read(path, as_version=4)


def write(notebook, path: Path) -> None:
    """Write ``notebook`` to ``path``, whole or not at all."""
    with atomic_write(path) as temporary:
        nbformat.write(notebook, temporary)


def store(paths: list[Path]) -> None:
    """Run each notebook on the drawn sample, and keep its outputs and figures."""
    os.environ.pop("WORKBOOK_DATA", None)
    os.environ.pop("WORKBOOK_PROFILE", None)
    os.environ["WORKBOOK_FIGURES"] = str(ROOT / "figures")
    for path in tqdm(paths, desc="notebooks"):
        notebook = read(path)
        run = NotebookClient(
            notebook, timeout=None, kernel_name="python3", coalesce_streams=True
        )
        run.execute(cwd=str(path.parent))
        write(without_run_details(notebook), path)


def link(paths: list[Path]) -> None:
    """Write the links of every notebook of the course."""
    titles = {path.name: title(read(path)) for path in paths}
    for path in paths:
        write(with_links(read(path), link_line(path.name, titles)), path)


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=["links", "store"])
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    course = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    solutions = sorted(FOLDER.glob("solutions/[0-9][0-9]_*.ipynb"))
    link(course)
    if arguments.work == "store":
        store(arguments.notebooks or [*course, *solutions])


if __name__ == "__main__":
    main()

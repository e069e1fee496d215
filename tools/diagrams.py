"""Draw the diagrams of the course into notebooks/pictures.

python tools/diagrams.py             # all of them, and the page that shows them
python tools/diagrams.py pooling     # one
python tools/diagrams.py --check     # say which kept ones the code draws differently
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
from pictures import PICTURES
from tqdm import tqdm

from helpers.files import atomic_write
from helpers.settings import ROOT

FOLDER = ROOT / "notebooks" / "pictures"
PAGE = "README.md"
TOLERANCE = 0.5
"""Points that a line may move before a kept picture is out of date."""

RASTER = re.compile(r'data:image/png;base64,[^"]*')
HASH = re.compile(r"\b(image|[a-z])[0-9a-f]{10}\b")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def alike(drawn: str, kept: str) -> bool:
    """Tell whether two SVG texts show the same, but for the pixels of photographs.

    Pixels and the last digits of a place may differ between machines.
    """
    drawn, kept = (HASH.sub(r"\1", RASTER.sub("", svg)) for svg in (drawn, kept))
    if NUMBER.sub("#", drawn) != NUMBER.sub("#", kept):
        return False
    places = [np.array(NUMBER.findall(svg), float) for svg in (drawn, kept)]
    return bool(np.allclose(*places, rtol=0, atol=TOLERANCE))


def page() -> str:
    """Write the page in Markdown that shows every picture with its alt text."""
    parts = [
        f"## {picture.title}\n\n![{picture.alt}]({name}.svg)\n\n"
        f"`{name}.svg`: {picture.alt}\n"
        for name, picture in sorted(PICTURES.items())
    ]
    head = "# Diagrams of the course\n\nDrawn by `make diagrams` from `tools/pictures/`"
    return "\n".join([f"{head}; this page, too.\n", *parts])


def write(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def outdated(folder: Path = FOLDER) -> list[str]:
    """List the files of a folder that the code would write differently."""

    def is_kept(name, same, text) -> bool:
        path = folder / name
        return path.is_file() and same(text, path.read_text(encoding="utf-8"))

    names = [PAGE] if not is_kept(PAGE, str.__eq__, page()) else []
    for name, picture in PICTURES.items():
        if not is_kept(f"{name}.svg", alike, picture.svg()):
            names.append(f"{name}.svg")
    known = {PAGE, *(f"{name}.svg" for name in PICTURES)}
    return names + sorted({path.name for path in folder.iterdir()} - known)


def main(words: list[str] | None = None) -> int:
    """Do what the command line asks; 1 if a kept picture is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(PICTURES))
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args(words)
    if unknown := set(arguments.names) - set(PICTURES):
        parser.error(f"no picture {', '.join(sorted(unknown))}; {', '.join(PICTURES)}")
    if arguments.check:
        old = outdated(arguments.folder)
        for name in old:
            print(f"{name} is out of date: run make diagrams", file=sys.stderr)
        return bool(old)
    for name in tqdm(arguments.names or PICTURES, desc="pictures"):
        write(arguments.folder / f"{name}.svg", PICTURES[name].svg())
    write(arguments.folder / PAGE, page())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The drawn sample: letters and street scenes as archives in the official layout."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from helpers.drawn.archives import draw_scenes_archive
from helpers.files import whole_file
from helpers.settings import Settings

VERSION = 3
"""Goes up when the same parameters begin to give other bytes."""

SCENES = ("train", "test", "extra")
LETTERS = ("notMNIST_large", "notMNIST_small")


def draw_archives(folder: Path | str, settings: Settings) -> None:
    """Draw the sample's five archives into ``folder``, those that are not there yet.

    Each is written whole or not at all. A card beside it (``train.json`` for
    ``train.tar.gz``) says what it was drawn from; an archive is drawn anew when its
    card is missing or says something else than the settings.
    """
    folder = Path(folder)
    for name in SCENES:
        count = getattr(settings, f"drawn_{name}")
        _draw_once(folder, name, count, settings.seed, draw_scenes_archive, name)
    if find_spec("helpers.drawn.letters") is None:
        return
    from helpers.drawn.letters import draw_letters_archive

    for name in LETTERS:
        count = getattr(settings, f"drawn_{name.removeprefix('notMNIST_')}")
        _draw_once(folder, name, count, settings.seed, draw_letters_archive)


def _draw_once(
    folder: Path, name: str, count: int, seed: int, draw: Callable, *more
) -> None:
    path, card = folder / f"{name}.tar.gz", folder / f"{name}.json"
    parameters = {"archive": name, "count": count, "seed": seed, "version": VERSION}
    if _said(card) == parameters and path.is_file():
        return
    card.unlink(missing_ok=True)  # before the archive, so that it never tells wrong
    draw(path, count, seed, *more)
    with whole_file(card) as temporary:
        temporary.write_text(json.dumps(parameters) + "\n", encoding="utf-8")


def _said(card: Path) -> dict | None:
    try:
        return json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

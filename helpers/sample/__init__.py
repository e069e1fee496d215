"""The drawn sample: letters and street scenes as archives in the official layout."""

import json
from collections.abc import Callable
from pathlib import Path

from helpers.files import whole_file
from helpers.sample.letters import draw_letters_archive
from helpers.sample.scene_archives import draw_scenes_archive
from helpers.settings import Settings

SCENES_VERSION, LETTERS_VERSION = 3, 6
"""Each goes up when the same parameters begin to give other bytes of its kind."""

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
        card = _card(name, count, settings.seed, SCENES_VERSION)
        _draw_once(folder, card, draw_scenes_archive, name)
    for name in LETTERS:
        count = getattr(settings, f"drawn_{name.removeprefix('notMNIST_')}")
        card = _card(name, count, settings.seed, LETTERS_VERSION)
        _draw_once(folder, card, draw_letters_archive)


def _card(archive: str, count: int, seed: int, version: int) -> dict:
    return {"archive": archive, "count": count, "seed": seed, "version": version}


def _draw_once(folder: Path, card: dict, draw: Callable, *more) -> None:
    name = card["archive"]
    path, said = folder / f"{name}.tar.gz", folder / f"{name}.json"
    if _said(said) == card and path.is_file():
        return
    said.unlink(missing_ok=True)  # before the archive, so that it never tells wrong
    draw(path, card["count"], card["seed"], *more)
    with whole_file(said) as temporary:
        temporary.write_text(json.dumps(card) + "\n", encoding="utf-8")


def _said(card: Path) -> dict | None:
    try:
        return json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

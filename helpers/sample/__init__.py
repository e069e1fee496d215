"""The drawn sample: letters and street scenes as archives in the official layout."""

import json
from collections.abc import Callable
from pathlib import Path

from helpers.files import atomic_write
from helpers.sample.letters import draw_letters_archive
from helpers.sample.scene_archives import draw_scenes_archive
from helpers.settings import Settings

SCENES_VERSION, LETTERS_VERSION = 3, 6
"""Each goes up when the same parameters begin to give other bytes of its kind."""

SCENES = ("train", "test", "extra")
LETTERS = ("notMNIST_large", "notMNIST_small")


def draw_archives(folder: Path | str, settings: Settings) -> None:
    """Draw the sample's five archives into ``folder``, those that are not there yet.

    Each is written whole or not at all. Metadata beside it (``train.json`` for
    ``train.tar.gz``) says what it was drawn from; an archive is drawn anew when its
    metadata is missing or says something else than the settings.
    """
    folder = Path(folder)
    for name in SCENES:
        count = getattr(settings, f"drawn_{name}")
        metadata = _metadata(name, count, settings.seed, SCENES_VERSION)
        _draw_once(folder, metadata, draw_scenes_archive, name)
    for name in LETTERS:
        count = getattr(settings, f"drawn_{name.removeprefix('notMNIST_')}")
        metadata = _metadata(name, count, settings.seed, LETTERS_VERSION)
        _draw_once(folder, metadata, draw_letters_archive)


def _metadata(archive: str, count: int, seed: int, version: int) -> dict:
    return {"archive": archive, "count": count, "seed": seed, "version": version}


def _draw_once(folder: Path, metadata: dict, draw: Callable, *more) -> None:
    name = metadata["archive"]
    path, said = folder / f"{name}.tar.gz", folder / f"{name}.json"
    if _said(said) == metadata and path.is_file():
        return
    said.unlink(missing_ok=True)  # before the archive, so that it never tells wrong
    draw(path, metadata["count"], metadata["seed"], *more)
    with atomic_write(said) as temporary:
        temporary.write_text(json.dumps(metadata) + "\n", encoding="utf-8")


def _said(metadata: Path) -> dict | None:
    try:
        return json.loads(metadata.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

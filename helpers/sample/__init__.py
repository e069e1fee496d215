"""The drawn sample: letters and street scenes as archives in the official layout."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.data.archives import ARCHIVES, Archive
from helpers.data.locks import make_once
from helpers.data.sources import Source
from helpers.files import atomic_write
from helpers.sample.letters import draw_letters_archive
from helpers.sample.scene_archives import draw_scenes_archive
from helpers.settings import Settings

VERSIONS = {"svhn": 6, "notmnist": 6}
"""Each goes up when the same parameters begin to give other bytes of its family."""


@dataclass(frozen=True, kw_only=True)
class DrawnSample(Source):
    """Archives that are drawn on first use.

    Metadata beside each (``train.json`` for ``train.tar.gz``) says what it was drawn
    from; it is drawn anew when they are missing or say something else.
    """

    seed: int
    counts: Mapping[str, int]  # images of each archive

    @classmethod
    def of(cls, settings: Settings) -> "DrawnSample":
        """The sample of the settings' seed and counts."""
        counts = {
            name: getattr(settings, f"drawn_{name.removeprefix('notMNIST_')}")
            for name in ARCHIVES
        }
        return cls(home=settings.home / "sample", seed=settings.seed, counts=counts)

    def fetch(self, archive: Archive) -> Path:
        """Draw an archive, whole or not at all, unless it is there."""
        path = self.home / "archives" / archive.file
        told = path.with_name(f"{archive.name}.json")
        count = self.counts[archive.name]
        metadata = {
            "archive": archive.name,
            "count": count,
            "seed": self.seed,
            "version": VERSIONS[archive.family],
        }
        text = json.dumps(metadata) + "\n"

        def is_drawn() -> bool:
            return path.is_file() and told.is_file() and told.read_text() == text

        def draw() -> None:
            told.unlink(missing_ok=True)  # first, so that it never tells wrong
            if archive.family == "svhn":
                draw_scenes_archive(path, count, self.seed, archive.name)
            else:
                draw_letters_archive(path, count, self.seed)
            with atomic_write(told) as temporary:
                temporary.write_text(text)

        return make_once(path, is_drawn, draw)

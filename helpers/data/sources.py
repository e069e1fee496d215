"""Where the archives come from; each source ends in a checked folder of every archive.

Drawn, downloaded or the user's own, the folder is in the official layout:
``train/1.png``, ``train/digitStruct.mat``, ``notMNIST_small/A/*.png``. What comes after
knows folders alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.data.archives import ARCHIVES, Archive
from helpers.data.downloads import download, is_official
from helpers.data.extraction import extract, is_extracted

MARKERS = {"svhn": "digitStruct.mat", "notmnist": "A"}  # in an archive's folder


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """Archives of one origin, and where their folders are made."""

    home: Path  # of two processes that want the same in it, one makes it
    archives: Mapping[str, Archive] = field(default_factory=lambda: ARCHIVES)

    def available(self) -> tuple[str, ...]:
        """Names of the archives that there are, in the order of `ARCHIVES`."""
        return tuple(self.archives)

    def folder(self, name: str) -> Path:
        """Folder of an archive's files, made on first use and checked on every one.

        Raises FileNotFoundError where there is no such archive, ArchiveError where it
        is damaged or holds none of the files it should.
        """
        archive = self.archives[name]
        found = self.fetch(archive)
        is_folder = found.is_dir()
        return found if is_folder else extract(found, self.home / name, archive.members)

    @abstractmethod
    def fetch(self, archive: Archive) -> Path:
        """Get an archive's file, or the folder of its files."""


@dataclass(frozen=True, kw_only=True)
class OfficialArchives(Source):
    """The archives of their servers, ``mirror`` asked first; see `download`."""

    mirror: str = ""

    def fetch(self, archive: Archive) -> Path:
        """Download an archive, unless its folder is there."""
        folder = self.home / archive.name
        if is_extracted(folder):
            return folder
        return download(archive, self.home / "archives", self.mirror)


@dataclass(frozen=True, kw_only=True)
class OwnArchives(Source):
    """A user's folder of archives or of their extracted folders; never written to."""

    place: Path

    def available(self) -> tuple[str, ...]:
        """Names of those that are in the folder."""
        return tuple(n for n, archive in self.archives.items() if self._find(archive))

    def fetch(self, archive: Archive) -> Path:
        """Find an archive or its extracted folder; say where it is not official."""
        found = self._find(archive)
        if found is None:
            raise FileNotFoundError(
                f"{self.place}: neither {archive.file} nor a folder {archive.name}/ in "
                f"it or in {archive.family}/; expected one of them. Put it there, or "
                "set WORKBOOK_DATA to 'sample' or 'official'."
            )
        is_new = found.is_file() and not is_extracted(self.home / archive.name, found)
        if is_new and not is_official(archive, found):
            print(f"{found.name}: not the official archive of its name; used as it is")
        return found

    def _find(self, archive: Archive) -> Path | None:
        for parent in (self.place, self.place / archive.family):
            folder = parent / archive.name
            if (folder / MARKERS[archive.family]).exists():
                return folder
            if (parent / archive.file).is_file():
                return parent / archive.file
        return None

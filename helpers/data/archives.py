"""The archives of the workbook's images, and a checked folder made of each.

Whatever the data source, drawn, downloaded or the user's own, `folder` gives a folder
in the official layout: ``train/1.png``, ``train/digitStruct.mat``,
``notMNIST_small/A/*.png``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

SVHN = "http://ufldl.stanford.edu/housenumbers"
NOTMNIST = (
    "https://commondatastorage.googleapis.com/books1000",
    "http://yaroslavvb.com/upload/notMNIST",
)


@dataclass(frozen=True)
class Archive:
    """An official archive.

    Parameters
    ----------
    name
        Of the archive less ``.tar.gz``, and of the folder inside.
    family
        ``svhn`` or ``notmnist``.
    size
        Bytes.
    sha256
        Hexadecimal; None where none is published.
    addresses
        Where it is to be had, the first first.
    members
        Pattern of the names of the files that it is extracted for.
    """

    name: str
    family: str
    size: int
    sha256: str | None
    addresses: tuple[str, ...]
    members: re.Pattern

    @property
    def file(self) -> str:
        """Name of the archive's file."""
        return f"{self.name}.tar.gz"


def _svhn(name: str, size: int, sha256: str) -> Archive:
    members = re.compile(rf"{name}/(?:[0-9]{{1,9}}\.png|digitStruct\.mat)")
    addresses = (f"{SVHN}/{name}.tar.gz",)
    return Archive(name, "svhn", size, sha256, addresses, members)


def _notmnist(name: str, size: int) -> Archive:
    members = re.compile(rf"{name}/[A-J]/[^/\\.][^/\\\x00]{{0,240}}\.png")
    addresses = tuple(f"{base}/{name}.tar.gz" for base in NOTMNIST)
    return Archive(name, "notmnist", size, None, addresses, members)


ARCHIVES = {
    archive.name: archive
    for archive in (
        _svhn(
            "train",
            404_141_560,
            "4b17bb33b6cd8f963493168f80143da956f28ec406cc12f8e5745a9f91a51898",
        ),
        _svhn(
            "test",
            276_555_967,
            "57ac9ceb530e4aa85b55d991be8fc49c695b3d71c6f6a88afea86549efde7fb5",
        ),
        _svhn(
            "extra",
            1_955_489_752,
            "e857e27d1e65bd1e7d3959b094061777f6506bbc39889a0df3bba6a729d60f9c",
        ),
        _notmnist("notMNIST_large", 247_336_696),
        _notmnist("notMNIST_small", 8_458_043),
    )
}


def _find(archive: Archive, place: Path) -> Path | None:
    """The archive, or its extracted folder, in the user's folder."""
    marks = {"svhn": "digitStruct.mat", "notmnist": "A"}
    for parent in (place, place / archive.family):
        if (parent / archive.name / marks[archive.family]).exists():
            return parent / archive.name
        if (parent / archive.file).is_file():
            return parent / archive.file
    return None

"""The official archives: what they are called, how large they are, where they are."""

import re
from dataclasses import dataclass

SVHN = "http://ufldl.stanford.edu/housenumbers"
NOTMNIST = (
    "https://commondatastorage.googleapis.com/books1000",
    "http://yaroslavvb.com/upload/notMNIST",
)


@dataclass(frozen=True)
class Archive:
    """An official archive."""

    name: str  # of its file less .tar.gz, and of the folder inside
    family: str  # svhn or notmnist
    size: int  # bytes
    sha256: str | None  # hexadecimal; None where none is published
    addresses: tuple[str, ...]  # where it is to be had, the first first
    members: re.Pattern  # names of the files that it is extracted for

    @property
    def file(self) -> str:
        """Name of the archive's file."""
        return f"{self.name}.tar.gz"


def _svhn(name: str, size: int, sha256: str) -> Archive:
    members = re.compile(rf"{name}/(?:[0-9]{{1,9}}\.png|digitStruct\.mat)")
    return Archive(name, "svhn", size, sha256, (f"{SVHN}/{name}.tar.gz",), members)


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

"""The official archives: what they are called, how large they are, where they are."""

import re
from dataclasses import dataclass

SVHN = ("http://ufldl.stanford.edu/housenumbers",)
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


def _archive(name: str, size: int, sha256: str | None = None) -> Archive:
    if name.startswith("notMNIST"):
        family, servers = "notmnist", NOTMNIST
        members = r"[A-J]/[^/\\.][^/\\\x00]{0,240}\.png"
    else:
        family, servers = "svhn", SVHN
        members = r"(?:[0-9]{1,9}\.png|digitStruct\.mat)"
    addresses = tuple(f"{server}/{name}.tar.gz" for server in servers)
    pattern = re.compile(f"{name}/{members}")
    return Archive(name, family, size, sha256, addresses, pattern)


_TRAIN = "4b17bb33b6cd8f963493168f80143da956f28ec406cc12f8e5745a9f91a51898"
_TEST = "57ac9ceb530e4aa85b55d991be8fc49c695b3d71c6f6a88afea86549efde7fb5"
_EXTRA = "e857e27d1e65bd1e7d3959b094061777f6506bbc39889a0df3bba6a729d60f9c"

ARCHIVES = {
    archive.name: archive
    for archive in (
        _archive("train", 404_141_560, _TRAIN),
        _archive("test", 276_555_967, _TEST),
        _archive("extra", 1_955_489_752, _EXTRA),
        _archive("notMNIST_large", 247_336_696),
        _archive("notMNIST_small", 8_458_043),
    )
}

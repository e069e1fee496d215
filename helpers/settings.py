"""What a run of the workbook depends on, in one frozen dataclass."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: the one that holds notebooks/, helpers/ and figures/."""

PROFILES = ("quick", "report")
SOURCES = ("sample", "official")


@dataclass(frozen=True)
class Settings:
    """Profile, data source, sizes, seed and folders of one run."""

    profile: str = "quick"  # all notebooks in minutes; "report": the report's sizes
    data: str = "sample"  # drawn; "official": downloaded; or a folder of archives
    mirror: str = ""  # folders of the official archives, asked first; spaces between
    seed: int = 2016  # of every random choice
    crop_size: int = 32  # side of the square crop, in pixels
    margin: float = 0.10  # growth of the union of the digit boxes, of its sides
    drawn_train: int = 8_000  # scenes of the drawn sample
    drawn_test: int = 2_000
    drawn_extra: int = 4_000
    drawn_large: int = 25_000  # letters of the drawn sample
    drawn_small: int = 2_500
    home: Path = ROOT / "data"  # of the data; nothing else is written there
    figures_root: Path = ROOT / "build" / "figures"
    kept_root: Path = ROOT / "figures" / "long"  # of the tables of long runs
    runs_root: Path = ROOT / "runs"

    def __post_init__(self):
        if self.profile not in PROFILES:
            raise InputError(
                f"profile is {self.profile!r}; expected one of {', '.join(PROFILES)}. "
                "Set WORKBOOK_PROFILE or the notebook's parameter to one of these."
            )
        if self.data not in SOURCES and not self.data_folder.is_dir():
            raise InputError(
                f"data is {self.data!r}, which is no folder; expected 'sample', "
                "'official' or a folder that holds the archives. Set WORKBOOK_DATA "
                "or the notebook's parameter to one of these."
            )
        for address in self.mirror.split():
            if not address.startswith(("http://", "https://")):
                raise InputError(
                    f"mirror is {address!r}; expected the address of a folder of "
                    "archives, as in 'https://example.org/archives'. Correct "
                    "WORKBOOK_MIRROR; for a folder of this machine set WORKBOOK_DATA."
                )

    @classmethod
    def from_environment(
        cls, options: Mapping[str, Any] | None = None, **defaults: Any
    ) -> "Settings":
        """Settings from ``options``, else WORKBOOK_* variables, else ``defaults``.

        A command passes its options, a notebook its parameters as defaults, so that
        one shell command runs every notebook on other data. The variables are
        ``WORKBOOK_PROFILE``, ``WORKBOOK_DATA``, ``WORKBOOK_MIRROR`` and, for
        ``figures_root``, ``WORKBOOK_FIGURES``.
        """
        variables = {
            name: os.environ.get(f"WORKBOOK_{name.upper()}")
            for name in ("profile", "data", "mirror")
        }
        values = defaults | {name: text for name, text in variables.items() if text}
        if figures := os.environ.get("WORKBOOK_FIGURES"):
            values["figures_root"] = _from_root(figures)
        return cls(**values | (options or {}))

    @property
    def data_folder(self) -> Path:
        """The user's folder of archives; relative paths start at the project."""
        return _from_root(self.data)

    @property
    def source(self) -> str:
        """Name of the data source, for a caption."""
        return self.data if self.data in SOURCES else self.data_folder.name

    @property
    def is_drawn(self) -> bool:
        """Whether the images are drawn, which every figure then says."""
        return self.data == "sample"

    @property
    def source_home(self) -> Path:
        """The folder for what is made of this source's archives."""
        return self.home / self._source_folder

    @property
    def figures(self) -> Path:
        """The folder for this run's figures and their CSV files."""
        root = self.figures_root
        return root if self.is_drawn else root / self._source_folder

    @property
    def runs(self) -> Path:
        """The folder for the training runs on this source's images."""
        return self.runs_root / self._source_folder

    @property
    def _source_folder(self) -> str:
        """A folder's name that tells two data folders of one name apart."""
        if self.data in SOURCES:
            return self.data
        digest = hashlib.sha256(str(self.data_folder).encode()).hexdigest()
        return f"{self.source}-{digest[:8]}"


def _from_root(path: str) -> Path:
    return (ROOT / Path(path).expanduser()).resolve()

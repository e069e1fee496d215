"""A folder of one's own photos, and the number that each of them truly shows."""

import csv
import re
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.accuracy import MAX_DIGITS
from helpers.data.images import PhotoError, load_photo

ENDINGS = (
    *(".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".tif", ".tiff", ".bmp"),
    *(".ppm", ".pgm", ".jp2", ".avif", ".heic", ".heif"),
)
"""Ends of the names that count as photos; whether one can be read shows later."""

LABELS = "labels.csv"
EDGES = ("left", "top", "right", "bottom")

CAMERA_WORDS = (
    *("dsc", "dscf", "dscn", "dji", "gopr", "imag", "image", "img", "mvimg", "p"),
    *("photo", "picture", "pxl", "screenshot", "whatsapp"),
)
"""First words of the names that devices give: the number after one is a count."""

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels of the upright photo."""


@dataclass(frozen=True)
class NumberPhoto:
    """A photo, upright and RGB, whose number is known, and its box if that was told.

    ``name`` is that of the file or the drawing; ``kind`` what was drawn, or "photo".
    """

    image: Image.Image
    number: str
    box: Box | None
    name: str
    kind: str = "photo"


@dataclass(frozen=True)
class FolderPhoto:
    """A photo of a folder, with its number and its box as far as they are told."""

    path: Path
    number: str | None = None
    box: Box | None = None

    def load(self, max_side: int) -> NumberPhoto:
        """Load the photo, its longer side at most ``max_side``, and scale its box.

        Raises PhotoError if its number is not told, it cannot be read, or its box lies
        outside.
        """
        if self.number is None:
            raise PhotoError(f"{self.path.name}: its number is not told")
        photo = load_photo(self.path, max_side)
        box = self.box
        if box is not None:
            left, top, right, bottom = inside = np.clip(box, 0, np.tile(photo.size, 2))
            if not (left < right and top < bottom):
                raise PhotoError(
                    f"{self.path.with_name(LABELS)}: box {box} of {photo.name}, "
                    f"{photo.size[0]} x {photo.size[1]} pixels; expected one that "
                    "overlaps the photo. Correct it, or leave it empty."
                )
            box = tuple(photo.to_image(inside).tolist())
        return NumberPhoto(photo.image, self.number, box, photo.name)


def photo_folder(folder: Path | str) -> list[FolderPhoto]:
    """List the photos of a folder by name, each with its true number if that is told.

    ``labels.csv``, where the folder has one, tells it: columns file and number, then,
    for those whose box is known, left, top, right and bottom. Without such a file it
    is in the photo's name, see `number_in`.

    Raises PhotoError if there is no such folder or a row of labels.csv cannot be right.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PhotoError(
            f"{folder}: no such folder; expected one with photos in it. Make it, or "
            "check its name."
        )
    paths = sorted(
        path
        for path in folder.glob("[!.]*")  # without a Mac's ._123.jpg, which is no image
        if path.suffix.lower() in ENDINGS and path.is_file()
    )
    if (folder / LABELS).is_file():
        told = _read_labels(folder / LABELS, {path.name for path in paths})
        return [told.get(path.name, FolderPhoto(path)) for path in paths]
    return [FolderPhoto(path, number_in(path.stem)) for path in paths]


def number_in(stem: str) -> str | None:
    """Find the house number in a photo's name without its ending, or None.

    It is what the name begins with, else what it ends with, set off by anything that
    is neither letter nor digit: 123_door, "123 (2)". It has one to five digits, the
    first not 0: 007 is a count. Names that a device gave (IMG_1234) hold none.
    """
    parts = [part for part in re.split(r"[\W_]+", stem) if part]
    if not parts or parts[0].lower() in CAMERA_WORDS:
        return None
    if any(part.isdecimal() and len(part) > MAX_DIGITS for part in parts):
        return None
    number = rf"[1-9][0-9]{{0,{MAX_DIGITS - 1}}}"
    return next((p for p in (parts[0], parts[-1]) if re.fullmatch(number, p)), None)


def _read_labels(table: Path, names: set[str]) -> dict[str, FolderPhoto]:
    """Read a labels.csv: each photo that it tells of, by name."""
    try:
        lines = table.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise PhotoError(
            f"{table}: not text in UTF-8 ({error.reason}); expected it to be. Save it "
            "anew as CSV UTF-8."
        ) from error
    semicolons = ";" in "".join(lines[:1])  # as spreadsheets write in half of Europe
    rows = csv.DictReader(lines, delimiter=";" if semicolons else ",")
    columns = [column.strip().lower() for column in rows.fieldnames or ()]
    if not {"file", "number"} <= set(columns):
        raise PhotoError(
            f"{table}, row 1: columns {columns}; expected file and number, perhaps "
            f"{', '.join(EDGES)}. Name them in the first row."
        )
    rows.fieldnames = columns
    told = {}
    for cells in rows:
        name, number, *edges = (
            (cells.get(column) or "").strip() for column in ("file", "number", *EDGES)
        )
        if name in told or name not in names:
            fault = f"file {name!r}; expected the name of a photo here, and each once"
        elif not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", number):
            fault = f"number {number!r}; expected 1 to {MAX_DIGITS} digits"
        elif any(edges) and not _is_box(edges):
            fault = f"box {', '.join(map(repr, edges))}; expected {', '.join(EDGES)} "
            fault += "in pixels, left under right and top under bottom, or all empty"
        else:
            box = tuple(map(float, edges)) if any(edges) else None
            told[name] = FolderPhoto(table.with_name(name), number, box)
            continue
        raise PhotoError(
            f"{table}, row {rows.line_num}: {fault}. Correct it, or delete the row."
        )
    return told


def _is_box(edges: list[str]) -> bool:
    try:
        left, top, right, bottom = map(float, edges)
    except ValueError:
        return False
    return -inf < left < right < inf and -inf < top < bottom < inf

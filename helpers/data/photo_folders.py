"""A folder of one's own photos, and the number that each of them truly shows."""

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from helpers.accuracy import MAX_DIGITS
from helpers.data.images import PhotoError

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


class FolderPhoto(NamedTuple):
    """A photo of a folder, with its number and where that is, as far as told."""

    path: Path
    number: str | None
    box: Box | None


def photo_folder(folder: Path | str) -> list[FolderPhoto]:
    """The photos of a folder by name, each with its true number if that is told.

    ``labels.csv``, where the folder has one, tells it: columns file and number, then,
    for those whose box is known, left, top, right and bottom. Without such a file it
    is in the photo's name, see `number_in`.

    Raises
    ------
    PhotoError
        There is no such folder, or a row of labels.csv cannot be right.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PhotoError(
            f"{folder}: no such folder; expected one with photos in it. Make it, or "
            "check its name."
        )
    paths = sorted(path for path in folder.iterdir() if _is_photo(path))
    table = folder / LABELS
    if not table.is_file():
        return [FolderPhoto(path, number_in(path.stem), None) for path in paths]
    told = _told(table, {path.name for path in paths})
    return [FolderPhoto(path, *told.get(path.name, (None, None))) for path in paths]


def number_in(stem: str) -> str | None:
    """The house number in a photo's name without its ending, or None.

    It is what the name begins with, else what it ends with, set off by anything that
    is neither letter nor digit: 123, 123_door, "123 (2)", door-123. It has one to five
    digits, the first not 0: 007 is a count. Names that a device gave (IMG_1234,
    20260131_120000) hold none.
    """
    parts = [part for part in re.split(r"[\W_]+", stem) if part]
    if not parts or parts[0].lower() in CAMERA_WORDS:
        return None
    if any(part.isdecimal() and len(part) > MAX_DIGITS for part in parts):
        return None
    number = rf"[1-9][0-9]{{0,{MAX_DIGITS - 1}}}"
    return next((p for p in (parts[0], parts[-1]) if re.fullmatch(number, p)), None)


def _is_photo(path: Path) -> bool:
    hidden = path.name.startswith(".")  # as a Mac's ._123.jpg, which is no image
    return path.suffix.lower() in ENDINGS and not hidden and path.is_file()


def _told(table: Path, names: set[str]) -> dict[str, tuple[str, Box | None]]:
    """Number and box by the photo's name, from a labels.csv."""
    try:
        text = table.read_text(encoding="utf-8-sig")  # a spreadsheet's mark or none
    except UnicodeDecodeError as error:
        raise PhotoError(
            f"{table}: not text in UTF-8 ({error.reason}); expected it to be. Save it "
            "anew as CSV UTF-8."
        ) from error
    lines = text.splitlines()
    header = lines[0] if lines else ""
    comma = ";" if ";" in header else ","  # as spreadsheets write it in half of Europe
    columns = [column.strip().lower() for column in header.split(comma)]
    if not {"file", "number"} <= set(columns):
        raise PhotoError(
            f"{table}, row 1: columns {columns}; expected file and number, perhaps "
            f"{', '.join(EDGES)}. Name them in the first row."
        )
    told = {}
    rows = csv.DictReader(lines[1:], columns, delimiter=comma)
    for cells in rows:
        row = {k: (v or "").strip() for k, v in cells.items() if isinstance(k, str)}
        where = f"{table}, row {rows.line_num + 1}"
        name, number = row["file"], row["number"]
        if name in told:
            raise PhotoError(
                f"{where}: {name!r} for the second time; expected each photo once. "
                "Delete one of the rows."
            )
        if name not in names:
            raise PhotoError(
                f"{where}: {name!r}, no photo of the folder; expected the name of one. "
                "Correct the name, or delete the row."
            )
        if not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", number):
            raise PhotoError(
                f"{where}: number {number!r}; expected 1 to {MAX_DIGITS} digits. "
                "Correct it, or delete the row."
            )
        told[name] = number, _box([row.get(edge, "") for edge in EDGES], where)
    return told


def _box(cells: list[str], where: str) -> Box | None:
    """The box of a row's four cells; None if they are empty."""
    if not any(cells):
        return None
    try:
        left, top, right, bottom = box = tuple(map(float, cells))
    except ValueError:
        box = None
    if box and all(map(math.isfinite, box)) and left < right and top < bottom:
        return box
    raise PhotoError(
        f"{where}: box {', '.join(map(repr, cells))}; expected {', '.join(EDGES)} in "
        "pixels, left under right and top under bottom. Correct it, or leave all four "
        "empty."
    )


@dataclass(frozen=True)
class NumberPhoto:
    """A photo whose number is known.

    Parameters
    ----------
    image
        Upright, RGB.
    number
        One to five digits.
    box
        left, top, right, bottom of the number in pixels, or None where nobody told.
    name
        Of the file, or of the drawing.
    kind
        One of `KINDS`, or "photo".
    """

    image: Image.Image
    number: str
    box: tuple[float, ...] | None
    name: str
    kind: str = "photo"

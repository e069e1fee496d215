"""The one opener of images: files, Pillow images and arrays, as people have them."""

import io
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from helpers.errors import InputError
from helpers.preprocessing import eight_bits

PHOTO_FORMATS = (
    *("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000"),
    *("HEIF", "AVIF"),
)
"""Pillow's names of what is read, HEIF only where a plug-in registered it.

The others are no photos, and one of them (EPS) runs another program.
"""

ARCHIVE_FORMATS = ("PNG", "JPEG")  # the archives' own, and one it is mixed up with
MAX_SIDE = 4096  # pixels of a photo's longer side that are kept by default
MAX_PIXELS = 300_000_000  # of a photo that is decoded: 1.2 GB in colour
MAX_ARCHIVE_PIXELS = 40_000_000  # the archives' own images have less than a million
STRIP_PIXELS = 4_000_000  # turned into colour at once: no large photo is copied whole
BACKDROP = (128, 128, 128, 255)  # black and white digits both stand out on mid-gray
ROUNDING = 1e-3  # how far floats may stray from 0 to 1, as resizing makes them

EXPECTED = "a JPEG, PNG, GIF, WebP, TIFF, BMP or AVIF image"

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")

Size = tuple[int, int]
"""Width and height in pixels."""


class PhotoError(InputError):
    """An image that cannot be used: which, what was found, expected, and to do."""


@dataclass(frozen=True)
class Photo:
    """An image, upright and in RGB, and how large it was."""

    image: Image.Image
    size: Size  # upright, before it was scaled
    name: str  # of the file, or what it was called

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of ``image`` for one of the original, across and down: at most 1."""
        return self.image.width / self.size[0], self.image.height / self.size[1]

    def to_image(self, boxes) -> np.ndarray:
        """Scale boxes (..., 4) in pixels of the original to ``image``: float64."""
        return np.asarray(boxes, float) * np.tile(self.scale, 2)

    def to_original(self, boxes) -> np.ndarray:
        """Scale boxes (..., 4) in pixels of ``image`` to the original: float64."""
        return np.asarray(boxes, float) / np.tile(self.scale, 2)


def load_photo(source, max_side: int = MAX_SIDE, name: str = "") -> Photo:
    """Load an image from a file, a Pillow image or an array: upright, RGB, not large.

    EXIF orientation is applied, transparency is laid on mid-gray, 16 bits are scaled
    to 8, and of an animation the first image counts. A JPEG is scaled while it is
    decoded, others as soon as they are.

    ``source`` is a path, a file's bytes, a Pillow image, or an array (H, W), (H, W, 1),
    (H, W, 3) or (H, W, 4) of uint8, uint16, bool or floats 0 to 1; ``max_side`` the
    most pixels of the longer side; ``name`` what to call it, by default the file's
    name or "image". Raises PhotoError for what is no whole image of a kind that is
    read.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        with _open_file(path) as file:
            photo = _load_file(file, str(path), max_side)
        return replace(photo, name=name or path.name)
    name = name or Path(getattr(source, "filename", "") or "image").name
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _load_file(io.BytesIO(source), name, max_side)
    if hasattr(source, "__array__") and not isinstance(source, Image.Image):
        source = _from_array(np.asarray(source), name)
    if isinstance(source, Image.Image):
        return _load_image(source, source.size, name, max_side)
    raise PhotoError(
        f"{name}: a {type(source).__name__}; expected a path, a file's bytes, a Pillow "
        "image or an array. Give one of these."
    )


def read_image(
    path: Path, read: Callable[[Image.Image], np.ndarray | str]
) -> np.ndarray | str:
    """Return what ``read`` makes of an archive's image, or in a few words why not.

    ``path`` is that of a PNG or a JPEG; ``read`` gets the image, not decoded yet, and
    what it raises becomes the reason. A PNG whose check sums are wrong is not read:
    Pillow alone would give other pixels for some of them.
    """
    if not path.is_file():
        return "a folder of that name" if path.is_dir() else "there is no such file"
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # the reason says it
            image = open_image(file, ARCHIVE_FORMATS)
            if image.width * image.height > MAX_ARCHIVE_PIXELS:
                found = f"{image.width:,} x {image.height:,} pixels"
                return f"{found}; expected at most {MAX_ARCHIVE_PIXELS:,}"
            found = read(image)
            if not isinstance(found, str):
                open_image(file, ARCHIVE_FORMATS).verify()
            return found
    except UnidentifiedImageError:
        return f"not an image ({path.stat().st_size:,} bytes): expected PNG or JPEG"
    except Exception as error:  # of whatever kind a decoder makes of damage
        return str(error) or type(error).__name__


def open_image(file: BinaryIO, formats: Sequence[str] = PHOTO_FORMATS) -> Image.Image:
    """Open an image file by its content; its pixels are not decoded yet.

    `PIL.Image.open` refuses many pixels, by a variable that all of a program shares.

    Raises PIL.UnidentifiedImageError if it begins as no image of these formats does,
    SyntaxError or OSError if its header is damaged.
    """
    Image.init()
    file.seek(0)
    start = file.read(16)
    error = UnidentifiedImageError(f"begins with {start!r}")
    for kind in formats:
        make, accepts = Image.OPEN.get(kind, (None, None))
        if accepts and accepts(start) is True:
            file.seek(0)
            try:
                return make(file, "")
            except SyntaxError as damage:  # perhaps another format, begun alike
                error = damage
    raise error


def _open_file(path: Path) -> BinaryIO:
    try:
        found = "a folder" if path.is_dir() else "no such file"
        if path.is_file():
            return path.open("rb")
    except OSError as error:
        found = f"cannot be opened ({error.strerror})"
    raise PhotoError(
        f"{path}: {found}; expected one file, {EXPECTED}. Check its name and folder, "
        "and whether you may read it."
    )


def _load_file(file: BinaryIO, name: str, max_side: int) -> Photo:
    try:
        image = open_image(file)
    except UnidentifiedImageError as error:
        file.seek(0)
        start = file.read(16)
        found = f"begins with {start!r}" if start else "an empty file"
        if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
            found = "a HEIC image, as an iPhone takes them"
        raise PhotoError(
            f"{name}: {found}; expected {EXPECTED}. Copy or download it again, or save "
            "it in one of these formats."
        ) from error
    except Exception as error:  # of whatever kind a decoder makes of damage
        raise _damaged(name, error) from error
    size = image.size
    image.draft(None, _fitted_size(size, max_side))
    return _load_image(image, size, name, max_side)


def _load_image(image: Image.Image, size: Size, name: str, max_side: int) -> Photo:
    """Set a Pillow image upright, in RGB and small; ``size`` is what it had in full."""
    if not 0 < image.width * image.height <= MAX_PIXELS:
        raise PhotoError(
            f"{name}: {image.width:,} x {image.height:,} pixels; expected 1 to "
            f"{MAX_PIXELS:,}. Save it smaller."
        )
    try:
        image.load()
        orientation = _orientation(image)
        small = _reduced(_eight_bits(image, name), _fitted_size(size, max_side))
    except PhotoError:
        raise
    except Exception as error:  # of whatever kind a decoder makes of damage
        raise _damaged(name, error) from error
    small.getexif()[ExifTags.Base.Orientation] = orientation
    ImageOps.exif_transpose(small, in_place=True)
    return Photo(small, size[::-1] if orientation in range(5, 9) else size, name)


def _orientation(image: Image.Image):
    """EXIF orientation, 1 where there is none that can be read."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a damaged note beside the pixels is no reason to stop
        return 1


def _fitted_size(size: Size, max_side: int) -> Size:
    scale = min(1, max_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reduced(image: Image.Image, size: Size) -> Image.Image:
    """An image in RGB and of that size; colour and most of the scaling by strips."""
    factor = max(1, min(image.width // size[0], image.height // size[1]))
    rows = max(1, STRIP_PIXELS // (image.width * factor)) * factor
    small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = _rgb(image.crop((0, top, image.width, bottom)))
        small.paste(strip.reduce(factor), (0, top // factor))
    return small if small.size == size else small.resize(size, Image.Resampling.BICUBIC)


def _rgb(image: Image.Image) -> Image.Image:
    """An image of 8 bits in RGB; what is transparent shows the backdrop."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    backdrop = Image.new("RGBA", image.size, BACKDROP)
    return Image.alpha_composite(backdrop, image.convert("RGBA")).convert("RGB")


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    """An image of 8 bits a channel from one of any mode."""
    if image.mode == "I":  # 32 bits that hold 8 or 16, by what is in them
        kind = np.result_type(*map(np.min_scalar_type, image.getextrema()))
        return _from_array(np.asarray(image).astype(kind), name)
    if image.mode == "F":
        return _from_array(np.asarray(image), name)
    return eight_bits(image)


def _from_array(array: np.ndarray, name: str) -> Image.Image:
    """An array as a Pillow image of 8 bits: L, RGB or RGBA."""
    found = f"an array of {array.dtype} {array.shape}"
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    is_image = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    kind, size = array.dtype.kind, array.dtype.itemsize
    is_known = kind in "bf" or (kind == "u" and size <= 2)
    if not (is_image and is_known and array.size):
        raise PhotoError(
            f"{name}: {found}; expected one image, (H, W), (H, W, 1), (H, W, 3) or (H, "
            "W, 4), of uint8, uint16, bool or floats 0 to 1. Convert it, as with "
            ".astype(np.uint8), its channels last."
        )
    if kind == "b":
        array = array * np.uint8(255)
    elif kind == "u" and size == 2:
        array = array >> 8  # the higher byte, as Pillow has it
    elif kind == "f":
        low, high = array.min(), array.max()
        if not (low >= -ROUNDING and high <= 1 + ROUNDING):  # so if one is NaN
            raise PhotoError(
                f"{name}: floats from {low:g} to {high:g}; expected 0 to 1, none of "
                "them NaN. Divide them by the largest that they can be."
            )
        array = np.rint(array.clip(0, 1) * 255)
    return Image.fromarray(np.ascontiguousarray(array, np.uint8))


def _damaged(name: str, error: Exception) -> PhotoError:
    return PhotoError(
        f"{name}: an image that is damaged or cut short ({error}); expected a whole "
        "one. Copy or download it again, or save it smaller, as a JPEG."
    )

"""Any image that a person has, as an upright RGB image of a size to work with."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

FORMATS = (
    *("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000"),
    *("HEIF", "AVIF"),
)
"""Pillow's names of what is read, HEIF only where a plug-in registered it.

The others are no photos, and one of them (EPS) runs another program.
"""

MAX_SIDE = 4096
"""Pixels of the longer side that are kept by default."""

LARGEST = 300_000_000
"""Pixels that are decoded at most, of a JPEG after it is scaled: 1.2 GB in colour."""

BACKDROP = (128, 128, 128, 255)
"""What shows through: mid-gray, on which black and white digits both stand out."""

STRIP = 4_000_000
"""Pixels that are turned into colour at once, so that a copy of all never exists."""

ROUNDING = 1e-3
"""How far floats may stray from 0 to 1, as resizing them makes them."""

EXPECTED = "a JPEG, PNG, GIF, WebP, TIFF, BMP or AVIF image"

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets an image upright, by its EXIF orientation."""

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


Size = tuple[int, int]
"""Width and height in pixels."""


class PhotoError(ValueError):
    """An image that cannot be used: which, what was found, expected, and to do."""


@dataclass(frozen=True)
class Photo:
    """An image, upright and in RGB, and how large it was.

    Parameters
    ----------
    image
        RGB, its longer side at most what was asked for.
    size
        Width and height in pixels before it was scaled, upright.
    name
        Of the file, or what it was called.
    """

    image: Image.Image
    size: Size
    name: str

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of ``image`` for one of the original, across and down: at most 1."""
        return self.image.width / self.size[0], self.image.height / self.size[1]

    def to_image(self, boxes) -> np.ndarray:
        """Boxes (..., 4) in pixels of the original, in those of ``image``: float64."""
        return np.asarray(boxes, float) * np.tile(self.scale, 2)

    def to_original(self, boxes) -> np.ndarray:
        """Boxes (..., 4) in pixels of ``image``, in those of the original: float64."""
        return np.asarray(boxes, float) / np.tile(self.scale, 2)


def load_photo(source, longest: int = MAX_SIDE, name: str = "") -> Photo:
    """An image from a file, a Pillow image or an array: upright, RGB, not too large.

    EXIF orientation is applied, transparency is laid on mid-gray, 16 bits are scaled
    to 8, and of an animation the first image counts. A JPEG is scaled while it is
    decoded, others as soon as they are.

    Parameters
    ----------
    source
        A path, a file's bytes, a Pillow image, or an array (H, W), (H, W, 1),
        (H, W, 3) or (H, W, 4) of uint8, uint16, bool or floats 0 to 1.
    longest
        Of the longer side, in pixels; what is smaller stays as it is.
    name
        What to call it; by default the file's name, or "image".

    Raises
    ------
    PhotoError
        It is no image, not a whole one, or of a kind that is not read.
    """
    if longest < 1:
        raise ValueError(f"longest is {longest}; expected 1 pixel or more.")
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        with _stream(path) as stream:
            image, size = _read(stream, str(path), longest)
        return Photo(image, size, name or path.name)
    name = name or Path(getattr(source, "filename", "") or "image").name
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Photo(*_read(io.BytesIO(source), name, longest), name)
    if isinstance(source, Image.Image):
        return Photo(*_upright(source, source.size, name, longest), name)
    if hasattr(source, "__array__"):
        image = _image_of(np.asarray(source), name)
        return Photo(*_upright(image, image.size, name, longest), name)
    raise PhotoError(
        f"{name}: a {type(source).__name__}; expected a path, a file's bytes, a Pillow "
        "image or an array. Give one of these."
    )


def _stream(path: Path) -> BinaryIO:
    """A file opened for reading."""
    if path.is_dir():
        raise PhotoError(
            f"{path}: a folder; expected one image. Give the files in it instead."
        )
    if not path.is_file():
        raise PhotoError(
            f"{path}: no such file; expected {EXPECTED}. Check its name and folder."
        )
    try:
        return path.open("rb")
    except OSError as error:
        raise PhotoError(
            f"{path}: cannot be opened ({error.strerror}); expected {EXPECTED}. "
            "Check whether you may read it."
        ) from error


def _read(stream: BinaryIO, name: str, longest: int) -> tuple[Image.Image, Size]:
    """A file's image, upright and small, and its upright size before."""
    image = _opened(stream, name)
    size = image.size
    image.draft(None, _fitted(size, longest))
    return _upright(image, size, name, longest)


def _opened(stream: BinaryIO, name: str) -> Image.Image:
    """What `PIL.Image.open` gives, with no limit on the number of pixels.

    Its own limit is a variable that all of a program shares.
    """
    Image.init()
    start = stream.read(512)
    broken = ""
    for kind in FORMATS:
        factory, accepts = Image.OPEN.get(kind, (None, None))
        if factory is None or accepts(start[:16]) is not True:
            continue
        stream.seek(0)
        try:
            return factory(stream, "")
        except Image.DecompressionBombError as error:
            raise _too_large(name, str(error)) from error
        except Exception:  # of whatever kind: damaged, or only alike
            broken = kind
    if broken and not _is_heic(start):
        raise _damaged(name, broken, "its header cannot be read")
    raise PhotoError(f"{name}: {_found(start)}; expected {EXPECTED}. {_advice(start)}")


def _upright(
    image: Image.Image, size: Size, name: str, longest: int
) -> tuple[Image.Image, Size]:
    """An image upright, in RGB and small, and its upright size before.

    Parameters
    ----------
    image
        Perhaps not loaded yet.
    size
        Before the image was scaled, if it was.
    """
    if image.width * image.height > LARGEST:
        raise _too_large(name, f"{image.width:,} x {image.height:,} pixels")
    if 0 in size:
        raise PhotoError(
            f"{name}: {size[0]} x {size[1]} pixels; expected 1 x 1 or more. Check "
            "what it was cut from."
        )
    try:
        image.load()
        orientation = _orientation(image)
        small = _small(_plain(image, name), _fitted(size, longest))
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except Exception as error:  # of whatever kind a decoder makes of damage
        raise _damaged(name, image.format or image.mode, error) from error
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return small, size[::-1] if orientation >= 5 else size


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none that can be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # a damaged note beside the pixels is no reason to stop
        return 1
    return orientation if orientation in _TURNS else 1


def _fitted(size: Size, longest: int) -> Size:
    """A size scaled down, if need be, to a longer side of ``longest`` pixels."""
    scale = min(1, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _small(image: Image.Image, size: Size) -> Image.Image:
    """An image in RGB and of that size; colour and most of the scaling by strips."""
    factor = max(1, min(image.width // size[0], image.height // size[1]))
    rows = max(1, STRIP // (image.width * factor)) * factor
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


def _plain(image: Image.Image, name: str) -> Image.Image:
    """An image of 8 bits a channel from one of any mode."""
    if image.mode == "I":  # 32 bits that hold 8 or 16, by what is in them
        low, high = image.getextrema()
        if low < 0 or high > 65535:
            raise PhotoError(
                f"{name}: whole numbers from {low} to {high}; expected 0 to 65535. "
                "Scale them."
            )
        image = np.asarray(image)
        return _image_of(image.astype(np.uint16 if high > 255 else np.uint8), name)
    if image.mode == "F" or image.mode.startswith("I;16"):
        return _image_of(np.asarray(image), name)
    return image


def _image_of(array: np.ndarray, name: str) -> Image.Image:
    """An array as a Pillow image of 8 bits: L, RGB or RGBA."""
    shape = array.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3, 4)):
        raise PhotoError(
            f"{name}: an array of shape {shape}; expected (H, W), (H, W, 1), (H, W, 3) "
            "or (H, W, 4). Give one image at a time, its channels last."
        )
    if 0 in shape:
        raise PhotoError(
            f"{name}: an array of shape {shape}, which holds no pixel; expected "
            "1 x 1 or more. Check what it was cut from."
        )
    array = np.ascontiguousarray(array)
    if len(shape) == 3 and shape[2] == 1:
        array = array[..., 0]
    return Image.fromarray(_eight_bit(array, name))


def _eight_bit(array: np.ndarray, name: str) -> np.ndarray:
    """Values as uint8, 0 to 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return (array >> 8).astype(np.uint8)  # the higher byte, as Pillow has it
    if array.dtype.kind == "f":
        low, high = array.min(), array.max()
        if low >= -ROUNDING and high <= 1 + ROUNDING:  # never so if one is NaN
            return np.rint(array.clip(0, 1) * 255).astype(np.uint8)
        raise PhotoError(
            f"{name}: floats from {low:g} to {high:g}; expected 0 to 1, none of them "
            "NaN. Divide them by the largest that they can be."
        )
    raise PhotoError(
        f"{name}: an array of {array.dtype}; expected uint8, uint16, bool or floats "
        "0 to 1. Convert it, as with .astype(np.uint8)."
    )


def _damaged(name: str, kind: str, what) -> PhotoError:
    return PhotoError(
        f"{name}: an image ({kind}) that is damaged or cut short: {what}; expected a "
        "whole one. Copy or download it again."
    )


def _too_large(name: str, what: str) -> PhotoError:
    """Too many pixels: for us, or for Pillow where it checks the limit of its own."""
    return PhotoError(
        f"{name}: too large: {what}; expected at most {LARGEST:,} pixels, fewer of a "
        "TIFF or WebP. Save it smaller, or as a JPEG, which is scaled as it is read."
    )


def _found(start: bytes) -> str:
    """What a file is that is not an image that is read, by its first bytes."""
    if not start:
        return "an empty file"
    if _is_heic(start):
        return "a HEIC image, as an iPhone takes them"
    if start.startswith(b"%PDF"):
        return "a PDF file"
    try:
        text = start.decode("utf-8", errors="strict" if len(start) < 512 else "ignore")
    except UnicodeDecodeError:
        text = ""
    if text and all(letter.isprintable() or letter.isspace() for letter in text):
        return f"a text file that begins with {text[:20]!r}"
    return f"a file that begins with the bytes {start[:8].hex(' ')}"


def _advice(start: bytes) -> str:
    """What to do about such a file."""
    if _is_heic(start):
        return (
            "Save it as a JPEG, or install pillow-heif and call "
            "pillow_heif.register_heif_opener() first."
        )
    return "Copy or download the image again, or save it in one of these formats."


def _is_heic(start: bytes) -> bool:
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS

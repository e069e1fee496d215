"""One image file of many that may be damaged: what is read from it, or why not."""

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG")
"""What is read, whatever the file's name: the archives' own, and its likely mix-up."""

LARGEST = 40_000_000
"""Pixels of an image at most, 160 MB of memory; the archives' have under a million."""

_DAMAGE = (
    *(OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError),
    *(struct.error, zlib.error, OverflowError, MemoryError),
)
"""What Pillow raises where a file is not as it should be."""


def read_image(
    path: Path, read: Callable[[Image.Image], np.ndarray | str]
) -> np.ndarray | str:
    """What ``read`` makes of a file's image, or why there is none, in a few words.

    A PNG whose check sums are wrong is not read: Pillow alone would give other pixels
    for some of them.

    Parameters
    ----------
    path
        Of a PNG or a JPEG.
    read
        Given the image, which is not decoded yet. What it raises becomes the reason.
    """
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # the reason says it
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > LARGEST:
                    return _too_large(f"{image.width:,} x {image.height:,}")
                found = read(image)
            if not isinstance(found, str):
                file.seek(0)
                with Image.open(file, formats=FORMATS) as image:
                    image.verify()
            return found
    except FileNotFoundError:
        return "there is no such file"
    except Image.UnidentifiedImageError:
        size = path.stat().st_size
        expected = ": expected PNG or JPEG" if size else ""
        return f"not an image ({size:,} bytes){expected}"
    except Image.DecompressionBombError:  # Pillow's own limit is a higher one
        return _too_large("far too many")
    except _DAMAGE as error:
        return str(error) or type(error).__name__


def _too_large(found: str) -> str:
    return f"{found} pixels; expected at most {LARGEST:,}"

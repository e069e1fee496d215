"""One image file of many: read rightly, or not at all with a reason."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from helpers.data.image_files import read_image
from helpers.preprocessing import eight_bits
from helpers.settings import ROOT

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "1.png"
    path.write_bytes(png(Image.fromarray(PIXELS)))
    return path


def test_image_is_what_the_function_makes_of_it(path):
    np.testing.assert_array_equal(read_image(path, np.asarray), PIXELS)


def test_what_the_function_says_or_raises_is_the_reason(path):
    def fail(image):
        raise ValueError("too dark")

    assert read_image(path, lambda image: "too small") == "too small"
    assert read_image(path, fail) == "too dark"


def test_reason_is_never_empty(path):
    def fail(image):
        raise EOFError

    assert read_image(path, fail) == "EOFError"


def test_every_changed_bit_of_the_pixels_is_found(path):
    """Pillow by itself gives other pixels for some of these."""
    sound = path.read_bytes()
    start = sound.index(b"IDAT") + 4
    rng = np.random.default_rng(1)
    for place in rng.integers(start, len(sound) - 16, 300):
        data = bytearray(sound)
        data[place] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        assert isinstance(read_image(path, np.asarray), str), place


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (255, 0), (256, 1), (65535, 255)]
)
def test_sixteen_bits_are_scaled_to_eight(tmp_path, value, expected):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((3, 4), value, np.uint16)).save(path)
    found = read_image(path, lambda image: np.asarray(eight_bits(image).convert("RGB")))
    np.testing.assert_array_equal(found, np.full((3, 4, 3), expected))


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "RGBA"])
def test_other_modes_are_left_as_they_are(mode):
    image = Image.new(mode, (2, 2))
    assert eight_bits(image) is image


SCRIPT = """
import resource, sys
from pathlib import Path
from helpers.data.image_files import read_image
import numpy as np
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(read_image(Path(sys.argv[1]), np.asarray))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_image_of_200_megapixels_takes_no_memory(tmp_path):
    path = tmp_path / "large.png"
    Image.new("1", (20_000, 10_000)).save(path)
    words = [sys.executable, "-c", SCRIPT, str(path)]
    reason, kilobytes = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "expected at most 40,000,000" in reason
    unit = 1024 if sys.platform == "darwin" else 1  # there it is bytes
    assert int(kilobytes) / unit < 20_000

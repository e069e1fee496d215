"""Images of every kind that people have, and what is said of those that are none."""

import io
import subprocess
import sys

import numpy as np
import pytest
from builders import black_png, encoded
from PIL import ExifTags, Image, ImageOps

from helpers.data.images import Photo, PhotoError, load_photo, read_image
from helpers.settings import ROOT

GRAY = (128, 128, 128)
"""What shows through where an image is transparent."""


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def image() -> Image.Image:
    """60 x 40 pixels; each corner has a colour of its own."""
    image = Image.new("RGB", (60, 40), "white")
    image.paste("red", (0, 0, 30, 20))
    image.paste("lime", (30, 0, 60, 20))
    image.paste("blue", (0, 20, 30, 40))
    return image


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = value
    return exif


def pixels(source, **options) -> np.ndarray:
    """What is loaded, which is always in RGB."""
    photo = load_photo(source, **options)
    assert photo.image.mode == "RGB"
    return np.asarray(photo.image)


def first_pixel(source) -> tuple[int, ...]:
    return tuple(pixels(source)[0, 0].tolist())


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_sets_a_file_upright(image, kind, value):
    data = encoded(image, kind, exif=orientation(value))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    photo = load_photo(data)
    assert photo.size == photo.image.size == upright.size
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(upright))


def test_exif_orientation_sets_a_pillow_image_upright_and_leaves_it_alone(image):
    opened = Image.open(io.BytesIO(encoded(image, exif=orientation(6))))
    assert load_photo(opened).size == (40, 60)
    assert opened.size == (60, 40)
    assert load_photo(ImageOps.exif_transpose(opened)).size == (40, 60)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_that_is_damaged_is_no_reason_to_stop(image, kind):
    data = encoded(image, kind, exif=b"Exif\0\0no note at all")
    assert load_photo(data).size == (60, 40)


@pytest.mark.parametrize(
    ("mode", "value", "colour"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 255), (77, 77, 77)),
        ("LA", (77, 0), GRAY),
        ("RGBA", (1, 2, 3, 255), (1, 2, 3)),
        ("RGBA", (1, 2, 3, 0), GRAY),
        ("RGBA", (0, 0, 0, 51), (102, 102, 102)),
        ("CMYK", (255, 0, 0, 0), (0, 255, 255)),
        ("I;16", 51 * 257, (51, 51, 51)),
        ("I", 51 * 257, (51, 51, 51)),
        ("I", 51, (51, 51, 51)),
        ("F", 0.2, (51, 51, 51)),
    ],
)
def test_pillow_image_of_any_mode_becomes_rgb(mode, value, colour):
    assert first_pixel(Image.new(mode, (3, 2), value)) == colour


@pytest.mark.parametrize(
    ("mode", "value"), [("P", 0), ("L", 7), ("RGB", (7, 7, 7)), ("1", 0)]
)
def test_colour_that_stands_for_transparent_shows_the_backdrop(mode, value):
    image = Image.new(mode, (3, 2), value)
    if mode == "P":
        image.putpalette([255, 0, 0])
    assert first_pixel(encoded(image)) != GRAY
    assert first_pixel(encoded(image, transparency=value)) == GRAY


def test_sixteen_bits_are_scaled_and_not_clipped():
    levels = np.array([[0, 256, 32768, 65535]], np.uint16)
    assert pixels(encoded(Image.fromarray(levels)))[0, :, 0].tolist() == [
        0,
        1,
        128,
        255,
    ]


def test_cmyk_jpeg_is_not_inverted():
    data = encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG")
    red, green, blue = first_pixel(data)
    assert red < 10
    assert min(green, blue) > 245


def test_first_image_of_an_animation_counts(image):
    later = [Image.new("RGB", image.size, "black")]
    data = encoded(image, "GIF", save_all=True, append_images=later)
    np.testing.assert_array_equal(pixels(data), np.asarray(image))


def test_content_counts_and_not_the_ending_of_the_name(image, tmp_path):
    path = tmp_path / "door.png"
    path.write_bytes(encoded(image, "JPEG"))
    photo = load_photo(str(path))
    assert (photo.size, photo.name) == ((60, 40), "door.png")
    assert load_photo(path, name="image 3").name == "image 3"


@pytest.mark.parametrize(
    ("array", "colour"),
    [
        (np.full((2, 3), 9, np.uint8), (9, 9, 9)),
        (np.full((2, 3, 1), 9, np.uint8), (9, 9, 9)),
        (np.full((2, 3, 3), [1, 2, 3], np.uint8), (1, 2, 3)),
        (np.full((2, 3, 4), [1, 2, 3, 0], np.uint8), GRAY),
        (np.full((2, 3), 9 * 257, np.uint16), (9, 9, 9)),
        (np.full((2, 3, 3), 9 * 257, ">u2"), (9, 9, 9)),
        (np.full((2, 3), True), (255, 255, 255)),
        (np.full((2, 3), 0.2, np.float32), (51, 51, 51)),
        (np.full((2, 3, 3), [0.0, 0.2, 1.0]), (0, 51, 255)),
        (np.full((2, 3), 1.0004), (255, 255, 255)),
    ],
)
def test_array_of_any_kind_becomes_rgb(array, colour):
    assert first_pixel(array) == colour
    photo = load_photo(array)
    assert (photo.size, photo.name) == ((3, 2), "image")


def test_array_seen_from_behind_is_taken_as_seen():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[:, ::-1]
    np.testing.assert_array_equal(pixels(array), array)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "array"])
def test_large_image_is_scaled_to_the_longest_side(image, kind):
    large = image.resize((1200, 800), Image.Resampling.NEAREST)
    source = np.asarray(large) if kind == "array" else encoded(large, kind)
    photo = load_photo(source, max_side=60)
    assert (photo.size, photo.image.size) == ((1200, 800), (60, 40))
    assert photo.scale == (0.05, 0.05)
    inner = np.asarray(photo.image, int)[5::20, 5::20] - np.asarray(image)[5::20, 5::20]
    assert np.abs(inner).max() < 8


def test_image_that_is_small_enough_is_not_scaled(image):
    np.testing.assert_array_equal(pixels(image, max_side=60), np.asarray(image))


@pytest.mark.parametrize("size", [(999, 7), (3, 2000), (1, 1)])
def test_thin_image_keeps_a_pixel_across(size):
    photo = load_photo(Image.new("RGB", size), max_side=50)
    assert photo.size == size
    assert max(photo.image.size) == min(50, max(size))
    assert min(photo.image.size) >= 1


def test_large_image_is_scaled_without_a_seam():
    """Colour is made in strips of four million pixels."""
    large = Image.fromarray(noise(2_100, 2_100, 4))
    backdrop = Image.new("RGBA", large.size, (*GRAY, 255))
    whole = Image.alpha_composite(backdrop, large).convert("RGB").reduce(10)
    np.testing.assert_array_equal(pixels(large, max_side=210), np.asarray(whole))


def test_boxes_go_to_the_image_and_back():
    photo = Photo(Image.new("RGB", (50, 20)), size=(100, 80), name="door.jpg")
    box = (10, 40, 30, 60)
    assert photo.to_image(box).tolist() == [5, 10, 15, 15]
    assert photo.to_original(photo.to_image([box, box])).tolist() == [[*box], [*box]]


def test_boxes_of_a_turned_photo_are_those_of_the_upright(image):
    large = image.resize((600, 400))
    photo = load_photo(encoded(large, "JPEG", exif=orientation(6)), max_side=60)
    assert photo.size == (400, 600)
    assert photo.to_image((0, 0, 400, 600)).tolist() == [0, 0, *photo.image.size]


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("1", "PNG")])
def test_200_megapixels_are_scaled_within_pillow_s_limit_unchanged(mode, kind):
    limit = Image.MAX_IMAGE_PIXELS
    data = encoded(Image.new(mode, (20_000, 10_000), 255), kind)
    photo = load_photo(data, max_side=500)
    assert (photo.size, photo.image.size) == ((20_000, 10_000), (500, 250))
    assert photo.image.getpixel((250, 125)) == (255, 255, 255)
    assert limit == Image.MAX_IMAGE_PIXELS


def test_more_pixels_than_are_decoded_is_told():
    with pytest.raises(PhotoError, match="20,000 x 20,000 pixels; expected 1 to 300"):
        load_photo(black_png(20_000, 20_000, whole=False))


def test_limit_of_pillow_s_own_is_told_as_one(image, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotoError, match=r"exceeds limit .* Save it smaller"):
        load_photo(encoded(image, "TIFF"))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(256))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "an empty file; expected a JPEG, PNG"),
        (b"file,number\n", r"begins with b'file,number\\n'; expected"),
        (HEIC, "a HEIC image, .*register_heif_opener"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "begins with b'%!PS"),
        (b"\xff\xd8\xff\xe0", "an image that is damaged or cut short"),
    ],
)
def test_file_that_is_no_image_is_told_by_what_it_is(tmp_path, data, told):
    path = tmp_path / "door.jpg"
    path.write_bytes(data)
    with pytest.raises(PhotoError, match=told) as error:
        load_photo(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("max_side", [4096, 50])
def test_part_of_an_image_is_none(kind, part, max_side):
    data = encoded(Image.fromarray(noise(400, 300, 3)), kind)
    with pytest.raises(PhotoError, match="an image that is damaged or cut short"):
        load_photo(data[: int(len(data) * part)], max_side)


def test_folder_and_missing_file_are_told(tmp_path):
    with pytest.raises(PhotoError, match="a folder; expected one file"):
        load_photo(tmp_path)
    with pytest.raises(PhotoError, match=r"none\.jpg: no such file; expected"):
        load_photo(tmp_path / "none.jpg")


def test_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "1.jpg").write_bytes(b"")
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PhotoError, match=r"cannot be opened \(Permission denied\)"):
        load_photo(tmp_path / "1.jpg")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (np.full((2, 2), np.nan), "floats from nan to nan; expected 0 to 1"),
        (np.array([[0.5, np.inf]]), "floats from 0.5 to inf; expected"),
        (np.array([[0.0, 255.0]]), "floats from 0 to 255; expected"),
        (np.zeros((2, 2), np.int64), "an array of int64; expected uint8"),
        (
            np.zeros((0, 5), np.uint8),
            r"shape \(0, 5\); expected .* 1 x 1 pixel or more",
        ),
        (np.zeros(5, np.uint8), r"shape \(5,\); expected \(H, W\)"),
        (
            np.zeros((3, 8, 8), np.uint8),
            r"shape \(3, 8, 8\); expected .* channels last",
        ),
        (np.zeros((2, 8, 8, 3), np.uint8), "Give one image at a time"),
        (Image.new("RGB", (0, 5)), "0 x 5 pixels; expected 1 to 300,000,000"),
        (Image.new("I", (2, 2), -1), "whole numbers from -1 to -1; expected 0 to"),
        ([[1, 2], [3, 4]], "a list; expected a path"),
    ],
)
def test_what_is_no_image_is_told_with_its_name(source, told):
    with pytest.raises(PhotoError, match=told) as error:
        load_photo(source, name="image 3")
    assert str(error.value).startswith("image 3: ")


def test_longest_side_of_nothing_is_refused(image):
    with pytest.raises(ValueError, match="max_side is 0; expected 1 pixel or more"):
        load_photo(image, max_side=0)


@pytest.fixture
def png(tmp_path):
    """An archive's image; which of them cannot be read is in test_bad_inputs too."""
    path = tmp_path / "1.png"
    path.write_bytes(encoded(Image.fromarray(noise(20, 30, 3))))
    return path


def test_archive_s_image_is_what_the_function_makes_of_it(png):
    np.testing.assert_array_equal(read_image(png, np.asarray), noise(20, 30, 3))
    assert read_image(png, lambda image: "too small") == "too small"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ValueError("too dark"), "too dark"), (EOFError(), "EOFError")],
)
def test_what_the_function_raises_is_the_reason(png, error, reason):
    def fail(image):
        raise error

    assert read_image(png, fail) == reason


def test_every_changed_bit_of_the_pixels_is_found(png):
    """Pillow by itself gives other pixels for some of these."""
    sound = png.read_bytes()
    start = sound.index(b"IDAT") + 4
    rng = np.random.default_rng(1)
    for place in rng.integers(start, len(sound) - 16, 300):
        data = bytearray(sound)
        data[place] ^= 1 << rng.integers(8)
        png.write_bytes(data)
        assert isinstance(read_image(png, np.asarray), str), place


SCRIPT = """
import resource, sys
from pathlib import Path
from helpers.data.images import read_image
import numpy as np
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(read_image(Path(sys.argv[1]), np.asarray))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_archive_s_image_of_200_megapixels_takes_no_memory(png):
    png.write_bytes(black_png(20_000, 10_000))
    words = [sys.executable, "-c", SCRIPT, str(png)]
    reason, kilobytes = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "expected at most 40,000,000" in reason
    unit = 1024 if sys.platform == "darwin" else 1  # there it is bytes
    assert int(kilobytes) / unit < 20_000

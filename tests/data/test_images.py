"""Images of every kind that people have, and what is said of those that are none."""

import io
import re
from unittest.mock import Mock

import numpy as np
import pytest
from builders import black_png, encoded
from PIL import ExifTags, Image, ImageOps

from helpers.data.images import Photo, PhotoError, load_photo, read_image

DARK, WHITE = (51, 51, 51), (255, 255, 255)
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
    return tuple(pixels(source)[0, 0])


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_sets_a_file_or_pillow_image_upright(image, kind, value):
    data = encoded(image, kind, exif=orientation(value))
    opened = Image.open(io.BytesIO(data))
    size, upright = opened.size, ImageOps.exif_transpose(opened)
    for source in (data, opened):
        photo = load_photo(source)
        assert photo.size == photo.image.size == upright.size
        np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(upright))
    assert opened.size == size


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_that_is_damaged_is_no_reason_to_stop(image, kind):
    data = encoded(image, kind, exif=b"Exif\0\0no note at all")
    assert load_photo(data).size == (60, 40)


@pytest.mark.parametrize(
    ("source", "colour"),
    [
        (Image.new("1", (3, 2), 1), WHITE),
        (Image.new("L", (3, 2), 77), (77, 77, 77)),
        (Image.new("LA", (3, 2), (77, 255)), (77, 77, 77)),
        (Image.new("LA", (3, 2), (77, 0)), GRAY),
        (Image.new("RGBA", (3, 2), (1, 2, 3, 0)), GRAY),
        (Image.new("RGBA", (3, 2), (0, 0, 0, 51)), (102, 102, 102)),
        (Image.new("CMYK", (3, 2), (255, 0, 0, 0)), (0, 255, 255)),
        (Image.new("I;16", (3, 2), 51 * 257), DARK),
        (Image.new("I", (3, 2), 51 * 257), DARK),
        (Image.new("I", (3, 2), 51), DARK),
        (Image.new("F", (3, 2), 0.2), DARK),
        (np.full((2, 3), 51, np.uint8), DARK),
        (np.full((2, 3, 1), 51, np.uint8), DARK),
        (np.full((2, 3, 3), [1, 2, 3], np.uint8), (1, 2, 3)),
        (np.full((2, 3, 4), [1, 2, 3, 0], np.uint8), GRAY),
        (np.full((2, 3), 51 * 257, np.uint16), DARK),
        (np.full((2, 3, 3), 51 * 257, ">u2"), DARK),
        (np.full((2, 3), True), WHITE),
        (np.full((2, 3), 0.2, np.float32), DARK),
        (np.full((2, 3, 3), [0.0, 0.2, 1.0]), (0, 51, 255)),
        (np.full((2, 3), 1.0004), WHITE),
    ],
)
def test_image_of_any_mode_and_array_of_any_kind_becomes_rgb(source, colour):
    assert first_pixel(source) == colour
    photo = load_photo(source)
    assert (photo.size, photo.name) == ((3, 2), "image")


@pytest.mark.parametrize(
    ("mode", "value"), [("P", 0), ("L", 7), ("RGB", (7, 7, 7)), ("1", 0)]
)
def test_colour_that_stands_for_transparent_shows_the_backdrop(mode, value):
    image = Image.new(mode, (3, 2), value)
    if mode == "P":
        image.putpalette([255, 0, 0])
    assert first_pixel(encoded(image)) != GRAY
    assert first_pixel(encoded(image, transparency=value)) == GRAY


def test_content_counts_and_not_the_ending_of_the_name(image, tmp_path):
    path = tmp_path / "door.png"
    path.write_bytes(encoded(image, "JPEG"))
    photo = load_photo(str(path))
    assert (photo.size, photo.name) == ((60, 40), "door.png")
    assert load_photo(path, name="image 3").name == "image 3"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "array"])
def test_large_image_is_scaled_to_the_longest_side(image, kind):
    large = image.resize((1200, 800), Image.Resampling.NEAREST)
    source = np.asarray(large) if kind == "array" else encoded(large, kind)
    photo = load_photo(source, max_side=60)
    assert (photo.size, photo.image.size) == ((1200, 800), (60, 40))
    assert photo.scale == (0.05, 0.05)
    inner = np.asarray(photo.image, int)[5::20, 5::20] - np.asarray(image)[5::20, 5::20]
    assert np.abs(inner).max() < 8


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


def test_boxes_go_to_the_image_and_back(image):
    photo = Photo(Image.new("RGB", (50, 20)), size=(100, 80), name="door.jpg")
    box = (10, 40, 30, 60)
    assert photo.to_image(box).tolist() == [5, 10, 15, 15]
    assert photo.to_original(photo.to_image([box, box])).tolist() == [[*box], [*box]]
    turned = load_photo(encoded(image, exif=orientation(6)), max_side=30)
    assert turned.to_image((0, 0, 40, 60)).tolist() == [0, 0, *turned.image.size]


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("1", "PNG")])
def test_200_megapixels_are_scaled_within_pillow_s_limit_unchanged(mode, kind):
    limit = Image.MAX_IMAGE_PIXELS
    data = encoded(Image.new(mode, (20_000, 10_000), 255), kind)
    photo = load_photo(data, max_side=500)
    assert (photo.size, photo.image.size) == ((20_000, 10_000), (500, 250))
    assert photo.image.getpixel((250, 125)) == (255, 255, 255)
    assert limit == Image.MAX_IMAGE_PIXELS


def test_limits_of_pixels_are_told(image, monkeypatch):
    with pytest.raises(PhotoError, match="20,000 x 20,000 pixels; expected 1 to 300"):
        load_photo(black_png(20_000, 20_000, whole=False))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotoError, match=r"exceeds limit .* save it smaller"):
        load_photo(encoded(image, "TIFF"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.9])
@pytest.mark.parametrize("max_side", [4096, 50])
def test_part_of_an_image_is_none(kind, part, max_side):
    data = encoded(Image.fromarray(noise(400, 300, 3)), kind)
    with pytest.raises(PhotoError, match="an image that is damaged or cut short"):
        load_photo(data[: int(len(data) * part)], max_side)


def test_path_that_is_no_file_or_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "1.jpg"
    with pytest.raises(PhotoError, match="a folder; expected one file"):
        load_photo(tmp_path)
    with pytest.raises(PhotoError, match=r"1\.jpg: no such file; expected"):
        load_photo(path)
    path.touch()
    with pytest.raises(PhotoError, match=re.escape(f"{path}: an empty file; expected")):
        load_photo(path)
    refuse = Mock(side_effect=PermissionError(13, "No"))
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PhotoError, match=r"cannot be opened \(No\)"):
        load_photo(path)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (np.full((2, 2), np.nan), "floats from nan to nan; expected 0 to 1"),
        (np.array([[0.5, np.inf]]), "floats from 0.5 to inf; expected"),
        (np.array([[0.0, 255.0]]), "floats from 0 to 255; expected"),
        (np.zeros((2, 2), np.int64), "an array of int64 .*; expected .* uint8"),
        (np.zeros((0, 5), np.uint8), r"uint8 \(0, 5\); expected one image"),
        (np.zeros(5, np.uint8), r"uint8 \(5,\); expected one image, \(H, W\)"),
        (np.zeros((3, 8, 8), np.uint8), r"uint8 \(3, 8, 8\); expected .* last"),
        (np.zeros((2, 8, 8, 3), np.uint8), "expected one image"),
        (Image.new("RGB", (0, 5)), "0 x 5 pixels; expected 1 to 300,000,000"),
        (Image.new("I", (2, 2), -1), "an array of int8 .*; expected"),
        ([[1, 2], [3, 4]], "a list; expected a path"),
        (b"file,number\n", r"begins with b'file,number\\n'; expected a JPEG, PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "begins with b'%!PS"),
        (b"\0\0\0\x18ftypheic" + bytes(9), "a HEIC image.*; expected a JPEG"),
        (b"\xff\xd8\xff\xe0", "an image that is damaged or cut short"),
    ],
)
def test_what_is_no_image_is_told_with_its_name(source, told):
    with pytest.raises(PhotoError, match=told) as error:
        load_photo(source, name="image 3")
    assert str(error.value).startswith("image 3: ")


@pytest.fixture
def png(tmp_path):
    """An archive's image; what else it may be is in test_bad_inputs."""
    path = tmp_path / "1.png"
    path.write_bytes(encoded(Image.fromarray(noise(20, 30, 3))))
    return path


def test_archive_s_image_is_what_the_function_makes_of_it(png):
    np.testing.assert_array_equal(read_image(png, np.asarray), noise(20, 30, 3))
    assert read_image(png, lambda image: "too small") == "too small"
    assert read_image(png, Mock(side_effect=ValueError("too dark"))) == "too dark"
    assert read_image(png, Mock(side_effect=EOFError)) == "EOFError"


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

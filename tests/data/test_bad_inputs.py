"""Bad inputs one by one, taken through `prepare`, and what each of them gets."""

import gzip
import io
import re
import shutil
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
import scipy.io
from builders import black_png, boxes_of, encoded
from h5py import h5s, h5t
from PIL import Image, PngImagePlugin

from helpers.data.archives import ARCHIVES as OFFICIAL
from helpers.data.digitstruct import DigitStructError, write_boxes
from helpers.data.extraction import ArchiveError, Limits, extract
from helpers.data.store import StoreError
from helpers.datasets import prepare
from helpers.settings import Settings

READ, LISTED, ERROR = "read", "left out and listed", "named error"
LAYOUT, TWICE = "not a file of this archive's layout", "second member of that name"
IRREGULAR, NO_ROW = "not a regular file", "9.png: no row of digitStruct.mat is of it"
NO_FORMAT = "expected PNG or JPEG"

ARCHIVE = OFFICIAL["test"]
SIDE = 12
NAMES, BBOXES = "digitStruct/name", "digitStruct/bbox"
BAD = 2
"""The image of four that is bad, or whose row is."""


def listed(names: str, rows):
    """A test for each row, called by what is bad in it."""
    return pytest.mark.parametrize(
        names, [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


def boxes_side_by_side(digits: dict):
    """Boxes from {image: digits}."""
    return boxes_of(
        {
            image: [(label, 4 * place, 0, 4, 12) for place, label in enumerate(labels)]
            for image, labels in digits.items()
        }
    )


def noise(seed: int, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def packed(members) -> bytes:
    """A tar of (name or TarInfo, bytes) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Sound folders of train and test, of 12 and 4 images, and the crops of test."""
    place = tmp_path_factory.mktemp("sound")
    for name, count in (("train", 12), ("test", 4)):
        folder = place / "mine" / name
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            image = noise(100 * count + number)
            (folder / f"{number}.png").write_bytes(encoded(image))
        digits = {n: (n % 10, 3 * n % 10) for n in range(1, count + 1)}
        write_boxes(folder / "digitStruct.mat", boxes_side_by_side(digits))
    return place / "mine", crops_of(prepare(settings_of(place), 1))


def settings_of(place) -> Settings:
    mine = str(place / "mine")
    return Settings(data=mine, home=place / "home", crop_size=SIDE, margin=0.0)


def crops_of(store) -> dict:
    images = zip(store.test.numbers.tolist(), store.test.images, strict=True)
    return {number: image.tolist() for number, image in images}


@pytest.fixture
def folder(sound, tmp_path):
    """The folder that a test spoils."""
    shutil.copytree(sound[0], tmp_path / "mine")
    return tmp_path / "mine" / "test"


@pytest.fixture
def check(sound, tmp_path, record_property):
    """Prepares, tells what the input got, and compares it with what it should get."""
    crops = sound[1]

    def prepared(limits: Limits | None) -> tuple[str, str]:
        members, archive = ARCHIVE.members, tmp_path / "mine" / ARCHIVE.file
        try:
            if limits:
                extract(archive, tmp_path / "made", members, limits)
            store = prepare(settings_of(tmp_path), 1)
        except (ArchiveError, DigitStructError, StoreError) as error:
            return ERROR, str(error)
        images = store.skipped.to_numpy().tolist()
        rows = [f"image {number}: {reason}" for _, number, reason in images]
        others = store.surplus.to_numpy().tolist()
        rows += [f"{name}: {reason}" for _, name, reason in others]
        found = crops_of(store)
        lost = crops.keys() - found.keys()
        assert lost <= {number for _, number, _ in images} | {BAD}
        assert all(found[n] == crops[n] for n in found if n != BAD)
        assert rows or not lost
        return (LISTED if rows else READ), "; ".join(rows)

    def check(outcome, message, limits=None):
        found, text = prepared(limits)
        assert found == outcome, text
        assert re.search(message, text), text
        assert not list(tmp_path.rglob("*escaped*"))

    return check


def link(kind, target="/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo("test/9.png")
    info.type, info.linkname = kind, target
    return info


def extended(**headers) -> tarfile.TarInfo:
    info = tarfile.TarInfo("test/9.png")
    info.pax_headers = headers
    return info


MEMBERS = [
    ("a path that climbs out", "test/../../escaped.png", LAYOUT),
    ("a path that climbs out at once", "../test/9.png", LAYOUT),
    ("a path that climbs out in Windows", "test\\..\\..\\escaped.png", LAYOUT),
    ("an absolute name", "/test/9.png", LAYOUT),
    ("a symbolic link", link(tarfile.SYMTYPE), IRREGULAR),
    ("a hard link", link(tarfile.LNKTYPE, "test/1.png"), IRREGULAR),
    ("a hard link to outside", link(tarfile.LNKTYPE, "../../x"), IRREGULAR),
    ("a character device", link(tarfile.CHRTYPE), IRREGULAR),
    ("a block device", link(tarfile.BLKTYPE), IRREGULAR),
    ("a named pipe", link(tarfile.FIFOTYPE), IRREGULAR),
    ("a NUL in the name", extended(path="test/9.png\0.exe"), LAYOUT),
    ("a name of 5,000 letters", f"test/{'9' * 5_000}.png", LAYOUT),
    ("a second member of one name", "test/2.png", TWICE),
    ("a second member, its name begun with ./", "./test/2.png", TWICE),
    ("macOS's ._1.png", "test/._1.png", LAYOUT),
    ("macOS's folder __MACOSX", "__MACOSX/test/._1.png", LAYOUT),
    ("macOS's .DS_Store", "test/.DS_Store", LAYOUT),
    ("Windows' Thumbs.db", "test/Thumbs.db", LAYOUT),
    ("a copy: 1 (1).png", "test/1 (1).png", LAYOUT),
    ("an image a folder deeper", "test/test/9.png", LAYOUT),
    ("a surplus image", "test/9.png", NO_ROW),
    ("a surplus image: 02.png", "test/02.png", "02.png: no row"),
]


@listed("member, message", MEMBERS)
def test_member(folder, check, member, message):
    members = [(f"test/{path.name}", path.read_bytes()) for path in folder.iterdir()]
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    archive = folder.with_name("test.tar.gz")
    archive.write_bytes(gzip.compress(packed([*members, (member, b"")])))
    check(LISTED, message)


def with_header(tar: bytes, place: int, value: bytes) -> bytes:
    """The first member's header with a value in it and its check sum made right."""
    header = bytearray(tar[:512])
    header[place : place + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + tar[512:]


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0xFF
    return bytes(changed)


def zipped(tar: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("test.tar", tar)
    return buffer.getvalue()


def repacked(change):
    """Changes the tar, then packs it as it should be."""
    return lambda tar: gzip.compress(change(tar))


def spoilt(change):
    """Packs the tar, then changes that."""
    return lambda tar: change(gzip.compress(tar))


def last(tar: bytes) -> int:
    """Where the last member begins."""
    return tar.rindex(b"ustar") - 257


def with_long_header(tar: bytes) -> bytes:
    return packed([(extended(comment="x" * 100_000), b"")])[: -20 * 512] + tar


def with_many_headers(tar: bytes) -> bytes:
    return 3_000 * packed([(extended(comment="x"), b"")])[:1024] + tar


ARCHIVES = [
    ("an empty file", lambda tar: b"", ERROR, "damaged or no .tar.gz"),
    ("a web page", lambda tar: b"<html>404</html>", ERROR, "Not a gzipped file"),
    ("a plain tar named .gz", lambda tar: tar, ERROR, "Not a gzipped file"),
    ("a zip", zipped, ERROR, "Not a gzipped file"),
    ("a gzip of text", lambda tar: gzip.compress(b"text" * 999), ERROR, "damaged"),
    ("cut at half", spoilt(lambda gz: gz[: len(gz) // 2]), ERROR, "ended before"),
    ("cut by one byte", spoilt(lambda gz: gz[:-1]), ERROR, "ended before"),
    ("a byte changed", spoilt(lambda gz: flipped(gz, len(gz) // 2)), ERROR, "damaged"),
    ("a check sum changed", spoilt(lambda gz: flipped(gz, -6)), ERROR, "CRC check"),
    ("zeros after its end", spoilt(lambda gz: gz + bytes(999)), READ, ""),
    ("garbage after its end", spoilt(lambda gz: gz + b"xy"), ERROR, "Not a gzipped"),
    ("garbage after the tar's end", repacked(lambda tar: tar + b"xy" * 99), READ, ""),
    (
        "cut between two members, then packed",
        repacked(lambda tar: tar[: last(tar)]),
        *(ERROR, "no mark of the end"),
    ),
    (
        "a member's header changed, then packed",
        repacked(lambda tar: flipped(tar, last(tar))),
        *(ERROR, "bad checksum, and no mark of the end"),
    ),
    (
        "a member's size below 0",
        repacked(lambda tar: with_header(tar, 124, b"\xff" * 12)),
        *(ERROR, "of no size"),
    ),
    (
        "a member's size beyond the end",
        repacked(lambda tar: with_header(tar, 124, b"00077777777\0")),
        *(ERROR, "unexpected end of data"),
    ),
    (
        "a member of 8 GB",
        repacked(lambda tar: with_header(tar, 124, b"77777777777\0")),
        *(ERROR, "do not trust"),
    ),
    ("a sparse file", repacked(lambda tar: with_header(tar, 156, b"S")), ERROR, "spar"),
    ("a header of 100 kB", repacked(with_long_header), ERROR, "a header of 100,0"),
    ("3,000 headers of one member", repacked(with_many_headers), ERROR, "recursion"),
    (
        "only files of another archive",
        lambda tar: gzip.compress(packed([("train/1.png", b"")])),
        *(ERROR, "none of its 1 members"),
    ),
    (
        "no digitStruct.mat",
        lambda tar: gzip.compress(packed([("test/1.png", b"")])),
        *(ERROR, "digitStruct.mat: no such file"),
    ),
]


@pytest.fixture
def archive(folder):
    """Puts the archive that ``make`` gives for a sound tar in place of the folder."""

    def write(make):
        paths = sorted(folder.iterdir(), reverse=True)
        tar = packed((f"test/{path.name}", path.read_bytes()) for path in paths)
        for path in paths:
            path.unlink()
        folder.rmdir()
        folder.with_name("test.tar.gz").write_bytes(make(tar))

    return write


@listed("make, outcome, message", ARCHIVES)
def test_archive(archive, check, make, outcome, message):
    archive(make)
    check(outcome, message)


@listed(
    "limits, message",
    [
        ("too many members", Limits(members=3), "more than 3 members"),
        ("too many bytes", Limits(total_bytes=1_000), "or 1,000 bytes in all"),
        ("a file of too many bytes", Limits(file_bytes=1_000), "members, 1,000 bytes"),
    ],
)
def test_large_archive(archive, check, limits, message):
    archive(gzip.compress)
    check(ERROR, message, limits)


def test_endless_archive(archive, check):
    archive(repacked(lambda tar: tar + bytes(1 << 21)))
    limits = Limits(total_bytes=1 << 20)
    check(ERROR, "in 'its end'", limits)


def deep(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)


def with_text(length: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * length, zip=True)
    return encoded(noise(1), pnginfo=info)


def with_holes() -> bytes:
    return encoded(noise(1, "P"), transparency=3)


def animated() -> bytes:
    frames = [noise(seed) for seed in range(3)]
    return encoded(frames[0], save_all=True, append_images=frames[1:])


SOUND = encoded(noise(1))
PICTURE = SOUND.index(b"IDAT") + 40
IMAGES = [
    ("no file", None, LISTED, "there is no such file"),
    ("an empty file", b"", LISTED, r"not an image \(0 bytes\)"),
    ("a web page", b"<html>404</html>", LISTED, NO_FORMAT),
    ("a PNG cut at half", SOUND[: len(SOUND) // 2], LISTED, "truncated"),
    ("a PNG cut in its header", SOUND[:20], LISTED, "Truncated"),
    ("a PNG without its end", SOUND[:-12], LISTED, "."),
    ("a PNG of a pixel changed", flipped(SOUND, PICTURE), LISTED, "."),
    ("a PNG and garbage after it", SOUND + b"garbage", READ, ""),
    ("a PNG of 1 x 1", encoded(noise(1).resize((1, 1))), READ, ""),
    ("a PNG of no pixel", black_png(0, 9), LISTED, "."),
    ("a PNG in gray", encoded(noise(1, "L")), READ, ""),
    ("a PNG in black and white", encoded(noise(1, "1")), READ, ""),
    ("a PNG with a palette", encoded(noise(1, "P")), READ, ""),
    ("a PNG with a palette and holes", with_holes(), READ, ""),
    ("a PNG with transparency", encoded(noise(1, "RGBA")), READ, ""),
    ("a PNG in gray with transparency", encoded(noise(1, "LA")), READ, ""),
    ("a PNG of 16 bits", encoded(deep(noise(1))), READ, ""),
    ("a PNG that moves", animated(), READ, ""),
    (
        "a PNG of 200 megapixels",
        black_png(20_000, 10_000, False),
        LISTED,
        "at most 40,000,000",
    ),
    (
        "a PNG of 50 megapixels",
        black_png(5_000, 10_000, False),
        LISTED,
        "5,000 x 10,000 pixels",
    ),
    (
        "a PNG 2 billion wide",
        black_png(2**31 - 1, 9, whole=False),
        LISTED,
        "at most 40,000,000",
    ),
    ("a PNG with 20 MB of text", lambda: with_text(20_000_000), LISTED, "too large"),
    ("a JPEG named .png", encoded(noise(1), "JPEG"), READ, ""),
    ("a TIFF named .png", encoded(noise(1), "TIFF"), LISTED, NO_FORMAT),
    ("a WebP named .png", encoded(noise(1), "WEBP"), LISTED, NO_FORMAT),
    ("a GIF named .png", encoded(noise(1), "GIF"), LISTED, NO_FORMAT),
    ("a BMP named .png", encoded(noise(1), "BMP"), LISTED, NO_FORMAT),
    ("an EPS named .png", encoded(noise(1), "EPS"), LISTED, NO_FORMAT),
]


@listed("content, outcome, message", IMAGES)
def test_image(folder, check, content, outcome, message):
    (folder / f"{BAD}.png").unlink()
    content = content() if callable(content) else content
    if content is not None:
        (folder / f"{BAD}.png").write_bytes(content)
    check(outcome, message)


def test_folder_named_as_an_image(folder, check):
    (folder / f"{BAD}.png").unlink()
    (folder / f"{BAD}.png").mkdir()
    check(LISTED, "a folder of that name")


@pytest.mark.parametrize("name", ["._1.png", "Thumbs.db", "1 (1).png", "9.png"])
def test_other_file_in_an_own_folder(folder, check, name):
    (folder / name).write_bytes(b"")
    check(LISTED, f"{re.escape(name)}: no row")


def bbox(file, row: int = BAD):
    return file[file["digitStruct/bbox"][row - 1, 0]]


def number(field: str, value: float):
    """Puts a value in the first box of a row."""

    def change(file):
        file[bbox(file)[field][0, 0]][0, 0] = value

    return change


def reference(part: str, place: str | None):
    """Lets a row's part refer to another place of the file, or to none."""

    def change(file):
        target = file[place].ref if place else h5py.Reference()
        file[f"digitStruct/{part}"][BAD - 1, 0] = target

    return change


def field_of(make):
    """Makes a row's ``top`` anew."""

    def change(file):
        group = bbox(file)
        old = group["top"][()]
        del group["top"]
        group.create_dataset("top", **make(file, old))

    return change


def named(text: str):
    def change(file):
        codes = np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None]
        name = file["#refs#"].create_dataset("odd", data=codes)
        file["digitStruct/name"][BAD - 1, 0] = name.ref

    return change


def looped(file):
    top = bbox(file)["top"]
    top[0, 0] = top.ref


def to_nowhere(file):
    part = file["digitStruct/bbox"].id
    addresses = np.empty(part.shape, "<i8")
    part.read(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)
    addresses[BAD - 1] = 2**40
    part.write(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)


def without(field: str):
    def change(file):
        del bbox(file)[field]

    return change


def grouped(file):
    del bbox(file)["left"]
    bbox(file).create_group("left")


def huge_name(file):
    shape = {"shape": (2**33, 1), "chunks": (2**16, 1), "dtype": "<u2"}
    name = file["#refs#"].create_dataset("huge", **shape)
    file["digitStruct/name"][BAD - 1, 0] = name.ref


def pieces(count):
    def make(file, old):
        return {"data": np.resize(old, (count, 1)), "dtype": h5py.ref_dtype}

    return make


ROWS = [
    ("label 0", number("label", 0), "a label is 0.0; expected 1 to 10"),
    ("label 11", number("label", 11), "a label is 11.0"),
    ("label 2.5", number("label", 2.5), "a label is 2.5"),
    ("label NaN", number("label", np.nan), "a label is nan"),
    ("label infinity", number("label", np.inf), "a label is inf"),
    ("left NaN", number("left", np.nan), "a left is nan"),
    ("top infinity", number("top", np.inf), "a top is inf"),
    ("width NaN", number("width", np.nan), "a width is nan"),
    ("width below 0", number("width", -3), "a width is -3.0; expected .* above 0"),
    ("height 0", number("height", 0), "a height is 0.0; expected .* above 0"),
    ("a name that is nowhere", reference("name", None), "name refers to nothing"),
    ("boxes that are nowhere", reference("bbox", None), "bbox refers to nothing"),
    ("boxes that are beyond the file", to_nowhere, "bbox refers to nothing"),
    ("a name that is the list of names", reference("name", NAMES), "name is no text"),
    ("boxes that are their own list", reference("bbox", BBOXES), "bbox is no group"),
    ("boxes that are the whole", reference("bbox", "digitStruct"), "no height and no"),
    ("a top that refers to itself", looped, "a top is no single number"),
    ("no label", without("label"), "no label in its bbox"),
    ("a top too few", field_of(pieces(1)), "'top': 1"),
    ("a left that is a group", grouped, "left is no dataset"),
    ("a top too many", field_of(pieces(3)), "'top': 3"),
    ("10,000 tops", field_of(pieces(10_000)), "10,000 boxes; expected at most 1,000"),
    ("tops that are text", field_of(lambda *_: {"data": "text"}), "no single number"),
    ("a name of no number", named("cat.png"), "row 2: it is named 'cat.png'"),
    ("a name with a path", named("../2.png"), "row 2: it is named '../2.png'"),
    ("a name with a NUL", named("2.png\0"), "row 2: it is named"),
    ("a name of 8 billion letters", huge_name, "row 2: its name is no text"),
    ("the name of another row", named("3.png"), "image 3: 2 rows are of this image"),
]


@listed("change, message", ROWS)
def test_row(folder, check, change, message):
    with h5py.File(folder / "digitStruct.mat", "r+") as file:
        change(file)
    check(LISTED, message)


@listed(
    "digits, message",
    [
        ("no digit", [], "no digit box"),
        ("six digits", [1] * 6, "more than 5 digits"),
        ("2,000 digits", [1] * 2_000, "2,000 boxes; expected at most 1,000"),
    ],
)
def test_number_of_digits(folder, check, digits, message):
    numbers = {n: (n % 10, 3 * n % 10) for n in range(1, 5)} | {BAD: digits}
    write_boxes(folder / "digitStruct.mat", boxes_side_by_side(numbers))
    check(LISTED, message)


@pytest.mark.parametrize("edge", ["left", "top"])
@pytest.mark.parametrize("place", [-900, 900, 1e300])
def test_boxes_outside(folder, check, edge, place):
    with h5py.File(folder / "digitStruct.mat", "r+") as file:
        for item in bbox(file)[edge][:, 0]:
            file[item][0, 0] = place
    check(LISTED, "holds no pixel of the image")


def whole(change):
    """Changes the bytes of a file."""

    def spoil(path):
        path.write_bytes(change(path.read_bytes()))

    return spoil


def inside(change):
    """Changes the file by h5py."""

    def spoil(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return spoil


def without_names(file):
    del file["digitStruct/name"]


def names_of_numbers(file):
    del file["digitStruct/name"]
    file["digitStruct/name"] = np.zeros((4, 1))


def fewer_names(file):
    references = file["digitStruct/name"][:3]
    del file["digitStruct/name"]
    file.create_dataset("digitStruct/name", data=references, dtype=h5py.ref_dtype)


def names_without_end(file):
    del file["digitStruct/name"]
    shape = {"shape": (2**40, 1), "chunks": (2**16, 1), "dtype": h5py.ref_dtype}
    file.create_dataset("digitStruct/name", **shape)


FILES = [
    ("a web page", whole(lambda _: b"<html>404</html>"), "begins with b'<html>"),
    ("an empty file", whole(lambda _: b""), "begins with b''"),
    ("a MAT-file of version 5", lambda p: scipy.io.savemat(p, {"a": 1}), "MATLAB 5.0"),
    ("cut at half", whole(lambda data: data[: len(data) // 2]), "cut short or damaged"),
    ("no name", inside(without_names), "/digitStruct/name is absent"),
    ("names fewer than boxes", inside(fewer_names), "3 names and 4 rows of boxes"),
    ("names of numbers", inside(names_of_numbers), r"a dataset of float64 \(4, 1\)"),
    ("a trillion names", inside(names_without_end), r"a dataset of object \(1099511"),
    ("no row", lambda p: write_boxes(p, boxes_of({})), "lists no image"),
]


@listed("spoil, message", FILES)
def test_file_of_boxes(folder, check, spoil, message):
    spoil(folder / "digitStruct.mat")
    check(ERROR, message)

"""Bad inputs one by one, taken through `prepare`, and what each of them gets.

More of what an archive may hold is in test_extraction.
"""

import gzip
import io
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from builders import black_png, boxes_of, encoded, set_tar_field, tar_gz
from h5py import h5s, h5t
from PIL import Image, PngImagePlugin

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import DigitStructError, write_boxes
from helpers.data.extraction import ArchiveError, Limits, extract
from helpers.data.store import StoreError
from helpers.datasets import prepare
from helpers.settings import Settings

READ, LISTED, ERROR = "read", "left out and listed", "named error"
LAYOUT, TWICE = "not a file of this archive's layout", "second member of that name"
IRREGULAR, NO_ROW = "not a regular file", "9.png: no row of digitStruct.mat is of it"
NO_FORMAT, TOO_LARGE = "expected PNG or JPEG", "at most 40,000,000"

BAD = 2
"""The image of four that is bad, or whose row is."""


def listed(names: str, rows):
    """A test for each row, called by what is bad in it."""
    return pytest.mark.parametrize(
        names, [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


def numbers_of(count: int) -> dict[int, list]:
    """Rows of two digits side by side for each image."""
    return {
        n: [(n % 10, 0, 0, 4, 12), (3 * n % 10, 4, 0, 4, 12)]
        for n in range(1, count + 1)
    }


def noise(seed: int, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Sound folders of train and test, of 12 and 4 images, and the crops of test."""
    place = tmp_path_factory.mktemp("sound")
    for name, count in (("train", 12), ("test", 4)):
        folder = place / "mine" / name
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            noise(100 * count + number).save(folder / f"{number}.png")
        write_boxes(folder / "digitStruct.mat", boxes_of(numbers_of(count)))
    return place / "mine", crops_of(prepared(place))


def prepared(place: Path):
    mine = str(place / "mine")
    settings = Settings(data=mine, home=place / "home", crop_size=12, margin=0.0)
    return prepare(settings, 1)


def crops_of(store) -> dict:
    images = zip(store.test.numbers.tolist(), store.test.images, strict=True)
    return {number: image.tolist() for number, image in images}


@pytest.fixture
def folder(sound, tmp_path) -> Path:
    """The folder that a test spoils."""
    shutil.copytree(sound[0], tmp_path / "mine")
    return tmp_path / "mine" / "test"


@pytest.fixture
def check(sound, tmp_path):
    """Compares what the input gets with what it should get."""

    def check(outcome, message):
        try:
            found, text = read_or_listed(prepared(tmp_path), sound[1])
        except (ArchiveError, DigitStructError, StoreError) as error:
            found, text = ERROR, str(error)
        assert found == outcome, text
        assert re.search(message, text), text
        assert not list(tmp_path.rglob("*escaped*"))

    return check


def read_or_listed(store, crops: dict) -> tuple[str, str]:
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


def pack(folder: Path, further=()) -> Path:
    """Put an archive of a folder's files, digitStruct.mat first, in its place."""
    paths = sorted(folder.iterdir(), reverse=True)
    members = [(f"test/{path.name}", path.read_bytes()) for path in paths]
    shutil.rmtree(folder)
    return tar_gz(folder.with_name("test.tar.gz"), [*members, *further])


def member(kind=tarfile.REGTYPE, target="", **headers) -> tarfile.TarInfo:
    info = tarfile.TarInfo("test/9.png")
    info.type, info.linkname, info.pax_headers = kind, target, headers
    return info


MEMBERS = [
    ("a path that climbs out in Windows", "test\\..\\..\\escaped.png", LAYOUT),
    ("a hard link to outside", member(tarfile.LNKTYPE, "../../x"), IRREGULAR),
    ("a block device", member(tarfile.BLKTYPE), IRREGULAR),
    ("a NUL in the name", member(path="test/9.png\0.exe"), LAYOUT),
    ("a name of 5,000 letters", f"test/{'9' * 5_000}.png", LAYOUT),
    ("a second member, its name begun with ./", "./test/2.png", TWICE),
    ("macOS's folder __MACOSX", "__MACOSX/test/._1.png", LAYOUT),
    ("macOS's .DS_Store", "test/.DS_Store", LAYOUT),
    ("an image a folder deeper", "test/test/9.png", LAYOUT),
    ("a surplus image", "test/9.png", NO_ROW),
    ("a surplus image: 02.png", "test/02.png", "02.png: no row"),
]


@listed("member, message", MEMBERS)
def test_member(folder, check, member, message):
    pack(folder, [(member, b"")])
    check(LISTED, message)


def with_header(field: int, value: bytes):
    """Changes the first member's header, then packs the tar."""

    def change(tar: bytes) -> bytes:
        changed = bytearray(tar)
        set_tar_field(changed, 0, field, value)
        return gzip.compress(changed)

    return change


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


HEADERS = 3_000 * member(comment="x").tobuf(tarfile.PAX_FORMAT)[:1024]
LONG_HEADER = member(comment="x" * 100_000).tobuf(tarfile.PAX_FORMAT)
CHANGES = [
    ("an empty file", lambda tar: b"", ERROR, "damaged or no .tar.gz"),
    ("a plain tar named .gz", lambda tar: tar, ERROR, "Not a gzipped file"),
    ("a zip", zipped, ERROR, "Not a gzipped file"),
    ("a gzip of text", lambda tar: gzip.compress(b"text" * 999), ERROR, "damaged"),
    ("cut by one byte", spoilt(lambda gz: gz[:-1]), ERROR, "ended before"),
    ("a check sum changed", spoilt(lambda gz: flipped(gz, -6)), ERROR, "CRC check"),
    ("zeros after its end", spoilt(lambda gz: gz + bytes(999)), READ, ""),
    ("garbage after its end", spoilt(lambda gz: gz + b"xy"), ERROR, "Not a gzipped"),
    ("garbage after the tar's end", repacked(lambda tar: tar + b"xy" * 99), READ, ""),
    ("cut between two members", repacked(lambda tar: tar[: last(tar)]), ERROR, "no ma"),
    (
        "a member's header changed",
        repacked(lambda tar: flipped(tar, last(tar))),
        *(ERROR, "bad checksum, and no mark of the end"),
    ),
    ("a size below 0", with_header(124, b"\xff" * 12), ERROR, "of no size"),
    ("a size too large", with_header(124, b"00077777777\0"), ERROR, "unexpected end"),
    ("a member of 8 GB", with_header(124, b"77777777777\0"), ERROR, "do not trust"),
    ("a sparse file", with_header(156, b"S"), ERROR, "sparse"),
    ("a header of 100 kB", repacked(lambda tar: LONG_HEADER + tar), ERROR, "of 100,0"),
    ("3,000 headers", repacked(lambda tar: HEADERS + tar), ERROR, "recursion"),
    ("no digitStruct.mat", with_header(0, b"gone"), ERROR, "digitStruct.mat: no such"),
]


@listed("change, outcome, message", CHANGES)
def test_archive(folder, check, change, outcome, message):
    archive = pack(folder)
    archive.write_bytes(change(gzip.decompress(archive.read_bytes())))
    check(outcome, message)


@listed(
    "limits, message",
    [
        ("a large file", Limits(file_bytes=1_000), "members, 1,000 bytes in 'test/d"),
        ("no end", Limits(total_bytes=1 << 20), "in 'its end' or 1,048,576 bytes"),
    ],
)
def test_large_archive(folder, tmp_path, limits, message):
    archive = pack(folder)
    tar = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(tar + bytes(1 << 21)))
    with pytest.raises(ArchiveError, match=message):
        extract(archive, tmp_path / "made", ARCHIVES["test"].members, limits)


def with_text(length: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * length, zip=True)
    return encoded(noise(1), pnginfo=info)


SOUND = encoded(noise(1))
DEEP = Image.fromarray(np.asarray(noise(1, "L"), np.uint16) * 257)
MOVES = {"save_all": True, "append_images": [noise(2), noise(3)]}
IMAGES = [
    ("no file", None, LISTED, "there is no such file"),
    ("an empty file", b"", LISTED, r"not an image \(0 bytes\)"),
    ("a web page", b"<html>404</html>", LISTED, NO_FORMAT),
    ("a PNG cut at half", SOUND[: len(SOUND) // 2], LISTED, "truncated"),
    ("a PNG cut in its header", SOUND[:20], LISTED, "Truncated"),
    ("a PNG without its end", SOUND[:-12], LISTED, "."),
    ("a PNG and garbage after it", SOUND + b"garbage", READ, ""),
    ("a PNG of 1 x 1", encoded(noise(1).resize((1, 1))), READ, ""),
    ("a PNG of no pixel", black_png(0, 9), LISTED, "."),
    *((f"a PNG, {m}", encoded(noise(1, m)), READ, "") for m in ("L", "1", "P", "LA")),
    (
        "a PNG with a palette and holes",
        encoded(noise(1, "P"), transparency=3),
        READ,
        "",
    ),
    ("a PNG with transparency", encoded(noise(1, "RGBA")), READ, ""),
    ("a PNG of 16 bits", encoded(DEEP), READ, ""),
    ("a PNG that moves", encoded(noise(1), **MOVES), READ, ""),
    ("a PNG of 50 megapixels", black_png(5_000, 10_000, False), LISTED, "5,000 x 10,0"),
    ("a PNG 2 billion wide", black_png(2**31 - 1, 9, False), LISTED, TOO_LARGE),
    ("a PNG with 20 MB of text", with_text(20_000_000), LISTED, "too large"),
    ("a JPEG named .png", encoded(noise(1), "JPEG"), READ, ""),
    *(
        (f"{kind} named .png", encoded(noise(1), kind), LISTED, NO_FORMAT)
        for kind in ("TIFF", "WEBP", "GIF", "BMP", "EPS")
    ),
]


@listed("content, outcome, message", IMAGES)
def test_image(folder, check, content, outcome, message):
    (folder / f"{BAD}.png").unlink()
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


def bbox(file):
    return file[file["digitStruct/bbox"][BAD - 1, 0]]


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


def tops(data=None, count: int = 0):
    """Makes a row's ``top`` anew, of data or of so many references."""

    def change(file):
        group = bbox(file)
        new = {"data": data}
        if count:
            new = {"data": np.resize(group["top"], (count, 1)), "dtype": h5py.ref_dtype}
        del group["top"]
        group.create_dataset("top", **new)

    return change


def named(text: str):
    codes = np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None]
    return name_of(data=codes)


def name_of(**dataset):
    def change(file):
        name = file["#refs#"].create_dataset("odd", **dataset)
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


def unlabelled(file):
    del bbox(file)["label"]


def grouped(file):
    del bbox(file)["left"]
    bbox(file).create_group("left")


def outside(edge: str, place: float):
    def change(file):
        for item in bbox(file)[edge][:, 0]:
            file[item][0, 0] = place

    return change


HUGE = {"shape": (2**33, 1), "chunks": (2**16, 1)}
ROWS = [
    ("label 0", number("label", 0), "a label is 0.0; expected 1 to 10"),
    ("label 11", number("label", 11), "a label is 11.0"),
    ("label 2.5", number("label", 2.5), "a label is 2.5"),
    ("label NaN", number("label", np.nan), "a label is nan"),
    ("left NaN", number("left", np.nan), "a left is nan"),
    ("top infinity", number("top", np.inf), "a top is inf"),
    ("width below 0", number("width", -3), "a width is -3.0; expected .* above 0"),
    ("height 0", number("height", 0), "a height is 0.0; expected .* above 0"),
    ("a name that is nowhere", reference("name", None), "name refers to nothing"),
    ("boxes that are nowhere", reference("bbox", None), "bbox refers to nothing"),
    ("boxes that are beyond the file", to_nowhere, "bbox refers to nothing"),
    ("the names as name", reference("name", "digitStruct/name"), "name is no text"),
    ("all boxes as boxes", reference("bbox", "digitStruct/bbox"), "bbox is no group"),
    ("boxes that are the whole", reference("bbox", "digitStruct"), "no height and no"),
    ("a top that refers to itself", looped, "a top is no single number"),
    ("no label", unlabelled, "no label in its bbox"),
    ("a left that is a group", grouped, "left is no dataset"),
    ("a top too few", tops(count=1), "'top': 1"),
    ("a top too many", tops(count=3), "'top': 3"),
    ("10,000 tops", tops(count=10_000), "10,000 boxes; expected at most 1,000"),
    ("tops that are text", tops("text"), "no single number"),
    ("a name of no number", named("cat.png"), "row 2: it is named 'cat.png'"),
    ("a name with a path", named("../2.png"), "row 2: it is named '../2.png'"),
    ("a name with a NUL", named("2.png\0"), "row 2: it is named"),
    ("8 billion letters", name_of(dtype="<u2", **HUGE), "row 2: its name is no text"),
    ("the name of another row", named("3.png"), "image 3: 2 rows are of this image"),
    *(
        (f"{edge} {place}", outside(edge, place), "holds no pixel of the image")
        for edge in ("left", "top")
        for place in (-900, 900, 1e300)
    ),
]


@listed("change, message", ROWS)
def test_row(folder, check, change, message):
    with h5py.File(folder / "digitStruct.mat", "r+") as file:
        change(file)
    check(LISTED, message)


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "no digit box"),
        (6, "more than 5 digits"),
        (2_000, "2,000 boxes; expected at most 1,000"),
    ],
)
def test_number_of_digits(folder, check, count, message):
    numbers = numbers_of(4) | {BAD: [(1, 0, 0, 4, 12)] * count}
    write_boxes(folder / "digitStruct.mat", boxes_of(numbers))
    check(LISTED, message)


def whole(change):
    """Changes the bytes of a file."""
    return lambda path: path.write_bytes(change(path.read_bytes()))


def names(data=None, **dataset):
    """Puts another dataset, or none, in place of the names."""

    def spoil(path):
        with h5py.File(path, "r+") as file:
            del file["digitStruct/name"]
            if dataset or data is not None:
                file.create_dataset("digitStruct/name", data=data, **dataset)

    return spoil


FEWER = {"shape": (3, 1), "dtype": h5py.ref_dtype}
ENDLESS = {"shape": (2**40, 1), "chunks": (2**16, 1), "dtype": h5py.ref_dtype}
FILES = [
    ("a web page", whole(lambda _: b"<html>404</html>"), "begins with b'<html>"),
    ("an empty file", whole(lambda _: b""), "begins with b''"),
    ("a MAT-file of version 5", lambda p: scipy.io.savemat(p, {"a": 1}), "MATLAB 5.0"),
    ("cut at half", whole(lambda data: data[: len(data) // 2]), "cut short or damaged"),
    ("no name", names(), "/digitStruct/name is absent"),
    ("names fewer than boxes", names(**FEWER), "3 names and 4 rows of boxes"),
    ("names of numbers", names(np.zeros((4, 1))), r"a dataset of float64 \(4, 1\)"),
    ("a trillion names", names(**ENDLESS), r"a dataset of object \(1099511"),
    ("no row", lambda p: write_boxes(p, boxes_of({})), "lists no image"),
]


@listed("spoil, message", FILES)
def test_file_of_boxes(folder, check, spoil, message):
    spoil(folder / "digitStruct.mat")
    check(ERROR, message)

"""Bad inputs one by one, taken through `prepare`, and what each of them gets.

More of what an archive may hold is in test_extraction.
"""

import gzip
import os
import re
import shutil
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from builders import black_png, boxes_of, encoded, tar_gz, with_tar_field, write_numbers
from PIL import Image, PngImagePlugin

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import write_boxes
from helpers.data.extraction import ArchiveError, Limits, extract, read_manifest
from helpers.datasets import prepare
from helpers.errors import InputError
from helpers.settings import Settings

READ, LISTED, ERROR = "read", "left out and listed", "named error"
LAYOUT, NO_FORMAT = "not a file of this archive's layout", "expected PNG or JPEG"
IRREGULAR = "not a regular file"

BAD = 2
"""The image of four that is bad, or whose row is."""


def listed(names: str, rows):
    """A test for each row, called by what is bad in it."""
    return pytest.mark.parametrize(
        names, [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


def noise(seed: int, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Sound folders of train and test, of 12 and 4 images, and the crops of test."""
    place = tmp_path_factory.mktemp("sound")
    for name, count in (("train", 12), ("test", 4)):
        write_numbers(place / "mine" / name, count, seed=count)
    return place / "mine", crops_of(prepared(place))


def prepared(place: Path):
    settings = Settings(data=str(place / "mine"), home=place / "home", crop_size=12)
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
        found, text = told(tmp_path, sound[1])
        assert found == outcome, text
        assert re.search(message, text), text
        assert not list(tmp_path.rglob("*escaped*"))

    return check


def told(place: Path, crops: dict) -> tuple[str, str]:
    """The outcome, and the error or the reasons of all that is left out."""
    try:
        store = prepared(place)
    except (InputError, FileNotFoundError) as error:
        return ERROR, str(error)
    skipped = dict(store.skipped[["number", "reason"]].to_numpy().tolist())
    found = crops_of(store)
    lost = crops.keys() - found.keys()
    assert lost <= skipped.keys() | {BAD}
    assert all(found[n] == crops[n] for n in found if n != BAD)
    assert skipped or not lost
    rows = [f"{number}: {reason}" for number, reason in skipped.items()]
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
    ("a path that climbs out", "test/../../escaped.png", LAYOUT),
    ("a path from the top", "/test/1.png", LAYOUT),
    ("a path beside the folder", "../test/9.png", LAYOUT),
    ("a symbolic link", member(tarfile.SYMTYPE, "/etc/passwd"), IRREGULAR),
    ("a hard link to an image", member(tarfile.LNKTYPE, "test/1.png"), IRREGULAR),
    ("a pipe", member(tarfile.FIFOTYPE), IRREGULAR),
    ("a hard link to outside", member(tarfile.LNKTYPE, "../../x"), IRREGULAR),
    ("a character device", member(tarfile.CHRTYPE), IRREGULAR),
    ("a block device", member(tarfile.BLKTYPE), IRREGULAR),
    ("a NUL in the name", member(path="test/9.png\0.exe"), LAYOUT),
    ("a name of 5,000 letters", f"test/{'9' * 5_000}.png", LAYOUT),
    ("a second member, ./", "./test/2.png", "second member"),
    ("macOS's ._1.png", "test/._1.png", LAYOUT),
    ("Windows' Thumbs.db", "test/Thumbs.db", LAYOUT),
    ("macOS's folder __MACOSX", "__MACOSX/test/._1.png", LAYOUT),
    ("macOS's .DS_Store", "test/.DS_Store", LAYOUT),
    ("an image a folder deeper", "test/test/9.png", LAYOUT),
]


@listed("member, message", MEMBERS)
def test_member(folder, check, tmp_path, member, message):
    archive = pack(folder, [(member, b"")])
    made = extract(archive, tmp_path / "made", ARCHIVES["test"].members)
    [reason] = read_manifest(made)["skipped"].values()
    assert message in reason
    check(READ, "")


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0xFF
    return bytes(changed)


def last(tar: bytes) -> int:
    """Where the last member begins."""
    return tar.rindex(b"ustar") - 257


def repacked(change):
    """Changes the tar in a .tar.gz."""
    return lambda packed: gzip.compress(change(gzip.decompress(packed)))


def field(place: int, value: bytes):
    """Changes a field of the first member's header, and its check sum."""
    return repacked(lambda tar: with_tar_field(tar, place, value))


HEADERS = 3_000 * member(comment="x").tobuf(tarfile.PAX_FORMAT)[:1024]
LONG_HEADER = member(comment="x" * 100_000).tobuf(tarfile.PAX_FORMAT)
ARCHIVE = [
    ("an empty file", lambda gz: b"", ERROR, "damaged or no .tar.gz"),
    ("a web page", lambda gz: b"<html>404</html>", ERROR, "Not a gzipped file"),
    ("a zip", lambda gz: b"PK\3\4" + gz, ERROR, "Not a gzipped file"),
    ("a plain tar named .gz", gzip.decompress, ERROR, "Not a gzipped file"),
    ("a gzip of text", lambda gz: gzip.compress(b"text" * 999), ERROR, "damaged"),
    ("cut by one byte", lambda gz: gz[:-1], ERROR, "ended before"),
    ("a byte changed", lambda gz: flipped(gz, len(gz) // 2), ERROR, "damaged"),
    ("a check sum changed", lambda gz: flipped(gz, -6), ERROR, "CRC check"),
    ("zeros after its end", lambda gz: gz + bytes(999), READ, ""),
    ("garbage after its end", lambda gz: gz + b"xy", ERROR, "Not a gzipped file"),
    ("garbage after the tar", repacked(lambda tar: tar + b"xy" * 99), READ, ""),
    ("no end", repacked(lambda tar: tar[: last(tar)]), ERROR, "no mark of the end"),
    ("a header", repacked(lambda tar: flipped(tar, last(tar))), ERROR, "bad checksum"),
    ("100 kB", repacked(lambda tar: LONG_HEADER + tar), ERROR, "header of 100,0"),
    ("3,000 headers", repacked(lambda tar: HEADERS + tar), ERROR, "recursion"),
    ("a size below 0", field(124, b"\xff" * 12), ERROR, "of no size"),
    ("too large", field(124, b"00077777777\0"), ERROR, "unexpected end of data"),
    ("a member of 8 GB", field(124, b"77777777777\0"), ERROR, "do not trust"),
    ("a sparse file", field(156, b"S"), ERROR, "sparse"),
    ("no digitStruct.mat", field(0, b"gone"), ERROR, "digitStruct.mat: no such file"),
]


@listed("change, outcome, message", ARCHIVE)
def test_archive(folder, check, change, outcome, message):
    archive = pack(folder)
    archive.write_bytes(change(archive.read_bytes()))
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
    archive.write_bytes(
        repacked(lambda tar: tar + bytes(1 << 21))(archive.read_bytes())
    )
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
    ("a PNG of 1 x 1", encoded(noise(1).resize((1, 1))), LISTED, "the image, 1 x 1"),
    ("a PNG of no pixel", black_png(0, 9), LISTED, "."),
    *((f"a PNG, {m}", encoded(noise(1, m)), READ, "") for m in ("L", "1", "P", "LA")),
    ("a PNG with holes", encoded(noise(1, "P"), transparency=3), READ, ""),
    ("a PNG with transparency", encoded(noise(1, "RGBA")), READ, ""),
    ("a PNG of 16 bits", encoded(DEEP), READ, ""),
    ("a PNG that moves", encoded(noise(1), **MOVES), READ, ""),
    ("a PNG of 50 megapixels", black_png(5_000, 10_000, False), LISTED, "5,000 x 10,0"),
    ("a PNG a billion wide", black_png(2**30, 9, False), LISTED, "at most 40,000,000"),
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
    check(READ, "")


def bbox(file):
    return file[file["digitStruct/bbox"][BAD - 1, 0]]


def put(file, field: str, value: float, boxes=slice(1)):
    """Put a value in the first of a row's boxes, or in those given."""
    for item in bbox(file)[field][boxes, 0]:
        file[item][0, 0] = value


def refer(file, part: str, place: str | None):
    """Let a row's part refer to another place of the file, or to none."""
    target = file[place].ref if place else h5py.Reference()
    file[f"digitStruct/{part}"][BAD - 1, 0] = target


def tops(file, count: int):
    """Give a row another number of tops than of the rest."""
    tops = np.resize(bbox(file)["top"], (count, 1))
    del bbox(file)["top"]
    bbox(file).create_dataset("top", data=tops, dtype=h5py.ref_dtype)


def name(file, text: str):
    file["odd"] = np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None]
    refer(file, "name", "odd")


def long_name(file):
    file.create_dataset("odd", dtype="<u2", shape=(2**33, 1), chunks=(2**16, 1))
    refer(file, "name", "odd")


def looped(file):
    top = bbox(file)["top"]
    top[0, 0] = top.ref


def renew(file, field: str, data=None):
    del bbox(file)[field]
    if data is not None:
        bbox(file)[field] = data


ALL = slice(None)
ROWS = [
    ("label 0", put, ("label", 0), "a label is 0.0; expected 1 to 10"),
    ("label 11", put, ("label", 11), "a label is 11.0"),
    ("label 2.5", put, ("label", 2.5), "a label is 2.5"),
    ("label NaN", put, ("label", np.nan), "a label is nan"),
    ("top infinity", put, ("top", np.inf), "a top is inf"),
    ("width below 0", put, ("width", -3), "a width is -3.0; expected .* above 0"),
    ("height 0", put, ("height", 0), "a height is 0.0; expected .* above 0"),
    ("a name that is nowhere", refer, ("name", None), "name refers to nothing"),
    ("boxes that are nowhere", refer, ("bbox", None), "bbox refers to nothing"),
    ("the names as name", refer, ("name", "digitStruct/name"), "name is no text"),
    (
        "all boxes as boxes",
        refer,
        ("bbox", "digitStruct/bbox"),
        "no height and no left",
    ),
    ("a top that refers to itself", looped, (), "a top is no single number"),
    ("no label", renew, ("label",), "no label in its bbox"),
    (
        "left as group",
        lambda f: renew(f, "left", f["#refs#"]),
        (),
        "a left is no single",
    ),
    ("a top too few", tops, (1,), "'top': 1"),
    ("a top too many", tops, (3,), "'top': 3"),
    ("10,000 tops", tops, (10_000,), "10,000 boxes; expected at most 1,000"),
    ("tops that are text", renew, ("top", "text"), "no single number"),
    ("a name of no number", name, ("cat.png",), "-2: it is named 'cat.png'"),
    ("a name with a path", name, ("../2.png",), "-2: it is named '../2.png'"),
    ("a name with a NUL", name, ("2.png\0",), "-2: it is named"),
    ("a name of 8 billion letters", long_name, (), "-2: its name is no text"),
    ("the name of another row", name, ("3.png",), "3: 2 rows are of this image"),
    *(
        (f"{edge} {place}", put, (edge, place, ALL), "holds no pixel of the image")
        for edge in ("left", "top")
        for place in (-900, 900, 1e300)
    ),
]


@listed("change, values, message", ROWS)
def test_row(folder, check, change, values, message):
    with h5py.File(folder / "digitStruct.mat", "r+") as file:
        change(file, *values)
    check(LISTED, message)


@pytest.mark.parametrize(
    ("count", "message"),
    [(0, "no digit box"), (6, "more than 5 digits"), (2_000, "2,000 boxes; expected")],
)
def test_number_of_digits(folder, check, count, message):
    rows = {n: [(1, 5, 4, 9, 12), (1, 15, 4, 9, 12)] for n in range(1, 5)}
    rows[BAD] = [(1, 5, 4, 9, 12)] * count
    write_boxes(folder / "digitStruct.mat", boxes_of(rows))
    check(LISTED, message)


FILES = [
    ("a web page", lambda p: p.write_bytes(b"<html>"), "begins with b'<html>"),
    ("an empty file", lambda p: p.write_bytes(b""), "begins with b''"),
    ("a MAT-file of version 5", lambda p: scipy.io.savemat(p, {"a": 1}), "MATLAB 5.0"),
    ("cut short", lambda p: os.truncate(p, 9_000), "MATLAB 7.3.*truncated"),
    ("no row", lambda p: write_boxes(p, boxes_of({})), "lists no image"),
]


@listed("spoil, message", FILES)
def test_file_of_boxes(folder, check, spoil, message):
    spoil(folder / "digitStruct.mat")
    check(ERROR, message)


ENDLESS = {"shape": (2**40, 1), "chunks": (2**16, 1), "dtype": h5py.ref_dtype}
NAMES = [
    ("none", {}, "/digitStruct/name is absent"),
    ("too few", {"shape": (3, 1), "dtype": h5py.ref_dtype}, "3 names and 4 rows of"),
    ("numbers", {"shape": (4, 1)}, r"shape \(4, 1\), type .<f4"),
    ("a trillion", ENDLESS, r"shape \(1099511"),
]


@listed("dataset, message", NAMES)
def test_names(folder, check, dataset, message):
    with h5py.File(folder / "digitStruct.mat", "r+") as file:
        del file["digitStruct/name"]
        if dataset:
            file.create_dataset("digitStruct/name", **dataset)
    check(ERROR, message)

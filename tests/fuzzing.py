"""Files damaged in every way, and a judge of what becomes of each.

    python tests/fuzzing.py mat 0 100

A case is a number: it gives the sound file, the damage and its places, so that any can
be looked at again. Cases run in processes of their own, for HDF5 may end one; the next
process goes on after the case that did.
"""

import gzip
import io
import json
import re
import resource
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
from builders import boxes_of, encoded, with_tar_field
from PIL import Image, PngImagePlugin

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import (
    DigitStructError,
    read_boxes,
    read_sound_boxes,
    write_boxes,
)
from helpers.data.extraction import MANIFEST, ArchiveError, extract
from helpers.data.store import crop_files
from helpers.preprocessing import crop, gray

NAMED, RIGHT, PART = "named error", "right answer", "right answer, rows listed"
GOOD = (NAMED, RIGHT, PART)

SECONDS = 20
"""Of a case at most; a sound one takes hundredths."""

MEMORY = 3 << 30
"""Bytes of address space of a process at most."""

MEMBERS = ARCHIVES["test"].members
BOX = (2, 1, 15, 11)
SIDE = 8
VALUES = (0, 1, 2, 7, 8, 127, 128, 255, 2**15, 2**16 - 1, 2**31, 2**63, 2**64 - 1)


def one_of(choices, rng: np.random.Generator):
    return choices[rng.integers(len(choices))]


def value(rng: np.random.Generator, size: int) -> bytes:
    return (one_of(VALUES, rng) % 256**size).to_bytes(size, "little")


def sound_mat(rng: np.random.Generator) -> bytes:
    rows = {
        image: [(rng.integers(10), *rng.integers(1, 90, 4)) for _ in range(count)]
        for image, count in enumerate(rng.integers(0, 5, 6), 1)
    }
    with tempfile.TemporaryDirectory() as folder:
        write_boxes(Path(folder) / "digitStruct.mat", boxes_of(rows))
        return (Path(folder) / "digitStruct.mat").read_bytes()


def sound_png(rng: np.random.Generator) -> bytes:
    mode = one_of(("RGB", "L", "P", "RGBA", "1", "LA", "I;16", "JPEG"), rng)
    pixels = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((32, 24))
    if mode == "JPEG":
        return encoded(image, "JPEG")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "fuzz", zip=bool(rng.integers(2)))
    return encoded(image.convert(mode), pnginfo=info)


def sound_tar(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    style = one_of((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT), rng)
    with tarfile.open(fileobj=buffer, mode="w", format=style) as tar:
        for name in ("1.png", "2.png", "digitStruct.mat", "see_bboxes.m"):
            info = tarfile.TarInfo(f"test/{name}")
            data = rng.bytes(rng.integers(1, 900))
            info.size = len(data)
            if style != tarfile.USTAR_FORMAT and rng.integers(2):
                info.linkname = "x" * 200  # makes an extended header
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def sound_gz(rng: np.random.Generator) -> bytes:
    return gzip.compress(sound_tar(rng), 1, mtime=0)


def flipped(data: bytearray, rng, other: bytes) -> None:
    for place in rng.integers(0, len(data), rng.integers(1, 9)):
        data[place] ^= 1 << rng.integers(8)


def cut(data: bytearray, rng, other: bytes) -> None:
    del data[rng.integers(len(data) + 1) :]


def spliced(data: bytearray, rng, other: bytes) -> None:
    """A piece of another file, or a blot, in place of one, between two, or last."""
    start, length = rng.integers(len(other)), int(rng.integers(600))
    blots = bytes(length), b"\xff" * length
    place = one_of((len(data), rng.integers(len(data) + 1)), rng)
    replaced = one_of((0, length, rng.integers(600)), rng)
    data[place : place + replaced] = one_of((other[start:][:length], *blots), rng)


def mat_field(data: bytearray, rng, other: bytes) -> None:
    """A word of a node, heap, symbol or object, or an address of another one."""
    marks = (b"TREE", b"HEAP", b"SNOD", b"\x89HDF", b"\x01\x00\x06\x00", b"\x17\0\0\0")
    found = re.finditer(re.escape(one_of(marks, rng)), data[:-96])
    start = one_of([mark.start() for mark in found] or [0], rng)
    size = one_of((1, 2, 4, 8), rng)
    place = start + int(rng.integers(0, 96 // size)) * size
    word = value(rng, size)
    if size == 8 and rng.integers(2):
        word = struct.pack("<Q", 8 * int(rng.integers(0, len(data) // 8)))
    data[place : place + size] = word[: len(data) - place]


CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"iCCP", b"zTXt")


def png_field(data: bytearray, rng, other: bytes) -> None:
    """A chunk's kind, its length or a byte in it."""
    starts = [found.start() for found in re.finditer(b"|".join(CHUNKS), data)]
    if not starts:
        return
    start = one_of(starts, rng)
    end = start + 4 + int.from_bytes(data[start - 4 : start], "big")
    place = rng.integers(start + 4, max(end, start + 5))
    changes = (
        (start, one_of(CHUNKS, rng)),
        (start - 4, value(rng, 4)[::-1]),
        *[(place, value(rng, 1))] * 2,
    )
    place, word = one_of(changes, rng)
    data[place : place + len(word)] = word
    data[end : end + 4] = struct.pack(">I", zlib.crc32(data[start:end]))


TAR_NAMES = (b"test/1.png", b"/etc/x", b"../x", b"test/3.png", b"\xff", b"a/" * 50)
TAR_SIZES = (b"0", b"1", b"777", b"77777777777", b"\x80" + bytes(10) + b"\x05", b"-1")
TAR_FIELDS = (
    *((place, size, TAR_NAMES) for place, size in ((0, 100), (157, 100), (345, 155))),
    (100, 8, TAR_NAMES),
    (124, 12, (*TAR_SIZES, b"\xff" * 12, b"x")),
    (156, 1, [bytes([kind]) for kind in b"0123456789xgLKSDVMNX\0\xff"]),
)


def tar_field(data: bytearray, rng, other: bytes) -> None:
    starts = [n for n in range(0, len(data), 512) if data[n + 257 :][:5] == b"ustar"]
    place, size, words = one_of(TAR_FIELDS, rng)
    if starts:
        word = one_of(words, rng).ljust(size, b"\0")[:size]
        data[:] = with_tar_field(data, place, word, one_of(starts, rng))


def by_the_element(path: Path) -> dict[int, list]:
    """Each image's rows of boxes, as far as h5py reads them one after the other."""
    found = {}
    with h5py.File(path) as file:
        part = file["digitStruct"]
        for name, group in zip(part["name"][:, 0], part["bbox"][:, 0], strict=True):
            try:
                number = int("".join(map(chr, file[name][:, 0])).removesuffix(".png"))
            except Exception:
                continue
            try:
                found.setdefault(number, []).append(_boxes_of(file, group))
            except Exception:
                found[number].append(None)
    return found


def _boxes_of(file, group) -> list[tuple]:
    columns = []
    for field in ("label", "left", "top", "width", "height"):
        item = file[group][field] if isinstance(file[group], h5py.Group) else None
        if item is None or item.attrs.get("MATLAB_empty", 0):
            columns.append([])
        elif item.dtype == h5py.ref_dtype:
            columns.append([float(file[one][0, 0]) for one in item[:, 0]])
        else:
            columns.append([float(item[0, 0])])
    columns[0] = [label % 10 for label in columns[0]]
    return list(zip(*columns, strict=True))


def judge_mat(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    try:
        boxes, faults = read_sound_boxes(path)
    except DigitStructError as error:
        assert str(path) in str(error)
        return NAMED, str(error)
    expected = by_the_element(path)
    for number in boxes.images.tolist():
        if number in faults:
            assert number not in boxes.image, f"{number} is listed and read"
            continue
        rows = np.flatnonzero(boxes.image == number)
        columns = (boxes.label, boxes.left, boxes.top, boxes.width, boxes.height)
        found = [tuple(column[row].item() for column in columns) for row in rows]
        by_h5py = expected.get(number, [None])
        if by_h5py == [None]:  # h5py opens no object of which any part is damaged
            path.with_name("sound.mat").write_bytes(sound)
            by_h5py = by_the_element(path.with_name("sound.mat")).get(number, [None])
        if by_h5py != [found]:
            return "wrong answer", f"image {number}: {found}, not {by_h5py}"
    if faults:
        return PART, "; ".join(faults.values())
    again = read_boxes(path)
    for name, column in vars(boxes).items():
        np.testing.assert_array_equal(getattr(again, name), column)
    return RIGHT, ""


def judge_png(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    [found] = crop_files(path.parent, [1], [BOX], SIDE)
    if isinstance(found, str):
        return (NAMED if found else "no reason"), found
    image = Image.open(io.BytesIO(sound))
    if damage == "png_field" or image.format == "JPEG":  # no check sum tells of these
        image = Image.open(path)
    if np.array_equal(found, gray(crop(image, BOX, SIDE))):
        return RIGHT, ""
    return "wrong answer", "other pixels"


def judge_archive(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    """Judge what is extracted by what tarfile finds in the tar that was packed."""
    tar = path.read_bytes()
    if path.suffix == ".tar":
        path.write_bytes(gzip.compress(tar, 1))
    else:
        tar = gzip.decompress(sound)
    with tempfile.TemporaryDirectory() as place:
        folder, error = Path(place) / "test", ""
        try:
            extract(path, folder, MEMBERS)
        except ArchiveError as caught:
            error = str(caught)
            assert str(path) in error
        left = {entry.name for entry in Path(place).iterdir()} - {".test.lock"}
        assert left == (set() if error else {"test"})
        files = {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    files.pop(MANIFEST, None)
    if error:
        return NAMED, error
    if files == by_tarfile(tar):
        return RIGHT, ""
    return "wrong answer", f"{len(files)} files"


def by_tarfile(data: bytes) -> dict[str, bytes]:
    """The regular files of the expected names, as tarfile itself reads them."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isreg() and MEMBERS.fullmatch(name):
                files.setdefault(Path(name).name, tar.extractfile(member).read())
    return files


KINDS = {
    "mat": (sound_mat, mat_field, judge_mat),
    "png": (sound_png, png_field, judge_png),
    "tar": (sound_tar, tar_field, judge_archive),
    "gz": (sound_gz, flipped, judge_archive),
}
"""digitStruct.mat; an image; an archive damaged before it was packed; and after."""


def judge(kind: str, number: int, folder: Path) -> tuple[str, str, str]:
    """The damage, the outcome and more of it."""
    rng = np.random.default_rng([*kind.encode(), number])
    make, field, judge_file = KINDS[kind]
    sound, other = make(rng), make(rng)
    data = bytearray(sound)
    damage = (flipped, cut, spliced, field, field)[number % 5]
    for _ in range(rng.integers(1, 4)):
        damage(data, rng, other)
    path = folder / f"1.{kind}"
    path.write_bytes(data)
    try:
        outcome, detail = judge_file(path, sound, damage.__name__)
    except Exception as error:
        outcome, detail = "other error", f"{type(error).__name__}: {error}"
    return damage.__name__, outcome, detail


def outcomes(kind: str, cases: int) -> Iterator[tuple[int, str, str, str]]:
    """Number, damage, outcome and more of it, of each case."""
    done = 0
    while done < cases:
        words = [sys.executable, __file__, kind, str(done), str(cases)]
        process = subprocess.run(words, capture_output=True, text=True)
        for line in process.stdout.splitlines():
            yield done, *json.loads(line)
            done += 1
        if done < cases:
            hung = process.returncode == -signal.SIGALRM
            yield done, "", "hang" if hung else "crash", process.stderr[-300:]
            done += 1


def main(kind: str, start: int, stop: int) -> None:
    with suppress(ValueError):  # no limit on this system
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(start, stop):
            signal.alarm(SECONDS)  # ends the process, in HDF5's code too
            print(json.dumps(judge(kind, number, Path(folder))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

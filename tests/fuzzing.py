"""Files damaged in every way, and a judge of what becomes of each.

    python tests/fuzzing.py mat 0 100

A case is a number: it gives the sound file, the damage and its places, so that any can
be looked at again. Cases run in processes of their own, for HDF5 may end one; the next
process goes on after the case that did.
"""

import gzip
import io
import re
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from builders import boxes_of, encoded
from PIL import Image, PngImagePlugin

from helpers.data.archives import ARCHIVES
from helpers.data.digitstruct import (
    DigitStructError,
    read_boxes,
    read_sound_boxes,
    write_boxes,
)
from helpers.data.extraction import MANIFEST, ArchiveError, extract
from helpers.data.store import crop_file
from helpers.preprocessing import crop, gray

KINDS = ("mat", "png", "gz", "tar")
"""digitStruct.mat; an image; an archive; an archive damaged before it was packed."""

NAMED, RIGHT, PART = "named error", "right answer", "right answer, rows listed"
GOOD = (NAMED, RIGHT, PART)

SECONDS = 20
"""Of a case at most; a sound one takes hundredths."""

MEMORY = 3 << 30
"""Bytes of address space of a process at most."""

BOX = (2, 1, 15, 11)
SIDE = 8
VALUES = (0, 1, 2, 7, 8, 127, 128, 255, 2**15, 2**16 - 1, 2**31, 2**63, 2**64 - 1)


def sound_mat(rng: np.random.Generator) -> bytes:
    rows = {
        image: [(rng.integers(10), *rng.integers(1, 90, 4)) for _ in range(count)]
        for image, count in enumerate(rng.integers(0, 5, 6), 1)
    }
    with tempfile.TemporaryDirectory() as folder:
        write_boxes(Path(folder) / "digitStruct.mat", boxes_of(rows))
        return (Path(folder) / "digitStruct.mat").read_bytes()


def sound_png(rng: np.random.Generator) -> bytes:
    mode = ("RGB", "L", "P", "RGBA", "1", "LA", "I;16", "JPEG")[rng.integers(8)]
    pixels = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((32, 24))
    if mode == "JPEG":
        return encoded(image, "JPEG")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "fuzz", zip=bool(rng.integers(2)))
    image = image if image.mode == mode else image.convert(mode)
    return encoded(image, pnginfo=info)


def sound_tar(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    style = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)
    with tarfile.open(fileobj=buffer, mode="w", format=style[rng.integers(3)]) as tar:
        names = ("1.png", "2.png", "digitStruct.mat", "see_bboxes.m")
        for name in names:
            info = tarfile.TarInfo(f"test/{name}")
            data = rng.integers(0, 256, rng.integers(1, 900), dtype=np.uint8).tobytes()
            info.size = len(data)
            if tar.format != tarfile.USTAR_FORMAT and rng.integers(2):
                info.linkname = "x" * 200  # makes an extended header
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def sound_gz(rng: np.random.Generator) -> bytes:
    return gzip.compress(sound_tar(rng), mtime=0)


def flipped(data: bytearray, rng, other: bytes, kind: str) -> None:
    for place in rng.integers(0, len(data), rng.integers(1, 9)):
        data[place] ^= 1 << rng.integers(8)


def cut(data: bytearray, rng, other: bytes, kind: str) -> None:
    del data[rng.integers(len(data)) :]


def blotted(data: bytearray, rng, other: bytes, kind: str) -> None:
    start, length = rng.integers(len(data)), rng.integers(1, 600)
    length = min(length, len(data) - start)
    data[start : start + length] = bytes([rng.choice([0, 255])]) * length


def spliced(data: bytearray, rng, other: bytes, kind: str) -> None:
    """A piece of another file in place of one, between two, or after the last."""
    start, length = rng.integers(len(other)), rng.integers(0, 600)
    place = int(rng.choice([len(data), rng.integers(len(data))]))
    replaced = int(rng.choice([0, length, rng.integers(600)]))
    data[place : place + replaced] = other[start : start + length]


def headed(data: bytearray, rng, other: bytes, kind: str) -> None:
    """A field of a header changed to a value that is allowed, its check sum right."""
    change = {"mat": _mat_field, "png": _png_field, "gz": _gz_field, "tar": _tar_field}
    for _ in range(rng.integers(1, 4)):
        change[kind](data, rng)


def _value(rng, size: int) -> bytes:
    return (int(rng.choice(np.array(VALUES, "O"))) % 2 ** (8 * size)).to_bytes(
        size, "little"
    )


def _mat_field(data: bytearray, rng) -> None:
    """A word of a node, heap, symbol or object, or an address of another one."""
    marks = (b"TREE", b"HEAP", b"SNOD", b"\x89HDF", b"\x01\x00\x06\x00", b"\x17\0\0\0")
    mark = marks[rng.integers(len(marks))]
    places = [found.start() for found in re.finditer(re.escape(mark), data[:-96])]
    start = places[rng.integers(len(places))] if places else 0
    size = int(rng.choice([1, 2, 4, 8]))
    place = start + int(rng.integers(0, 96 // size)) * size
    value = _value(rng, size)
    if size == 8 and rng.integers(2):
        value = struct.pack("<Q", 8 * int(rng.integers(0, len(data) // 8)))
    data[place : place + size] = value[: len(data) - place]


def _png_field(data: bytearray, rng) -> None:
    starts, place = [], 8
    while place + 12 <= len(data):
        end = place + 12 + struct.unpack(">I", data[place : place + 4])[0]
        if data.startswith(b"\x89PNG") and end <= len(data):
            starts.append((place, end - 4))
        place = end
    if not starts:
        return
    start, end = starts[rng.integers(len(starts))]
    names = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"iCCP", b"zTXt")
    choice = rng.integers(4)
    if choice == 0:
        data[start + 4 : start + 8] = names[rng.integers(len(names))]
    elif choice == 1:
        data[start : start + 4] = _value(rng, 4)[::-1]
    elif start + 8 < end:
        data[rng.integers(start + 8, end)] = _value(rng, 1)[0]
    data[end : end + 4] = struct.pack(">I", zlib.crc32(data[start + 4 : end]))


def _gz_field(data: bytearray, rng) -> None:
    place = int(rng.choice([*range(10), *range(-8, 0)]))
    data[place] = _value(rng, 1)[0]


def _tar_field(data: bytearray, rng) -> None:
    starts = [n for n in range(0, len(data) - 511, 512) if data[n + 257 : n + 262]]
    starts = [n for n in starts if data[n + 257 : n + 262] == b"ustar"]
    if not starts:
        return
    start = starts[rng.integers(len(starts))]
    field, size = [(0, 100), (100, 8), (124, 12), (156, 1), (157, 100), (345, 155)][
        rng.integers(6)
    ]
    if field == 124:
        sizes = (b"0", b"1", b"777", b"77777777777", b"\x80" + bytes(10) + b"\x05")
        value = (*sizes, b"\xff" * 12, b"-1", b"x")[rng.integers(8)]
    elif field == 156:
        value = b"0123456789xgLKSDVMNX\0\xff"[rng.integers(22) :][:1]
    else:
        names = (b"test/1.png", b"/etc/x", b"../x", b"test/3.png", b"\xff", b"a/" * 50)
        value = names[rng.integers(len(names))]
    data[start + field : start + field + size] = value.ljust(size, b"\0")[:size]
    data[start + 148 : start + 156] = b" " * 8
    total = sum(data[start : start + 512])
    data[start + 148 : start + 156] = b"%06o\0 " % total


DAMAGES = (flipped, cut, blotted, spliced, headed, headed, headed)
SOUND = {"mat": sound_mat, "png": sound_png, "gz": sound_gz, "tar": sound_tar}


def case(kind: str, number: int) -> tuple[bytes, bytes, str]:
    """A sound file, the same damaged, and how."""
    rng = np.random.default_rng([KINDS.index(kind), number])
    sound = SOUND[kind](rng)
    damage = DAMAGES[number % len(DAMAGES)]
    other = SOUND[kind](rng) if damage is spliced else b""
    data = bytearray(sound)
    damage(data, rng, other, kind)
    return sound, bytes(data), damage.__name__


def by_the_element(path: Path) -> dict[int, list]:
    """Each image's rows of boxes, as far as h5py reads them one after the other."""
    found = {}
    with h5py.File(path) as file:
        part = file["digitStruct"]
        for name, group in zip(part["name"][:, 0], part["bbox"][:, 0], strict=True):
            try:
                text = "".join(map(chr, file[name][:, 0]))
                number = int(text.removesuffix(".png"))
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
    bad = {fault.image for fault in faults}
    for number in boxes.images.tolist():
        if number in bad:
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
        return PART, "; ".join(fault.reason for fault in faults)
    again = read_boxes(path)
    for name, column in vars(boxes).items():
        np.testing.assert_array_equal(getattr(again, name), column)
    return RIGHT, ""


def judge_png(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    found = crop_file(path, BOX, SIDE)
    if isinstance(found, str):
        return (NAMED if found else "no reason"), found
    image = Image.open(io.BytesIO(sound))
    if damage == "headed" or image.format == "JPEG":  # no check sum tells of these
        image = Image.open(path)
    if np.array_equal(found, gray(crop(image, BOX, SIDE))):
        return RIGHT, ""
    return "wrong answer", "other pixels"


def _extracted(path: Path) -> tuple[str, dict]:
    """The error of extracting an archive, or the files by name."""
    with tempfile.TemporaryDirectory() as place:
        folder, error = Path(place) / "test", ""
        try:
            extract(path, folder, ARCHIVES["test"].members)
        except ArchiveError as caught:
            error = str(caught)
            assert str(path) in error
        left = {entry.name for entry in Path(place).iterdir()} - {".test.lock"}
        assert left == (set() if error else {"test"})
        files = {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    files.pop(MANIFEST, None)
    return error, files


def _by_tarfile(data: bytes) -> dict:
    """The regular files of the expected names, as tarfile itself reads them."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isreg() and ARCHIVES["test"].members.fullmatch(name):
                content = tar.extractfile(member).read()
                files.setdefault(name.removeprefix("test/"), content)
    return files


def judge_gz(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    return _judge_archive(path, gzip.decompress(sound))


def judge_tar(path: Path, sound: bytes, damage: str) -> tuple[str, str]:
    data = path.read_bytes()
    path.write_bytes(gzip.compress(data, 1, mtime=0))
    return _judge_archive(path, data)


def _judge_archive(path: Path, expected: bytes) -> tuple[str, str]:
    error, files = _extracted(path)
    if error:
        return NAMED, error
    if files == _by_tarfile(expected):
        return RIGHT, ""
    return "wrong answer", f"{len(files)} files"


JUDGES = {"mat": judge_mat, "png": judge_png, "gz": judge_gz, "tar": judge_tar}
NAMES = {"mat": "digitStruct.mat", "png": "1.png", "gz": "a.tar.gz", "tar": "a.tar.gz"}


def judge(kind: str, number: int, folder: Path) -> tuple[str, str, str]:
    """The damage, the outcome and more of it."""
    sound, data, damage = case(kind, number)
    path = folder / NAMES[kind]
    path.write_bytes(data)
    try:
        outcome, detail = JUDGES[kind](path, sound, damage)
    except Exception as error:
        outcome, detail = "other error", f"{type(error).__name__}: {error}"
    return damage, outcome, detail


def outcomes(kind: str, cases: int) -> Iterator[tuple[int, str, str, str]]:
    """Number, damage, outcome and more of it, of each case."""
    done = 0
    while done < cases:
        words = [sys.executable, __file__, kind, str(done), str(cases)]
        process = subprocess.run(words, capture_output=True, text=True)
        for line in process.stdout.splitlines():
            number, damage, outcome, detail = line.split("\t", 3)
            yield int(number), damage, outcome, detail
            done = int(number) + 1
        if done < cases:
            hung = process.returncode == -signal.SIGALRM
            damage = DAMAGES[done % len(DAMAGES)].__name__
            yield (
                *(done, damage, "hang" if hung else "crash"),
                f"{process.returncode} {process.stderr[-300:]!r}",
            )
            done += 1


def main(kind: str, start: int, stop: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError):
        pass  # no limit on this system
    sys.stderr = io.StringIO()  # bars of progress
    with tempfile.TemporaryDirectory() as folder:
        for number in range(start, stop):
            signal.alarm(SECONDS)  # ends the process, in HDF5's code too
            row = judge(kind, number, Path(folder))
            text = "\t".join([str(number), *(repr(part)[1:-1] for part in row)])
            print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""An archive's expected files in a folder: all of them, and nothing else."""

import gzip
import json
import os
import re
import shutil
import struct
import tarfile
import zlib
from dataclasses import astuple, dataclass
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from helpers.data.locks import make_once
from helpers.errors import InputError
from helpers.files import atomic_folder

MANIFEST = "manifest.json"
KINDS = (".png", ".mat")  # suffixes of the files that archives are extracted for
MAX_HEADER_BYTES = 32 << 10  # of a header that tells a member's name and the like
MAX_NAME_BYTES = 255  # of a file's name, as file systems have it
EXTENSIONS = b"xgXLK"  # members that only tell of the next: POSIX's, Solaris's, GNU's

DAMAGE = (
    *(tarfile.TarError, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, LookupError, TypeError, OverflowError, MemoryError, RecursionError),
)
"""What gzip and tarfile raise where an archive is not as it should be."""


class ArchiveError(InputError):
    """An archive that cannot be extracted, and what is wrong with it."""


@dataclass(frozen=True)
class Limits:
    """What no archive of the workbook exceeds; one that does is not to be trusted."""

    members: int = 1_000_000
    file_bytes: int = 4 << 30  # digitStruct.mat takes 3,100 for a digit
    total_bytes: int = 32 << 30


LIMITS = Limits()


def read_manifest(folder: Path) -> dict:
    """What an extracted folder was made of; empty where nothing vouches for it.

    ``skipped`` are the reasons for the members that were left out, by their names.
    """
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def is_extracted(folder: Path, archive: Path | None = None) -> bool:
    """Whether ``folder`` is a whole extraction, and of ``archive`` as it is now."""
    manifest = read_manifest(folder)
    if manifest.get("files") != _count(folder):
        return False
    return archive is None or _identity(archive).items() <= manifest.items()


def extract(
    archive: Path, folder: Path, members: re.Pattern, limits: Limits = LIMITS
) -> Path:
    """Extract the files whose names match ``members``, less their first folder.

    All others are left out and listed in the manifest. ``folder`` appears whole or not
    at all, and stays if it has been made of this archive before. Of two processes that
    want it one makes it; what one that was killed left beside it is removed.

    Raises ArchiveError for what is no .tar.gz, is cut short, holds too much or nothing
    expected.
    """
    return make_once(
        folder,
        lambda: is_extracted(folder, archive),
        lambda: _extract(archive, folder, members, limits),
    )


def _extract(archive: Path, folder: Path, members: re.Pattern, limits: Limits) -> None:
    for remains in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(remains, ignore_errors=True)
    with atomic_folder(folder) as temporary:
        try:
            files, size, skipped = _unpack(archive, temporary, members, limits)
        except DAMAGE as error:
            if isinstance(error, ArchiveError) or getattr(error, "errno", None):
                raise  # which says it already, or is the disk's fault
            raise ArchiveError(
                f"{archive}: damaged or no .tar.gz ({error}); expected a whole "
                "archive. Delete it and get it again."
            ) from error
        if not files:
            raise ArchiveError(
                f"{archive}: none of its {len(skipped):,} members is named as in "
                f"{members.pattern!r}. Use the archive that its name says."
            )
        manifest = {"files": files, "bytes": size, "skipped": skipped}
        text = json.dumps(_identity(archive) | manifest, indent=1)
        (temporary / MANIFEST).write_text(text, encoding="utf-8")


class _Member(tarfile.TarInfo):
    """A member whose header is held to more than tarfile does."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        """Raise ReadError for a damaged header, which tarfile takes for the end.

        So too for one that would have tarfile fill the memory or go back.
        """
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"{error}, and no mark of the end") from error
        if member.type == tarfile.GNUTYPE_SPARSE or member.size < 0:
            raise tarfile.ReadError(f"{member.name!r} is a sparse file or of no size")
        if member.type in EXTENSIONS and member.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {member.size:,} bytes")
        return member


def _unpack(
    archive: Path, folder: Path, members: re.Pattern, limits: Limits
) -> tuple[int, int, dict[str, str]]:
    """Number and bytes of the files extracted, and the reasons for the others."""
    seen, size, kept, skipped = set(), 0, 0, {}
    with (
        archive.open("rb") as file,
        tqdm.wrapattr(
            file, "read", archive.stat().st_size, desc=f"extracting {archive.name}"
        ) as watched,
        gzip.open(watched) as unpacked,  # tarfile's own would not check the sum
        tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Member) as tar,
    ):
        for number, member in enumerate(tar, 1):
            size += member.size
            _check(archive, member.name, (number, member.size, size), limits)
            tar.members.clear()  # or it would remember half a million
            if member.isdir():
                continue
            name = member.name.removeprefix("./")
            reason = _reason_to_skip(member, name, members, seen)
            if reason:
                skipped[member.name[:MAX_NAME_BYTES]] = reason
                continue
            seen.add(name)
            path = folder.joinpath(*PurePosixPath(name).parts[1:])
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as target:
                shutil.copyfileobj(tar.extractfile(member), target)
            kept += member.size
        while rest := unpacked.read(1 << 20):  # to the end, where the check sum is
            size += len(rest)
            _check(archive, "its end", (0, 0, size), limits)
    return len(seen), kept, skipped


def _reason_to_skip(member, name: str, members: re.Pattern, seen: set) -> str | None:
    encoded = PurePosixPath(name).name.encode(errors="replace")
    is_name = name.isprintable() and len(encoded) <= MAX_NAME_BYTES
    if not (is_name and members.fullmatch(name)):
        return "not a file of this archive's layout"
    if not member.isreg():
        return "not a regular file"
    if name in seen:
        return "second member of that name"
    return None


def _check(archive: Path, place: str, sizes: tuple, limits: Limits) -> None:
    if any(size > limit for size, limit in zip(sizes, astuple(limits), strict=True)):
        raise ArchiveError(
            f"{archive}: more than {limits.members:,} members, {limits.file_bytes:,} "
            f"bytes in {place!r} or {limits.total_bytes:,} bytes in all. No archive of "
            "this workbook is that large: do not trust this one."
        )


def _identity(archive: Path) -> dict:
    state = archive.stat()
    size, changed = state.st_size, state.st_mtime_ns
    return {"archive": archive.name, "archive_bytes": size, "archive_time": changed}


def _count(folder: Path) -> int:
    """Count the files of an archive's `KINDS` in a folder and those below it.

    What a file manager leaves there (.DS_Store, ._1.png, Thumbs.db) does not count.
    """
    return sum(
        not name.startswith(".") and name.endswith(KINDS)
        for _, _, names in os.walk(folder)
        for name in names
    )

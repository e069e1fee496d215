"""An archive's expected files in a folder: all of them, and nothing else."""

import gzip
import json
import re
import shutil
import tarfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from helpers.files import whole_folder

MANIFEST = "manifest.json"
MOST_FILES = 1_000_000
LARGEST_FILE = 4 << 30  # bytes; digitStruct.mat takes 3,100 for a digit
MOST_BYTES = 32 << 30


class ArchiveError(ValueError):
    """An archive that cannot be extracted, and what is wrong with it."""


@dataclass(frozen=True)
class Manifest:
    """What an extracted folder was made of; written last, so that it vouches for it.

    Parameters
    ----------
    archive, archive_bytes, archive_time
        Name, size and time of last change, in ns, of the archive.
    files, bytes
        Extracted files, and their bytes.
    skipped
        Reason for each member of the archive that was left out, by its name.
    """

    archive: str
    archive_bytes: int
    archive_time: int
    files: int
    bytes: int
    skipped: dict[str, str] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an extracted folder; None where there is none to be read."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(**values)
    except (OSError, ValueError, TypeError):
        return None


def is_extracted(folder: Path, archive: Path | None = None) -> bool:
    """Whether ``folder`` is a whole extraction, and of ``archive`` as it is now."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.files != _count(folder):
        return False
    return archive is None or _identity(archive) == (
        manifest.archive,
        manifest.archive_bytes,
        manifest.archive_time,
    )


def extract(archive: Path, folder: Path, members: re.Pattern) -> Path:
    """Extract the files whose names match ``members``, less their first folder.

    Links, devices, repeated names and whatever else does not match are left out and
    listed in the manifest. ``folder`` appears whole or not at all, and is left as it
    is when it has been made of this archive before.

    Raises
    ------
    ArchiveError
        The archive is no .tar.gz, is cut short, holds too much or nothing expected.
    """
    if is_extracted(folder, archive):
        return folder
    with whole_folder(folder) as temporary:
        try:
            files, size, skipped = _unpack(archive, temporary, members)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's fault, not the archive's
            raise ArchiveError(
                f"{archive}: damaged or no .tar.gz ({error}); expected a whole "
                "archive. Delete it and get it again."
            ) from error
        if not files:
            raise ArchiveError(
                f"{archive}: none of its {len(skipped):,} members is named as in "
                f"{members.pattern!r}. Use the archive that its name says."
            )
        manifest = Manifest(*_identity(archive), files, size, skipped)
        (temporary / MANIFEST).write_text(
            json.dumps(asdict(manifest), indent=1), encoding="utf-8"
        )
    return folder


def _unpack(
    archive: Path, folder: Path, members: re.Pattern
) -> tuple[int, int, dict[str, str]]:
    """Number and bytes of the files extracted, and the reasons for the others."""
    seen, size, kept, skipped = set(), 0, 0, {}
    with (
        archive.open("rb") as file,
        tqdm.wrapattr(
            file,
            "read",
            total=archive.stat().st_size,
            desc=f"extracting {archive.name}",
        ) as watched,
        gzip.open(watched) as unpacked,  # tarfile's own would not check the sum
        tarfile.open(fileobj=unpacked, mode="r|") as tar,
    ):
        for number, member in enumerate(tar, 1):
            size += member.size
            if number > MOST_FILES or member.size > LARGEST_FILE or size > MOST_BYTES:
                raise ArchiveError(
                    f"{archive}: more than {MOST_FILES:,} members, {LARGEST_FILE:,} "
                    f"bytes in {member.name!r} or {MOST_BYTES:,} bytes in all. No "
                    "archive of this workbook is that large: do not trust this one."
                )
            tar.members.clear()  # or it would remember half a million
            if member.isdir():
                continue
            name = member.name.removeprefix("./")
            reason = _reason_to_skip(member, name, members, seen)
            if reason:
                skipped[member.name] = reason
                continue
            seen.add(name)
            path = folder.joinpath(*PurePosixPath(name).parts[1:])
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as target:
                shutil.copyfileobj(tar.extractfile(member), target)
            kept += member.size
        while unpacked.read(1 << 20):  # to the end, where the check sum is
            pass
    return len(seen), kept, skipped


def _reason_to_skip(member, name: str, members: re.Pattern, seen: set) -> str | None:
    if not members.fullmatch(name):
        return "not a file of this archive's layout"
    if not member.isreg():
        return "not a regular file"
    if name in seen:
        return "second member of that name"
    return None


def _identity(archive: Path) -> tuple[str, int, int]:
    status = archive.stat()
    return archive.name, status.st_size, status.st_mtime_ns


def _count(folder: Path) -> int:
    """Files in ``folder`` and its folders, the manifest not counted."""
    paths = list(folder.iterdir())
    inner = [path for path in paths if path.is_dir()]
    return len(paths) - len(inner) - 1 + sum(len(list(p.iterdir())) for p in inner)

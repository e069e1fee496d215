"""Official archives from their servers, whole and as published, or not at all.

What has come is kept in ``<archive>.part``, so that the next attempt, or the next run
after a stop, asks for the rest alone.
"""

import gzip
import re
import time
import zlib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import pooch
import requests
from tqdm import tqdm
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from helpers.data.archives import Archive
from helpers.data.locks import make_once
from helpers.files import explain_no_room

TIMEOUT = 60.0  # seconds without a byte
RETRY = Retry(total=6, backoff_factor=1, backoff_max=32)  # a minute in all
MIN_RATE = 1_000  # bytes a second, over the time-out
BLOCK = 1 << 18  # bytes
TRANSIENT = (408, 416, 429)  # client errors that may be none the next time


class DownloadError(OSError):
    """No address gave the archive; says what each of them did."""


class _AttemptError(Exception):
    """An address did not give the archive; ``final`` if it never will."""

    def __init__(self, reason: str, final: bool = False):
        super().__init__(reason)
        self.final = final


def download(
    archive: Archive,
    folder: Path,
    mirror: str = "",
    retry: Retry = RETRY,
    timeout: float = TIMEOUT,
) -> Path:
    """Fetch an archive into ``folder``, with a progress bar, unless it is there.

    Size and SHA-256 are checked before the file takes its name; where no SHA-256 is
    published the check sum inside the gzip file must do.

    ``mirror`` has addresses of folders that hold the archive too, with spaces between;
    they are asked first. ``retry`` gives the further rounds of all addresses and the
    waits before them, counted anew with every hundredth of the archive that has come;
    ``timeout`` the seconds without a byte after which a server is given up.

    Raises DownloadError where no address gave the archive.
    """
    path = folder / archive.file
    part = path.with_name(f"{path.name}.part")
    mirrors = (f"{base.rstrip('/')}/{archive.file}" for base in mirror.split())
    addresses = (*mirrors, *archive.addresses)

    def fetch() -> None:
        _fetch(archive, addresses, part, retry, timeout)
        part.replace(path)

    return make_once(path, lambda: is_official(archive, path), fetch)


def is_official(archive: Archive, path: Path) -> bool:
    """Whether the file at ``path`` has the official size and, if known, SHA-256."""
    if _size(path) != archive.size:
        return False
    return archive.sha256 is None or archive.sha256 == pooch.file_hash(path)


def _fetch(
    archive: Archive, addresses: Sequence[str], part: Path, retry: Retry, timeout: float
) -> None:
    """Fill ``part`` from the addresses in turn, round after round."""
    failures: dict[str, _AttemptError] = {}
    left, counted = retry, _size(part)
    while True:
        for address in addresses:
            if address in failures and failures[address].final:
                continue
            try:
                return _fetch_whole(archive, address, part, timeout)
            except _AttemptError as failure:
                failures[address] = failure
        if _size(part) > counted + archive.size // 100:
            left, counted = retry, _size(part)
        reasons = "; ".join(f"{address}: {why}" for address, why in failures.items())
        if not left.total or all(failure.final for failure in failures.values()):
            raise DownloadError(
                f"{archive.file} could not be fetched ({reasons}); expected "
                f"{archive.size:,} bytes, {_size(part):,} of them are kept. Try again "
                "later to go on from there, or name another server's folder in "
                "WORKBOOK_MIRROR."
            )
        left = left.increment()
        print(f"{reasons}; asking again in {left.get_backoff_time():g} s", flush=True)
        left.sleep()


def _fetch_whole(archive: Archive, address: str, part: Path, timeout: float) -> None:
    """Fill ``part`` to the official content; if it is of another, anew from zero."""
    for _ in range(2):
        _fetch_rest(archive, address, part, timeout)
        fault = _fault(archive, part)
        if fault is None:
            return
        part.unlink()
    raise _AttemptError(f"{fault}, even when fetched anew", final=True)


def _fetch_rest(archive: Archive, address: str, part: Path, timeout: float) -> None:
    """Add to ``part`` what it lacks of the official size."""
    if _size(part) > archive.size:
        part.unlink()
    start = _size(part)
    if start == archive.size:
        return
    # Servers that take .gz for an encoding must neither add one nor have it undone.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        with requests.get(
            address, headers=headers, stream=True, timeout=timeout
        ) as response:
            start = _first_byte(archive, response, start, part)
            _append(archive, response, start, part, timeout)
    except (requests.RequestException, HTTPError) as error:
        raise _AttemptError(str(error.args[0] if error.args else error)) from error
    if _size(part) != archive.size:
        raise _AttemptError(f"ended after {_size(part):,} bytes")


def _first_byte(
    archive: Archive, response: requests.Response, asked: int, part: Path
) -> int:
    """Where in the archive the answer begins: at the byte asked for, or at zero.

    An answer that is of no use leaves ``part``, unless it says that ``part`` is not
    of the file that the server has.
    """
    status, given = response.status_code, response.headers
    if status == HTTPStatus.PARTIAL_CONTENT:
        scope = given.get("Content-Range", "")
        if re.fullmatch(rf"bytes {asked}-\d+/(?:{archive.size}|\*)", scope):
            return asked
        part.unlink(missing_ok=True)
        raise _AttemptError(f"gave {scope or 'no range'} when asked from {asked} on")
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.unlink(missing_ok=True)
    if status != HTTPStatus.OK:
        final = 400 <= status < 500 and status not in TRANSIENT
        raise _AttemptError(f"{status} {response.reason}", final)
    size, kind = given.get("Content-Length"), given.get("Content-Type", "no type")
    if size not in (None, str(archive.size)) or kind.startswith("text/html"):
        raise _AttemptError(f"gave {size or 'some'} bytes of {kind}")
    return 0


def _append(
    archive: Archive,
    response: requests.Response,
    start: int,
    part: Path,
    timeout: float,
) -> None:
    """Write the archive's bytes from ``start`` on, unless they come too slowly."""
    options = {"total": archive.size, "initial": start, "unit": "B", "unit_scale": True}
    with (
        explain_no_room(part),
        part.open("ab" if start else "wb") as file,
        tqdm(desc=f"fetching {archive.file}", **options) as progress,
    ):
        began, before = time.monotonic(), start
        while block := response.raw.read1(BLOCK, decode_content=False):
            progress.update(file.write(block[: archive.size - progress.n]))
            file.flush()  # or a kill would cost the last few kB
            if progress.n == archive.size:
                break
            count, passed = progress.n - before, time.monotonic() - began
            if passed > timeout:
                if count < MIN_RATE * passed:
                    raise _AttemptError(f"gave only {count:,} bytes in {passed:.0f} s")
                began, before = time.monotonic(), progress.n


def _fault(archive: Archive, part: Path) -> str | None:
    """What is wrong with a file of the official size; None if it is the archive."""
    if archive.sha256:
        found = pooch.file_hash(part)
        return None if found == archive.sha256 else f"gave a file of SHA-256 {found}"
    try:
        with gzip.open(part) as unpacked:
            while unpacked.read(1 << 20):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"gave a damaged file ({error})"
    return None


def _size(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0

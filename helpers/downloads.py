"""Official archives from their servers, whole and as published, or not at all."""

import typing
from pathlib import Path

import pooch
import requests

if typing.TYPE_CHECKING:
    from helpers.archives import Archive

TIMEOUT = 60  # seconds without a byte


class DownloadError(OSError):
    """No address gave the archive; says what each of them did."""


def download(archive: "Archive", folder: Path | str) -> Path:
    """Fetch an archive into ``folder``, with a progress bar, unless it is there.

    Size and SHA-256 are checked before the file takes its name; where no SHA-256 is
    published the size must do.

    Raises
    ------
    DownloadError
        None of the archive's addresses gave it.
    """
    failures = []
    for address in archive.addresses:
        try:
            return _fetch(archive, address, Path(folder))
        except (requests.RequestException, ValueError, OSError) as error:
            failures.append(f"{address}: {error}")
    raise DownloadError(
        f"{archive.file} could not be fetched ({'; '.join(failures)}); expected "
        f"{archive.size:,} bytes. Try again later, or fetch it by other means and set "
        "WORKBOOK_DATA to its folder."
    )


def _fetch(archive: "Archive", address: str, folder: Path) -> Path:
    path = Path(
        pooch.retrieve(
            address,
            known_hash=archive.sha256 and f"sha256:{archive.sha256}",
            fname=archive.file,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT),
        )
    )
    size = path.stat().st_size
    if size != archive.size:
        path.unlink()
        raise ValueError(f"gave {size:,} bytes, not {archive.size:,}")
    return path

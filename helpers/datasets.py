"""From settings to images, one way for the sample, the archives and a folder."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np

from helpers.accuracy import Score
from helpers.data.archives import ARCHIVES, Archive, _find
from helpers.data.downloads import download, is_official
from helpers.data.extraction import extract, is_extracted
from helpers.data.locks import one_at_a_time
from helpers.data.notmnist import TEST, TRAIN, VALIDATION, Letters, read_letters, split
from helpers.data.store import (
    VERSION,
    Split,
    Store,
    _add_archive,
    _add_splits,
    _identity,
    _is_made,
)
from helpers.evaluation import evaluate
from helpers.files import atomic_write
from helpers.settings import Settings


def evaluate_archive(
    network: keras.Model, name: str, settings: Settings
) -> tuple[Score, dict[int, str]]:
    """All measures of a network's answers to every image of an archive.

    Parameters
    ----------
    network
        Its input says how large the crops are.
    name
        ``"train"``, ``"test"`` or ``"extra"``; the source needs no other.
    settings
        Where the archive is, and the margin of the crops.

    Returns
    -------
    score : Score
    skipped : dict
        For the number of each image that no score counts, the reason.

    Raises
    ------
    FileNotFoundError
        The source has no such archive.
    ValueError
        None of its images can be read.
    """
    settings = replace(settings, crop_size=network.input_shape[1])
    split, skipped = read_archive(name, settings)
    if not len(split):
        raise ValueError(
            f"{name} of {settings.data}: none of its {len(skipped)} images can be "
            f"read and cropped ({next(iter(skipped.values()), 'it has none')}); "
            "expected at least one. Use a whole archive in the official layout."
        )
    return evaluate(network, split.images, split.labels), skipped


def archive_folder(name: str, settings: Settings) -> Path:
    """Folder of an archive's images, made on first use and checked on every one.

    Parameters
    ----------
    name
        A name of `ARCHIVES`.
    settings
        Says which source: the sample is drawn, the official archives are downloaded,
        a user's archives are used where they are and never written to. Of two
        processes that want the same folder, one makes it and the other waits.

    Raises
    ------
    FileNotFoundError
        The user's folder holds neither the archive nor its folder.
    ArchiveError
        The archive is damaged, or holds none of the files it should.
    """
    archive = ARCHIVES[name]
    place = home(settings)
    if settings.data == "official":
        target = place / name
        if not is_extracted(target):
            with one_at_a_time(target):
                path = download(archive, place / "archives", settings.mirror)
                extract(path, target, archive.members)
        return target
    if settings.data == "sample":
        from helpers.sample import draw_archives

        draw_archives(place / "archives", settings)
        return _extracted(archive, place / "archives" / archive.file, place / name)
    found = _find(archive, settings.data_folder)
    if found is None:
        raise FileNotFoundError(
            f"{settings.data_folder}: neither {archive.file} nor a folder {name}/ in "
            f"it or in {archive.family}/; expected one of them. Put it there, or set "
            "WORKBOOK_DATA to 'sample' or 'official'."
        )
    if found.is_dir():
        return found
    target = place / name
    if not is_extracted(target, found) and not is_official(archive, found):
        print(f"{found.name}: not the official archive of that name; used as it is")
    return _extracted(archive, found, target)


def available_archives(settings: Settings) -> tuple[str, ...]:
    """Names of the archives that the settings' source has, in the order of `ARCHIVES`.

    A user's folder may lack some; the other sources have all.
    """
    if settings.data in ("sample", "official"):
        return tuple(ARCHIVES)
    return tuple(
        name
        for name, archive in ARCHIVES.items()
        if _find(archive, settings.data_folder) is not None
    )


def home(settings: Settings) -> Path:
    """Where the source's folders are kept; two folders of one name stay apart."""
    if settings.data in ("sample", "official"):
        return settings.home / settings.source
    digest = hashlib.sha256(str(settings.data_folder).encode()).hexdigest()
    return settings.home / f"{settings.source}-{digest[:8]}"


def _extracted(archive: Archive, path: Path, target: Path) -> Path:
    """Folder of an archive's files, made by one process at a time."""
    if not is_extracted(target, path):
        with one_at_a_time(target):
            extract(path, target, archive.members)
    return target


def prepare(settings: Settings, processes: int | None = None) -> Store:
    """The store of the settings' source and parameters, made on first use.

    A store of other archives, parameters or of another version is made anew. Images
    that cannot be read or cropped are left out and listed, as are those of no digit
    or of more than five, those whose boxes are unsound, and all other files. The
    content does not depend on the number of ``processes``,
    nor the memory needed on the number of images.

    Raises
    ------
    FileNotFoundError
        The source has no train or no test archive.
    StoreError
        No image of an archive can be cropped, or it has no digitStruct.mat.
    ArchiveError, DigitStructError
        An archive or its digitStruct.mat is damaged as a whole.
    """
    names = [name for name in ("train", "test", "extra") if _has(name, settings)]
    folders = {name: archive_folder(name, settings) for name in names}
    metadata = {
        "version": VERSION,
        "source": settings.source,
        "crop_size": settings.crop_size,
        "margin": settings.margin,
        "seed": settings.seed,
        "archives": {name: _identity(folder) for name, folder in folders.items()},
    }
    path = home(settings) / f"svhn_{settings.crop_size}px.h5"
    if not _is_made(path, metadata):
        with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["metadata"] = json.dumps(metadata)
            for name, folder in folders.items():
                _add_archive(file.create_group(name), folder, settings, processes)
            _add_splits(file, settings)
    return Store(path)


def read_archive(
    name: str, settings: Settings, processes: int | None = None
) -> tuple[Split, dict[int, str]]:
    """All crops and labels of one archive, which needs no other archive and no store.

    Returns
    -------
    split : Split
        In the order of their numbers.
    skipped : dict
        For the number of each image that is left out, as in `prepare`, the reason.

    Raises
    ------
    FileNotFoundError
        The source has no such archive.
    StoreError
        None of its images can be cropped.
    """
    folder = archive_folder(name, settings)
    with h5py.File(name, "w", driver="core", backing_store=False) as file:  # in memory
        _add_archive(file, folder, settings, processes)
        arrays = [file[column][()] for column in ("images", "labels", "numbers")]
        numbers, reasons = file["skipped/numbers"], file["skipped/reasons"].asstr()
        skipped = dict(zip(numbers[()].tolist(), reasons[()], strict=True))
    return Split(*arrays, archives=np.full(len(arrays[0]), name)), skipped


def _has(name: str, settings: Settings) -> bool:
    # Without train or test there is no store: `folder` says what is missing.
    return name != "extra" or name in available_archives(settings)


def load_splits(
    settings: Settings,
    train: int = TRAIN,
    validation: int = VALIDATION,
    test: int = TEST,
) -> dict[str, Letters]:
    """Train, validation and test of the settings' source; see `split`."""
    large, _ = read_letters(archive_folder("notMNIST_large", settings))
    small, _ = read_letters(archive_folder("notMNIST_small", settings))
    return split(large, small, settings.seed, train, validation, test)

"""From settings to images, one way for the sample, the archives and a folder."""

from dataclasses import replace
from pathlib import Path

from helpers.data.notmnist import Letters, read_letters, split
from helpers.data.sources import OfficialArchives, OwnArchives, Source
from helpers.data.store import Split, Store, build_store, crop_archive
from helpers.settings import Settings


def source_of(settings: Settings) -> Source:
    """The source of archives that the settings name."""
    if settings.is_drawn:
        from helpers.sample import DrawnSample  # loads what draws, for those who draw

        return DrawnSample.of(settings)
    if settings.data == "official":
        return OfficialArchives(home=settings.source_home, mirror=settings.mirror)
    return OwnArchives(home=settings.source_home, place=settings.data_folder)


def archive_folder(name: str, settings: Settings) -> Path:
    """Folder of an archive's images; see `Source.folder`."""
    return source_of(settings).folder(name)


def available_archives(settings: Settings) -> tuple[str, ...]:
    """Names of the archives that the source has; a user's folder may lack some."""
    return source_of(settings).available()


def prepare(settings: Settings, processes: int | None = None) -> Store:
    """The store of the source's house numbers, made on first use.

    Images that cannot be read or cropped are left out and listed, as are those of no
    digit or of more than five, and those whose boxes are unsound.
    Raises as `Source.folder` and `build_store` do.
    """
    source = source_of(settings)
    extra = ("extra",) if "extra" in source.available() else ()
    folders = {name: source.folder(name) for name in ("train", "test", *extra)}
    return build_store(folders, settings, processes)


def read_archive(
    name: str, settings: Settings, processes: int | None = None
) -> tuple[Split, dict[int, str]]:
    """All crops and labels of one archive, without a store; see `crop_archive`."""
    return crop_archive(archive_folder(name, settings), settings, processes)


def evaluate_archive(network, name: str, settings: Settings) -> tuple:
    """Measure a network on every image of an archive, cropped to its input's size.

    The values are a `Score` and the reason for each image that it does not count.
    """
    from helpers.evaluation import evaluate  # loads TensorFlow, for those who need it

    settings = replace(settings, crop_size=network.input_shape[1])
    found, skipped = read_archive(name, settings)
    return evaluate(network, found.images, found.labels), skipped


def load_splits(settings: Settings, *sizes: int) -> dict[str, Letters]:
    """Train, validation and test of the source's letters; see `notmnist.split`."""
    source = source_of(settings)
    large, _ = read_letters(source.folder("notMNIST_large"))
    small, _ = read_letters(source.folder("notMNIST_small"))
    return split(large, small, settings.seed, *sizes)

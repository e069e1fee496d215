"""The reader's weights in one small file, with metadata on how they were made."""

from pathlib import Path

import keras
import numpy as np

from helpers.files import read_arrays, write_arrays
from helpers.reader.networks import build_finder, build_reader

SHIPPED = Path(__file__).resolve().parent / "reader.npz"
"""The weights that the project brings, trained on drawn images alone."""

VERSION = 1
BUILDERS = {"reader": build_reader, "finder": build_finder}


def save_weights(path: Path | str, networks: dict, metadata: dict) -> None:
    """Write networks by name, in half precision, and metadata; all or nothing."""
    arrays = {
        f"{name}_{number:03}": value.astype(np.float16)
        for name, network in networks.items()
        for number, value in enumerate(network.get_weights())
    }
    _write(path, arrays, metadata)


def rewrite_metadata(path: Path | str, metadata: dict) -> None:
    """Give a file of weights other metadata; the arrays in it stay, to the bit."""
    _, arrays = read_arrays(Path(path))
    _write(path, arrays, metadata)


def _write(path: Path | str, arrays: dict, metadata: dict) -> None:
    metadata = metadata | {"version": VERSION}
    write_arrays(Path(path), metadata, arrays, np.savez_compressed)


def load_weights(path: Path | str) -> tuple[dict[str, keras.Model], dict]:
    """The networks by name, ready to read, and the metadata.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is damaged, no file of this kind, or of other networks than this version's.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected the reader's weights (.npz). `make "
            "reader` trains those of the project anew."
        )
    try:
        metadata, arrays = read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"{path}: damaged, or no weights of a reader ({error}); expected a file "
            "that `make reader` or `python -m helpers tune` wrote. Make it again."
        ) from error
    if metadata["version"] != VERSION:
        raise ValueError(
            f"{path}: weights of version {metadata['version']}; expected {VERSION}. "
            "Make them again with this version of the workbook."
        )
    networks = {}
    for name, build in BUILDERS.items():
        network = build(seed=0)
        values = [array for key, array in sorted(arrays.items()) if name in key]
        expected = [weight.shape for weight in network.get_weights()]
        if [value.shape for value in values] != expected:
            raise ValueError(
                f"{path}: the weights of its {name} are not those of this version's "
                "network; make them again."
            )
        network.set_weights([value.astype(np.float32) for value in values])
        networks[name] = network
    return networks, metadata

"""The reader's weights in one small file, with metadata on how they were made."""

from pathlib import Path

import keras
import numpy as np

from helpers.errors import InputError
from helpers.files import read_arrays, write_arrays
from helpers.reader.networks import build_finder, build_reader

SHIPPED = Path(__file__).resolve().parent / "reader.npz"
"""The weights that the project brings, trained on drawn images alone."""

VERSION = 1
EXPECTED = "weights that `make reader` or `python -m helpers tune` writes."
BUILDERS = {"reader": build_reader, "finder": build_finder}


def save_weights(path: Path | str, networks: dict, metadata: dict) -> None:
    """Write networks by name, in half precision, and metadata; all or nothing."""
    arrays = {
        f"{name}_{number:03}": value.astype(np.float16)
        for name, network in networks.items()
        for number, value in enumerate(network.get_weights())
    }
    metadata = metadata | {"version": VERSION}
    write_arrays(path, metadata, arrays, np.savez_compressed)


def load_weights(
    path: Path | str, builders: dict | None = None
) -> tuple[dict[str, keras.Model], dict]:
    """Load the networks by name, ready to read, and the metadata.

    ``builders``, by the same names, are by default those of this version. Raises
    FileNotFoundError, or InputError of a file that is damaged or of other networks.
    """
    metadata, arrays = read_arrays(path, EXPECTED, VERSION)
    networks = {}
    for name, build in (builders or BUILDERS).items():
        network = networks[name] = build(seed=0)
        values = [array for key, array in sorted(arrays.items()) if name in key]
        expected = [weight.shape for weight in network.get_weights()]
        if [value.shape for value in values] != expected:
            raise InputError(
                f"{path}: the weights of its {name} are not those of this version's "
                "network; make them again."
            )
        network.set_weights([value.astype(np.float32) for value in values])
    return networks, metadata

"""Weights in a file: what is written comes back, all else is refused by name."""

import zipfile
from functools import partial

import numpy as np
import pytest

from helpers.errors import InputError
from helpers.reader import weights
from helpers.reader.networks import build_finder, build_reader
from helpers.reader.weights import BUILDERS, VERSION, save_weights

SMALL = {
    "reader": partial(build_reader, depths=(2, 3, 4, 5), width=6),
    "finder": partial(build_finder, depths=(2, 3, 4, 5, 6)),
}


def load_weights(path):
    return weights.load_weights(path, SMALL)


@pytest.fixture(scope="module")
def networks():
    """Both networks, small, with weights that no seed gives."""
    rng = np.random.default_rng(3)
    made = {name: build(seed=1) for name, build in SMALL.items()}
    for network in made.values():
        network.set_weights(
            [rng.normal(0, 0.1, w.shape) + 0.5 for w in network.get_weights()]
        )
    return made


@pytest.fixture
def path(networks, tmp_path):
    save_weights(tmp_path / "w.npz", networks, {"steps": 7, "set": {"seed": 1}})
    return tmp_path / "w.npz"


def test_weights_come_back_in_half_precision_and_metadata_with_the_version(
    path, networks
):
    found, metadata = load_weights(path)
    assert metadata == {"steps": 7, "set": {"seed": 1}, "version": VERSION}
    assert found.keys() == networks.keys()
    for name, network in networks.items():
        pairs = zip(found[name].get_weights(), network.get_weights(), strict=True)
        for weight, expected in pairs:
            np.testing.assert_array_equal(weight, expected.astype(np.float16))


def test_changed_byte_is_refused(path):
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda member: member.compress_size)
    content = bytearray(path.read_bytes())
    # The header in front is shorter than the data: this is a byte of the weights.
    content[largest.header_offset + largest.compress_size] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"w\.npz: damaged"):
        load_weights(path)


@pytest.mark.parametrize("name", ["reader", "finder"])
def test_file_without_a_network_or_of_another_size_is_refused(tmp_path, networks, name):
    others = {key: networks[key] for key in networks if key != name}
    path = tmp_path / "w.npz"
    for wrong in (others, others | {name: BUILDERS[name]()}):
        save_weights(path, wrong, {})
        with pytest.raises(InputError, match=f"w.npz: the weights of its {name} are"):
            load_weights(path)

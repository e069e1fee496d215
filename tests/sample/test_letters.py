"""Drawn letters: the official layout, the same bytes again, looks like real ones."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from helpers.data.archives import ARCHIVES
from helpers.data.notmnist import read_letters
from helpers.sample.letters import (
    EFFECTS,
    LETTERS,
    draw_letter,
    draw_letters_archive,
    draw_numbered,
)

COUNT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Both archives, small."""
    place = tmp_path_factory.mktemp("letters")
    for name in ("notMNIST_large", "notMNIST_small"):
        draw_letters_archive(place / f"{name}.tar.gz", COUNT, seed=1, processes=1)
    return place


def members(path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def numbered(large: bool, numbers) -> np.ndarray:
    return np.array(
        [[draw_numbered(a, n, 1, large) for n in numbers] for a in LETTERS[:5]]
    )


@pytest.mark.parametrize(("size", "empty"), [("large", 2), ("small", 0)])
def test_archive_holds_as_many_gray_pictures_of_every_letter(folder, size, empty):
    name = f"notMNIST_{size}"
    found = members(folder / f"{name}.tar.gz")
    assert all(ARCHIVES[name].members.fullmatch(member) for member in found)
    places = [member.split("/")[1] for member in found]
    assert [places.count(letter) for letter in LETTERS] == [COUNT // 10] * 10
    pictures = [Image.open(io.BytesIO(data)) for data in found.values() if data]
    assert len(found) - len(pictures) == empty
    assert {(image.mode, image.size) for image in pictures} == {("L", (28, 28))}


def test_same_seed_gives_same_bytes_in_any_number_of_processes(folder, tmp_path):
    path = tmp_path / "notMNIST_large.tar.gz"
    draw_letters_archive(path, COUNT, seed=1, processes=2)
    assert path.read_bytes() == (folder / path.name).read_bytes()
    draw_letters_archive(path, COUNT, seed=2, processes=1)
    assert members(path) != members(folder / path.name)


@pytest.mark.parametrize("count", [10, 25])
def test_refuses_counts_that_make_no_equal_share(tmp_path, count):
    with pytest.raises(ValueError, match=f"{count} letters; expected a multiple"):
        draw_letters_archive(tmp_path / "notMNIST_small.tar.gz", count, seed=1)
    assert not list(tmp_path.iterdir())


def test_some_letters_are_copies_of_earlier_ones_or_of_the_other_archive():
    large, small = (numbered(which, range(60)) for which in (True, False))
    rows = large.reshape(-1, 28 * 28)
    copies = len(rows) - len(np.unique(rows, axis=0))
    assert 2 <= copies <= 0.05 * len(rows)
    shared = (large == small).all((2, 3))
    assert 2 <= shared.sum() <= 0.06 * shared.size


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_leaves_something_to_see(effect):
    for seed in range(5):
        image = draw_letter(np.random.default_rng(seed), "B", {effect: 1.0})
        assert (image.shape, image.dtype) == ((28, 28), np.uint8)
        assert np.ptp(image) > 100


def test_letters_are_about_as_bright_as_real_ones(real_data, tmp_path):
    with tarfile.open(real_data / "notmnist/notMNIST_small.tar.gz") as tar:
        tar.extractall(tmp_path, filter="data")
    letters, _ = read_letters(tmp_path / "notMNIST_small", processes=1)
    drawn = numbered(True, range(60)) / 255 - 0.5
    real = letters[letters.labels < 5].pixels
    assert drawn.mean() == pytest.approx(real.mean(), abs=0.04)
    assert drawn.std() == pytest.approx(real.std(), abs=0.03)

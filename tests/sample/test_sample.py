"""Drawn street scenes: the official layout, the real sizes, the same bytes again."""

import tarfile
from dataclasses import replace

import numpy as np
import pytest

from helpers.data.archives import ARCHIVES
from helpers.data.box_statistics import largest_boxes
from helpers.data.digitstruct import read_boxes
from helpers.datasets import archive_folder, read_archive
from helpers.sample import DrawnSample
from helpers.sample.distributions import draw_orders
from helpers.sample.scene_archives import draw_scenes_archive
from helpers.settings import Settings

COUNT = 60


def draw(place, count, seed=1, split="train", processes=1) -> bytes:
    path = place / f"{split}.tar.gz"
    draw_scenes_archive(path, count, seed, split, processes)
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that holds a drawn train archive."""
    place = tmp_path_factory.mktemp("drawn")
    draw(place, COUNT)
    return place


def read(place):
    """An archive's crops, and the reasons for those that there are not."""
    return read_archive("train", Settings(data=str(place), home=place / "home"), 1)


def test_names_are_those_of_the_official_layout(place):
    with tarfile.open(place / "train.tar.gz") as tar:
        names = tar.getnames()
    expected = [f"train/{number}.png" for number in range(1, COUNT + 1)]
    assert names == [*expected, "train/digitStruct.mat"]
    assert all(ARCHIVES["train"].members.fullmatch(name) for name in names)


@pytest.mark.parametrize(("count", "unreadable"), [(1, 0), (3, 1), (4, 2), (6, 2)])
def test_two_images_and_at_most_half_cannot_be_read(tmp_path, count, unreadable):
    draw(tmp_path, count)
    images, skipped = read(tmp_path)
    assert (len(images), len(skipped)) == (count - unreadable, unreadable)
    kinds = {"0 bytes" in reason for reason in skipped.values()}
    assert len(kinds) == unreadable


def test_same_seed_same_bytes_from_any_number_of_processes(place, tmp_path):
    assert draw(tmp_path, COUNT, processes=2) == (place / "train.tar.gz").read_bytes()


@pytest.mark.parametrize(("split", "seed"), [("train", 2), ("extra", 1)])
def test_other_seed_or_split_draws_other_scenes(place, tmp_path, split, seed):
    draw(tmp_path, COUNT, seed, split)
    assert first_image(tmp_path, split) != first_image(place, "train")


def first_image(folder, split) -> bytes:
    with tarfile.open(folder / f"{split}.tar.gz") as tar:
        return tar.extractfile(f"{split}/1.png").read()


def test_every_image_has_boxes_as_tall_as_ordered_the_unreadable_ones_too(place):
    settings = Settings(data=str(place), home=place / "home")
    boxes = read_boxes(archive_folder("train", settings) / "digitStruct.mat")
    np.testing.assert_array_equal(np.unique(boxes.image), np.arange(1, COUNT + 1))
    seeds = np.random.SeedSequence(1, spawn_key=(0,))
    orders = draw_orders(np.random.default_rng(seeds), COUNT, "train")
    heights = np.rint([order.height for order in orders])
    np.testing.assert_array_equal(largest_boxes(boxes)["height"], heights)
    digits = [digit for order in orders for digit in order.digits]
    np.testing.assert_array_equal(boxes.label, digits)


@pytest.fixture
def sample(tmp_path):
    """The smallest sample."""
    counts = {name: 20 if "notMNIST" in name else 2 for name in ARCHIVES}
    return DrawnSample(home=tmp_path, seed=1, counts=counts)


@pytest.mark.parametrize("name", ["train", "notMNIST_small"])
def test_archive_is_drawn_once_and_extracted(sample, name):
    assert sample.available() == tuple(ARCHIVES)
    folder = sample.folder(name)
    assert folder == sample.home / name
    images = list(folder.rglob("*.png"))
    assert len(images) == sample.counts[name]
    before = images[0].stat().st_mtime_ns
    assert sample.folder(name) == folder
    assert images[0].stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "harm", [lambda path, told: path.unlink(), lambda path, told: told.write_text("{")]
)
def test_archive_that_its_metadata_does_not_vouch_for_is_drawn_anew(sample, harm):
    path = sample.fetch(ARCHIVES["test"])
    drawn = path.read_bytes()
    path.write_bytes(b"")
    harm(path, path.with_name("test.json"))
    assert sample.fetch(ARCHIVES["test"]).read_bytes() == drawn


def test_drawing_that_fails_leaves_no_metadata(sample):
    path = sample.fetch(ARCHIVES["notMNIST_small"])
    odd = replace(sample, counts={"notMNIST_small": 7})
    with pytest.raises(ValueError, match="7 letters"):
        odd.fetch(ARCHIVES["notMNIST_small"])
    assert not path.with_name("notMNIST_small.json").exists()


@pytest.mark.parametrize(
    ("changed", "redrawn"),
    [
        ({"seed": 2}, True),
        ({"drawn_test": 3}, True),
        ({"drawn_train": 3, "crop_size": 64}, False),
    ],
)
def test_archive_of_other_settings_is_drawn_anew(tmp_path, changed, redrawn):
    settings = Settings(home=tmp_path, drawn_test=2)
    path = DrawnSample.of(settings).fetch(ARCHIVES["test"])
    path.write_bytes(b"")
    DrawnSample.of(replace(settings, **changed)).fetch(ARCHIVES["test"])
    assert bool(path.stat().st_size) == redrawn

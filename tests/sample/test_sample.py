"""Drawn street scenes: the official layout, the real sizes, the same bytes again."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from helpers import sample as package
from helpers.data.archives import ARCHIVES
from helpers.data.box_statistics import largest_boxes
from helpers.data.digitstruct import read_boxes
from helpers.datasets import archive_folder, read_archive
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


@pytest.fixture(scope="module")
def settings(place):
    return Settings(data=str(place), home=place / "home")


@pytest.fixture(scope="module")
def boxes(settings):
    return read_boxes(archive_folder("train", settings) / "digitStruct.mat")


@pytest.fixture(scope="module")
def crops(settings):
    """The archive's crops, and the reasons for those that there are not."""
    return read_archive("train", settings, 1)


def test_names_are_those_of_the_official_layout(place):
    with tarfile.open(place / "train.tar.gz") as tar:
        names = tar.getnames()
    expected = [f"train/{number}.png" for number in range(1, COUNT + 1)]
    assert names == [*expected, "train/digitStruct.mat"]
    assert all(ARCHIVES["train"].members.fullmatch(name) for name in names)


def test_every_image_has_boxes_those_that_cannot_be_read_too(boxes):
    np.testing.assert_array_equal(boxes.images, np.arange(1, COUNT + 1))
    np.testing.assert_array_equal(np.unique(boxes.image), boxes.images)


def test_two_images_cannot_be_read(crops):
    _, skipped = crops
    assert len(skipped) == 2
    assert sorted("0 bytes" in reason for reason in skipped.values()) == [False, True]


@pytest.mark.parametrize(("count", "unreadable"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_small_archive_keeps_half_of_its_images(tmp_path, count, unreadable):
    draw(tmp_path, count)
    settings = Settings(data=str(tmp_path), home=tmp_path / "home")
    images, skipped = read_archive("train", settings, 1)
    assert (len(images), len(skipped)) == (count - unreadable, unreadable)


def test_same_seed_same_bytes_from_any_number_of_processes(place, tmp_path):
    assert draw(tmp_path, COUNT, processes=2) == (place / "train.tar.gz").read_bytes()


@pytest.mark.parametrize("other", [{"seed": 2}, {"split": "extra"}])
def test_other_seed_or_split_draws_other_scenes(tmp_path, other):
    drawings = []
    for choice in ({}, other):
        draw(tmp_path, 4, **choice)
        name = choice.get("split", "train")
        with tarfile.open(tmp_path / f"{name}.tar.gz") as tar:
            drawings.append(tar.extractfile(f"{name}/4.png").read())
    assert drawings[0] != drawings[1]


@pytest.mark.parametrize(("split", "count"), [("valid", 9), ("train", 0), ("test", -1)])
def test_unknown_split_or_no_scenes_are_refused(tmp_path, split, count):
    with pytest.raises(ValueError, match=rf"'{split}' of {count} scenes; expected one"):
        draw(tmp_path, count, split=split)


def test_drawing_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("helpers.sample.scene_archives.write_boxes", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(tmp_path, 2)
    assert not list(tmp_path.iterdir())


def test_boxes_are_as_tall_as_ordered(boxes):
    seeds = np.random.SeedSequence(1, spawn_key=(0,))
    orders = draw_orders(np.random.default_rng(seeds), COUNT, "train")
    heights = np.rint([order.height for order in orders])
    np.testing.assert_array_equal(largest_boxes(boxes)["height"], heights)
    digits = [digit for order in orders for digit in order.digits]
    np.testing.assert_array_equal(boxes.label, digits)


@pytest.fixture
def drawings(monkeypatch):
    """Names of archives in the order in which they are asked to be drawn."""
    drawings = []

    def draw(path, *_):
        drawings.append(path.name.removesuffix(".tar.gz"))
        path.parent.mkdir(exist_ok=True)
        path.touch()

    monkeypatch.setattr(package, "draw_scenes_archive", draw)
    monkeypatch.setattr(package, "draw_letters_archive", draw)
    return drawings


@pytest.fixture
def sample(tmp_path, drawings):
    """A folder where all five archives were drawn."""
    package.draw_archives(tmp_path / "archives", Settings())
    drawings.clear()
    return tmp_path / "archives"


def test_all_archives_are_drawn(tmp_path, drawings):
    package.draw_archives(tmp_path / "archives", Settings())
    assert sorted(drawings) == sorted(ARCHIVES)


def test_second_run_draws_nothing(sample, drawings):
    package.draw_archives(sample, Settings())
    assert drawings == []


@pytest.mark.parametrize(
    ("changed", "redrawn"),
    [
        ({"drawn_test": 7}, ["test"]),
        ({"drawn_small": 70}, ["notMNIST_small"]),
        ({"seed": 1}, list(ARCHIVES)),
        ({"crop_size": 64}, []),
    ],
)
def test_archive_of_other_parameters_is_drawn_anew(sample, drawings, changed, redrawn):
    package.draw_archives(sample, replace(Settings(), **changed))
    assert sorted(drawings) == sorted(redrawn)


@pytest.mark.parametrize("suffix", ["tar.gz", "json"])
def test_archive_that_went_or_lost_its_metadata_is_drawn_anew(sample, drawings, suffix):
    (sample / f"extra.{suffix}").unlink()
    package.draw_archives(sample, Settings())
    assert drawings == ["extra"]


def test_metadata_that_says_nothing_is_no_metadata(sample, drawings):
    (sample / "train.json").write_text("{")
    package.draw_archives(sample, Settings())
    assert drawings == ["train"]


def test_metadata_of_an_earlier_version_is_out_of_date(sample, drawings):
    metadata = json.loads((sample / "train.json").read_text())
    (sample / "train.json").write_text(json.dumps(metadata | {"version": 0}))
    package.draw_archives(sample, Settings())
    assert drawings == ["train"]


def test_drawing_that_fails_leaves_no_metadata(sample, drawings, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(package, "draw_scenes_archive", fail)
    with pytest.raises(OSError, match="disk full"):
        package.draw_archives(sample, replace(Settings(), drawn_train=7))
    assert not (sample / "train.json").exists()

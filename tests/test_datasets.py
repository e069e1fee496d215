"""From settings to images: one way for every source."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from builders import write_letters

from helpers.data.archives import ARCHIVES
from helpers.datasets import (
    archive_folder,
    available_archives,
    load_splits,
    prepare,
    source_of,
)
from helpers.settings import Settings


def test_every_source_keeps_to_a_folder_of_its_own(settings, few_settings, few_numbers):
    official = replace(settings, data="official", mirror="http://a.b")
    drawn, official, own = map(source_of, (settings, official, few_settings))
    assert drawn.home == settings.home / "sample"
    assert official.home == settings.home / "official"
    assert official.mirror == "http://a.b"
    assert (own.home, own.place) == (few_settings.source_home, few_numbers)


def test_own_folder_has_what_it_holds_and_the_others_all(few_settings, few_numbers):
    assert available_archives(few_settings) == ("train", "test")
    assert archive_folder("train", few_settings) == few_numbers / "train"
    for data in ("sample", "official"):
        assert available_archives(Settings(data=data)) == tuple(ARCHIVES)


def test_store_is_made_of_the_settings(few_settings):
    options = {"crop_size": 12, "margin": 0.2, "seed": 3}
    store = prepare(replace(few_settings, **options), 1)
    assert store.path.parent == few_settings.source_home
    assert store.metadata.items() >= options.items()
    assert [len(split) for split in store.splits().values()] == [50, 10, 11]
    assert store.test.images.shape[1:] == (12, 12)


@pytest.mark.parametrize("name", ["train", "test"])
def test_source_without_train_or_test_has_no_store(few_settings, few_numbers, name):
    shutil.rmtree(few_numbers / name)
    with pytest.raises(FileNotFoundError, match=rf"neither {name}\.tar\.gz"):
        prepare(few_settings, 1)


def test_letter_splits_are_those_of_the_source(settings, tmp_path):
    write_letters(tmp_path / "mine" / "notMNIST_large", [9])
    write_letters(tmp_path / "mine" / "notMNIST_small", [0, 1, 2])
    splits = load_splits(replace(settings, data=str(tmp_path / "mine")), 4, 2, 9)
    sizes = {name: len(split) for name, split in splits.items()}
    assert sizes == {"train": 4, "validation": 2, "test": 9}


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    return prepare(Settings(data=str(real_data), home=tmp_path_factory.mktemp("real")))


def test_every_real_image_is_cropped(real):
    assert set(real.skipped.reason) <= {"looks like a test or validation image"}
    assert sum(map(len, real.splits().values())) + len(real.skipped) == 4_434 + 700
    lengths = np.bincount(real.test.labels[:, 0], minlength=6)
    np.testing.assert_array_equal(lengths, [0, 68, 394, 201, 37, 0])


def test_real_labels_are_the_published_ones(real, real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz") as published:
        image, label = published["image"], published["label"]
    for split in real.splits().values():
        starts = np.searchsorted(image, split.numbers)
        ends = np.searchsorted(image, split.numbers, "right")
        expected = [
            [end - start, *label[start:end], *[10] * (5 - end + start)]
            for start, end in zip(starts, ends, strict=True)
        ]
        np.testing.assert_array_equal(split.labels, expected)

"""Letters: what is read, what is left out, and splits that share no picture."""

import shutil

import numpy as np
import pytest
from builders import write_letters
from PIL import Image

from helpers.data.notmnist import (
    LETTERS,
    Letters,
    join,
    oddities,
    picture_keys,
    pictures,
    read_letters,
    split,
)
from helpers.data.sources import OwnArchives
from helpers.datasets import load_splits
from helpers.errors import InputError
from helpers.settings import Settings


@pytest.fixture
def folder(tmp_path):
    """Three letters of each kind: the shade of a picture is 20 x class + number."""
    return write_letters(tmp_path / "notMNIST_small", range(3))


def made_up(each: int, seed: int, name: str = "notMNIST_large") -> Letters:
    """``each`` letters of every kind, all of different pictures."""
    labels = np.repeat(np.arange(10, dtype=np.uint8), each)
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
    files = [f"{name}/{LETTERS[a]}/{n}.png" for n, a in enumerate(labels)]
    return Letters(images, labels, np.array(files))


def shades(letters: Letters) -> list[int]:
    return letters.images[:, 0, 0].tolist()


@pytest.mark.parametrize("processes", [1, 2])
def test_reads_every_letter_with_its_class(folder, processes):
    (folder / "A" / "notes.txt").write_text("not a letter")
    letters, unreadable = read_letters(folder, processes)
    assert letters.labels.tolist() == np.repeat(range(10), 3).tolist()
    assert shades(letters) == [20 * a + n for a in range(10) for n in range(3)]
    assert letters.files[4] == "notMNIST_small/B/1.png"
    assert (letters.images.shape, letters.images.dtype) == ((30, 28, 28), np.uint8)
    assert letters.labels.dtype == np.uint8
    assert unreadable.empty


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b""), r"not an image \(0 bytes\)"),
        (lambda path: path.write_bytes(b"letter"), r"not an image \(6 bytes\)"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "."),
        (lambda path: Image.new("L", (28, 30)).save(path), "28 x 30 pixels, not 28"),
    ],
    ids=["empty", "text", "cut", "size"],
)
def test_unreadable_file_is_left_out_and_listed(folder, damage, reason):
    damage(folder / "C" / "1.png")
    letters, unreadable = read_letters(folder, processes=1)
    left = [20 * a + n for a in range(10) for n in range(3) if (a, n) != (2, 1)]
    assert shades(letters) == left
    assert "notMNIST_small/C/1.png" not in letters.files
    assert unreadable["file"].tolist() == ["notMNIST_small/C/1.png"]
    assert unreadable["reason"].str.contains(reason).all()


@pytest.mark.parametrize(
    "pixels", [np.full((28, 28, 3), 7, np.uint8), np.full((28, 28), 7 * 257, np.uint16)]
)
def test_colour_and_sixteen_bits_are_read_as_gray(folder, pixels):
    Image.fromarray(pixels).save(folder / "A" / "0.png")
    letters, _ = read_letters(folder, processes=1)
    assert shades(letters)[0] == 7


def test_letter_without_a_folder_is_named(folder):
    shutil.rmtree(folder / "F")
    with pytest.raises(FileNotFoundError, match=r"F: no PNG file in it; expected"):
        read_letters(folder)


def test_pixels_are_those_of_the_report():
    letters = made_up(1, 0)
    letters.images[4] = 51
    found = letters[4:5].pixels
    np.testing.assert_allclose(found, np.full((1, 28, 28), -0.3), atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [((100, 30, 20), (100, 30, 20)), ((200_000, 10_000, 10_000), (200, 10, 50))],
    ids=["as asked", "shrunk alike"],
)
def test_splits_have_their_sizes_and_take_from_their_own_archive(wanted, expected):
    splits = split(made_up(21, 1), made_up(5, 2, "notMNIST_small"), 0, *wanted)
    names = ("train", "validation", "test")
    assert tuple(len(splits[name]) for name in names) == expected
    archives = [{file.split("/")[0] for file in splits[name].files} for name in names]
    assert archives == [{"notMNIST_large"}, {"notMNIST_large"}, {"notMNIST_small"}]


@pytest.mark.parametrize("rows", [10, 50, 130])
def test_every_beginning_of_a_split_is_balanced(rows):
    splits = split(made_up(21, 1), made_up(5, 2), seed=0)
    assert set(np.bincount(splits["train"].labels[:rows])) == {rows // 10}


def test_splits_keep_the_proportions_of_their_source():
    large = made_up(40, 1)
    large = large[(large.labels < 2) | (np.arange(len(large)) % 4 == 0)]
    train = split(large, made_up(5, 2), 0, train=60, validation=20)["train"]
    expected = 60 * np.bincount(large.labels) / len(large)
    np.testing.assert_allclose(np.bincount(train.labels), expected, atol=1)


def test_same_seed_gives_the_same_splits_and_another_others():
    large, small = made_up(20, 1), made_up(5, 2)
    first, again, other = (split(large, small, seed)["train"] for seed in (1, 1, 2))
    assert first.files.tolist() == again.files.tolist()
    assert first.files.tolist() != other.files.tolist()


def test_no_picture_is_in_two_splits_or_twice_in_one():
    large, small = made_up(20, 1), made_up(5, 2)
    splits = split(join(large, large[:70], small[::2]), join(small, small[10:20]), 0)
    keys = picture_keys(np.concatenate([part.images for part in splits.values()]))
    assert len(keys) == len(np.unique(keys)) == 250


@pytest.mark.parametrize(
    ("seeds", "sizes", "message"),
    [
        ((1, 2), {"validation": 0}, "expected at least 1 in each"),
        ((1, 1), {}, "0 different letters for training"),
    ],
)
def test_split_of_none_is_refused(seeds, sizes, message):
    large, small = (made_up(5, seed) for seed in seeds)
    with pytest.raises(InputError, match=message):
        split(large, small, 0, **sizes)


def test_pictures_are_listed_with_their_copies_and_letters():
    letters = made_up(2, 1)
    letters.images[[17, 5]] = letters.images[4]
    found = pictures(letters)
    assert len(found) == 18
    assert found.iloc[0].to_dict() == {"row": 4, "copies": 3, "letters": "CI"}
    assert found.iloc[1].to_dict() == {"row": 0, "copies": 1, "letters": "A"}


def test_oddities_are_counted():
    large, small = made_up(4, 1), made_up(2, 2)
    large.images[1] = large.images[0]  # a copy
    large.images[39] = large.images[0]  # another, under J
    small.images[5] = large.images[9]  # in both archives
    small.images[6] = 255
    assert oddities(large, small).tolist() == [60, 57, 2, 0, 1, 1, 1]


def test_real_letters_make_splits_that_share_no_picture(real_data, tmp_path):
    splits = load_splits(Settings(data=str(real_data), home=tmp_path))
    keys = picture_keys(np.concatenate([part.images for part in splits.values()]))
    assert len(keys) == len(np.unique(keys))
    assert splits["validation"].pixels.std() == pytest.approx(0.458, abs=0.02)
    assert splits["test"].pixels.mean() == pytest.approx(-0.083, abs=0.02)
    assert len(splits["train"]) > 10_000


def test_real_unreadable_files_are_the_two_empty_ones(real_data, tmp_path):
    source = OwnArchives(home=tmp_path, place=real_data)
    letters, unreadable = read_letters(source.folder("notMNIST_large"))
    assert len(letters) == 15_413
    assert unreadable["reason"].str.startswith("not an image (0 bytes)").sum() == 2

"""The store: what is in it, what is not, and when it is made anew."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from builders import boxes_of
from PIL import Image

from helpers.data.digitstruct import write_boxes
from helpers.data.store import CHUNK, Store, StoreError, build_store
from helpers.preprocessing import gray

B = 10
"""The label of a blank."""

SIDE = 12


def write_archive(folder, rows) -> None:
    """An extracted archive from {number: (digits, pixels or bytes)}.

    The boxes of an image take all of it together.
    """
    folder.mkdir(parents=True)
    boxes = {}
    for number, (digits, content) in rows.items():
        path = folder / f"{number}.png"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            Image.fromarray(content).save(path)
        width = SIDE / max(1, len(digits))
        boxes[number] = [
            (digit, place * width, 0, width, SIDE) for place, digit in enumerate(digits)
        ]
    write_boxes(folder / "digitStruct.mat", boxes_of(boxes))


def noise(seed: int, side: int = SIDE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (side, side, 3), dtype=np.uint8)


def rows_of(count: int, seed: int) -> dict:
    """Images 1 to ``count`` of noise, of two digits: first 1 to 9, 0, then any."""
    return {n: ((n % 10, n * 3 % 10), noise(seed + n)) for n in range(1, count + 1)}


@pytest.fixture
def rows() -> dict:
    """What every archive holds; a test may change it before it asks for the store."""
    return {
        "train": rows_of(40, 1_000),
        "test": rows_of(9, 2_000),
        "extra": rows_of(25, 3_000),
    }


@pytest.fixture
def built(rows, settings, tmp_path):
    """Builds the store of the archives, which it writes unless they are there."""

    def built(processes: int = 1, **options) -> Store:
        folders = {name: tmp_path / name for name in rows}
        for name, folder in folders.items():
            if not (folder / "digitStruct.mat").exists():
                write_archive(folder, rows[name])
        options = {"crop_size": SIDE, "margin": 0.0, "seed": 1} | options
        return build_store(folders, replace(settings, **options), processes)

    return built


def placed(split) -> list:
    """(archive, number) of every crop of a split."""
    return list(zip(split.archives.tolist(), split.numbers.tolist(), strict=True))


def test_crops_labels_and_numbers_are_those_of_the_images(built, rows):
    test = built().test
    np.testing.assert_array_equal(test.numbers, np.arange(1, 10))
    for row, (digits, pixels) in enumerate(rows["test"].values()):
        np.testing.assert_array_equal(test.images[row], gray(pixels))
        np.testing.assert_array_equal(test.labels[row], [2, *digits, B, B, B])
    types = (test.images.dtype, test.labels.dtype, test.numbers.dtype)
    assert types == (np.uint8, np.uint8, np.int32)


def test_crop_is_the_union_of_the_boxes_and_its_margin(built, rows):
    rows["test"][5] = ((4,), noise(7, 3 * SIDE))
    found = built(margin=0.5).test.images[4]
    part = Image.fromarray(rows["test"][5][1]).crop((-6, -6, 18, 18))
    expected = gray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(found, expected)


def test_every_image_is_in_one_split_and_validation_has_each_first_digit(built, rows):
    splits = built().splits()
    found = [place for split in splits.values() for place in placed(split)]
    assert sorted(found) == sorted((name, n) for name in rows for n in rows[name])
    validation = splits["validation"]
    for archive in ("train", "extra"):
        firsts = validation.labels[validation.archives == archive, 1]
        np.testing.assert_array_equal(np.sort(firsts), np.arange(10))


def test_image_that_cannot_be_used_is_left_out_and_listed(built, rows):
    rows["train"][5] = ((), noise(1))
    rows["extra"][7] = ((1,) * 6, noise(1))
    found = built()
    reasons = [["train", 5, "no digit box"], ["extra", 7, "more than 5 digits"]]
    assert found.skipped.to_numpy().tolist() == reasons
    kept = [place for split in found.splits().values() for place in placed(split)]
    assert len(kept) == 72
    assert not {("train", 5), ("extra", 7)} & set(kept)


def test_boxes_are_all_those_of_the_archive(built, rows):
    rows["train"] |= {50: ((9,) * 6, noise(1)), 60: ((), noise(2)), 70: ((3,), b"")}
    boxes = built().boxes("train")
    np.testing.assert_array_equal(boxes.images, [*range(1, 41), 50, 60, 70])
    np.testing.assert_array_equal(boxes.label[-7:], [9] * 6 + [3])


def test_copy_of_a_test_image_is_listed_and_in_no_split(built, rows):
    rows["train"][3] = rows["extra"][4] = rows["test"][8]
    digits, pixels = rows["test"][7]
    rows["train"][30] = (digits[::-1], pixels)  # of another number: no copy
    found = built()
    reason = "looks like a test or validation image"
    copies = [["train", 3, reason], ["extra", 4, reason]]
    assert found.skipped.to_numpy().tolist() == copies
    places = placed(found.train) + placed(found.validation)
    assert not {("train", 3), ("extra", 4)} & set(places)


@pytest.mark.parametrize("option", [{"margin": 0.3}, {"seed": 5}, {"crop_size": 20}])
def test_stores_of_other_options_stand_side_by_side(built, option):
    first = built()
    content = first.path.read_bytes()
    other = built(**option)
    assert other.metadata == first.metadata | option
    assert other.path != first.path
    assert first.path.read_bytes() == content


def mend(folder):
    """Another image under the same name and of as many bytes."""
    path = folder / "3.png"
    path.write_bytes(path.read_bytes()[::-1])


@pytest.mark.parametrize(
    "change",
    [
        mend,
        lambda folder: (folder / "3.png").unlink(),
        lambda folder: (folder / "10.png").touch(),
        lambda folder: (folder / "10.png").symlink_to("nowhere"),
    ],
    ids=["mended", "lost", "added", "linked to nothing"],
)
def test_changed_folder_has_a_store_of_its_own(built, tmp_path, change):
    first = built()
    change(tmp_path / "test")
    assert built().path != first.path
    assert len(first.test) == 9


def test_unchanged_folders_have_the_store_they_had_whatever_files_are_hidden(
    built, tmp_path
):
    path = built().path
    before = path.stat().st_mtime_ns
    (tmp_path / "test" / ".DS_Store").touch()
    assert built().path == path
    assert path.stat().st_mtime_ns == before


def test_bytes_do_not_depend_on_the_number_of_processes(built, rows):
    rows["train"] = rows_of(2 * CHUNK + 1, 1_000)
    path = built(processes=1).path
    alone = path.read_bytes()
    path.unlink()
    assert built(processes=2).path.read_bytes() == alone


def test_archive_without_a_usable_image_is_named(built, rows, tmp_path):
    rows["test"] = dict.fromkeys((1, 2, 3), ((1,), b""))
    with pytest.raises(StoreError, match=r"test: none of its 3 images .*0 bytes"):
        built()
    assert not list((tmp_path / "home").rglob("*.h5"))


def test_store_needs_no_extra_and_a_split_may_be_empty(built, rows):
    rows["train"] = rows_of(9, 1_000)  # each first digit once: all for validation
    del rows["extra"]
    found = built()
    assert list(found.metadata["archives"]) == ["train", "test"]
    assert found.train.images.shape == (0, SIDE, SIDE)


def metadata(value):
    def write(path):
        with h5py.File(path, "w") as file:
            file.attrs["metadata"] = value

    return write


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_text("no store"),
        lambda path: h5py.File(path, "w").close(),
        metadata("{"),
        metadata(3),
    ],
    ids=["text", "no metadata", "broken metadata", "number"],
)
def test_file_that_is_no_store_gives_way_to_one(built, harm):
    path = built().path
    harm(path)
    assert len(built().test) == 9

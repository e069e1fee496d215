"""The store: what is in it, what is not, and when it is made anew."""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import h5py
import numpy as np
import pytest
from PIL import Image

from helpers.data.digitstruct import Boxes, write_boxes
from helpers.data.extraction import MANIFEST, Manifest
from helpers.data.store import (
    CHUNK,
    Store,
    StoreError,
    StoreOptions,
    build_store,
    crop_archive,
)
from helpers.preprocessing import gray
from helpers.settings import ROOT

B = 10
"""The label of a blank."""

SIDE = 12
OPTIONS = StoreOptions(crop_size=SIDE, margin=0.0, seed=1)


def write_archive(folder, rows) -> None:
    """An extracted archive from {number: (digits, pixels, bytes or None)}.

    The boxes of an image take all of it together.
    """
    folder.mkdir(parents=True, exist_ok=True)
    boxes = []
    for number, (digits, content) in rows.items():
        path = folder / f"{number}.png"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            Image.fromarray(content).save(path)
        width = SIDE / max(1, len(digits))
        boxes += [(number, d, i * width, 0, width, SIDE) for i, d in enumerate(digits)]
    columns = np.array(boxes, float).reshape(-1, 6).T
    numbers = np.array(list(rows), np.int32)
    image, label = columns[0].astype(np.int32), columns[1].astype(np.int8)
    write_boxes(
        folder / "digitStruct.mat", Boxes(image, label, *columns[2:], images=numbers)
    )


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
def built(rows, tmp_path):
    """Builds the store of the archives, which it writes unless they are there."""

    def built(processes: int = 1, **options) -> Store:
        folders = {name: tmp_path / name for name in rows}
        for name, folder in folders.items():
            if not (folder / "digitStruct.mat").exists():
                write_archive(folder, rows[name])
        return build_store(
            tmp_path / "home", folders, replace(OPTIONS, **options), processes
        )

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
    part = Image.fromarray(rows["test"][5][1]).crop((0, 0, 18, 18))
    expected = gray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(found, expected)


def test_every_image_is_in_one_split(built, rows):
    splits = built().splits()
    assert list(splits) == ["train", "validation", "test"]
    found = [place for split in splits.values() for place in placed(split)]
    assert sorted(found) == sorted((name, n) for name in rows for n in rows[name])


def test_validation_has_each_first_digit_of_train_and_of_extra(built):
    validation = built().validation
    for archive in ("train", "extra"):
        firsts = validation.labels[validation.archives == archive, 1]
        np.testing.assert_array_equal(np.sort(firsts), np.arange(10))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (((), noise(1)), "no digit box"),
        (((1, 2, 3, 4, 5, 6), noise(1)), "more than 5 digits"),
        (((1, 2), b""), "not an image (0 bytes)"),
        (((1, 2), None), "there is no such file"),
    ],
)
@pytest.mark.parametrize("archive", ["train", "test"])
def test_image_that_cannot_be_used_is_left_out_and_listed(
    built, rows, archive, row, reason
):
    rows[archive][5] = row
    found = built()
    [left_out] = found.skipped.to_dict("records")
    assert (left_out["archive"], left_out["number"]) == (archive, 5)
    assert left_out["reason"].startswith(reason)
    kept = [place for split in found.splits().values() for place in placed(split)]
    assert (archive, 5) not in kept
    assert len(kept) == 73


def test_image_of_an_unsound_row_is_left_out_and_listed(built, tmp_path):
    built()
    with h5py.File(tmp_path / "test" / "digitStruct.mat", "r+") as file:
        file[file[file["digitStruct/bbox"][4, 0]]["label"][0, 0]][0, 0] = 11
    found = built()
    reason = "a label is 11.0; expected 1 to 10"
    assert found.skipped.to_numpy().tolist() == [["test", 5, reason]]
    assert found.test.numbers.tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert 5 in found.boxes("test").images
    assert found.surplus.empty


def test_what_is_no_image_of_the_archive_is_listed(built, tmp_path):
    built()
    names = ["99.png", "._1.png", "Thumbs.db"]
    for name in names:
        (tmp_path / "test" / name).touch()
    manifest = Manifest("test.tar.gz", 1, 1, 9, 1, {"test/see\x07boxes.m": "odd"})
    (tmp_path / "test" / MANIFEST).write_text(json.dumps(asdict(manifest)))
    found = built()
    reason = "no row of digitStruct.mat is of it"
    expected = [["test", name, reason] for name in sorted(names)]
    expected.append(["test", "test/see\\x07boxes.m", "odd"])
    assert found.surplus.to_numpy().tolist() == expected
    assert found.skipped.empty
    assert list(found.skipped.columns) == ["archive", "number", "reason"]


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


def test_second_call_makes_nothing(built):
    path = built().path
    before = path.stat().st_mtime_ns
    assert built().path == path
    assert path.stat().st_mtime_ns == before


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
        lambda folder: (folder / "3.png").write_bytes(b""),
        lambda folder: (folder / "10.png").touch(),
        lambda folder: (folder / "10.png").symlink_to("nowhere"),
        lambda folder: write_archive(folder, rows_of(8, 2_000)),
    ],
    ids=["mended", "lost", "emptied", "added", "linked to nothing", "rewritten"],
)
def test_changed_folder_has_a_store_of_its_own(built, tmp_path, change):
    first = built()
    change(tmp_path / "test")
    assert built().path != first.path


def test_image_that_is_mended_is_cropped_anew(built, rows, tmp_path):
    pixels = rows["test"][5][1]
    rows["test"][5] = (rows["test"][5][0], b"")
    before = built()
    assert 5 not in before.test.numbers
    Image.fromarray(pixels).save(tmp_path / "test" / "5.png")
    np.testing.assert_array_equal(built().test.images[4], gray(pixels))


@pytest.mark.parametrize("name", [".DS_Store", "._1.png"])
def test_hidden_files_change_no_store(built, tmp_path, name):
    first = built()
    (tmp_path / "test" / name).touch()
    assert built().path == first.path


def test_reader_of_a_store_is_not_disturbed_by_the_next(built, tmp_path):
    old = built()
    numbers = old.validation.numbers
    write_archive(tmp_path / "train", rows_of(60, 5_000))
    built(seed=3)
    assert len(old.train) == 45
    np.testing.assert_array_equal(Store(old.path).validation.numbers, numbers)


def test_of_two_processes_one_builds_and_the_other_waits(built, tmp_path):
    path = built().path
    path.unlink()
    program = (
        "from pathlib import Path; from helpers.data import store; "
        f"root = Path({str(tmp_path)!r}); names = ('train', 'test', 'extra'); "
        "store.build_store(root / 'home', {n: root / n for n in names}, "
        f"store.{OPTIONS!r}, 1)"
    )
    words = [sys.executable, "-c", program]
    processes = [
        subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum("cropping train" in text for text in errors) == 1
    assert [path.suffix for path in path.parent.glob("[!.]*")] == [".h5"]


def test_bytes_do_not_depend_on_the_number_of_processes(built, rows):
    rows["train"] = rows_of(2 * CHUNK + 1, 1_000)
    path = built(processes=1).path
    alone = path.read_bytes()
    path.unlink()
    assert built(processes=2).path.read_bytes() == alone


def test_source_without_extra_has_a_store_without_it(built, rows):
    del rows["extra"]
    found = built()
    assert list(found.metadata["archives"]) == ["train", "test"]
    assert set(found.train.archives) == {"train"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            dict.fromkeys((1, 2, 3), ((1,), b"")),
            r"test: none of its 3 images .*0 bytes",
        ),
        ({}, "lists no image"),
    ],
)
def test_archive_without_a_usable_image_is_named(
    built, rows, tmp_path, content, message
):
    rows["test"] = content
    with pytest.raises(StoreError, match=message):
        built()
    assert not list((tmp_path / "home").glob("*.h5"))


def test_folder_without_digitstruct_is_named(built, tmp_path):
    built()
    (tmp_path / "test" / "digitStruct.mat").rename(tmp_path / "away")
    with pytest.raises(StoreError, match=r"test/digitStruct\.mat: no such file"):
        build_store(tmp_path, {"test": tmp_path / "test"}, OPTIONS)


def test_split_may_be_empty(built, rows):
    rows["train"] = rows_of(9, 1_000)  # each first digit once: all for validation
    del rows["extra"]
    assert built().train.images.shape == (0, SIDE, SIDE)


def group(path):
    with h5py.File(path, "w") as file:
        file.create_group("train")


def metadata(value):
    def write(path):
        with h5py.File(path, "w") as file:
            file.attrs["metadata"] = value

    return write


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_text("no store"),
        lambda path: path.write_bytes(b""),
        group,
        metadata("{"),
        metadata(3),
    ],
    ids=["text", "empty", "no metadata", "broken metadata", "number"],
)
def test_file_that_is_no_store_is_named_and_gives_way_to_one(built, harm):
    path = built().path
    harm(path)
    with pytest.raises(StoreError, match=r"\.h5: no store of this workbook"):
        _ = Store(path).metadata
    assert len(built().test) == 9


def test_store_of_another_version_gives_way(built):
    made = built()
    metadata(json.dumps(made.metadata | {"version": 0}))(made.path)
    assert built().metadata == made.metadata


def test_store_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        _ = Store(tmp_path / "nowhere.h5").metadata


def test_archive_alone_is_cropped_as_the_store_has_it(built, rows, tmp_path):
    rows["test"][5] = ((1, 2), None)
    test = built().test
    found, skipped = crop_archive(tmp_path / "test", OPTIONS, 1)
    for column in ("images", "labels", "numbers", "archives"):
        np.testing.assert_array_equal(getattr(found, column), getattr(test, column))
    assert skipped == {5: "there is no such file"}

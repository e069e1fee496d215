"""The store: what is in it, what is not, and when it is made anew."""

import json
import shutil
import tarfile
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.data import store
from helpers.data.digitstruct import Boxes, write_boxes
from helpers.data.store import Store, StoreError
from helpers.datasets import home, prepare, read_archive
from helpers.preprocessing import gray
from helpers.settings import Settings

B = 10
"""The label of a blank."""

SIDE = 12


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
def settings(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    return Settings(data=str(place), home=tmp_path / "home", crop_size=SIDE, margin=0.0)


@pytest.fixture
def made(rows, settings):
    """Writes the archives, then prepares the store."""

    def make(processes: int = 1) -> Store:
        for name, content in rows.items():
            write_archive(settings.data_folder / name, content)
        return prepare(settings, processes)

    return make


def placed(split) -> list:
    """(archive, number) of every crop of a split."""
    return list(zip(split.archives.tolist(), split.numbers.tolist(), strict=True))


def test_crops_labels_and_numbers_are_those_of_the_images(made, rows):
    test = made().test
    np.testing.assert_array_equal(test.numbers, np.arange(1, 10))
    for row, (digits, pixels) in enumerate(rows["test"].values()):
        np.testing.assert_array_equal(test.images[row], gray(pixels))
        np.testing.assert_array_equal(test.labels[row], [2, *digits, B, B, B])


def test_crop_is_the_union_of_the_boxes_and_its_margin(made, rows, settings):
    rows["test"][5] = ((4,), noise(7, 3 * SIDE))
    made()
    found = prepare(replace(settings, margin=0.5), 1).test.images[4]
    part = Image.fromarray(rows["test"][5][1]).crop((0, 0, 18, 18))
    expected = gray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(found, expected)


def test_types_are_those_promised(made):
    train = made().train
    assert (train.images.dtype, train.labels.dtype) == (np.uint8, np.uint8)
    assert train.numbers.dtype == np.int32
    assert len(train) == len(train.labels) == len(train.archives)


def test_every_image_is_in_one_split(made):
    splits = made().splits()
    assert list(splits) == ["train", "validation", "test"]
    found = [place for split in splits.values() for place in placed(split)]
    counts = (("train", 40), ("test", 9), ("extra", 25))
    assert sorted(found) == sorted(
        (name, number) for name, count in counts for number in range(1, count + 1)
    )


def test_validation_has_each_first_digit_of_train_and_of_extra(made):
    validation = made().validation
    for archive in ("train", "extra"):
        firsts = validation.labels[validation.archives == archive, 1]
        np.testing.assert_array_equal(np.sort(firsts), np.arange(10))


def test_validation_is_sized_for_the_share_of_the_official_images(made, monkeypatch):
    monkeypatch.setattr("helpers.data.splits.OFFICIAL_TRAIN", 4_000)
    validation = made().validation  # 40 of 4,000 images: 400 become 4
    assert (validation.archives == "train").sum() == 40


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
    made, rows, archive, row, reason
):
    rows[archive][5] = row
    found = made()
    expected = pd.DataFrame(
        [(archive, 5, reason)], columns=["archive", "number", "reason"]
    )
    pd.testing.assert_frame_equal(found.skipped, expected)
    kept = [place for split in found.splits().values() for place in placed(split)]
    assert (archive, 5) not in kept
    assert len(kept) == 73


def test_nothing_left_out_is_an_empty_table(made):
    assert list(made().skipped.columns) == ["archive", "number", "reason"]
    assert made().skipped.empty


def test_image_of_an_unsound_row_is_left_out_and_listed(made, rows, settings):
    made()
    path = settings.data_folder / "test" / "digitStruct.mat"
    with h5py.File(path, "r+") as file:
        file[file[file["digitStruct/bbox"][4, 0]]["label"][0, 0]][0, 0] = 11
    found = prepare(settings, 1)
    reason = "a label is 11.0; expected 1 to 10"
    assert found.skipped.to_numpy().tolist() == [["test", 5, reason]]
    assert found.test.numbers.tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert 5 in found.boxes("test").images
    assert found.surplus.empty


def test_what_is_no_image_of_the_archive_is_listed(made, rows, settings):
    names = ["99.png", "._1.png", "Thumbs.db"]
    (settings.data_folder / "test").mkdir()
    for name in names:
        (settings.data_folder / "test" / name).touch()
    found = made()
    reason = "no row of digitStruct.mat is of it"
    expected = [["test", name, reason] for name in sorted(names)]
    assert found.surplus.to_numpy().tolist() == expected
    assert found.skipped.empty
    assert len(found.test) == 9


def test_member_that_was_not_extracted_is_listed(made, rows, settings, tmp_path):
    write_archive(tmp_path / "test", rows["test"])
    with tarfile.open(tmp_path / "test.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "test", "test")
        tar.addfile(tarfile.TarInfo("test/see\x07boxes.m"))
    del rows["test"]
    settings.data_folder.joinpath("test.tar.gz").write_bytes(
        (tmp_path / "test.tar.gz").read_bytes()
    )
    assert made().surplus.to_numpy().tolist() == [
        ["test", "test/see\\x07boxes.m", "not a file of this archive's layout"]
    ]


def test_boxes_are_all_those_of_the_archive(made, rows):
    rows["train"] |= {50: ((9,) * 6, noise(1)), 60: ((), noise(2)), 70: ((3,), b"")}
    boxes = made().boxes("train")
    np.testing.assert_array_equal(boxes.images, [*range(1, 41), 50, 60, 70])
    np.testing.assert_array_equal(boxes.label[-7:], [9] * 6 + [3])


def test_copy_of_a_test_image_is_in_no_split(made, rows):
    rows["train"][3] = rows["test"][8]
    rows["extra"][4] = rows["test"][8]
    found = made()
    reason = "looks like a test or validation image"
    assert found.skipped.to_numpy().tolist() == [
        ["train", 3, reason],
        ["extra", 4, reason],
    ]
    places = placed(found.train) + placed(found.validation)
    assert not {("train", 3), ("extra", 4)} & set(places)
    assert len(found.test) == 9


def test_copies_never_stand_on_both_sides_of_train_and_validation(made, rows):
    for number in range(1, 21):  # twice in train, and once more in extra
        rows["train"][number + 20] = rows["extra"][number] = rows["train"][number]
    found = made()
    looks = [
        {image.tobytes() for image in split.images} for split in found.splits().values()
    ]
    assert not looks[0] & looks[1]
    assert found.skipped.reason.unique() == ["looks like a test or validation image"]


def test_one_picture_of_two_numbers_is_no_copy(made, rows):
    digits, pixels = rows["test"][8]
    rows["train"][3] = (digits[::-1], pixels)
    assert made().skipped.empty


def test_second_call_makes_nothing(made, settings, monkeypatch):
    path = made().path
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(store, "_add_archive", None)
    assert prepare(settings, 1).path == path
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(("name", "value"), [("margin", 0.3), ("seed", 5)])
def test_store_of_other_parameters_is_made_anew(made, settings, name, value):
    old = made()
    before = old.metadata
    other = prepare(replace(settings, **{name: value}), 1)
    assert other.path == old.path
    assert (before[name], other.metadata[name]) == (getattr(settings, name), value)


def test_other_seed_draws_another_validation_split(made, settings):
    numbers = made().validation.numbers
    other = prepare(replace(settings, seed=5), 1)
    assert (other.validation.numbers != numbers).any()


def test_store_of_another_version_is_made_anew(made, settings, monkeypatch):
    made()
    monkeypatch.setattr(store, "VERSION", store.VERSION + 1)
    assert prepare(settings, 1).metadata["version"] == store.VERSION


def test_store_of_changed_archives_is_made_anew(made, rows, settings):
    assert len(made().test) == 9
    rows["test"] = rows_of(11, 4_000)
    assert len(made().test) == 11


def test_crop_sizes_are_kept_side_by_side(made, settings):
    small = made()
    large = prepare(replace(settings, crop_size=20), 1)
    assert small.test.images.shape == (9, SIDE, SIDE)
    assert large.test.images.shape == (9, 20, 20)


def test_write_that_fails_leaves_the_store_made_before(made, settings, monkeypatch):
    path = made().path
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(store, "_add_splits", fail)
    with pytest.raises(OSError, match="disk full"):
        prepare(replace(settings, margin=0.3), 1)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_bytes_do_not_depend_on_the_number_of_processes(made, settings, monkeypatch):
    monkeypatch.setattr(store, "CHUNK", 8)
    path = made(processes=1).path
    alone = path.read_bytes()
    path.unlink()
    made_by_two = prepare(settings, 2).path
    assert made_by_two.read_bytes() == alone


def test_source_without_extra_has_a_store_without_it(made, rows):
    del rows["extra"]
    found = made()
    assert list(found.metadata["archives"]) == ["train", "test"]
    assert set(found.train.archives) == {"train"}


@pytest.mark.parametrize("name", ["train", "test"])
def test_source_without_train_or_test_has_no_store(made, rows, name):
    del rows[name]
    with pytest.raises(FileNotFoundError, match=rf"neither {name}\.tar\.gz"):
        made()


def test_archive_without_a_usable_image_is_named(made, rows, settings):
    rows["test"] = dict.fromkeys((1, 2, 3), ((1,), b""))
    with pytest.raises(StoreError, match=r"test: none of its 3 images .*0 bytes"):
        made()
    assert not list(home(settings).glob("*"))


def test_archive_that_lists_nothing_is_named(made, rows):
    rows["test"] = {}
    with pytest.raises(StoreError, match="lists no image"):
        made()


def test_split_may_be_empty(made, rows):
    rows["train"] = rows_of(9, 1_000)  # each first digit once: all for validation
    del rows["extra"]
    assert made().train.images.shape == (0, SIDE, SIDE)


def text(path):
    path.write_text("no store")


def group(path):
    with h5py.File(path, "w") as file:
        file.create_group("train")


def metadata(value):
    def write(path):
        with h5py.File(path, "w") as file:
            file.attrs["metadata"] = value

    return write


NOT_STORES = [
    text,
    group,
    metadata("{"),
    metadata(3),
    lambda path: path.write_bytes(b""),
]


@pytest.mark.parametrize("harm", NOT_STORES)
def test_file_that_is_no_store_is_named(tmp_path, harm):
    harm(tmp_path / "a.h5")
    with pytest.raises(StoreError, match=r"a\.h5: no store of this workbook"):
        _ = Store(tmp_path / "a.h5").metadata


@pytest.mark.parametrize("harm", NOT_STORES)
def test_file_that_is_no_store_gives_way_to_one(made, settings, harm):
    path = made().path
    harm(path)
    assert len(prepare(settings, 1).test) == 9


def test_store_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        _ = Store(tmp_path / "nowhere.h5").metadata


def test_metadata_is_plain_json(made, settings):
    with h5py.File(made().path) as file:
        values = json.loads(file.attrs["metadata"])
    assert (values["source"], values["crop_size"]) == ("mine", SIDE)


def test_archive_alone_is_read_as_the_store_has_it(made, rows, settings):
    rows["test"][5] = ((1, 2), b"")
    test = made().test
    shutil.rmtree(settings.data_folder / "train")
    found, skipped = read_archive("test", settings, 1)
    for column in ("images", "labels", "numbers", "archives"):
        np.testing.assert_array_equal(getattr(found, column), getattr(test, column))
    assert skipped == {5: "not an image (0 bytes)"}


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    home = tmp_path_factory.mktemp("real")
    return prepare(Settings(data=str(real_data), home=home))


def test_every_real_image_is_cropped(real):
    assert set(real.skipped.reason) <= {"looks like a test or validation image"}
    lengths = np.bincount(real.test.labels[:, 0], minlength=6)
    np.testing.assert_array_equal(lengths, [0, 68, 394, 201, 37, 0])


def test_real_labels_are_the_published_ones(real, real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz") as published:
        image, label = published["image"], published["label"]
    for split in real.splits().values():
        starts = np.searchsorted(image, split.numbers)
        ends = np.searchsorted(image, split.numbers, "right")
        expected = [
            [end - start, *label[start:end], *[B] * (5 - end + start)]
            for start, end in zip(starts, ends, strict=True)
        ]
        np.testing.assert_array_equal(split.labels, expected)

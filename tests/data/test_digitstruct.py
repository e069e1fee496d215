"""digitStruct.mat: genuine files, what we write, and what is wrong with the rest."""

import tarfile
import time

import h5py
import numpy as np
import pytest
from builders import boxes_of
from fuzzing import by_the_element
from h5py import h5o, h5s, h5t
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.digitstruct import (
    FIELDS,
    Boxes,
    DigitStructError,
    read_boxes,
    read_sound_boxes,
    write_boxes,
)
from helpers.data.hdf5_headers import find_members

ROWS = {
    3: [(0, 10, 20, 8, 16)],
    1: [(1, 1, 2, 3, 4), (0, 5.5, 6, 7, 8), (9, 4, 2, 1, 9)],
    2: [],
    7: [(digit, -3, -4, 900, 1) for digit in range(7)],
}


def assert_equal(found, expected):
    for name, column in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), column)


def read_by_element(path) -> Boxes:
    """Boxes as the public programs read them: one h5py element after the other."""
    return boxes_of({image: rows for image, (rows,) in by_the_element(path).items()})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "digitStruct.mat"
    write_boxes(path, boxes_of(ROWS))
    return path


@pytest.fixture
def file(path):
    with h5py.File(path, "r+") as file:
        yield file


def bbox(file, row):
    return file[file["digitStruct/bbox"][row, 0]]


def harmed(file, row: int, harm) -> None:
    """Spoils a row of an open file."""
    group = bbox(file, row)
    if harm == "name":
        file["digitStruct/name"][row, 0] = h5py.Reference()
    elif harm == "bbox":
        file["digitStruct/bbox"][row, 0] = file["digitStruct/bbox"].ref
    elif harm in FIELDS:
        del group[harm]
    else:
        field, value = harm
        place = group[field]
        if place.dtype == h5py.ref_dtype:
            place = file[place[-1, 0]]
        place[0, 0] = value


def test_rows_come_back_in_the_order_of_the_file_with_the_types_promised(path):
    boxes, faults = read_sound_boxes(path)
    assert_equal(boxes, boxes_of(ROWS))
    assert_equal(read_boxes(path), boxes)
    assert faults == []
    kinds = [column.dtype.name for column in vars(boxes).values()]
    assert kinds == ["int32", "int8", *["float64"] * 4, "int32"]


def test_rows_of_several_blocks_are_counted_from_the_top_of_the_file(file, path):
    """2,000 rows are read at a time."""
    for part in ("name", "bbox"):
        column = np.resize(file["digitStruct"][part][()], (600 * len(ROWS), 1))
        del file["digitStruct"][part]
        file["digitStruct"].create_dataset(part, data=column, dtype=h5py.ref_dtype)
    file.flush()
    columns = {name: np.tile(part, 600) for name, part in vars(boxes_of(ROWS)).items()}
    assert_equal(read_boxes(path), Boxes(**columns))
    harmed(file, 2_399, "name")
    file.close()
    with pytest.raises(DigitStructError, match="row 2400: name refers to nothing"):
        read_boxes(path)


def test_layout_is_the_one_that_element_by_element_readers_expect(path):
    assert_equal(read_by_element(path), boxes_of(ROWS))
    start = path.read_bytes()[:128]
    assert start.startswith(b"MATLAB 7.3 MAT-file")
    assert start[124:] == b"\x00\x02IM"
    with h5py.File(path) as file:
        assert bbox(file, 0)["label"][0, 0] == 10  # of the digit 0


def test_same_boxes_same_bytes(path, tmp_path):
    time.sleep(1.1)  # HDF5 would note the second that a dataset was made in
    write_boxes(tmp_path / "again.mat", boxes_of(ROWS))
    assert (tmp_path / "again.mat").read_bytes() == path.read_bytes()


number = st.floats(-1e4, 1e4, allow_nan=False)
box = st.tuples(st.integers(0, 9), number, number, number, number)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.integers(0, 300_000), st.lists(box, max_size=8), max_size=9))
def test_anything_written_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "digitStruct.mat"
    write_boxes(path, boxes_of(rows))
    assert_equal(read_boxes(path), boxes_of(rows))


@pytest.mark.parametrize("options", [{"chunks": (1, 1), "compression": "gzip"}, {}])
@pytest.mark.parametrize("dtype", ["<f8", "<i4", ">f8"])
def test_number_in_another_storage_is_the_same_number(file, path, dtype, options):
    group = bbox(file, 0)
    del group["left"]
    group.create_dataset("left", data=[[10]], dtype=dtype, **options)
    file.close()
    assert_equal(read_boxes(path), boxes_of(ROWS))


def test_name_in_another_storage_and_further_fields_change_nothing(file, path):
    codes = np.frombuffer("7.png".encode("utf-16-le"), "<u2")[:, None]
    name = file["#refs#"].create_dataset("packed", data=codes, compression="gzip")
    file["digitStruct/name"][3, 0] = name.ref
    for row in range(len(ROWS)):
        bbox(file, row).create_dataset("angle", data=[[1.0]])
    file.close()
    assert_equal(read_boxes(path), boxes_of(ROWS))


def test_row_whose_boxes_are_an_empty_array_has_none(file, path):
    empty = file["#refs#"].create_dataset("none", data=np.zeros(2, "<u8"))
    empty.attrs["MATLAB_empty"] = np.uint8(1)
    file["digitStruct/bbox"][0, 0] = empty.ref
    file.close()
    assert_equal(read_boxes(path), boxes_of(ROWS | {3: []}))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mat"):
        read_boxes(tmp_path / "nowhere.mat")


def test_rows_of_one_image_are_not_joined(file, path):
    names = file["digitStruct/name"]
    names[3, 0] = names[0, 0]  # that of image 3
    file.close()
    boxes, faults = read_sound_boxes(path)
    assert_equal(boxes, boxes_of({3: [], 1: ROWS[1], 2: []}))
    assert [(fault.row, fault.image) for fault in faults] == [(1, 3), (4, 3)]
    as_it_is = read_boxes(path)
    np.testing.assert_array_equal(as_it_is.image, [3, 1, 1, 1, *[3] * 7])
    np.testing.assert_array_equal(as_it_is.images, [3, 1, 2, 3])


UNSIZED = [(field, value) for field in ("width", "height") for value in (0, -2)]
"""What is listed, but read with the rest."""

harms = st.one_of(
    st.sampled_from(["name", "bbox", *FIELDS, *UNSIZED]),
    st.tuples(st.just("label"), st.sampled_from([0, 11, 2.5, -1, np.nan, np.inf])),
    st.tuples(st.sampled_from(FIELDS[:-1]), st.sampled_from([np.nan, -np.inf])),
)
sized = st.floats(0.5, 1e4, allow_nan=False)
sound_box = st.tuples(st.integers(0, 9), number, number, sized, sized)
spoilt_row = st.tuples(
    st.lists(sound_box, min_size=1, max_size=4), st.one_of(st.none(), harms)
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(0, 300_000), spoilt_row, max_size=6))
def test_exactly_the_rows_that_are_spoilt_are_listed(tmp_path_factory, rows):
    """What each is told is in test_bad_inputs."""
    path = tmp_path_factory.getbasetemp() / "spoilt.mat"
    write_boxes(path, boxes_of({image: boxes for image, (boxes, _) in rows.items()}))
    with h5py.File(path, "r+") as file:
        for row, (_, harm) in enumerate(rows.values()):
            if harm:
                harmed(file, row, harm)
    boxes, faults = read_sound_boxes(path)
    named = {image: row for image, row in rows.items() if row[1] != "name"}
    left = {image: [] if harm else row for image, (row, harm) in named.items()}
    assert_equal(boxes, boxes_of(left))
    assert [(fault.row, fault.image) for fault in faults] == [
        (row, image if image in named else None)
        for row, image in enumerate(rows, 1)
        if rows[image][1]
    ]
    assert all(fault.reason for fault in faults)
    harms = [harm for _, harm in rows.values()]
    wrong = [n for n, harm in enumerate(harms, 1) if harm and harm not in UNSIZED]
    if wrong:
        with pytest.raises(
            DigitStructError, match=f"row ({'|'.join(map(str, wrong))})"
        ):
            read_boxes(path)


@pytest.mark.parametrize(("part", "told"), [(b".", "bbox"), (b"left", "damaged")])
def test_damage_to_a_part_spoils_no_other_row(file, path, part, told):
    """Each byte of its header, changed: the row is read rightly or listed."""
    header = 512 + h5o.get_info(bbox(file, 1).id, part).addr
    file.close()
    whole, reasons = path.read_bytes(), []
    for place in range(header, header + 40):
        data = bytearray(whole)
        data[place] ^= 0xFF
        path.write_bytes(data)
        boxes, faults = read_sound_boxes(path)
        lost = [fault.image for fault in faults]
        assert lost in ([], [1])
        assert_equal(boxes, boxes_of(ROWS | {image: [] for image in lost}))
        reasons += [fault.reason for fault in faults]
    assert any(reason.startswith(told) for reason in reasons)


@pytest.mark.parametrize("name", ["train", "test", "extra"])
def test_genuine_file_is_sound_and_read_as_element_by_element(real_data, name):
    path = real_data / "digitstruct" / f"{name}.mat"
    boxes, faults = read_sound_boxes(path)
    assert faults == []
    assert_equal(boxes, read_by_element(path))
    assert_equal(boxes, read_boxes(path))


@pytest.mark.parametrize("name", ["train", "test", "extra"])
def test_groups_of_genuine_files_are_all_found_at_once(real_data, name):
    path = real_data / "digitstruct" / f"{name}.mat"
    with h5py.File(path) as file:
        groups = file["digitStruct/bbox"].id
        addresses = np.empty(groups.shape, "<i8")
        groups.read(h5s.ALL, h5s.ALL, addresses, h5t.STD_REF_OBJ)
    raw = np.fromfile(path, np.uint8)
    assert (find_members(raw, addresses.ravel(), 512, FIELDS) > 0).all()


@pytest.mark.parametrize("name", ["train", "test"])
def test_archive_holds_the_published_boxes(real_data, tmp_path, name):
    with tarfile.open(real_data / "svhn" / f"{name}.tar.gz") as archive:
        member = archive.extractfile(f"{name}/digitStruct.mat")
        (tmp_path / "digitStruct.mat").write_bytes(member.read())
    found = read_boxes(tmp_path / "digitStruct.mat")
    with np.load(real_data / "svhn" / "train_boxes.npz") as published:
        kept = np.isin(published["image"], found.images)
        for column in list(vars(found))[:-1]:
            np.testing.assert_array_equal(
                getattr(found, column), published[column][kept]
            )

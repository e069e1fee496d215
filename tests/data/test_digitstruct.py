"""digitStruct.mat: genuine files, what we write, and what is wrong with the rest."""

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


def test_rows_come_back_in_the_order_of_the_file_with_the_types_promised(path):
    boxes, faults = read_sound_boxes(path)
    assert_equal(boxes, boxes_of(ROWS))
    assert_equal(read_boxes(path), boxes)
    assert faults == {}
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
    file["digitStruct/name"][2_399, 0] = h5py.Reference()
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
    assert faults == {3: "2 rows are of this image; expected one"}
    as_it_is = read_boxes(path)
    np.testing.assert_array_equal(as_it_is.image, [3, 1, 1, 1, *[3] * 7])
    np.testing.assert_array_equal(as_it_is.images, [3, 1, 2, 3])


@pytest.mark.parametrize("part", [b".", b"left"])
def test_damage_at_any_byte_of_a_header_spoils_no_other_row(file, path, part):
    start = 512 + h5o.get_info(bbox(file, 1).id, part).addr
    file.close()
    sound = path.read_bytes()
    for place in range(start, start + 40):
        changed = bytes([sound[place] ^ 0xFF])
        path.write_bytes(sound[:place] + changed + sound[place + 1 :])
        boxes, faults = read_sound_boxes(path)
        assert list(faults) in ([], [1])
        assert_equal(boxes, boxes_of(ROWS | {image: [] for image in faults}))


@pytest.mark.parametrize("name", ["train", "test", "extra"])
def test_genuine_file_is_sound_and_read_as_element_by_element(real_data, name):
    path = real_data / "digitstruct" / f"{name}.mat"
    boxes, faults = read_sound_boxes(path)
    assert faults == {}
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

"""Folders of one's own photos: which files count, and where their numbers are from."""

import re

import pytest
from PIL import Image

from helpers.data.images import PhotoError
from helpers.data.photo_folders import EDGES, FolderPhoto, number_in, photo_folder


@pytest.fixture
def folder(tmp_path):
    """Two photos, 12.jpg and b.png, and what is none."""
    for name in ("b.png", "12.jpg"):
        Image.new("RGB", (2, 2)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("two doors")
    (tmp_path / "._12.jpg").write_bytes(b"\0")
    (tmp_path / "34.jpg").mkdir()
    return tmp_path


def label(folder, text, **options):
    (folder / "labels.csv").write_text(text, **options)
    return photo_folder(folder)


def test_photos_alone_in_order_with_the_numbers_of_their_names(folder):
    (folder / "56.HEIC").touch()
    assert photo_folder(str(folder)) == [
        FolderPhoto(folder / "12.jpg", "12"),
        FolderPhoto(folder / "56.HEIC", "56"),
        FolderPhoto(folder / "b.png"),
    ]


@pytest.mark.parametrize(
    ("number", "stems"),
    [
        ("123", ["123", "123_door", "door-123", "123 (2)", "123_2", "old door 123"]),
        ("98765", ["98765"]),
        (None, ["", "0", "door", "door123", "12a", "a-12-b", "123456", "door_02"]),
        (None, ["IMG_1234", "img-1234", "DSC_0042", "PXL_20260131_120000123"]),
        (None, ["20260131_12000", "١٢"]),
    ],
)
def test_number_is_set_off_at_the_begin_or_end_of_a_name(number, stems):
    assert {stem: number_in(stem) for stem in stems} == dict.fromkeys(stems, number)


def test_labels_tell_number_and_box_whatever_the_name_says(folder):
    text = "file,number,left,top,right,bottom,source\n12.jpg,034,1,2,30.5,40,me\n"
    assert label(folder, text) == [
        FolderPhoto(folder / "12.jpg", "034", (1.0, 2.0, 30.5, 40.0)),
        FolderPhoto(folder / "b.png"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "number,file\n7,b.png\n",
        "file,number,left,top,right,bottom\nb.png,7,,,,\n\n",
        "\ufeffFile;Number\r\nb.png;7\r\n",  # from a spreadsheet
    ],
)
def test_labels_need_no_box_and_not_every_photo(folder, text):
    labelled = FolderPhoto(folder / "b.png", "7")
    assert label(folder, text) == [FolderPhoto(folder / "12.jpg"), labelled]


@pytest.mark.parametrize(
    ("rows", "row", "told"),
    [
        ("12.jpg,12\nc.png,7", 3, "file 'c.png'; expected the name of a photo"),
        ("12.jpg,12\n\n12.jpg,13", 4, "file '12.jpg'; expected"),
        ("12.jpg", 2, "number ''; expected 1 to 5 digits"),
        ("12.jpg,12a", 2, "number '12a'; expected"),
        ("12.jpg,123456", 2, "number '123456'; expected"),
        ("12.jpg,12,1,2,3", 2, "box '1', '2', '3', ''; expected left, top"),
        ("12.jpg,12,1,2,3,x", 2, "box '1', '2', '3', 'x'; expected left, top"),
        ("12.jpg,12,5,2,3,9", 2, "box '5', '2', '3', '9'; expected"),
        ("12.jpg,12,nan,2,3,9", 2, "box 'nan', '2', '3', '9'; expected"),
        ("12.jpg,12,-inf,2,3,9", 2, "box '-inf', '2', '3', '9'; expected"),
    ],
)
def test_row_that_cannot_be_right_is_named(folder, rows, row, told):
    found = f"{folder / 'labels.csv'}, row {row}: {told}"
    with pytest.raises(PhotoError, match=re.escape(found)):
        label(folder, f"file,number,left,top,right,bottom\n{rows}\n")


@pytest.mark.parametrize("text", ["", "name,number\n12.jpg,12\n"])
def test_labels_without_their_columns_are_refused(folder, text):
    with pytest.raises(PhotoError, match=r"row 1: columns .* expected file and number"):
        label(folder, text)


def test_labels_in_another_encoding_are_refused(folder):
    with pytest.raises(PhotoError, match=r"labels\.csv: not text in UTF-8"):
        label(folder, "file,number\nTür.png,7\n", encoding="latin-1")


def boxed(folder, box: str) -> FolderPhoto:
    """A photo of 200 x 100 pixels whose box labels.csv tells."""
    Image.new("RGB", (200, 100)).save(folder / "12.jpg")
    text = f"file,number,{','.join(EDGES)}\n12.jpg,1,{box}\n"
    return label(folder, text)[0]


@pytest.mark.parametrize(
    ("box", "scaled"),
    [
        ("20,40,100,80", (5, 10, 25, 20)),
        ("-20,40,100,900", (0, 10, 25, 25)),
        ("-1e300,-9,1,1e300", (0, 0, 0.25, 25)),
    ],
)
def test_photo_is_loaded_with_its_box_as_far_as_that_is_in_it(folder, box, scaled):
    photo = boxed(folder, box).load(50)
    assert (photo.image.size, photo.number, photo.name) == ((50, 25), "1", "12.jpg")
    assert photo.box == scaled


@pytest.mark.parametrize("box", ["200,0,210,9", "-9,0,0,9", "0,-9,9,0", "0,100,9,101"])
def test_box_outside_its_photo_is_told_with_file_row_and_size(folder, box):
    found = tuple(map(float, box.split(",")))
    told = f"labels.csv: box {found} of 12.jpg, 200 x 100 pixels; expected"
    with pytest.raises(PhotoError, match=re.escape(told)):
        boxed(folder, box).load(50)


def test_photo_without_a_number_and_missing_folder_are_told(folder):
    with pytest.raises(PhotoError, match=r"b\.png: its number is not told"):
        photo_folder(folder)[1].load(50)
    with pytest.raises(PhotoError, match="none: no such folder; expected"):
        photo_folder(folder / "none")


def test_real_photographs_all_have_number_and_box(real_data):
    found = photo_folder(real_data / "photos")
    assert len(found) == 59
    for photo in found:
        loaded = photo.load(max_side=4096)
        assert loaded.box == pytest.approx(photo.box)  # so it lies in the photo

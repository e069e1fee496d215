"""Figures: what is kept of them, and what they show."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.data.digitstruct import Boxes
from helpers.figures.boxes import figure_1, figure_2
from helpers.figures.style import (
    draw_boxes,
    draw_outline,
    image_grid,
    photographs,
    save_figure,
    styled,
)
from helpers.settings import Settings

NUMBERS = pd.DataFrame({"step": [1, 2], "accuracy": [0.5, 1 / 3]})


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def settings(tmp_path):
    return Settings(figures_root=tmp_path / "figures")


@pytest.fixture
def boxes():
    """Two images: the widest boxes are 30 and 4 pixels, the tallest 20 and 9."""
    return Boxes(
        image=np.array([1, 1, 2], np.int32),
        label=np.array([3, 0, 7], np.int8),
        left=np.array([0.0, 40, 2]),
        top=np.array([1.0, 5, 3]),
        width=np.array([30.0, 6, 4]),
        height=np.array([8.0, 20, 9]),
        images=np.array([1, 2], np.int32),
    )


def a_figure():
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot(NUMBERS["step"], NUMBERS["accuracy"])
    return figure


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_picture_is_kept_with_its_numbers(settings):
    path = save_figure(a_figure(), "figure_09_test", settings, NUMBERS)
    assert path == settings.figures_root / "figure_09_test.png"
    with Image.open(path) as picture:
        assert picture.format == "PNG"
    pd.testing.assert_frame_equal(
        pd.read_csv(path.with_suffix(".csv")), NUMBERS, rtol=1e-5
    )


def test_same_figure_gives_same_bytes(settings):
    def kept(figure):
        path = save_figure(figure, "f", settings, NUMBERS)
        return path.read_bytes(), path.with_suffix(".csv").read_bytes()

    figure = a_figure()
    first = kept(figure)
    assert kept(figure) == first
    assert kept(a_figure()) == first


def test_drawn_images_are_said_to_be_drawn(settings):
    figure = a_figure()
    save_figure(figure, "f", settings, NUMBERS)
    assert texts(figure) == ["drawn images"]


def test_other_images_are_named_and_kept_apart(tmp_path):
    (tmp_path / "my archives").mkdir()
    settings = Settings(data=str(tmp_path / "my archives"), figures_root=tmp_path)
    figure = a_figure()
    path = save_figure(figure, "f", settings, NUMBERS)
    assert texts(figure) == ["images: my archives"]
    assert path == tmp_path / "my archives" / "f.png"


@pytest.mark.parametrize("what", ["picture", "numbers"])
def test_neither_file_changes_if_one_cannot_be_written(settings, monkeypatch, what):
    path = save_figure(a_figure(), "f", settings, NUMBERS)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    figure, numbers = a_figure(), NUMBERS + 1
    figure.axes[0].set_title("another")
    if what == "picture":
        monkeypatch.setattr(figure, "savefig", fail)
    else:
        monkeypatch.setattr(numbers, "to_csv", fail)
    with pytest.raises(OSError, match="No space left"):
        save_figure(figure, "f", settings, numbers)
    after = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert after == before


@pytest.mark.parametrize(("draw", "sizes"), [(figure_1, [4, 30]), (figure_2, [9, 20])])
def test_histogram_counts_the_largest_box_of_each_image(boxes, draw, sizes):
    figure, numbers = draw(boxes)
    assert numbers["pixels"].tolist() == list(range(sizes[1] + 1))
    assert numbers.loc[numbers["images"] == 1, "pixels"].tolist() == sizes
    assert numbers["images"].sum() == 2
    limit = sizes[0] + 0.98 * (sizes[1] - sizes[0])
    assert figure.axes[0].get_xlim() == pytest.approx((0, limit))


def test_real_histograms_end_where_the_reports_do(real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz", allow_pickle=False) as file:
        columns = ("image", "label", "left", "top", "width", "height")
        boxes = Boxes(
            **{name: file[name] for name in columns}, images=file["size_image"]
        )
    for draw, limit, largest in ((figure_1, 51, 207), (figure_2, 86, 403)):
        figure, numbers = draw(boxes)
        assert figure.axes[0].get_xlim() == (0, limit)
        assert numbers["images"].sum() == 33_402
        assert numbers.loc[numbers["images"] > 0, "pixels"].max() == largest


def test_grid_shows_every_image_with_its_title():
    images = [np.full((4, 4 + number, 3), number, np.uint8) for number in range(3)]
    figure = image_grid(images, ["a", "b", "c"], columns=2)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(figure.axes) == 4
    assert [axis.get_title() for axis in shown] == ["a", "b", "c"]
    for axis, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), image)


def test_grid_shows_gray_as_bright_as_it_is():
    figure = image_grid([Image.new("L", (4, 4), 100), np.array([[0.5, 0.25]])])
    limits = [axis.images[0].get_clim() for axis in figure.axes]
    assert limits == [(0, 255), (0.25, 0.5)]


def test_grid_of_nothing_is_empty():
    assert not [axis for axis in image_grid([]).axes if axis.images]


def test_photographs_are_shown_with_their_own_boxes(tmp_path, boxes):
    for number in (1, 2):
        Image.new("RGB", (60, 40), (number, 0, 0)).save(tmp_path / f"{number}.png")
    figure = photographs(tmp_path, boxes, [2, 1], ["two", "one"])
    assert [axis.images[0].get_array()[0, 0, 0] for axis in figure.axes] == [2, 1]
    assert [axis.get_title() for axis in figure.axes] == ["two", "one"]
    assert [len(axis.patches) for axis in figure.axes] == [1, 2]


def test_boxes_are_drawn_around_their_pixels(boxes):
    figure = image_grid([np.zeros((40, 60), np.uint8)])
    draw_boxes(figure.axes[0], boxes, 1)
    drawn = [patch.get_bbox().bounds for patch in figure.axes[0].patches]
    assert drawn == [(-0.5, 0.5, 30, 8), (39.5, 4.5, 6, 20)]
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "0"]


def test_outline_goes_around_the_pixels_of_its_box():
    figure = image_grid([np.zeros((40, 60), np.uint8)])
    draw_outline(figure.axes[0], (10, 20, 15, 28), "red")
    (patch,) = figure.axes[0].patches
    assert patch.get_bbox().bounds == (9.5, 19.5, 5, 8)


def test_style_is_for_the_figure_alone():
    before = dict(plt.rcParams)

    @styled
    def make(fail=False):
        if fail:
            raise ValueError("no figure")
        return plt.subplots()[1]

    axis = make()
    assert not axis.spines["top"].get_visible()
    with pytest.raises(ValueError, match="no figure"):
        make(fail=True)
    assert dict(plt.rcParams) == before


def test_style_keeps_what_a_backend_sets_when_it_starts():
    @styled
    def start():
        plt.ion()  # as a notebook's does for its first figure

    start()
    assert plt.isinteractive()
    plt.ioff()

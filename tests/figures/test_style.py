"""Figures: what is kept of them, and the look that they share."""

from dataclasses import replace
from unittest.mock import Mock

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.figures.style import image_grid, save_figure, styled

NUMBERS = pd.DataFrame({"step": [1, 2], "accuracy": [0.5, 1 / 3]})


def a_figure():
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.plot(NUMBERS["step"], NUMBERS["accuracy"])
    return figure


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_picture_is_kept_with_its_numbers_and_said_to_be_drawn(settings):
    figure = a_figure()
    path = save_figure(figure, "figure_09_test", settings, NUMBERS)
    assert path == settings.figures_root / "figure_09_test.png"
    with Image.open(path) as picture:
        assert picture.format == "PNG"
    kept = pd.read_csv(path.with_suffix(".csv"))
    pd.testing.assert_frame_equal(kept, NUMBERS, rtol=1e-5)
    assert texts(figure) == ["drawn images"]


def test_same_figure_gives_same_bytes(settings):
    def kept(figure):
        path = save_figure(figure, "f", settings, NUMBERS)
        return path.read_bytes(), path.with_suffix(".csv").read_bytes()

    figure = a_figure()
    assert kept(figure) == kept(figure) == kept(a_figure())


def test_figures_of_other_images_name_them_and_are_kept_apart(settings, tmp_path):
    settings, figure = replace(settings, data=str(tmp_path)), a_figure()
    path = save_figure(figure, "f", settings, NUMBERS)
    assert texts(figure) == [f"images: {tmp_path.name}"]
    assert path.parent.parent == settings.figures_root


@pytest.mark.parametrize("what", ["picture", "numbers"])
def test_neither_file_changes_if_one_cannot_be_written(settings, monkeypatch, what):
    def files():
        return {f.name: f.read_bytes() for f in settings.figures.iterdir()}

    save_figure(a_figure(), "f", settings, NUMBERS)
    before = files()
    figure, numbers = a_figure(), NUMBERS + 1
    figure.axes[0].set_title("another")
    of, method = {"picture": (figure, "savefig"), "numbers": (numbers, "to_csv")}[what]
    full = Mock(side_effect=OSError("No space left on device"))
    monkeypatch.setattr(of, method, full)
    with pytest.raises(OSError, match="No space left"):
        save_figure(figure, "f", settings, numbers)
    assert files() == before


def test_grid_shows_every_image_as_bright_as_it_is_with_its_title():
    images = [np.full((4, 5, 3), 7, np.uint8), Image.new("L", (4, 4), 100)]
    figure = image_grid([*images, np.array([[0.5, 0.25]])], ["a", "b", "c"], columns=2)
    assert len(figure.axes) == 4
    shown = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in shown] == ["a", "b", "c"]
    assert (shown[0].images[0].get_array() == 7).all()
    limits = [axis.images[0].get_clim() for axis in shown[1:]]
    assert limits == [(0, 255), (0.25, 0.5)]
    assert not [axis for axis in image_grid([]).axes if axis.images]


def test_style_is_for_the_figure_alone():
    @styled
    def make(fail=False):
        if fail:
            raise ValueError("no figure")
        return plt.subplots()[1]

    before = dict(plt.rcParams)
    assert not make().spines["top"].get_visible()
    with pytest.raises(ValueError, match="no figure"):
        make(fail=True)
    assert dict(plt.rcParams) == before


def test_style_keeps_what_a_backend_sets_when_it_starts():
    styled(plt.ion)()  # as a notebook's backend does for its first figure
    assert plt.isinteractive()
    plt.ioff()

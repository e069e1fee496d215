"""The diagrams of the course: kept as the code draws them, and readable."""

import importlib.util
import re

import diagrams
import nbformat
import numpy as np
import pytest
from matplotlib.text import Text
from pictures import PICTURES, data, networks, training

from helpers.settings import ROOT

MAX_BYTES = 150_000
SMALLEST_TEXT = 9
"""In points, at the width of a notebook's page."""

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=sorted(PICTURES))
def name(request):
    return request.param


def test_kept_pictures_are_as_the_code_draws_them(name):
    kept = (diagrams.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert diagrams.alike(PICTURES[name].svg(), kept), "run make diagrams"


def test_kept_pictures_are_small(name):
    assert (diagrams.FOLDER / f"{name}.svg").stat().st_size < MAX_BYTES


def test_folder_holds_the_pictures_and_their_page():
    kept = {path.name for path in diagrams.FOLDER.iterdir()}
    assert kept == {diagrams.PAGE, *(f"{name}.svg" for name in PICTURES)}
    page = (diagrams.FOLDER / diagrams.PAGE).read_text(encoding="utf-8")
    assert page == diagrams.page(), "run make diagrams"


def test_alt_text_is_one_sentence(name):
    alt = PICTURES[name].alt
    assert re.fullmatch(r"[A-Z]([^\n.\[\]]|\.(?! )){60,350}\.", alt)


def test_texts_are_large_enough_and_inside(name):
    figure = PICTURES[name].figure()
    figure.draw_without_rendering()
    inside = figure.bbox
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            assert text.get_fontsize() >= SMALLEST_TEXT, text
            box = text.get_window_extent()
            assert inside.x0 <= box.x0 <= box.x1 <= inside.x1, text
            assert inside.y0 <= box.y0 <= box.y1 <= inside.y1, text


def test_pictures_of_notebooks_are_there():
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
        for alt, target in re.findall(r"!\[([^]]*)\]\((pictures/[^)]+)\)", prose):
            assert (path.parent / target).is_file(), target
            assert alt, f"{path.name}: {target} has no alt text"


def test_a_moved_line_or_another_digit_is_a_difference():
    svg = '<path d="M 10 20.5"/> <use xlink:href="#DejaVuSans-31"/>'
    assert diagrams.alike(svg.replace("20.5", "20.500001"), svg)
    assert not diagrams.alike(svg.replace("20.5", "24"), svg)
    assert not diagrams.alike(svg.replace("-31", "-32"), svg)
    assert not diagrams.alike(svg.replace("path", "line"), svg)


def test_pixels_and_hashes_are_no_difference():
    svg = '<image id="image{0}" xlink:href="data:image/png;base64,{1}"/>'
    first, second = svg.format("0123456789", "iVBO"), svg.format("abcdef0123", "R0lG")
    assert diagrams.alike(first, second)


def test_command_draws_and_checks(tmp_path, monkeypatch, capsys):
    for name in set(PICTURES) - {"pooling", "overfitting"}:
        monkeypatch.delitem(PICTURES, name)
    assert diagrams.main(["pooling", "--folder", str(tmp_path)]) == 0
    (tmp_path / "old.svg").touch()
    assert diagrams.main(["--check", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "overfitting.svg is out of date" in told
    assert "old.svg" in told
    assert "pooling" not in told.split("\r")[-1]
    (tmp_path / "old.svg").unlink()
    assert diagrams.main(["--folder", str(tmp_path)]) == 0
    assert diagrams.main(["--check", "--folder", str(tmp_path)]) == 0


def test_unknown_picture_is_refused(capsys):
    with pytest.raises(SystemExit):
        diagrams.main(["poling"])
    assert "pooling" in capsys.readouterr().err


def test_gradients_of_the_drawn_network_are_slopes_of_its_loss():
    arrays = [training.INPUTS, training.KERNEL, training.OUTPUT]
    found = training.passes(*arrays, training.TARGET)
    for at, name in ((1, "d_kernel"), (2, "d_output")):
        for place in np.ndindex(arrays[at].shape):
            nudged = [array.copy() for array in arrays]
            nudged[at][place] += 1e-6
            loss = training.passes(*nudged, training.TARGET)["loss"]
            slope = (loss - found["loss"]) / 1e-6
            assert slope == pytest.approx(found[name][place], abs=1e-4)


def test_receptive_field_is_what_moves_a_unit():
    import keras

    pools = [layer for layer in networks.network(7).layers if "pool3" in layer.name]
    before = keras.Model(networks.network(7).input, pools[0].output)
    name, _, field, _ = networks.fields()[-1]
    assert name == "pool3"
    rng = np.random.default_rng(0)
    images = rng.normal(size=(2, 32, 32, 1)).astype("float32")
    images[1, :field, :field] = images[0, :field, :field]
    unit = before.predict(images, verbose=0)[:, 0, 0]
    np.testing.assert_allclose(unit[0], unit[1], atol=1e-5)
    images[1, field - 1, field - 1] += 100
    unit = before.predict(images, verbose=0)[:, 0, 0]
    assert np.abs(unit[0] - unit[1]).max() > 1e-3


def test_modules_of_the_data_flow_are_there():
    for module, _ in data.FLOW.values():
        assert importlib.util.find_spec(module), module

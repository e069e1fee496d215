"""The picture beside a widget, and controls over a function that draws."""

import base64

import matplotlib.pyplot as plt
import pytest

from helpers.widgets.still import Explorer


def draw(temperature=2.0, scores=3):
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot([0, temperature], [0, scores])
    return figure


@pytest.fixture
def explorer():
    return Explorer(draw, temperature=(0.5, 5.0), scores=(1, 5))


def test_page_that_runs_nothing_gets_the_picture_as_it_stands(explorer):
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]) == explorer.still()
    assert explorer.still().startswith(b"\x89PNG")


def test_control_starts_at_the_default_and_draws_again(explorer):
    before = explorer.still()
    temperature, scores, _ = explorer.controls.children
    assert (temperature.value, scores.value) == (2.0, 3)
    temperature.value = 4.0
    assert explorer.still() != before
    assert plt.get_fignums() == []

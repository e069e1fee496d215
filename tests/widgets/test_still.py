"""The picture beside a widget, and controls over a function that draws."""

import base64

import matplotlib.pyplot as plt

from helpers.widgets.still import Explorer


def test_page_that_runs_nothing_gets_the_picture_as_it_stands():
    explorer = Explorer(lambda width=2.0: plt.figure(figsize=(width, 1)), width=(1, 5))
    first, (width, _) = explorer.still(), explorer.controls.children
    assert width.value == 2.0
    width.value = 4
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]) == explorer.still() != first
    assert first.startswith(b"\x89PNG")
    assert plt.get_fignums() == []

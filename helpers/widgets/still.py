"""Widgets with a still picture, for pages that run nothing."""

import base64
import io
from collections.abc import Callable
from functools import wraps

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image


class Still:
    """A mixin: where no widget can be shown, the page shows a picture, `still`."""

    def still(self) -> bytes:
        """The widget's chart, as it stands, as a PNG file."""
        return bytes(self._chart.value)

    def _repr_mimebundle_(self, **options) -> dict:
        picture = base64.b64encode(self.still()).decode()
        return super()._repr_mimebundle_(**options) | {"image/png": picture}


class Explorer(Still, widgets.VBox):
    """Controls over a function that draws: whenever one is moved, it draws again.

    ``draw`` returns a figure. ``controls`` are its arguments by name, as widgets or as
    `ipywidgets.interact` takes them, such as ``temperature=(0.1, 5.0)``; they start at
    the function's defaults.
    """

    def __init__(self, draw: Callable[..., Figure], **controls):
        own_size = {"max_width": "100%", "align_self": "flex-start"}
        self._chart = widgets.Image(format="png", layout=own_size)

        @wraps(draw)
        def show(**values):
            figure = draw(**values)
            self._chart.value = png(figure)
            plt.close(figure)  # or the notebook shows it below, too

        self.controls = widgets.interactive(show, **controls)
        for control in self.controls.kwargs_widgets:
            control.description = control.description.replace("_", " ")
            control.style = {"description_width": "7em"}
        super().__init__([self.controls, self._chart])


def png(picture: Image.Image | Figure) -> bytes:
    """A picture as the bytes of a PNG file, quickly."""
    stream = io.BytesIO()
    if isinstance(picture, Figure):
        picture.savefig(stream, format="png", pil_kwargs={"compress_level": 1})
    else:
        picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()

"""A grid of numbers to edit, such as the kernel of a convolution."""

from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
import traitlets


class NumberGrid(widgets.VBox, widgets.ValueWidget):
    """Shows the numbers of a matrix in fields, below a list of ``matrices``.

    All matrices have the shape of the first. ``value`` is the edited one, a tuple of
    rows; `ipywidgets.interact` takes the grid like any other widget.
    """

    value = traitlets.Tuple()

    def __init__(self, matrices: Mapping[str, np.ndarray]):
        self.matrices = {name: np.asarray(m, float) for name, m in matrices.items()}
        first = next(iter(self.matrices.values()))
        look = {"step": 0.5, "layout": {"width": "64px"}}
        self.fields = [widgets.FloatText(number, **look) for number in first.flat]
        self.choice = widgets.Dropdown(options=list(matrices), layout={"width": "auto"})
        columns = {"grid_template_columns": f"repeat({first.shape[1]}, 70px)"}
        grid = widgets.GridBox(self.fields, layout=columns)
        super().__init__([self.choice, grid], layout={"width": "fit-content"})
        self._read()
        for field in self.fields:
            field.observe(self._read, "value")
        self.choice.observe(self._fill, "value")

    def _fill(self, change) -> None:
        """Put the chosen matrix into the fields, as one change of ``value``."""
        chosen = self.matrices[change["new"]]
        with self.hold_trait_notifications():
            for field, number in zip(self.fields, chosen.flat, strict=True):
                field.value = number

    def _read(self, change=None) -> None:
        shape = self.matrices[self.choice.value].shape
        rows = np.reshape([field.value for field in self.fields], shape)
        self.value = tuple(map(tuple, rows.tolist()))

"""A photo with a box on it that a reader moves: `PhotoBox`."""

from collections.abc import Callable

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageDraw

from helpers.figures.style import PALETTE
from helpers.widgets.still import png

try:
    from jupyter_bbox_widget import BBoxWidget
except ImportError:  # sliders do without
    BBoxWidget = None

COLOUR = PALETTE[4]
LONG_SIDE = 420
"""Longer side of the photo as it is shown, in pixels."""

MORE_CSS = """
.wrapper > .classes { display: none }
.wrapper > .image { margin: 32px }
.wrapper > .image > svg { user-select: none; box-sizing: content-box }
.wrapper > .image > svg { padding: 32px; left: -32px; top: -32px }
"""
"""Hides the classes, of which there is one, and lets a drag end beside the photo."""


class SliderBox(widgets.HBox):
    """A photo with a box that two sliders move.

    ``show`` sets both; ``moved`` is called with the box, (left, top, right, bottom) in
    pixels of the photo, whenever the user has moved it.
    """

    def __init__(self, moved: Callable):
        self.moved, self._setting = moved, False
        look = {"max": 1, "step": 1 / LONG_SIDE, "readout": False}
        self._across, self._down = (
            widgets.FloatRangeSlider(
                value=(0, 1), orientation=way, layout={"margin": "0px"}, **look
            )
            for way in ("horizontal", "vertical")
        )
        self._picture = widgets.Image()
        super().__init__([self._down, widgets.VBox([self._picture, self._across])])
        for slider in (self._across, self._down):
            slider.observe(self._take, "value")

    def show(self, image: Image.Image, box) -> None:
        """Show a photo and a box in it."""
        self._sides = [*image.size, *image.size]
        left, top, right, bottom = np.divide(box, self._sides).tolist()
        width, height = size_shown(image)
        self._picture.layout.width = self._across.layout.width = f"{width}px"
        self._picture.layout.height = self._down.layout.height = f"{height}px"
        self._picture.value = png(draw_photo_with_box(image, box))
        self._setting = True
        self._across.value, self._down.value = (left, right), (1 - bottom, 1 - top)
        self._setting = False

    def _take(self, _) -> None:
        if not self._setting:
            (left, right), (low, high) = self._across.value, self._down.value
            self.moved(np.multiply((left, 1 - high, right, 1 - low), self._sides))


if BBoxWidget is None:
    PhotoBox = SliderBox
else:

    class PhotoBox(BBoxWidget):
        """A photo with a box that is dragged, by its edges or all of it, or drawn anew.

        It works as a `SliderBox`; ``moved`` is given None if the user deletes the box.
        """

        _css = BBoxWidget._css + MORE_CSS

        def __init__(self, moved: Callable):
            self.moved, self._image, self._placed = moved, None, {}
            super().__init__(hide_buttons=True, colors=[COLOUR])
            self.observe(self._take, "bboxes")

        def show(self, image: Image.Image, box) -> None:
            """Show a photo and a box in it."""
            if image is not self._image:
                self._image = image
                self.image_bytes = png(image.convert("RGB").resize(size_shown(image)))
            self._scale = scale_shown(image)
            left, top, right, bottom = np.multiply(box, self._scale).tolist()
            self._placed = {"x": left, "y": top, "label": ""}
            self._placed |= {"width": right - left, "height": bottom - top}
            self.bboxes = [self._placed]

        def _take(self, change) -> None:
            """Leave the box that was moved or drawn; one of no size is being drawn."""
            if not change["new"]:
                self.moved(None)
            for new in change["new"]:
                if new != self._placed and new["width"] and new["height"]:
                    left, top = new["x"], new["y"]
                    box = left, top, left + new["width"], top + new["height"]
                    self.moved(np.divide(box, self._scale))


def draw_photo_with_box(image: Image.Image, box) -> Image.Image:
    """Draw a photo as it is shown, with a box in pixels of ``image`` on it."""
    left, top, right, bottom = np.multiply(box, scale_shown(image))
    shown = image.convert("RGB").resize(size_shown(image), reducing_gap=2)
    edges = (left, top, max(left, right - 1), max(top, bottom - 1))
    draw = ImageDraw.Draw(shown)
    draw.rectangle(edges, outline="black", width=4)  # seen on any ground
    draw.rectangle(edges, outline=COLOUR, width=2)
    return shown


def size_shown(image: Image.Image) -> tuple[int, int]:
    """Width and height of a photo as it is shown, in pixels."""
    return tuple(max(1, round(scale_shown(image) * side)) for side in image.size)


def scale_shown(image: Image.Image) -> float:
    """Pixels of a photo as it is shown for one of its own."""
    return LONG_SIDE / max(image.size)

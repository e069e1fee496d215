"""A panel to read photos by hand: choose or upload, move the box, see what is read.

What it does by mouse `helpers.reader.Reader.read` does in a line.
"""

import html
from collections.abc import Mapping
from contextlib import contextmanager

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from helpers.data.images import Photo, PhotoError, load_photo
from helpers.widgets.still import png

LONG_SIDE = 420
"""Longer side of the photo in the panel, in pixels."""


class PhotoPicker(widgets.VBox):
    """A list of photos, a box to move over one, and what a reader makes of it.

    The sliders below and beside the photo move the box: by their ends one edge, by the
    bar between them all of it. Without a box, or by the button, the reader looks for
    the number itself.

    ``reader`` is a `helpers.reader.Reader`, or what has its ``read`` and ``crops``.
    ``photos`` are paths, Pillow images or arrays by the name to stand in the list;
    ``boxes``, by the same names, the known ones: (left, top, right, bottom) in pixels
    of the upright photo. ``image`` is the photo shown, in RGB, and ``reading`` what was
    read last; both can be None.
    """

    def __init__(
        self, reader, photos: Mapping[str, object], boxes: Mapping | None = None
    ):
        self.reader = reader
        self.photos = dict(photos)
        self.boxes = dict(boxes or {})
        self.image = self.reading = None
        self._setting = False
        self._chosen = widgets.Dropdown(options=tuple(self.photos), description="photo")
        self._upload = widgets.FileUpload(description="Upload", accept="image/*")
        self._find = widgets.Button(description="Find the number", icon="search")
        look = {"readout": False, "layout": {"margin": "0px"}}
        self._across, self._down = (
            widgets.IntRangeSlider(value=(0, 1), max=1, orientation=way, **look)
            for way in ("horizontal", "vertical")
        )
        self._photo, self._said = widgets.Image(), widgets.HTML()
        self._chart = widgets.Image(layout={"align_self": "flex-start"})
        super().__init__(
            [
                widgets.HBox([self._chosen, self._upload, self._find]),
                self._said,
                widgets.HBox([self._down, widgets.VBox([self._photo, self._across])]),
                self._chart,
            ]
        )
        self._on_change(self._chosen, self.choose)
        self._on_change(self._upload, self._take)
        self._on_change(self._across, lambda _: self.read())
        self._on_change(self._down, lambda _: self.read())
        self._find.on_click(lambda _: self.find())
        if self.photos:
            self.choose(self._chosen.value)
        else:
            self._say_problem("no photo yet: upload one")

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom by the sliders, 1 pixel wide and high or more."""
        (left, right), (low, high) = self._across.value, self._down.value
        width, height = self._across.max, self._down.max
        left, top = min(left, width - 1), min(height - high, height - 1)
        return left, top, max(right, left + 1), max(height - low, top + 1)

    @box.setter
    def box(self, box) -> None:
        self._place(box)
        self.read()

    def choose(self, name: str) -> None:
        """Show a photo of the list, and read it in its box, or find its number."""
        photo = self._load(self.photos[name], name)
        if photo is None:
            self.image = self.reading = None
            self._photo.value = self._chart.value = b""
            return
        self.image = photo.image
        width, height = _size_shown(self.image)
        self._photo.layout.width = self._across.layout.width = f"{width}px"
        self._photo.layout.height = self._down.layout.height = f"{height}px"
        self._place((0, 0, *self.image.size))
        if name in self.boxes:
            self.box = photo.to_image(self.boxes[name])
        else:
            self.find()

    def find(self) -> None:
        """Let the reader look for the number, and put the box where it is."""
        if self.image is not None:
            (found,) = self.reader.read([self.image])
            if found.box is not None:
                self._place(found.box)
            self._tell(found)

    def read(self) -> None:
        """Read what is in the box."""
        if self.image is not None:
            self._tell(self.reader.read([self.image], [self.box])[0])

    def _on_change(self, widget, act) -> None:
        """Let ``act`` take what the user sets, not what `_silent` sets."""
        widget.observe(lambda new: self._setting or act(new["new"]), "value")

    @contextmanager
    def _silent(self, widget):
        """Set a widget's values by program, and show them when all are set."""
        self._setting = True
        try:
            with widget.hold_sync():
                yield
        finally:
            self._setting = False

    def _load(self, source, name: str) -> Photo | None:
        """Load a photo, or say why it cannot be."""
        try:
            return load_photo(source, name=name)
        except PhotoError as error:
            self._say_problem(str(error))

    def _take(self, files) -> None:
        """Put an uploaded file in the list and show it."""
        for file in files:
            name = file["name"]
            photo = self._load(bytes(file["content"]), name)
            if photo is not None:
                self.photos[name] = photo.image
                self.boxes.pop(name, None)  # of another photo of that name
                with self._silent(self._chosen):
                    self._chosen.options = tuple(self.photos)
                    self._chosen.value = name
                self.choose(name)

    def _place(self, box) -> None:
        """Put the sliders at a box of the photo, and read nothing yet."""
        left, top, right, bottom = (round(float(edge)) for edge in box)
        height = self.image.height
        ends = {
            self._across: (left, right),
            self._down: (height - bottom, height - top),
        }
        for (slider, value), side in zip(ends.items(), self.image.size, strict=True):
            with self._silent(slider):
                slider.value = (0, 0)  # within the old limit and the new one
                slider.max = side
                slider.value = value

    def _tell(self, reading) -> None:
        """Show a reading, of the box as it stands, and the photo with that box."""
        self.reading = reading
        self._photo.value = png(draw_photo_with_box(self.image, self.box))
        if reading.error:
            self._chart.value = b""
            self._say_problem(reading.error)
            return
        self._said.value = f"<b>{html.escape(describe(reading))}</b>"
        crop = self.reader.crops(self.image, [self.box])[0]
        self._chart.value = png(draw_reading(reading, crop))

    def _say_problem(self, words: str) -> None:
        self._said.value = f'<span style="color:#b00020">{html.escape(words)}</span>'


def describe(reading) -> str:
    """Say a reading in a line: the number, how sure, and the other numbers found."""
    if not reading.number:
        return "no number found"
    sure = "" if reading.sure else ", not sure"
    others = ", ".join(f"{o.number} ({o.confidence:.0%})" for o in reading.others)
    also = f"; also {others}" if others else ""
    return f"{reading.number} ({reading.confidence:.0%}{sure}){also}"


def draw_photo_with_box(image: Image.Image, box) -> Image.Image:
    """Draw a photo as it is shown, with a box in pixels of ``image`` on it."""
    left, top, right, bottom = np.multiply(box, LONG_SIDE / max(image.size))
    shown = image.convert("RGB").resize(_size_shown(image), reducing_gap=2)
    edges = (left, top, max(left, right - 1), max(top, bottom - 1))
    draw = ImageDraw.Draw(shown)
    draw.rectangle(edges, outline="black", width=4)  # seen on any ground
    draw.rectangle(edges, outline="yellow", width=2)
    return shown


def draw_reading(reading, crop: np.ndarray) -> Figure:
    """Draw the crop, uint8 (H, W), then for each digit the likeliest few."""
    parts = 1 + len(reading.alternatives)
    figure = Figure(figsize=(1.6 * parts, 1.7), layout="constrained")
    first, *axes = figure.subplots(1, parts, squeeze=False)[0]
    first.imshow(crop, "gray", vmin=0, vmax=255)
    first.set_title("what it sees", fontsize=9)
    first.axis("off")
    pairs = zip(axes, reading.alternatives, strict=True)
    for place, (axis, choices) in enumerate(pairs, 1):
        digits, chances = zip(*choices, strict=True)
        bars = axis.barh(range(len(digits)), chances, color="steelblue")
        axis.bar_label(bars, fmt="{:.0%}", padding=2, fontsize=8)
        axis.set(xlim=(0, 1.4), xticks=[])  # room for 100%
        axis.set_yticks(range(len(digits)), digits, fontsize=11)
        axis.invert_yaxis()
        axis.tick_params(left=False)
        axis.spines[:].set_visible(False)
        axis.set_title(f"digit {place}", fontsize=9)
    return figure


def _size_shown(image: Image.Image) -> tuple[int, int]:
    """Width and height of a photo in the panel."""
    scale = LONG_SIDE / max(image.size)
    return tuple(max(1, round(scale * side)) for side in image.size)

"""A panel to read photos by hand: choose or upload, move the box, see what is read.

What it does by mouse `helpers.reader.Reader.read` does in a line; its pictures are
those of `draw_photo_with_box` and `draw_reading`.
"""

import html
import io
from collections.abc import Mapping
from contextlib import contextmanager

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from helpers.data.images import load_photo

SHOWN = 420
"""Longer side of the photo in the panel, in pixels."""

CHOICES = 3
"""Digits shown for each place of the number, the likeliest first."""


class PhotoPicker(widgets.VBox):
    """A list of photos, a box to move over one, and what a reader makes of it.

    The sliders below and beside the photo move the box: by their ends one edge, by the
    bar between them all of it. Without a box, or by the button, the reader looks for
    the number itself.

    Parameters
    ----------
    reader
        `helpers.reader.reader.Reader`, or what has its ``read`` and ``crops``.
    photos
        By the name to stand in the list: a path, a Pillow image or an array.
    boxes
        By the same names: (left, top, right, bottom) in pixels of the upright photo,
        of those whose box is known.

    Attributes
    ----------
    image
        The photo shown, in RGB, or None.
    reading
        What was read last, or None.
    """

    def __init__(
        self, reader, photos: Mapping[str, object], boxes: Mapping | None = None
    ):
        self.reader = reader
        self.photos = dict(photos)
        self.boxes = dict(boxes or {})
        self.image = None
        self.reading = None
        self._setting = False
        self._chosen = widgets.Dropdown(options=tuple(self.photos), description="photo")
        self._upload = widgets.FileUpload(description="Upload", accept="image/*")
        self._find = widgets.Button(description="Find the number", icon="search")
        self._across = _edges("horizontal")
        self._down = _edges("vertical")
        self._photo = widgets.Image(format="png")
        self._said = widgets.HTML()
        self._chart = widgets.Image(
            format="png", layout=widgets.Layout(align_self="flex-start")
        )
        super().__init__(
            [
                widgets.HBox([self._chosen, self._upload, self._find]),
                self._said,
                widgets.HBox([self._down, widgets.VBox([self._photo, self._across])]),
                self._chart,
            ]
        )
        self._chosen.observe(lambda _: self._picked(), "value")
        self._upload.observe(lambda change: self._take(change["new"]), "value")
        self._find.on_click(lambda _: self.find())
        for slider in (self._across, self._down):
            slider.observe(lambda _: self._moved(), "value")
        if self.photos:
            self._picked()
        else:
            self._say_problem("no photo yet: upload one")

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom as the sliders stand: 1 pixel wide and high or more.

        In pixels of the photo shown.
        """
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
        try:
            photo = load_photo(self.photos[name], name=name)
        except (ValueError, OSError) as error:
            self._clear()
            self._say_problem(error)
            return
        self._show(photo.image)
        if name in self.boxes:
            self.box = photo.to_image(self.boxes[name])
        else:
            self.find()

    def find(self) -> None:
        """Let the reader look for the number, and put the box where it is."""
        if self.image is None:
            return
        (found,) = self.reader.read([self.image])
        if found.box is not None:
            self._place(found.box)
        self._tell(found)

    def read(self) -> None:
        """Read what is in the box."""
        if self.image is not None:
            self._tell(self.reader.read([self.image], [self.box])[0])

    def _take(self, files) -> None:
        """Put an uploaded file in the list and show it, or say why it is none."""
        for file in files:
            name = file["name"]
            try:
                image = load_photo(bytes(file["content"]), name=name).image
            except (ValueError, OSError) as error:
                self._say_problem(error)
                continue
            self.photos[name] = image
            self.boxes.pop(name, None)  # of another photo of that name
            with self._silent(self._chosen):
                self._chosen.options = tuple(self.photos)
                self._chosen.value = name
            self.choose(name)

    def _show(self, image: Image.Image) -> None:
        """Make a photo the one that is shown, all of it in the box."""
        self.image = image
        width, height = shown_size(image)
        self._photo.layout.width = self._across.layout.width = f"{width}px"
        self._photo.layout.height = self._down.layout.height = f"{height}px"
        for slider, side in ((self._across, 0), (self._down, 1)):
            with self._silent(slider):
                slider.value = (0, 0)  # within the old limit and the new one
                slider.max = image.size[side]
                slider.value = (0, slider.max)

    def _place(self, box) -> None:
        """Put the sliders at a box, and read nothing yet."""
        left, top, right, bottom = (round(float(edge)) for edge in box)
        height = self._down.max
        with self._silent(self._across), self._silent(self._down):
            self._across.value = (left, right)
            self._down.value = (height - bottom, height - top)

    @contextmanager
    def _silent(self, widget):
        """What is set meanwhile is no doing of the user, and shown when all is set."""
        self._setting = True
        try:
            with widget.hold_sync():
                yield
        finally:
            self._setting = False

    def _clear(self) -> None:
        self.image = self.reading = None
        self._photo.value = self._chart.value = b""

    def _picked(self) -> None:
        if not self._setting:
            self.choose(self._chosen.value)

    def _moved(self) -> None:
        if not self._setting:
            self.read()

    def _tell(self, reading) -> None:
        """Show a reading, of the box as it stands, and the photo with that box."""
        self.reading = reading
        self._photo.value = _png(draw_photo_with_box(self.image, self.box))
        if reading.error:
            self._chart.value = b""
            self._say_problem(reading.error)
            return
        self._said.value = f"<b>{html.escape(describe(reading))}</b>"
        crop = self.reader.crops(self.image, [self.box])[0]
        self._chart.value = _png(draw_reading(reading, crop))

    def _say_problem(self, words) -> None:
        self._said.value = (
            f'<span style="color:#b00020">{html.escape(str(words))}</span>'
        )


def describe(reading) -> str:
    """A reading in a line: the number, how sure, and the other numbers found."""
    if not reading.number:
        return "no number found"
    sure = "" if reading.sure else ", not sure"
    others = ", ".join(f"{o.number} ({o.confidence:.0%})" for o in reading.others)
    also = f"; also {others}" if others else ""
    return f"{reading.number} ({reading.confidence:.0%}{sure}){also}"


def shown_size(image: Image.Image, longest: int = SHOWN) -> tuple[int, int]:
    """Width and height of a photo whose longer side is shown in so many pixels."""
    scale = longest / max(image.size)
    width, height = (max(1, round(scale * side)) for side in image.size)
    return width, height


def draw_photo_with_box(image: Image.Image, box, longest: int = SHOWN) -> Image.Image:
    """A photo with a box on it, its longer side ``longest`` pixels.

    Parameters
    ----------
    image
        Of any mode.
    box
        left, top, right, bottom in pixels of ``image``, or None for no box.
    """
    size = shown_size(image, longest)
    scale = longest / max(image.size)
    shown = image.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=2)
    if box is not None:
        left, top, right, bottom = (scale * float(edge) for edge in box)
        edges = (left, top, max(left, right - 1), max(top, bottom - 1))
        draw = ImageDraw.Draw(shown)
        draw.rectangle(edges, outline="black", width=4)  # seen on any ground
        draw.rectangle(edges, outline="yellow", width=2)
    return shown


def draw_reading(reading, crop: np.ndarray | None = None) -> Figure:
    """The crop enlarged, then for each digit the likeliest few and how likely.

    Parameters
    ----------
    reading
        `helpers.reader.reader.Reading`.
    crop
        uint8 (H, W), what the network saw; without it the bars alone.
    """
    digits = reading.alternatives
    parts = (crop is not None) + max(1, len(digits))
    figure = Figure(figsize=(1.6 * parts, 1.7), layout="constrained")
    axes = list(figure.subplots(1, parts, squeeze=False)[0])
    if crop is not None:
        axis = axes.pop(0)
        axis.imshow(crop, "gray", vmin=0, vmax=255)
        axis.set_title("what it sees", fontsize=9)
        axis.axis("off")
    for place, (axis, choices) in enumerate(zip(axes, digits, strict=False), 1):
        _bars(axis, choices[:CHOICES])
        axis.set_title(f"digit {place}", fontsize=9)
    if not digits:
        axes[0].axis("off")
        axes[0].text(0.5, 0.5, "no digit", ha="center", va="center", fontsize=9)
    return figure


def _bars(axis, choices) -> None:
    """A bar for each (digit, probability), the first at the top."""
    names = [digit or "none" for digit, _ in choices]
    chances = [chance for _, chance in choices]
    places = np.arange(len(choices))
    colours = ["steelblue", *["lightsteelblue"] * (len(choices) - 1)]
    axis.barh(places, chances, color=colours)
    for place, chance in zip(places, chances, strict=True):
        axis.text(0.97, place, f"{chance:.0%}", ha="right", va="center", fontsize=8)
    axis.set(xlim=(0, 1), ylim=(CHOICES - 0.5, -0.5), xticks=[])
    axis.set_yticks(places, names, fontsize=11)
    axis.tick_params(left=False)
    axis.spines[:].set_visible(False)


def _edges(orientation: str) -> widgets.IntRangeSlider:
    """A slider for the two edges of a box along one side of the photo."""
    return widgets.IntRangeSlider(
        value=(0, 1),
        min=0,
        max=1,
        orientation=orientation,
        readout=False,
        layout=widgets.Layout(margin="0px"),
    )


def _png(picture: Image.Image | Figure) -> bytes:
    stream = io.BytesIO()
    if isinstance(picture, Image.Image):
        picture.save(stream, "PNG", compress_level=1)
    else:
        picture.savefig(stream, format="png", dpi=100)
    return stream.getvalue()

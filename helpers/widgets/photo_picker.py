"""A panel to read photos by hand: choose or upload, move the box, see what is read.

What it does by mouse `helpers.reader.Reader.read` does in a line.
"""

import html
import io
from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from helpers.data.images import Photo, PhotoError, load_photo
from helpers.figures.style import BLUE
from helpers.widgets.photo_box import PhotoBox, draw_photo_with_box
from helpers.widgets.still import Still, png


class PhotoPicker(Still, widgets.VBox):
    """A list of photos, a box to move over one, and what a reader makes of it.

    The box is dragged, by an edge or all of it, or drawn anew. Without a box, or by the
    button, the reader looks for the number itself.

    ``reader`` is a `helpers.reader.Reader`, or what has its ``read`` and ``crops``.
    ``photos`` are paths, Pillow images or arrays by the name to stand in the list;
    ``boxes``, by the same names, the known ones: (left, top, right, bottom) in pixels
    of the upright photo. ``image`` is the photo shown, in RGB, ``box`` the box in it
    and ``reading`` what was read last; all can be None.
    """

    def __init__(
        self, reader, photos: Mapping[str, object], boxes: Mapping | None = None
    ):
        self.reader = reader
        self.photos = dict(photos)
        self.boxes = dict(boxes or {})
        self.image = self.box = self.reading = None
        self._chosen = widgets.Dropdown(options=tuple(self.photos), description="photo")
        self._upload = widgets.FileUpload(description="Upload", accept="image/*")
        self._find = widgets.Button(description="Find the number", icon="search")
        self._photo, self._said = PhotoBox(self.read), widgets.HTML()
        self._chart = widgets.Image(layout={"align_self": "flex-start"})
        buttons = widgets.HBox([self._chosen, self._upload, self._find])
        super().__init__([buttons, self._said, self._photo, self._chart])
        self._chosen.observe(self._choose, "value")
        self._upload.observe(self._take, "value")
        self._find.on_click(lambda _: self.find())
        if self.photos:
            self.choose(self._chosen.value)
        else:
            self._photo.layout.visibility = "hidden"
            self._say_problem("no photo yet: upload one")

    def choose(self, name: str) -> None:
        """Show a photo of the list, and read it in its box, or find its number."""
        photo = self._load(self.photos[name], name)
        self._photo.layout.visibility = "visible" if photo else "hidden"
        if photo is None:
            self.image = self.box = self.reading = None
            self._chart.value = b""
            return
        self.image, self.box = photo.image, (0, 0, *photo.image.size)
        if name in self.boxes:
            self.read(photo.to_image(self.boxes[name]))
        else:
            self.find()

    def find(self) -> None:
        """Let the reader look for the number, and put the box where it is."""
        if self.image is not None:
            (found,) = self.reader.read([self.image])
            self._tell(found, found.box or self.box)

    def read(self, box) -> None:
        """Read what is in a box, cut to the photo and to whole pixels; None: `find`."""
        if box is None:
            self.find()
            return
        left, top, right, bottom = (round(float(edge)) for edge in box)
        width, height = self.image.size
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        right, bottom = min(right, width), min(bottom, height)
        box = left, top, max(right, left + 1), max(bottom, top + 1)
        self._tell(self.reader.read([self.image], [box])[0], box)

    def still(self) -> bytes:
        """The photo with its box, and the chart below it."""
        parts = [draw_photo_with_box(self.image, self.box)] if self.image else []
        if self._chart.value:
            parts.append(Image.open(io.BytesIO(self._chart.value)))
        sizes = np.array([part.size for part in parts] or [(1, 1)])
        page = Image.new("RGB", (sizes[:, 0].max(), sizes[:, 1].sum()), "white")
        for part, top in zip(parts, [0, *sizes[:, 1]], strict=False):
            page.paste(part, (0, top))
        return png(page)

    def _load(self, source, name: str) -> Photo | None:
        """Load a photo, or say why it cannot be."""
        try:
            return load_photo(source, name=name)
        except PhotoError as error:
            self._say_problem(str(error))

    def _choose(self, change) -> None:
        self.choose(change["new"])

    def _take(self, change) -> None:
        """Put an uploaded file in the list and show it."""
        for file in change["new"]:
            name = file["name"]
            photo = self._load(bytes(file["content"]), name)
            if photo is not None:
                self.photos[name] = photo.image
                self.boxes.pop(name, None)  # of another photo of that name
                self._chosen.unobserve(self._choose, "value")
                self._chosen.options = tuple(self.photos)
                self._chosen.value = name
                self._chosen.observe(self._choose, "value")
                self.choose(name)

    def _tell(self, reading, box) -> None:
        """Show a reading, and the photo with a box on it."""
        self.reading, self.box = reading, box
        self._photo.show(self.image, box)
        if reading.error:
            self._chart.value = b""
            self._say_problem(reading.error)
            return
        self._said.value = f"<b>{html.escape(describe(reading))}</b>"
        crop = self.reader.crops(self.image, [box])[0]
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
        bars = axis.barh(range(len(digits)), chances, color=BLUE)
        axis.bar_label(bars, fmt="{:.0%}", padding=2, fontsize=8)
        axis.set(xlim=(0, 1.4), xticks=[])  # room for 100%
        axis.set_yticks(range(len(digits)), digits, fontsize=11)
        axis.invert_yaxis()
        axis.tick_params(left=False)
        axis.spines[:].set_visible(False)
        axis.set_title(f"digit {place}", fontsize=9)
    return figure

"""What all diagrams are drawn with: boxes, arrows, numbers and tensors in inches.

A canvas is as wide as a notebook's page. Places are (x, y) in inches from its top left
corner, y downwards. Text has at least 9 points.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle

from helpers.figures.style import PALETTE, STYLE

BLUE, RED, GREEN, PINK, ORANGE, SKY = PALETTE
INK, GRAY, LINE = "#222222", "#666666", "#999999"
WIDTH = 9.0
SMALL = 9
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
ARROW = "\N{RIGHTWARDS ARROW}"

LOOK = STYLE | {
    "svg.fonttype": "path",
    "svg.hashsalt": "pictures",
    "image.composite_image": False,
    "mathtext.fontset": "dejavusans",
}


@dataclass(frozen=True)
class Picture:
    """A diagram: its title, its alt text in one sentence, and how to draw it."""

    title: str
    alt: str
    height: float
    draw: Callable[["Canvas"], None]

    def figure(self) -> Figure:
        """Draw it."""
        with matplotlib.rc_context(LOOK):
            canvas = Canvas(self.height)
            self.draw(canvas)
        return canvas.figure

    def svg(self) -> str:
        """Draw it as text in SVG; the same code gives the same text."""
        figure, file = self.figure(), io.StringIO()
        metadata = {"Title": self.title, "Date": None, "Creator": None}
        with matplotlib.rc_context(LOOK):
            figure.savefig(file, format="svg", metadata=metadata)
        return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


PICTURES: dict[str, Picture] = {}
"""All diagrams by the names of their files."""


def picture(title: str, alt: str, height: float) -> Callable:
    """Decorate a function that draws on a canvas, so that it is one of `PICTURES`."""

    def register(draw: Callable) -> Callable:
        PICTURES[draw.__name__] = Picture(title, alt, height, draw)
        return draw

    return register


def by(*sizes: int) -> str:
    """Write sizes as a shape, with a sign between them."""
    return f" {TIMES} ".join(f"{size:,}" for size in sizes)


def number(value: float, places: int = 2) -> str:
    """Write a number with a true minus sign."""
    text = f"{value:,.{places}f}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.strip("-")


def tint(colour: str, strength: float = 0.2) -> tuple[float, ...]:
    """Mix a colour with white."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


class Canvas:
    """A white figure of a page's width to draw on."""

    def __init__(self, height: float):
        self.height = height
        self.figure = Figure((WIDTH, height), facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.axis("off")

    def text(self, x: float, y: float, text: str, **style) -> None:
        """Write a text centred on a place."""
        style = {"size": 10, "color": INK, "ha": "center", "va": "center"} | style
        self.axes.text(x, y, text, **style)

    def note(self, x: float, y: float, text: str, **style) -> None:
        """Write a small gray text."""
        self.text(x, y, text, **{"size": SMALL, "color": GRAY} | style)

    def box(
        self, x, y, width, height, text="", colour=BLUE, *, fill=0.18, **style
    ) -> None:
        """Draw a rounded box from its top left corner, with a text in it."""
        shape = "round,pad=0,rounding_size=0.06"
        face = tint(colour, fill) if fill else "none"
        patch = FancyBboxPatch(
            (x, y), width, height, shape, fc=face, ec=colour, lw=1.2, zorder=2
        )
        self.axes.add_patch(patch)
        if text:
            self.text(x + width / 2, y + height / 2, text, zorder=4, **style)

    def outline(self, x, y, width, height, colour=RED, **style) -> None:
        """Draw the four edges of a rectangle."""
        style = {"lw": 2, "zorder": 5} | style
        patch = Rectangle((x, y), width, height, fill=False, ec=colour, **style)
        self.axes.add_patch(patch)

    def cell(self, x, y, width, height, face="white", edge=LINE, **style) -> None:
        """Fill a rectangle from its top left corner."""
        style = {"lw": 0.8, "zorder": 2} | style
        patch = Rectangle((x, y), width, height, fc=face, ec=edge, **style)
        self.axes.add_patch(patch)

    def circle(self, x, y, radius=0.2, text="", colour=BLUE, fill=0.18, **style):
        """Draw a unit of a network."""
        face = tint(colour, fill) if fill else "white"
        self.axes.add_patch(
            Circle((x, y), radius, fc=face, ec=colour, lw=1.2, zorder=3)
        )
        if text:
            self.text(x, y, text, zorder=4, **style)

    def line(self, *places: tuple[float, float], colour=LINE, **style) -> None:
        """Draw a line through places."""
        xs, ys = zip(*places, strict=True)
        self.axes.plot(xs, ys, color=colour, **{"lw": 1, "zorder": 1} | style)

    def arrow(self, start, end, text="", colour=INK, *, below="", **style) -> None:
        """Draw an arrow from a place to another, with texts above and below it."""
        style = {"arrowstyle": "-|>", "lw": 1.2, "mutation_scale": 11} | style
        style |= {"color": colour, "shrinkA": 0, "shrinkB": 0}
        self.axes.annotate("", end, start, arrowprops=style, zorder=3)
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if text:
            self.text(x, y - 0.06, text, va="bottom", size=SMALL, color=colour)
        if below:
            self.text(x, y + 0.06, below, va="top", size=SMALL, color=GRAY)

    def image(self, x, y, width, height, pixels, cmap="gray", **limits) -> None:
        """Show pixels, (H, W) or (H, W, 3), each as a sharp square."""
        options = {"interpolation": "none", "zorder": 2} | limits
        options["extent"] = (x, x + width, y + height, y)
        self.axes.imshow(pixels, cmap, **options)
        self.axes.set(xlim=(0, WIDTH), ylim=(self.height, 0), aspect="auto")
        edge = options["zorder"] + 0.01
        self.outline(x, y, width, height, LINE, lw=0.8, zorder=edge)

    def numbers(
        self, x, y, values, cell=0.34, places=0, colours=None, cell_width=None, **style
    ) -> None:
        """Draw a matrix as cells with its numbers, from its top left corner.

        ``colours`` (rows, columns) are of the cells; without them all are white.
        """
        values, wide = np.atleast_2d(values), cell_width or cell
        for row, column in np.ndindex(values.shape):
            face = "white" if colours is None else colours[row][column]
            corner = x + column * wide, y + row * cell
            self.cell(*corner, wide, cell, face)
            middle = corner[0] + wide / 2, corner[1] + cell / 2
            self.text(*middle, number(values[row, column], places), zorder=4, **style)

    def cells(self, x, y, width, height, shades: Sequence[float]) -> None:
        """Draw a column of cells, each as dark as its shade, 0 black to 1 white."""
        cell = height / len(shades)
        for at, shade in enumerate(shades):
            self.cell(x, y + at * cell, width, cell, (float(shade),) * 3, lw=0.5)

    def cuboid(self, x, y, side, depth, colour=BLUE) -> None:
        """Draw a stack of maps: its front ``side`` high and wide, centred on y."""
        top, shift = y - side / 2, np.array([depth, -0.6 * depth])
        a, b = np.array([x, top]), np.array([x + side, top])
        c, d = np.array([x + side, top + side]), np.array([x, top + side])
        faces = {
            0.22: (a, b, c, d),
            0.45: (b, b + shift, c + shift, c),
            0.1: (a, a + shift, b + shift, b),
        }
        for strength, corners in faces.items():
            face = tint(colour, strength)
            patch = Polygon(corners, fc=face, ec=colour, lw=1, zorder=2)
            self.axes.add_patch(patch)

    def plot(self, x, y, width, height, **labels) -> Axes:
        """Add axes for a curve at a place, and label them."""
        share = (x / WIDTH, 1 - (y + height) / self.height)
        axes = self.figure.add_axes((*share, width / WIDTH, height / self.height))
        axes.set(**labels)
        axes.tick_params(labelsize=SMALL)
        return axes

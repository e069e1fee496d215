"""Words on a facade, and print too fine to read."""

import numpy as np
from PIL import Image

from helpers.sample import plates
from helpers.sample.typefaces import draw_typeface, load_font
from workshop.making.drawing.brush import Site

WORDS = (
    *("Post", "Briefe", "Private", "Parking", "Open", "Closed", "Exit", "Entrance"),
    *("Street", "Road", "Lane", "Avenue", "Drive", "House", "Hotel", "Café", "Bar"),
    *("Rue", "Place", "Strasse", "Weg", "Calle", "Via", "School", "Office", "Push"),
    *("Pull", "Welcome", "Garage", "Notice", "Dog", "Bell", "Flat", "The Cottage"),
    *("No Entry", "Mill", "Park", "North", "South", "West", "East", "Studio", "Shop"),
)
"""Words that stand on houses."""


def _draw_word(rng) -> str:
    """A word of the list, or one that is none; never one of digits."""
    if rng.random() < 0.4:
        word = rng.choice(WORDS)
    else:
        pairs = [
            rng.choice([*"bcdfghjklmnprstvwz"]) + rng.choice([*"aeiouy"])
            for _ in range(rng.integers(2, 6))
        ]
        word = "".join(pairs).capitalize() + rng.choice(("", "n", "rt", "s"))
    return word.upper() if rng.random() < 0.45 else word


def write(rng, site: Site, box, colour=None) -> None:
    """A word as large as the box lets it, in ``colour`` or one that shows, in place."""
    path, _ = draw_typeface(rng, "any")
    core = load_font(path, 40).getmask(_draw_word(rng), "L")
    factor = min(np.subtract(box[2:], box[:2]) / core.size)
    width, tall = (max(2, round(side * factor)) for side in core.size)
    left = round((box[0] + box[2] - width) / 2)
    top = round((box[1] + box[3] - tall) / 2)
    part, x, y = site.part((left, top, left + width, top + tall))
    if not part.size:
        return
    mask = Image.frombytes("L", core.size, bytes(core))
    mask = mask.resize((width, tall), Image.Resampling.BILINEAR)
    share = np.asarray(mask, np.float32)[int(y[0, 0]) - top :, int(x[0, 0]) - left :]
    if colour is None:
        colour = plates.contrasting(rng, part.mean((0, 1)))
    plates.lay(part, colour, share[: part.shape[0], : part.shape[1]] / 255)


def fine_print(rng, site: Site, box, colour) -> None:
    """Rows of dashes that look like fine print, in place."""
    part, x, y = site.part(box)
    if part.size:
        pitch = rng.uniform(2.5, 6)
        ends = rng.uniform(0.5, 1, 16)[np.floor((y - box[1]) / pitch).astype(int) % 16]
        lines = (y - box[1]) % pitch < pitch / 2
        lines = lines & ((x - box[0]) / (box[2] - box[0]) < ends)
        inked = rng.random(part.shape[:2], np.float32) < 0.7
        plates.lay(part, colour, 0.7 * (lines & inked).astype(np.float32))

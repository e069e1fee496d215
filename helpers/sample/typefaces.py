"""Typefaces of house numbers, by the kind of number they go with."""

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import ImageFont

_ENAMEL = (
    *("abril_fatface", "dm_serif_display", "gravitas_one", "oswald", "fjalla_one"),
    *("source_serif_4", "roboto_condensed", "pt_serif", "bodoni_moda", "zilla_slab"),
)
_MOUNTED = (
    *("arimo", "roboto", "lato", "oswald", "libre_baskerville", "open_sans", "inter"),
    *("dm_serif_display", "lora", "barlow_condensed", "poppins", "kanit", "rajdhani"),
)
_PAINTED = ("arimo", "oswald", "roboto", "bebas_neue", "anton", "lobster", "rowdies")
GROUPS = {
    "enamel": _ENAMEL,
    "mounted": _MOUNTED,
    "painted": _PAINTED,
    "any": tuple(dict.fromkeys(_ENAMEL + _MOUNTED + _PAINTED)),
}
"""Families of each group, as their packages are named."""

ALL_FAMILIES = (
    *("abril_fatface", "alfa_slab_one", "amiri", "anton", "archivo_black"),
    *("archivo_narrow", "arimo", "arvo", "barlow_condensed", "bebas_neue", "bitter"),
    *("black_ops_one", "bodoni_moda", "bungee", "cabin", "cardo", "caveat", "cinzel"),
    *("comfortaa", "cormorant_garamond", "dancing_script", "dm_serif_display"),
    *("eb_garamond", "fjalla_one", "fredoka", "gravitas_one", "great_vibes"),
    *("hammersmith_one", "hind", "indie_flower", "inter", "josefin_sans", "kalam"),
    *("kanit", "lato", "libre_baskerville", "lilita_one", "lobster", "lora"),
    *("luckiest_guy", "marcellus", "merriweather", "montserrat", "oleo_script"),
    *("open_sans", "orbitron", "oswald", "pacifico", "permanent_marker", "play"),
    *("playfair_display", "poppins", "press_start_2p", "pt_serif", "quicksand"),
    *("rajdhani", "righteous", "roboto", "roboto_condensed", "roboto_slab", "rowdies"),
    *("russo_one", "satisfy", "shadows_into_light", "share_tech", "source_serif_4"),
    *("space_mono", "teko", "titan_one", "unbounded", "vollkorn", "yanone_kaffeesatz"),
    *("yellowtail", "zeyada", "zilla_slab"),
)
"""Every family of the project's `fonts` packages."""

WEIGHTS = (400, 500, 600, 700)  # taken from a family of variable weight


@lru_cache
def files(family: str) -> tuple[Path, ...]:
    """Return the upright font files of an installed family."""
    slanted = re.compile("(Italic|Thin)(?![a-z])")
    return tuple(path for path in every_file(family) if not slanted.search(path.stem))


@lru_cache
def every_file(family: str) -> tuple[Path, ...]:
    """Return the font files of an installed family, in the order of their names."""
    spec = find_spec(f"fontpkg_{family}")
    if spec is None:
        raise ModuleNotFoundError(
            f"fontpkg-{family.replace('_', '-')} is not installed, but the drawn "
            "sample needs its typeface: install the project's `fonts` packages."
        )
    return tuple(sorted((Path(spec.origin).parent / "files").rglob("*.ttf")))


def draw_typeface(rng: np.random.Generator, group: str) -> tuple[Path, int | None]:
    """Draw a font file of a group, and a weight if the file has several."""
    families = GROUPS[group]
    choices = files(families[rng.integers(len(families))])
    path = choices[rng.integers(len(choices))]
    weight = int(rng.choice(WEIGHTS)) if "wght" in path.name else None
    return path, weight


@lru_cache(maxsize=256)
def load_font(
    path: Path, size: int, weight: int | None = None
) -> ImageFont.FreeTypeFont:
    """Load a font file at a size in pixels, and at a weight if one is given."""
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    if weight is not None:
        values = [
            np.clip(weight, axis["minimum"], axis["maximum"])
            if axis["name"] in (b"Weight", "Weight")
            else axis["default"]
            for axis in font.get_variation_axes()
        ]
        font.set_variation_by_axes(values)
    return font

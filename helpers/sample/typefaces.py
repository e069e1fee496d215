"""Typefaces of house numbers, by the kind of number they go with."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

_ENAMEL = (
    *("abril_fatface", "dm_serif_display", "bodoni_moda", "gravitas_one", "oswald"),
    *("fjalla_one", "source_serif_4", "roboto_condensed", "pt_serif", "zilla_slab"),
)
_MOUNTED = (
    *("arimo", "roboto", "lato", "oswald", "bodoni_moda", "libre_baskerville"),
    *("barlow_condensed", "open_sans", "inter", "kanit", "poppins", "rajdhani"),
    *("dm_serif_display", "lora"),
)
_PAINTED = (
    *("caveat", "kalam", "permanent_marker", "indie_flower", "arimo", "oswald"),
    *("roboto", "bebas_neue", "anton", "lobster", "shadows_into_light", "rowdies"),
)
GROUPS = {
    "enamel": _ENAMEL,
    "mounted": _MOUNTED,
    "painted": _PAINTED,
    "any": tuple(dict.fromkeys(_ENAMEL + _MOUNTED + _PAINTED)),
}
"""Families of each group, as their packages are named."""

ALL_FAMILIES = (
    *("abril_fatface", "alfa_slab_one", "amiri", "anton"),
    *("archivo_black", "archivo_narrow", "arimo", "arvo"),
    *("barlow_condensed", "bebas_neue", "bitter", "black_ops_one"),
    *("bodoni_moda", "bungee", "cabin", "cardo"),
    *("caveat", "cinzel", "comfortaa", "cormorant_garamond"),
    *("dancing_script", "dm_serif_display", "eb_garamond", "fjalla_one"),
    *("fredoka", "gravitas_one", "great_vibes", "hammersmith_one"),
    *("hind", "indie_flower", "inter", "josefin_sans"),
    *("kalam", "kanit", "lato", "libre_baskerville"),
    *("lilita_one", "lobster", "lora", "luckiest_guy"),
    *("marcellus", "merriweather", "montserrat", "oleo_script"),
    *("open_sans", "orbitron", "oswald", "pacifico"),
    *("permanent_marker", "play", "playfair_display", "poppins"),
    *("press_start_2p", "pt_serif", "quicksand", "rajdhani"),
    *("righteous", "roboto", "roboto_condensed", "roboto_slab"),
    *("rowdies", "russo_one", "satisfy", "shadows_into_light"),
    *("share_tech", "source_serif_4", "space_mono", "teko"),
    *("titan_one", "unbounded", "vollkorn", "yanone_kaffeesatz"),
    *("yellowtail", "zeyada", "zilla_slab"),
)
"""Every family of the project's `fonts` packages."""

WEIGHTS = (400, 500, 600, 700)
"""Weights that are taken from a family of variable weight."""


@lru_cache
def files(family: str) -> tuple[Path, ...]:
    """The upright font files of an installed family."""
    return tuple(
        path
        for path in every_file(family)
        if not {"Italic", "Thin"} & set(_words(path.stem))
    )


@lru_cache
def every_file(family: str) -> tuple[Path, ...]:
    """The font files of an installed family, in the order of their names."""
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


def _words(stem: str) -> list[str]:
    """``Lato-ThinItalic`` to Lato, Thin, Italic."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in stem)
    return spaced.replace("-", " ").replace("[", " ").split()

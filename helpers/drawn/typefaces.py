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

WEIGHTS = (400, 500, 600, 700)
"""Weights that are taken from a family of variable weight."""


@lru_cache
def files(family: str) -> tuple[Path, ...]:
    """The upright font files of an installed family."""
    spec = find_spec(f"fontpkg_{family}")
    if spec is None:
        raise ModuleNotFoundError(
            f"fontpkg-{family.replace('_', '-')} is not installed, but the drawn "
            "sample needs its typeface: install the project's `fonts` packages."
        )
    found = sorted((Path(spec.origin).parent / "files").rglob("*.ttf"))
    return tuple(
        path for path in found if not {"Italic", "Thin"} & set(_words(path.stem))
    )


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

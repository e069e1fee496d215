"""The forms that each digit takes by hand and on old plates, from forms.txt.

A line there is a kind, a digit and a form of it: strokes with / between them, each of
points x,y in hundredths, right and down, on plates x,y,thickness. A stroke of two
points is straight; one of more bends through them. The tail of a rare form may reach
out of the unit square.
"""

from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")


def read_forms(kind: str) -> tuple:
    """Read of each digit its forms, each a tuple of strokes, those of points."""
    forms = [[] for _ in range(10)]
    for line in FILE.read_text().splitlines():
        name, digit, strokes = line.split(maxsplit=2)
        if name == kind:
            forms[int(digit)].append(tuple(map(_stroke, strokes.split("/"))))
    return tuple(map(tuple, forms))


def _stroke(text: str) -> tuple[tuple[float, ...], ...]:
    points = (point.split(",") for point in text.split())
    return tuple(tuple(int(place) / 100 for place in point) for point in points)


FORMS = read_forms("usual")
"""Of each digit the forms that many people write."""

ALL_FORMS = tuple(
    usual + rare for usual, rare in zip(FORMS, read_forms("rare"), strict=True)
)
"""Of each digit the forms that anyone writes."""

PLATE_FORMS = read_forms("plate")
"""Of each digit the forms of old plates and cast numbers."""

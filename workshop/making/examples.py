"""Drawn examples for the reader: contexts of numbers with their labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.accuracy import MAX_DIGITS
from helpers.preprocessing import number_label
from helpers.reader.crops import crop_contexts
from helpers.sample import plates
from helpers.sample.distributions import Order, draw_digits, draw_lengths, draw_order
from helpers.sample.scenes import draw_scene, style_glyphs
from workshop.making.hands import (
    any_glyphs,
    any_style,
    cast_glyphs,
    cast_style,
    free_glyphs,
    near_note,
    varied_glyphs,
    varied_style,
)
from workshop.making.shards import drawn_shards

NOTE_LENGTHS = (0.1, 0.2, 0.25, 0.3, 0.15)
"""Share of notes of one to five digits: longer ones have more to be read wrongly."""


TALLEST = 52
"""Drawn digits are at most so many pixels high: crops show them smaller anyway."""


NEAR = 30
"""Digits of notes are at least so many pixels high: who writes one, shows it."""


VERSION, NOTES_VERSION, CAST_VERSION = 5, 3, 2
"""Go up when the same seed begins to give other drawn examples, notes or cast ones."""


def draw_plain_examples(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` in the typefaces of the drawn sample, digits as they are."""
    return draw_examples(
        count, *seed, draw_glyphs=style_glyphs, draw_style=plates.draw_style
    )


def draw_usual_examples(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` without notes by hand, steep numbers and forms of old plates."""
    return draw_examples(count, *seed, draw_glyphs=any_glyphs, draw_style=any_style)


def draw_examples(
    count: int, *seed: int, draw_glyphs=varied_glyphs, draw_style=varied_style
) -> tuple[np.ndarray, np.ndarray]:
    """Draw contexts and labels: uint8 (count, 72, 108) and (count, 6).

    Every second number has the length and digits of the real train set; the others
    have any of one to five digits, each as often, since people read other numbers too.
    """
    return _draw(count, seed, draw_any_order, draw_glyphs, draw_style)


def draw_notes(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` of notes by hand as people show them: near, in any form.

    Numbers of `NOTE_LENGTHS`, each digit as often.
    """
    return _draw(count, seed, _draw_note_order, free_glyphs, near_note)


def draw_cast(count: int, *seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`draw_examples` of old plates and cast numbers (`old_plates`)."""
    return _draw(count, seed, draw_any_order, cast_glyphs, cast_style)


def _draw(count, seed, order_of, draw_glyphs, draw_style):
    """Contexts and labels of ``count`` scenes to the orders that ``order_of`` draws."""
    rng = np.random.default_rng(seed)
    contexts, labels = [], []
    for _ in range(count):
        scene = draw_scene(rng, order_of(rng), draw_glyphs, draw_style)
        contexts.append(crop_contexts(Image.fromarray(scene.image), [scene.box])[0])
        labels.append(number_label(scene.digits))
    return np.stack(contexts), np.stack(labels)


def _draw_note_order(rng: np.random.Generator) -> Order:
    length = 1 + rng.choice(MAX_DIGITS, p=NOTE_LENGTHS)
    digits = _any_digits(rng, length)
    return draw_order(rng, digits, height=float(rng.uniform(NEAR, TALLEST)))


def _any_digits(rng: np.random.Generator, length: int) -> tuple[int, ...]:
    return tuple(rng.integers(0, 10, length).tolist())


def draw_any_order(rng: np.random.Generator) -> Order:
    """An order of a number as of the real train set, or of any one to five digits."""
    if rng.random() < 1 / 2:
        length = min(MAX_DIGITS, int(draw_lengths(rng, 1, "train")[0]))
        digits = draw_digits(rng, length)
    else:
        digits = _any_digits(rng, rng.integers(1, MAX_DIGITS + 1))
    order = draw_order(rng, digits)
    shrink = min(1.0, TALLEST / order.height)
    return replace(order, height=order.height * shrink, width=order.width * shrink)


def drawn_examples(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn contexts and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"numbers_v{VERSION}"
    return drawn_shards(draw_examples, folder, name, count, seed, processes=processes)


def drawn_notes(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn notes and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"notes_v{NOTES_VERSION}"
    return drawn_shards(draw_notes, folder, name, count, seed, processes=processes)


def drawn_cast(folder: Path | str, count: int, seed: int, processes=None):
    """``count`` drawn old plates and labels, kept in ``folder``: see `drawn_shards`."""
    name = f"cast_v{CAST_VERSION}"
    return drawn_shards(draw_cast, folder, name, count, seed, processes=processes)

"""What the networks learn: numbers in photographs, and before them single letters."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from helpers.accuracy import position_accuracy, sequence_accuracy
from helpers.networks import build_letter_network, build_network
from helpers.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """The network that a recipe means, and how its answers are judged.

    Parameters
    ----------
    name
        Tells the runs of one task from those of another.
    build
        Makes the untrained network of a recipe.
    measure
        Names and values, 0 to 1, of the measures of (predicted, labels).
    """

    name: str
    build: Callable[[Recipe], keras.Model]
    measure: Callable[[np.ndarray, np.ndarray], dict[str, float]]


def _number_network(recipe: Recipe) -> keras.Model:
    return build_network(**recipe.keywords(build_network))


def _number_measures(predicted: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {
        "strict": sequence_accuracy(predicted, labels),
        "six_position": position_accuracy(predicted, labels),
    }


def _letter_network(recipe: Recipe) -> keras.Model:
    return build_letter_network(
        side=recipe.crop_size,
        width=recipe.widths[0],
        keep_rate=recipe.keep_rate,
        seed=recipe.seed,
    )


def _letter_measures(predicted: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {"accuracy": float(np.mean(predicted == labels))}


NUMBERS = Task("numbers", _number_network, _number_measures)
LETTERS = Task("letters", _letter_network, _letter_measures)

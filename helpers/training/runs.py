"""Training runs by what they are made of, so that a run is never made twice."""

import hashlib
import json
from collections.abc import Mapping

import pandas as pd

from helpers.datasets import prepare
from helpers.evaluation import evaluate
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.loop import Run, train
from helpers.training.progress import Progress
from helpers.training.tasks import NUMBERS, Task


def number_data(settings: Settings) -> dict[str, Examples]:
    """The house numbers to train and measure on, by split, prepared on first use.

    Returns
    -------
    dict
        ``"train"``, ``"validation"`` and ``"test"``.
    """
    splits = prepare(settings).splits().items()
    return {name: Examples(split.images, split.labels) for name, split in splits}


def run_name(recipe: Recipe, data: Mapping[str, Examples], task: Task = NUMBERS) -> str:
    """A folder name that tells a recipe and its data from every other.

    It begins with the number of layers and of steps, for people, and ends with a
    digest of everything the run depends on.
    """
    metadata = {name: data[name].metadata() for name in ("train", "validation")}
    made_of = json.dumps([task.name, recipe.metadata(), metadata], sort_keys=True)
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:8]
    return f"{task.name}_{recipe.layers}_layers_{recipe.steps}_steps_{digest}"


def run(
    recipe: Recipe,
    data: Mapping[str, Examples],
    settings: Settings,
    task: Task = NUMBERS,
    progress: Progress | None = None,
) -> Run:
    """Train by ``recipe``, or pick up the run that was made so before.

    See `helpers.training.loop.train`; the folder is the settings' for this recipe.
    """
    folder = settings.runs / run_name(recipe, data, task)
    return train(recipe, data, folder, task, progress)


def score_table(runs: Mapping[str, Run], examples: Examples) -> pd.DataFrame:
    """Strict and six-position accuracy of runs on the same numbers, strict first.

    Returns
    -------
    pandas.DataFrame
        A row per run, by its name: ``images``, ``strict`` with the bounds of its
        interval ``low`` and ``high``, ``six_position``, ``digit`` and ``length``.
    """
    rows = {}
    for name, made in runs.items():
        score = evaluate(made.network, examples.images, examples.labels)
        rows[name] = {
            "images": score.images,
            "strict": score.strict.value,
            "low": score.strict.low,
            "high": score.strict.high,
            "six_position": score.six_position.value,
            "digit": score.digit.value,
            "length": score.length.value,
        }
    return pd.DataFrame.from_dict(rows, orient="index")

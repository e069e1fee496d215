"""Experiments: a run is found again by what it is made of, and tabled strict first."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.evaluation import evaluate
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training import loop
from helpers.training.batches import Examples
from helpers.training.progress import Progress
from helpers.training.runs import LETTER_TASK, number_data, run, run_name, score_table

TINY = Recipe(
    layers=2, crop_size=12, widths=(8, 8, 4), steps=20, validation_interval=10
)


@pytest.fixture
def settings(few_numbers, tmp_path):
    return Settings(
        data=str(few_numbers),
        crop_size=12,
        home=tmp_path / "home",
        runs_root=tmp_path / "runs",
    )


@pytest.fixture
def data(settings):
    return number_data(settings)


def test_data_are_the_store_s_splits(data):
    assert {name: len(part) for name, part in data.items()} == {
        "train": 50,
        "validation": 10,
        "test": 11,
    }


def test_name_tells_layers_and_steps(data):
    assert run_name(TINY, data).startswith("numbers_2_layers_20_steps_")


def test_name_stays_as_recipes_gain_fields():
    image = Examples(np.zeros((1, 12, 12), np.uint8), np.array([[1, 7, *[10] * 4]]))
    name = run_name(TINY, {"train": image, "validation": image})
    assert name == "numbers_2_layers_20_steps_bb1fdf21"


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"keep_rate": 0.7}, {"train_conv_bias": False}, {"momentum": 0.9}],
)
def test_name_differs_with_the_recipe(data, change):
    assert run_name(replace(TINY, **change), data) != run_name(TINY, data)


def test_name_differs_with_the_task(data):
    assert run_name(TINY, data, LETTER_TASK) != run_name(TINY, data)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_name_differs_with_the_images_trained_on(data, part):
    changed = Examples(255 - data[part].images, data[part].labels)
    assert run_name(TINY, data | {part: changed}) != run_name(TINY, data)


def test_name_does_not_depend_on_the_test_images(data):
    assert run_name(TINY, data | {"test": data["train"]}) == run_name(TINY, data)


def test_second_run_is_the_first(data, settings, monkeypatch):
    first = run(TINY, data, settings)
    monkeypatch.setattr(loop, "_take_steps", None)  # no step is left to take
    again = run(TINY, data, settings)
    assert again.folder == first.folder == settings.runs / run_name(TINY, data)
    for one, other in zip(first.network.weights, again.network.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_run_can_be_stopped_from_outside(data, settings):
    progress = Progress()
    progress.stop.set()
    assert not run(TINY, data, settings, progress=progress).finished


def test_table_has_a_row_per_run_strict_first(data, settings):
    made = run(TINY, data, settings)
    table = score_table({"tiny": made}, data["test"])
    score = evaluate(made.network, data["test"].images, data["test"].labels)
    assert table.columns[:2].tolist() == ["images", "strict"]
    assert table.loc["tiny"].to_dict() == score.values() | {
        "low": score.strict.low,
        "high": score.strict.high,
    }

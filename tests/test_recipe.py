"""The recipe: its profiles, learning rate, metadata, errors for what cannot be."""

import re
from dataclasses import asdict, fields

import pytest

from helpers.recipe import OMITTED_AT_DEFAULT, Recipe


def test_learning_rate_falls_to_its_decay_over_the_run():
    recipe = Recipe(steps=400)
    assert recipe.learning_rate(0) == 0.05
    assert recipe.learning_rate(200) == pytest.approx(0.05 * 0.98**0.5)
    assert recipe.learning_rate(400) == pytest.approx(0.049)


def test_quick_is_the_report_s_but_for_length_and_optimizer():
    quick, report = (
        asdict(Recipe.for_profile(name, 3, keep_rate=0.5))
        for name in ("quick", "report")
    )
    assert (report["layers"], report["keep_rate"]) == (3, 0.5)
    differing = {name for name in quick if quick[name] != report[name]}
    adam = {"optimizer", "initial_learning_rate"}
    assert differing == {"steps", "validation_interval"} | adam
    assert quick["steps"] < report["steps"]


def test_metadata_names_a_later_field_only_once_it_is_used():
    plain = Recipe().metadata()
    assert plain.keys() == {field.name for field in fields(Recipe)} - set(
        OMITTED_AT_DEFAULT
    )
    assert Recipe(momentum=0.5).metadata() == plain | {"momentum": 0.5}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("keep_rate", 0.0),
        ("keep_rate", 1.5),
        ("initial_learning_rate", float("nan")),
        ("momentum", 1.0),
        ("initial_deviation", -0.1),
        ("layers", 0),
        ("layers", 8),
        ("layers", "7"),
        ("length_shares", (0.5, -0.5)),
        ("length_shares", (0.5, float("nan"))),
        ("length_shares", (1, 1, 1, 1, 1, 1)),
    ],
)
def test_impossible_value_is_named(name, value):
    with pytest.raises(ValueError, match=re.escape(f"{name} is {value!r}; expected")):
        Recipe(**{name: value})

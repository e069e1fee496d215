"""Recipes from the shell's options, and the options of a recipe."""

import argparse
import shlex

import pytest

from helpers.recipe import Recipe
from helpers.training.options import add_recipe_options, recipe_command, recipe_of


def parsed(words: str, profile: str = "report") -> Recipe:
    parser = argparse.ArgumentParser()
    add_recipe_options(parser)
    return recipe_of(parser.parse_args(shlex.split(words)), profile)


@pytest.mark.parametrize("profile", ["quick", "report"])
def test_no_options_give_the_profile_s_recipe(profile):
    assert parsed("", profile) == Recipe.for_profile(profile)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(layers=4, steps=300, keep_rate=0.55, optimizer="Adagrad"),
        Recipe(depths=(8, 16, 32), widths=(64, 32, 16), l2_beta=5e-05),
        Recipe(train_conv_bias=False, relu_outputs=True, l2_rows=1),
        Recipe(momentum=0.9, pooling=False, length_shares=(0.2, 0.7, 0.1)),
    ],
)
def test_command_of_a_recipe_gives_it_back(recipe):
    prefix = "python -m helpers train --report"
    command = recipe_command(recipe)
    assert parsed(command.removeprefix(prefix)) == recipe


def test_command_spells_out_only_what_is_not_the_report_s():
    command = "python -m helpers train --report --no-pooling --length-shares 0.5 0.5"
    assert recipe_command(Recipe(pooling=False, length_shares=(0.5, 0.5))) == command

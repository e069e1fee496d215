"""A recipe as options of the shell's ``train``, and back."""

import argparse
from dataclasses import fields

from helpers.recipe import Recipe


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` an option for every field of a recipe, named as the field is."""
    for field in fields(Recipe):
        options = {"help": f"report profile: {written(field.default)}"}
        if field.type is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif isinstance(field.default, tuple):
            options |= {"type": type((*field.default, 0.0)[0]), "nargs": "+"}
        else:
            options["type"] = int if field.default is None else type(field.default)
        if "type" in options:
            options["metavar"] = "NAME" if options["type"] is str else "N"
        # A profile has defaults of its own.
        parser.add_argument(_option(field.name), default=argparse.SUPPRESS, **options)


def recipe_of(options: argparse.Namespace, profile: str) -> Recipe:
    """The recipe of a profile, but for what the parsed options change."""
    given = vars(options)
    changes = {
        field.name: tuple(value) if isinstance(value, list) else value
        for field in fields(Recipe)
        if (value := given.get(field.name)) is not None
    }
    return Recipe.for_profile(profile, **changes)


def recipe_command(recipe: Recipe) -> str:
    """The command that trains by a recipe from a shell."""
    words = ["python -m helpers train --report"]
    for field in fields(Recipe):
        value = getattr(recipe, field.name)
        if value == field.default:
            continue
        if field.type is bool:
            words.append(_option(field.name if value else f"no_{field.name}"))
        else:
            words += [_option(field.name), written(value)]
    return " ".join(words)


def written(value) -> str:
    """A value of a recipe as it is typed; those of a tuple apart by spaces."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")

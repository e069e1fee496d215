"""A recipe as options of the shell's ``train``, and back."""

import argparse
from dataclasses import Field, fields

from helpers.recipe import Recipe

METAVARS = {int: "N", float: "X", str: "NAME"}
"""What the help calls a value of each type."""


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` an option for every field of a recipe, named as the field is."""
    for field in fields(Recipe):
        parser.add_argument(
            _option(field.name),
            default=argparse.SUPPRESS,  # a profile has defaults of its own
            help=f"report profile: {written(field.default)}",
            **_values(field),
        )


def recipe_of(options: argparse.Namespace, profile: str) -> Recipe:
    """The recipe of a profile, but for what the parsed options change."""
    changes = {
        field.name: getattr(options, field.name)
        for field in fields(Recipe)
        if hasattr(options, field.name)
    }
    for name, value in changes.items():
        if isinstance(value, list):
            changes[name] = tuple(value)
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


def _values(field: Field) -> dict:
    """Which values the option of a field takes."""
    if field.type is bool:
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(field.default, tuple):
        kind = type(field.default[0]) if field.default else float
        return {"type": kind, "nargs": "+", "metavar": METAVARS[kind]}
    kind = int if field.default is None else type(field.default)
    return {"type": kind, "metavar": METAVARS[kind]}

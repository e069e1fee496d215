"""What the commands of long studies share: options, settings, and how they stop."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from helpers.settings import Settings

SEEDS = (2016, 2017, 2018)
"""Runs of a recipe that is compared with others."""


def study_parser(text: str) -> argparse.ArgumentParser:
    """A parser that says what a command's docstring says and takes its images."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="sample, official or a folder of archives")
    return parser


def parse(parser: argparse.ArgumentParser, words, settings: Settings | None):
    """Parse ``words``, by default the shell's, over the environment's settings."""
    options = parser.parse_args(words)
    given = {"data": options.data} if options.data else {}
    if settings is None:
        return options, Settings.from_environment(given)
    return options, replace(settings, **given)


def run(main: Callable[[], None]) -> None:
    """Run a command whose work is kept when Ctrl-C stops it."""
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")

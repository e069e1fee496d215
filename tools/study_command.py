"""What the commands of long studies share: options, settings, and how they stop."""

import argparse
import sys
from collections.abc import Callable, Sequence
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


def parse(
    parser: argparse.ArgumentParser,
    words: Sequence[str] | None,
    settings: Settings | None,
) -> tuple[argparse.Namespace, Settings]:
    """Options from ``words``, by default the shell's, and the settings they give.

    ``settings`` are by default the environment's.
    """
    options = parser.parse_args(words)
    settings = settings or Settings.from_environment()
    if options.data:
        settings = replace(settings, data=options.data)
    return options, settings


def run(main: Callable[[], None]) -> None:
    """Run a command whose work is kept when Ctrl-C stops it."""
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")

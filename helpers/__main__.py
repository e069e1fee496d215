"""The workbook's work from a shell: ``python -m helpers draw|fetch``.

Modules that take seconds to import (TensorFlow) are imported by the command that
needs them.
"""

import argparse
import sys
from dataclasses import replace

from helpers.settings import PROFILES, Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it is done, 2 with a message when it cannot be."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, OSError) as error:
        print(f"python -m helpers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m helpers: stopped", file=sys.stderr)
        return 130
    return 0


def draw(options: argparse.Namespace) -> None:
    """Draw the sample's archives, those that are not there yet."""
    from helpers.drawn import draw_archives

    settings = _settings(options)
    draw_archives(settings.home / "sample" / "archives", settings)


def fetch(options: argparse.Namespace) -> None:
    """Have every archive of the data source on disk, extracted and checked."""
    from helpers.archives import available, folder

    settings = _settings(options)
    for name in available(settings):
        print(f"{name:15} {folder(name, settings)}")


def _settings(options: argparse.Namespace) -> Settings:
    given = {
        name: value
        for name, value in (("profile", options.profile), ("data", options.data))
        if value is not None
    }
    return replace(Settings.from_environment(), **given)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        metavar="SOURCE",
        help="sample (drawn), official (downloaded) or a folder of archives; "
        "by default WORKBOOK_DATA, then sample",
    )
    shared.add_argument(
        "--report",
        dest="profile",
        action="store_const",
        const=PROFILES[1],
        help="the report's own sizes and steps; by default WORKBOOK_PROFILE",
    )
    parser = argparse.ArgumentParser(prog="python -m helpers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command, summary: str) -> argparse.ArgumentParser:
        options = commands.add_parser(
            command.__name__,
            parents=[shared],
            help=summary,
            description=command.__doc__,
        )
        options.set_defaults(command=command)
        return options

    add(draw, "draw the sample's archives")
    add(fetch, "download or locate the archives, extract and check them")
    return parser


if __name__ == "__main__":
    sys.exit(main())

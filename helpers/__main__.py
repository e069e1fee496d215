"""The workbook's work from a shell: python -m helpers COMMAND.

Modules that take seconds to import (TensorFlow) are imported by the command that
needs them.
"""

import argparse
import json
import sys
import zipfile
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from helpers.settings import SOURCES, Settings
from helpers.training.options import add_recipe_options, recipe_of

READ_AT_ONCE = 16
"""Photos that `read` hands on together: their lines come before the next are read."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it is done, 2 with a message when it cannot be."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except (ValueError, OSError, ArithmeticError, MemoryError) as error:
        print(f"python -m helpers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m helpers: stopped", file=sys.stderr)
        return 130


def draw(options: argparse.Namespace) -> None:
    """Draw the sample's archives, those that are not there yet."""
    settings = _settings(options)
    from helpers.data.archives import ARCHIVES
    from helpers.sample import DrawnSample

    sample = DrawnSample.of(settings)
    for archive in ARCHIVES.values():
        sample.fetch(archive)


def fetch(options: argparse.Namespace) -> None:
    """Download or locate the data source's archives, extract and check them."""
    settings = _settings(options)
    from helpers.datasets import archive_folder, available_archives

    for name in available_archives(settings):
        print(f"{name:15} {archive_folder(name, settings)}")


def prepare(options: argparse.Namespace) -> None:
    """Crop and label the data source's house numbers into one store."""
    settings = _settings(options)
    from helpers import datasets

    store = datasets.prepare(settings)
    print(store.path)
    for name, split in store.splits().items():
        print(f"{name:10} {len(split):>8,} images")
    reasons = store.skipped.value_counts(["archive", "reason"], sort=False)
    for (archive, reason), count in reasons.items():
        print(f"left out   {count:>8,} of {archive}: {reason}")


def train(options: argparse.Namespace) -> None:
    """Train a network on house numbers; the same command continues a stopped run."""
    settings = _settings(options)
    recipe = recipe_of(options, settings.profile)
    from helpers import evaluation
    from helpers.training import devices, runs

    devices.prepare_process()
    strategy = devices.strategy_named(options.strategy)
    data = runs.number_data(replace(settings, crop_size=recipe.crop_size))
    folder = options.folder or settings.runs / runs.run_name(recipe, data)
    run = runs.train(recipe, data, folder, strategy=strategy)
    if devices.is_chief(strategy):
        test = data["test"]
        score = evaluation.evaluate(run.network, test.images, test.labels)
        print(f"{run.folder}: {run.steps_per_second:,.0f} steps/s")
        print(f"test of {settings.source}: {score}")


def evaluate(options: argparse.Namespace) -> None:
    """Measure a reader or network on an archive's images; the last line is JSON."""
    settings, weights = _settings(options), options.weights
    if weights is None or _holds_reader(weights):
        from helpers.reader.evaluation import evaluate_reader

        reader = _reader(weights)
        score, skipped = evaluate_reader(reader, options.split, settings, options.find)
    elif options.find:
        raise ValueError(
            f"{weights}: holds no finder, which --find needs. Leave out one of them."
        )
    else:
        from helpers import datasets, evaluation

        network = evaluation.load_network(weights)
        score, skipped = datasets.evaluate_archive(network, options.split, settings)
    for number, reason in skipped.items():
        print(f"{options.split}/{number}.png left out: {reason}", file=sys.stderr)
    print(f"{options.split} of {settings.source}: {score}")
    print(json.dumps(score.values() | {"skipped": len(skipped)}))


def reader(options: argparse.Namespace) -> None:
    """Train the shipped reader from nothing; the same command continues a run."""
    from workshop.making.make import make_reader

    print(json.dumps(make_reader(_settings(options))["measured"]))


def tune(options: argparse.Namespace) -> None:
    """Teach the reader one's own images, part of them kept to measure it by."""
    settings = _settings(options)
    from workshop.making.tuning import fine_tune

    path = options.output or settings.runs / "reader_tuned.npz"
    scores = fine_tune(settings, path)
    print(
        f"{path}: of {scores['images']:,} images kept apart, {scores['before']:.1%} "
        f"were read rightly before and {scores['after']:.1%} are now; sure from a "
        f"confidence set on {scores['calibrated_on']}"
    )
    print(json.dumps(scores))


def read(options: argparse.Namespace) -> int:
    """Read the number in each photo; a line each, or why not on standard error.

    A line holds the file, its number ("-" where there is none), the confidence from
    0 to 1, "not sure" where it is low, and the other numbers found.
    """
    reader, status = _reader(options.weights), 0
    line = _json_line if options.json else _line
    for start in range(0, len(options.files), READ_AT_ONCE):
        files = options.files[start : start + READ_AT_ONCE]
        boxes = [options.box] * len(files) if options.box else None
        for file, reading in zip(files, reader.read(files, boxes), strict=True):
            if reading.error:
                name = "" if str(file) in reading.error else f"{file}: "
                print(f"python -m helpers: {name}{reading.error}", file=sys.stderr)
                status = 2
            else:
                print(line(file, reading))
    return status


def _line(file: Path, reading) -> str:
    """What `read` says of a photo, for people."""
    parts = [str(file), reading.number or "-", f"{reading.confidence:.2f}"]
    if not reading.sure:
        parts.append("not sure")
    if reading.others:
        others = (f"{other.number} {other.confidence:.2f}" for other in reading.others)
        parts.append(f"also {', '.join(others)}")
    return "  ".join(parts)


def _json_line(file: Path, reading) -> str:
    """What `read` says of a photo, for programs: one JSON object."""
    return json.dumps({"file": str(file)} | asdict(reading))


def _reader(weights: Path | None):
    """The reader of a file of weights, or the one that the project brings."""
    from helpers.reader import Reader

    return Reader.load(weights) if weights else Reader.pretrained()


def _holds_reader(path: Path) -> bool:
    """Whether a file of weights is a reader's, by the names of its arrays."""
    with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as file:
        return any(name.startswith("reader_") for name in file.namelist())
    return False


def _settings(options: argparse.Namespace) -> Settings:
    """The environment's settings, over which the options that are given win."""
    given = {k: v for k, v in vars(options).items() if k in ("profile", "data") and v}
    return Settings.from_environment(given)


def _data(text: str) -> str:
    """A data source; a shell's relative path begins where the shell is."""
    return text if text in SOURCES else str(Path(text).absolute())


def _box(text: str) -> tuple[float, ...]:
    """A box given as L,T,R,B."""
    with suppress(ValueError):
        left, top, right, bottom = map(float, text.split(","))
        if left < right and top < bottom:
            return left, top, right, bottom
    raise argparse.ArgumentTypeError(
        f"{text!r}; expected left,top,right,bottom in pixels, left less than right and "
        "top less than bottom"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m helpers")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command, data: bool = True) -> argparse.ArgumentParser:
        summary = command.__doc__.splitlines()[0]
        options = commands.add_parser(
            command.__name__, help=summary, description=command.__doc__
        )
        options.set_defaults(command=command)
        if data:
            options.add_argument(
                "--data",
                type=_data,
                metavar="SOURCE",
                help="sample, official or a folder of archives; default WORKBOOK_DATA",
            )
        return options

    add(draw, data=False).set_defaults(data="sample")
    add(fetch)
    add(prepare)
    options = add(train)
    options.add_argument(
        "--report",
        dest="profile",
        action="store_const",
        const="report",
        help="the report's own steps; by default WORKBOOK_PROFILE, then few steps",
    )
    options.add_argument("--folder", type=Path, help="where to keep the run")
    options.add_argument(
        "--strategy",
        choices=("mirrored", "multiworker"),
        help="share each batch over all GPUs, or over the machines in TF_CONFIG",
    )
    add_recipe_options(options)
    options = add(evaluate)
    splits = ("train", "test", "extra")
    options.add_argument("--split", choices=splits, default="test", help="default test")
    weights = "a network's, the report's or a tuned reader's; default the reader's"
    options.add_argument("--weights", type=Path, metavar="FILE", help=weights)
    options.add_argument("--find", action="store_true", help="ignore the boxes given")
    add(reader, data=False)
    add(tune).add_argument("--output", type=Path, metavar="FILE", help="weights file")
    options = add(read, data=False)
    options.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a photo")
    options.add_argument("--json", action="store_true", help="print JSON, a line each")
    options.add_argument("--box", type=_box, metavar="L,T,R,B", help="of the number")
    options.add_argument("--weights", type=Path, metavar="FILE", help="a tuned reader")
    return parser


if __name__ == "__main__":
    sys.exit(main())

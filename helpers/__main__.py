"""The workbook's work from a shell: python -m helpers COMMAND.

Modules that take seconds to import (TensorFlow) are imported by the command that
needs them.
"""

import argparse
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

from helpers.settings import PROFILES, SOURCES, Settings
from helpers.training.options import add_recipe_options, recipe_of

READ_AT_ONCE = 16
"""Photos that `read` hands on together: their lines come before the next are read."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it is done, 2 with a message when it cannot be."""
    options = _parser().parse_args(arguments)
    try:
        status = options.command(options)
    except (ValueError, OSError, ArithmeticError) as error:
        print(f"python -m helpers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m helpers: stopped", file=sys.stderr)
        return 130
    return status or 0


def draw(options: argparse.Namespace) -> None:
    """Draw the sample's archives, those that are not there yet."""
    from helpers.sample import draw_archives

    settings = _settings(options)
    draw_archives(settings.home / "sample" / "archives", settings)


def fetch(options: argparse.Namespace) -> None:
    """Have every archive of the data source on disk, extracted and checked."""
    from helpers.datasets import archive_folder, available_archives

    settings = _settings(options)
    for name in available_archives(settings):
        print(f"{name:15} {archive_folder(name, settings)}")


def prepare(options: argparse.Namespace) -> None:
    """Crop and label every house number of the data source into one store."""
    from helpers import datasets

    made = datasets.prepare(_settings(options))
    print(made.path)
    for name, split in made.splits().items():
        print(f"{name:10} {len(split):>8,} images")
    reasons = made.skipped.value_counts(["archive", "reason"], sort=False)
    for (archive, reason), count in reasons.items():
        print(f"left out   {count:>8,} of {archive}: {reason}")
    for archive, file, reason in made.surplus.itertuples(index=False):
        print(f"not used   {file} of {archive}: {reason}")


def train(options: argparse.Namespace) -> None:
    """Train on the data source's house numbers; the same command goes on from a stop.

    Notebooks pick up a run of the same options, unless --folder puts it elsewhere.
    """
    settings = _settings(options)
    recipe = recipe_of(options, settings.profile)
    from helpers import evaluation
    from helpers.training import loop, runs, strategies

    strategy = strategies.strategy_named(options.strategy)
    data = runs.number_data(replace(settings, crop_size=recipe.crop_size))
    folder = options.folder or settings.runs / runs.run_name(recipe, data)
    run = loop.train(recipe, data, folder, strategy=strategy)
    if not strategies.is_chief(strategy):
        return
    test = data["test"]
    score = evaluation.evaluate(run.network, test.images, test.labels)
    print(f"{run.folder}: {run.steps_per_second:,.0f} steps/s")
    print(f"test of {_source(settings)}: {score}")


def evaluate(options: argparse.Namespace) -> None:
    """Measure a network on every image of one archive; the last line is JSON.

    Without --weights it is the reader that the project brings.
    """
    settings = _settings(options)
    if options.weights is None or _holds_reader(options.weights):
        from helpers.reader import Reader
        from helpers.reader.evaluation import evaluate_reader

        reader = (
            Reader.load(options.weights) if options.weights else Reader.pretrained()
        )
        score, skipped = evaluate_reader(reader, options.split, settings, options.find)
    else:
        if options.find:
            raise ValueError(
                f"{options.weights}: holds no finder, which --find needs. Leave out "
                "--find, or --weights for the reader that the project brings."
            )
        from helpers import datasets, evaluation

        network = evaluation.load_network(options.weights)
        score, skipped = datasets.evaluate_archive(network, options.split, settings)
    for number, reason in skipped.items():
        print(f"{options.split}/{number}.png left out: {reason}", file=sys.stderr)
    print(f"{options.split} of {_source(settings)}: {score}")
    print(json.dumps(score.values() | {"skipped": len(skipped)}))


def reader(options: argparse.Namespace) -> None:
    """Train the shipped reader from nothing; the same command goes on from a stop."""
    from workshop.making.make import make_reader

    made = make_reader(_settings(options))
    print(json.dumps(made.metadata["measured"]))


def tune(options: argparse.Namespace) -> None:
    """Teach the reader one's own images: the train archive of the data source.

    A part of them is kept apart and measured before and after; the last line is JSON.
    """
    from workshop.making.make import fine_tune

    settings = _settings(options)
    path = options.output or settings.runs / "reader_tuned.npz"
    _, scores = fine_tune(settings, path)
    print(
        f"{path}: of {scores['images']:,} images kept apart, {scores['before']:.1%} "
        f"were read rightly before and {scores['after']:.1%} are now"
    )
    print(json.dumps(scores))


def _holds_reader(path: Path) -> bool:
    """Whether a file of weights is a reader's, by the names of its arrays."""
    if path.suffix != ".npz" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any(name.startswith("reader_") for name in file.namelist())


def read(options: argparse.Namespace) -> int:
    """Read the number in each photo; a line each, or why not on standard error.

    A line holds the file, its number ("-" where there is none), the confidence from
    0 to 1, "not sure" where it is low, and the other numbers found.
    """
    from helpers.reader import Reader

    reader = Reader.load(options.weights) if options.weights else Reader.pretrained()
    status = 0
    for start in range(0, len(options.files), READ_AT_ONCE):
        files = options.files[start : start + READ_AT_ONCE]
        boxes = [options.box] * len(files) if options.box else None
        for file, reading in zip(files, reader.read(files, boxes), strict=True):
            if reading.error:
                why = reading.error
                told = why if str(file) in why else f"{file}: {why}"
                print(f"python -m helpers: {told}", file=sys.stderr)
                status = 2
            else:
                print(
                    _json_line(file, reading) if options.json else _line(file, reading)
                )
    return status


def _line(file: Path, reading) -> str:
    """What `read` says of a photo, for people."""
    parts = [f"{file}", reading.number or "-", f"{reading.confidence:.2f}"]
    if not reading.sure:
        parts.append("not sure")
    others = [f"{other.number} {other.confidence:.2f}" for other in reading.others]
    if others:
        parts.append(f"also {', '.join(others)}")
    return "  ".join(parts)


def _json_line(file: Path, reading) -> str:
    """What `read` says of a photo, for programs: one JSON object."""
    others = [_plain(other) for other in reading.others]
    return json.dumps({"file": str(file)} | _plain(reading) | {"others": others})


def _plain(reading) -> dict:
    """A number with its confidence, box and alternatives, as JSON has them."""
    return {
        "number": reading.number,
        "confidence": round(float(reading.confidence), 4),
        "sure": bool(reading.sure),
        "box": None if reading.box is None else [int(edge) for edge in reading.box],
        "alternatives": [
            [[digit, round(float(probability), 4)] for digit, probability in likeliest]
            for likeliest in reading.alternatives
        ],
    }


def _source(settings: Settings) -> str:
    return "the drawn sample" if settings.is_drawn else settings.data


def _settings(options: argparse.Namespace) -> Settings:
    """The environment's settings, over which the options win."""
    given = {
        name: value
        for name in ("profile", "data")
        if (value := getattr(options, name, None)) is not None
    }
    return replace(Settings.from_environment(), **given)


def _data(text: str) -> str:
    """A data source; a shell's relative path begins where the shell is."""
    return text if text in SOURCES else str(Path(text).absolute())


def _box(text: str) -> tuple[float, ...]:
    """A box given as L,T,R,B."""
    try:
        left, top, right, bottom = box = tuple(map(float, text.split(",")))
    except ValueError:
        box = None
    if box is None or not (left < right and top < bottom):
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected left,top,right,bottom in pixels, left under right and "
            "top under bottom"
        )
    return box


def _parser() -> argparse.ArgumentParser:
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument(
        "--data",
        type=_data,
        metavar="SOURCE",
        help="sample (drawn), official (downloaded) or a folder of archives; "
        "by default WORKBOOK_DATA, then sample",
    )
    parser = argparse.ArgumentParser(
        prog="python -m helpers", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command, summary: str, *parents) -> argparse.ArgumentParser:
        options = commands.add_parser(
            command.__name__,
            parents=parents,
            help=summary,
            description=command.__doc__,
        )
        options.set_defaults(command=command)
        return options

    add(draw, "draw the sample's archives")
    add(fetch, "download or locate the archives, extract and check them", source)
    add(prepare, "crop and label the house numbers", source)
    options = add(train, "train a network on them", source)
    options.add_argument(
        "--report",
        dest="profile",
        action="store_const",
        const=PROFILES[1],
        help="the report's own steps; by default WORKBOOK_PROFILE, then few steps",
    )
    options.add_argument(
        "--folder",
        type=Path,
        help="where to keep the run; by default where notebooks look for it",
    )
    options.add_argument(
        "--strategy",
        choices=("mirrored", "multiworker"),
        help="share each batch out over all GPUs of this machine (mirrored) or over "
        "the machines that TF_CONFIG names, which see the same --folder (multiworker); "
        "batch and learning rate stay, so the result does too but for rounding; by "
        "default one device",
    )
    add_recipe_options(options)
    options = add(evaluate, "measure a network on an archive", source)
    options.add_argument(
        "--split",
        choices=("train", "test", "extra"),
        default="test",
        help="the archive; by default test",
    )
    options.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="a trained network (.keras), the report's seven_layer_200k.npz or a tuned "
        "reader (.npz); by default the project's own reader",
    )
    options.add_argument(
        "--find",
        action="store_true",
        help="look for the number in the whole image and ignore the boxes given",
    )
    add(reader, "train the shipped reader from nothing")
    options = add(tune, "teach the reader one's own images", source)
    options.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write the weights; by default in runs/",
    )
    options = add(read, "read the number in each photo")
    options.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a photo")
    options.add_argument(
        "--json", action="store_true", help="write one JSON object a line"
    )
    options.add_argument(
        "--box",
        type=_box,
        metavar="L,T,R,B",
        help="where the number is, in pixels of the upright photo, the same in each; "
        "by default it is looked for",
    )
    options.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="the weights of a reader trained on other images; by default its own",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

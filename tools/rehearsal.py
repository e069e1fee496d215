"""Rehearse the official archives at full size on drawn images, and measure each stage.

python tools/rehearsal.py
python tools/rehearsal.py --stages prepare evaluate
python tools/rehearsal.py --scale 0.01 --folder build/rehearsal_small

Archives of as many images as the official ones are drawn, served on this machine, and
taken through the code for the official data: download, extract, parse, prepare, train,
evaluate, figures. Each stage is a process of its own. Stages that are finished are
kept; the same command goes on with the others, drawing where it was stopped. Stages
that are named are done anew.

The measures are in rehearsal.csv in the folder and, of a whole rehearsal, in
benchmarks/results: wall seconds, the start of Python included, and the peak of memory,
which is the proportional set size (PSS) of the stage's processes together, every fifth
of a second: memory that they share counts once, and so do the parts of mapped files
that are at hand. Memory is read from Linux's /proc; elsewhere it is nan.

At full size it takes about half an hour on two cores and 16 GB of disk.
"""

import argparse
import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import numpy as np
import pooch
from tqdm import tqdm

from helpers import datasets
from helpers.data import archives
from helpers.files import atomic_write
from helpers.settings import ROOT, Settings

if typing.TYPE_CHECKING:
    from helpers.sample.scene_archives import ImageFile

OFFICIAL = {"train": 33_402, "test": 13_068, "extra": 202_353}
"""Images in the official archives."""

STEPS = 400
"""Training steps of a whole rehearsal."""

SHARD = 2_000
"""Scenes in a file of those drawn so far."""

PROMISED = {"parse": (100, math.inf), "prepare": (360, 2_000)}
"""Most seconds and megabytes of a stage of the whole rehearsal."""

INTERVAL = 0.2
"""Seconds from one look at the memory to the next."""

RESULTS = ROOT / "benchmarks" / "results" / "rehearsal.csv"


@dataclass(frozen=True)
class Rehearsal:
    """A folder that holds all of a rehearsal, and its share of the official images."""

    folder: Path
    scale: float = 1.0

    @property
    def counts(self) -> dict[str, int]:
        """Images of each archive, at least enough for each part of the work."""
        return {name: max(20, round(n * self.scale)) for name, n in OFFICIAL.items()}

    @property
    def served(self) -> Path:
        """The drawn archives, as on a server."""
        return self.folder / "server"

    @property
    def metadata(self) -> Path:
        """Size and SHA-256 of the drawn archives; it is there once all are."""
        return self.served / "archives.json"

    @property
    def settings(self) -> Settings:
        """Those of someone who uses the official archives."""
        return Settings(
            data="official",
            home=self.folder / "data",
            figures_root=self.folder / "figures",
            runs_root=self.folder / "runs",
        )

    def outputs(self, stage: str) -> list[Path]:
        """What a stage leaves in the folder."""
        home = datasets.home(self.settings)
        return {
            "draw": [self.served],
            "download": [home / "archives"],
            "extract": [home / name for name in OFFICIAL],
            "prepare": [home / f"svhn_{self.settings.crop_size}px.h5"],
            "train": [self.settings.runs_root],
            "figures": [self.settings.figures_root],
        }.get(stage, [])


def draw(rehearsal: Rehearsal) -> str:
    """Draw the archives; their scenes are kept in files until an archive is whole."""
    from helpers.sample.scene_archives import write_archive

    drawn, metadata = 0, {}
    for name, count in rehearsal.counts.items():
        path = rehearsal.served / f"{name}.tar.gz"
        shards = rehearsal.folder / "shards" / name
        if not path.is_file():
            drawn += draw_shards(shards, name, count)
            write_archive(path, name, kept_files(shards))
            shutil.rmtree(shards)
        metadata[name] = {"size": path.stat().st_size, "sha256": pooch.file_hash(path)}
    with atomic_write(rehearsal.metadata) as temporary:
        temporary.write_text(json.dumps(metadata, indent=1) + "\n")
    size = sum(archive["size"] for archive in metadata.values())
    return f"{drawn:,} scenes drawn and packed, {size / 1e9:.2f} GB"


def draw_shards(folder: Path, name: str, count: int) -> int:
    """Draw those of an archive's scenes that are not in ``folder``; their number."""
    from helpers.sample.scene_archives import draw_files

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{start:06}.npz" for start in range(0, count, SHARD)]
    kept = sum(path.is_file() for path in paths)  # the first ones: they come in order
    first = min(SHARD * kept, count)
    files = iter(
        tqdm(
            draw_files(count, Settings.seed, name, first=first),
            f"drawing {name}",
            count,
            initial=first,
            unit="scene",
        )
    )
    for path in paths[kept:]:
        write_shard(path, list(islice(files, SHARD)))
    return count - first


def write_shard(path: Path, files: list["ImageFile"]) -> None:
    """Keep image files as arrays, whole or not at all."""
    with atomic_write(path) as temporary:
        np.savez(
            temporary,
            data=np.frombuffer(b"".join(file.data for file in files), np.uint8),
            sizes=[len(file.data) for file in files],
            lengths=[len(file.digits) for file in files],
            digits=np.concatenate([file.digits for file in files]),
            boxes=np.concatenate([file.boxes for file in files]),
        )


def kept_files(folder: Path) -> Iterator["ImageFile"]:
    """The image files that `write_shard` kept in a folder, in order."""
    from helpers.sample.scene_archives import ImageFile

    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            data = stored["data"].tobytes()
            ends, stops = np.cumsum(stored["sizes"]), np.cumsum(stored["lengths"])
            digits = np.split(stored["digits"], stops[:-1])
            boxes = np.split(stored["boxes"], stops[:-1])
        starts = [0, *ends[:-1]]
        for start, end, number, places in zip(starts, ends, digits, boxes, strict=True):
            yield ImageFile(data[start:end], tuple(number.tolist()), places)


def download(rehearsal: Rehearsal) -> str:
    """Fetch every archive from the server on this machine."""
    from helpers.data.downloads import download as fetch

    place = datasets.home(rehearsal.settings) / "archives"
    paths = [fetch(archives.ARCHIVES[name], place) for name in OFFICIAL]
    size = sum(path.stat().st_size for path in paths)
    return f"{size / 1e9:.2f} GB from this machine, size and SHA-256 checked"


def extract(rehearsal: Rehearsal) -> str:
    """Extract every archive."""
    folders = [datasets.archive_folder(name, rehearsal.settings) for name in OFFICIAL]
    sizes = [entry.stat().st_size for place in folders for entry in os.scandir(place)]
    return f"{len(sizes):,} files, {sum(sizes) / 1e9:.2f} GB, SHA-256 checked again"


def parse(rehearsal: Rehearsal) -> str:
    """Read every digitStruct.mat."""
    from helpers.data.digitstruct import read_sound_boxes

    home = datasets.home(rehearsal.settings)
    read = [read_sound_boxes(home / name / "digitStruct.mat")[0] for name in OFFICIAL]
    images = sum(len(boxes.images) for boxes in read)
    return f"{sum(map(len, read)):,} boxes of {images:,} images in 3 digitStruct.mat"


def prepare(rehearsal: Rehearsal) -> str:
    """Parse again, crop, and choose the splits."""
    from helpers.datasets import prepare as make_store

    made = make_store(rehearsal.settings)
    crops = sum(map(len, made.splits().values()))
    size = made.path.stat().st_size
    return (
        f"{crops + len(made.skipped):,} images into one store of {size / 1e6:,.0f} MB, "
        f"{len(made.skipped):,} of them in no split"
    )


def train(rehearsal: Rehearsal) -> str:
    """Train the seven layers for some steps."""
    from helpers.recipe import Recipe
    from helpers.training.runs import number_data, run

    steps = max(10, round(STEPS * rehearsal.scale))
    recipe = Recipe(steps=steps, validation_interval=steps)
    data = number_data(rehearsal.settings)
    made = run(recipe, data, rehearsal.settings)
    return (
        f"{steps} steps of seven layers at {made.steps_per_second:,.0f} steps/s, "
        f"{len(data['train']):,} images"
    )


def evaluate(rehearsal: Rehearsal) -> str:
    """Measure the network that was trained on the test archive, crops made anew."""
    networks = sorted(rehearsal.settings.runs.glob("*/network.keras"))
    if not networks:
        raise FileNotFoundError(
            f"{rehearsal.settings.runs}: no trained network; expected one. Do the "
            "stage train first."
        )
    from helpers.datasets import evaluate_archive
    from helpers.evaluation import load_network

    score, _ = evaluate_archive(load_network(networks[0]), "test", rehearsal.settings)
    return f"{score.images:,} images of test, cropped anew and read by that network"


def figures(rehearsal: Rehearsal) -> str:
    """Draw Figures 1 and 2."""
    from helpers.datasets import prepare as make_store
    from helpers.figures.boxes import figure_1, figure_2
    from helpers.figures.style import save_figure

    boxes = make_store(rehearsal.settings).boxes("train")
    for name, draw_figure in (("figure_01", figure_1), ("figure_02", figure_2)):
        figure, numbers = draw_figure(boxes)
        save_figure(figure, name, rehearsal.settings, numbers)
    return f"Figures 1 and 2 of {len(boxes):,} boxes"


STAGES = {
    stage.__name__: stage
    for stage in (draw, download, extract, parse, prepare, train, evaluate, figures)
}


class RangeHandler(SimpleHTTPRequestHandler):
    """Serves the files of a folder, whole or from a byte on, and says nothing."""

    def do_GET(self) -> None:
        """Send a file, or the range of it that is asked for."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
        if first > last:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with path.open("rb") as file, suppress(ConnectionError):  # who asked has left
            self.connection.sendfile(file, first, last - first + 1)

    def log_message(self, *_) -> None:
        """Leave the terminal to the stages."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of ``folder`` on a server of this machine, while the block runs."""
    handler = partial(RangeHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def take_as_official(rehearsal: Rehearsal, address: str) -> None:
    """Let the drawn archives stand in for the official ones, in this process."""
    if not rehearsal.metadata.is_file():
        raise FileNotFoundError(
            f"{rehearsal.metadata}: no such file; expected the sizes of the drawn "
            "archives. Do the stage draw first."
        )
    metadata = json.loads(rehearsal.metadata.read_text())
    stand_ins = {
        name: replace(
            archives.ARCHIVES[name], addresses=(f"{address}/{name}.tar.gz",), **drawn
        )
        for name, drawn in metadata.items()
    }
    archives.ARCHIVES.clear()
    archives.ARCHIVES.update(stand_ins)
    os.environ["NO_PROXY"] = "127.0.0.1"


def work(stage: str, rehearsal: Rehearsal, address: str) -> None:
    """Do a stage in this process; the last line printed says what was done."""
    if stage != "draw":
        take_as_official(rehearsal, address)
    print(STAGES[stage](rehearsal))


@dataclass(frozen=True)
class Measured:
    """A finished stage: its wall time, its peak of memory, and what was done."""

    stage: str
    seconds: float
    peak_mb: float
    what: str


def measure(stage: str, rehearsal: Rehearsal, address: str) -> Measured:
    """Do a stage in a process of its own, and measure it.

    Raises
    ------
    ChildProcessError
        The stage has failed; its process has said why.
    """
    # Not this file as the main module: the stage's own processes would import it too.
    code = (
        "import sys; from pathlib import Path; from rehearsal import Rehearsal, work; "
        "stage, folder, scale, address = sys.argv[1:]; "
        "work(stage, Rehearsal(Path(folder), float(scale)), address)"
    )
    words = [sys.executable, "-c", code, stage, rehearsal.folder, rehearsal.scale]
    start, peak = time.perf_counter(), 0.0
    with subprocess.Popen(
        [*map(str, words), address],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    ) as process:
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(INTERVAL)
        seconds = time.perf_counter() - start
        said = process.stdout.read().splitlines()
    if process.returncode:
        raise ChildProcessError(
            f"the stage {stage} ended with exit status {process.returncode}; expected "
            "0. Mend what it says above, and give the same command again."
        )
    megabytes = round(peak / 1e6) if peak else math.nan
    return Measured(stage, round(seconds, 1), megabytes, said[-1])


def memory(root: int) -> int:
    """Bytes of proportional memory (PSS) of a process and those below it."""
    total = 0
    for process in family(root):
        with suppress(OSError):  # it has ended
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
            total += 1024 * int(found[1]) if found else 0
    return total


def family(root: int) -> list[int]:
    """A process and all that it, or one of its own, has started."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for process in found:  # it grows as it is gone through
        found += children.get(process, [])
    return found


def rehearse(
    rehearsal: Rehearsal,
    stages: Iterable[str] = (),
    run: Callable[[str, Rehearsal, str], Measured] = measure,
) -> list[Measured]:
    """Do the named stages, or those that are not finished, and keep their measures.

    Returns
    -------
    list
        The measures of every stage that is finished, in the order of the stages.
    """
    check_folder(rehearsal)
    rehearsal.served.mkdir(exist_ok=True)
    table = rehearsal.folder / RESULTS.name
    done = {measured.stage: measured for measured in read(table)}
    named = set(stages) or STAGES.keys() - done.keys()
    with serving(rehearsal.served) as address:
        for stage in STAGES:
            if stage not in named:
                continue
            if stage in done or stage != "draw":  # drawing alone goes on
                for output in rehearsal.outputs(stage):
                    remove(output)
            done[stage] = run(stage, rehearsal, address)
            write([done[name] for name in STAGES if name in done], table)
    return [done[name] for name in STAGES if name in done]


def check_folder(rehearsal: Rehearsal) -> None:
    """Mark the folder with the rehearsal's scale; refuse one of another scale."""
    mark = rehearsal.folder / "rehearsal.json"
    if not mark.is_file():
        with atomic_write(mark) as temporary:
            temporary.write_text(json.dumps({"scale": rehearsal.scale}) + "\n")
    scale = json.loads(mark.read_text())["scale"]
    if scale != rehearsal.scale:
        raise ValueError(
            f"{rehearsal.folder}: a rehearsal of scale {scale}; expected "
            f"{rehearsal.scale}. Give --scale {scale}, or another --folder."
        )


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read(path: Path) -> list[Measured]:
    """The measures that `write` wrote; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Measured(
                row["stage"], float(row["seconds"]), float(row["peak_mb"]), row["what"]
            )
            for row in csv.DictReader(file)
        ]


def write(table: Sequence[Measured], path: Path) -> None:
    """Write the measures as CSV, whole or not."""
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Measured))
        writer.writerows(map(astuple, table))


def markdown(table: Sequence[Measured]) -> str:
    """The measures as a table for the README."""
    lines = ["| stage | seconds | peak MB | what |", "|---|---|---|---|"]
    lines += [
        f"| {row.stage} | {row.seconds:,.1f} | {row.peak_mb:,.0f} | {row.what} |"
        for row in table
    ]
    return "\n".join(lines)


def promises(table: Sequence[Measured]) -> list[str]:
    """Of each stage that something is promised of, whether that was kept."""
    lines = []
    for row in table:
        if row.stage not in PROMISED:
            continue
        seconds, megabytes = PROMISED[row.stage]
        kept = row.seconds <= seconds and not row.peak_mb > megabytes
        limits = f"{seconds} s"
        if math.isfinite(megabytes):
            limits += f" and {megabytes:,} MB"
        told = "kept" if kept else "NOT KEPT"
        lines.append(f"{row.stage}: promised at most {limits}: {told}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "rehearsal", help="holds it all"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the images")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=())
    options = parser.parse_args(arguments)
    rehearsal = Rehearsal(options.folder.absolute(), options.scale)
    try:
        table = rehearse(rehearsal, options.stages)
    except (OSError, ValueError) as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 2
    print(markdown(table))
    print(f"{os.cpu_count()} cores, {sum(rehearsal.counts.values()):,} images")
    if rehearsal.scale == 1:
        write(table, RESULTS)
        print("\n".join(promises(table)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Rehearse the official archives at full size on drawn images, and measure each stage.

python tools/rehearsal.py
python tools/rehearsal.py --stages prepare evaluate
python tools/rehearsal.py --scale 0.01

Archives of as many images as the official ones are drawn, served on this machine, and
taken through the code for the official data, each stage in a process of its own.
Finished stages are kept; the same command continues with the others.

The results are written to rehearsal.csv in the folder and, for a whole rehearsal, in
benchmarks/results: wall seconds, the start of Python included, and the peak of the
stage's memory, the proportional set size (PSS) of its processes together. This needs
Linux and, at full size, half an hour on two cores and 16 GB of disk.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pooch
import psutil

from helpers.files import atomic_write, write_table
from helpers.settings import ROOT, Settings

OFFICIAL = {"train": 33_402, "test": 13_068, "extra": 202_353}
"""Images in the official archives."""

STEPS = 400
"""Training steps of a whole rehearsal."""

RESULTS = ROOT / "benchmarks" / "results" / "rehearsal.csv"


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsal's folder and its share of the official images."""

    folder: Path
    scale: float = 1.0

    @property
    def counts(self) -> dict[str, int]:
        """Images of each archive."""
        return {name: max(20, round(n * self.scale)) for name, n in OFFICIAL.items()}

    @property
    def server(self) -> Path:
        """Folder of the drawn archives, as on a server."""
        return self.folder / "server"

    @property
    def archives(self) -> Path:
        """Size and SHA-256 of the drawn archives; it is there once all are."""
        return self.server / "archives.json"

    @property
    def settings(self) -> Settings:
        """Settings of someone who uses the official archives."""
        return Settings(
            data="official",
            home=self.folder / "data",
            figures_root=self.folder / "figures",
            runs_root=self.folder / "runs",
        )


def draw(rehearsal: Rehearsal) -> str:
    """Draw the archives that are not there yet."""
    from helpers.sample.scene_archives import draw_scenes_archive

    metadata = {}
    for name, count in rehearsal.counts.items():
        path = rehearsal.server / f"{name}.tar.gz"
        if not path.is_file():
            draw_scenes_archive(path, count, Settings.seed, name)
        metadata[name] = {"size": path.stat().st_size, "sha256": pooch.file_hash(path)}
    with atomic_write(rehearsal.archives) as temporary:
        temporary.write_text(json.dumps(metadata, indent=1) + "\n")
    size = sum(archive["size"] for archive in metadata.values())
    return f"{sum(rehearsal.counts.values()):,} scenes in {size / 1e9:.2f} GB"


def download(rehearsal: Rehearsal) -> str:
    """Download every archive from the server on this machine."""
    from helpers.data.archives import ARCHIVES
    from helpers.data.downloads import download as fetch

    place = rehearsal.settings.home / "official" / "archives"
    size = sum(fetch(ARCHIVES[name], place).stat().st_size for name in OFFICIAL)
    return f"{size / 1e9:.2f} GB from this machine, size and SHA-256 checked"


def extract(rehearsal: Rehearsal) -> str:
    """Extract every archive."""
    from helpers.datasets import archive_folder

    folders = [archive_folder(name, rehearsal.settings) for name in OFFICIAL]
    sizes = [entry.stat().st_size for place in folders for entry in os.scandir(place)]
    return f"{len(sizes):,} files, {sum(sizes) / 1e9:.2f} GB, SHA-256 checked again"


def parse(rehearsal: Rehearsal) -> str:
    """Read every digitStruct.mat."""
    from helpers.data.digitstruct import read_sound_boxes
    from helpers.datasets import archive_folder

    folders = [archive_folder(name, rehearsal.settings) for name in OFFICIAL]
    read = [read_sound_boxes(folder / "digitStruct.mat")[0] for folder in folders]
    images = sum(len(boxes.images) for boxes in read)
    return f"{sum(map(len, read)):,} boxes of {images:,} images in 3 digitStruct.mat"


def prepare(rehearsal: Rehearsal) -> str:
    """Parse again, crop, and choose the splits."""
    from helpers import datasets

    store = datasets.prepare(rehearsal.settings)
    images = sum(map(len, store.splits().values())) + len(store.skipped)
    size = store.path.stat().st_size
    return (
        f"{images:,} images into one store of {size / 1e6:,.0f} MB, "
        f"{len(store.skipped):,} of them in no split"
    )


def train(rehearsal: Rehearsal) -> str:
    """Train the seven layers for some steps."""
    from helpers.recipe import Recipe
    from helpers.training.runs import number_data, run

    steps = max(10, round(STEPS * rehearsal.scale))
    data = number_data(rehearsal.settings)
    recipe = Recipe(steps=steps, validation_interval=steps)
    made = run(recipe, data, rehearsal.settings)
    return (
        f"{steps} steps of seven layers at {made.steps_per_second:,.0f} steps/s, "
        f"{len(data['train']):,} images"
    )


def evaluate(rehearsal: Rehearsal) -> str:
    """Measure the trained network on the test archive, cropped anew."""
    from helpers.datasets import evaluate_archive
    from helpers.evaluation import load_network

    (network,) = rehearsal.settings.runs.glob("*/network.keras")
    score, _ = evaluate_archive(load_network(network), "test", rehearsal.settings)
    return f"{score.images:,} images of test, cropped anew and read by that network"


def figures(rehearsal: Rehearsal) -> str:
    """Draw Figures 1 and 2."""
    from helpers.datasets import prepare as make_store
    from helpers.figures import figure_1, figure_2, save_figure

    boxes = make_store(rehearsal.settings).boxes("train")
    for name, draw_figure in (("figure_01", figure_1), ("figure_02", figure_2)):
        figure, numbers = draw_figure(boxes)
        save_figure(figure, name, rehearsal.settings, numbers)
    return f"Figures 1 and 2 of {len(boxes):,} boxes"


@dataclass(frozen=True)
class Stage:
    """A stage's work, the outputs it begins without, and what is promised of it."""

    work: Callable[[Rehearsal], str]
    outputs: tuple[str, ...] = ()
    seconds: float = math.inf
    megabytes: float = math.inf


STAGES = {
    "draw": Stage(draw),
    "download": Stage(download, ("data/official/archives",)),
    "extract": Stage(extract, tuple(f"data/official/{name}" for name in OFFICIAL)),
    "parse": Stage(parse, seconds=100),
    "prepare": Stage(prepare, ("data/official/*.h5",), seconds=360, megabytes=2_000),
    "train": Stage(train, ("runs",)),
    "evaluate": Stage(evaluate),
    "figures": Stage(figures, ("figures",)),
}


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the files of a folder and leaves the terminal to the stages."""

    def log_message(self, *_) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve ``folder`` on this machine while the block runs, at the address given."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def work(stage: str, rehearsal: Rehearsal, address: str) -> None:
    """Do a stage in this process, the drawn archives in place of the official ones."""
    from helpers.data.archives import ARCHIVES

    os.environ["NO_PROXY"] = "127.0.0.1"
    if stage != "draw":
        for name, drawn in json.loads(rehearsal.archives.read_text()).items():
            url = f"{address}/{name}.tar.gz"
            ARCHIVES[name] = replace(ARCHIVES[name], addresses=(url,), **drawn)
    print(STAGES[stage].work(rehearsal))


def measure(stage: str, rehearsal: Rehearsal, address: str) -> dict:
    """Do a stage in a process of its own: its seconds, peak of memory and last line."""
    # Not this file as the main module: the stage's own processes would import it too.
    code = (
        "import sys; from pathlib import Path; from rehearsal import Rehearsal, work; "
        "stage, folder, scale, address = sys.argv[1:]; "
        "work(stage, Rehearsal(Path(folder), float(scale)), address)"
    )
    words = [sys.executable, "-c", code, stage, rehearsal.folder, rehearsal.scale]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(
        [*map(str, words), address],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    ) as process:
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2)  # seconds to the next look at the memory
        seconds = time.perf_counter() - start
        said = process.stdout.read().splitlines()
    if process.returncode:
        raise ChildProcessError(
            f"the stage {stage} ended with exit status {process.returncode}; expected "
            "0. Correct what it says above, and give the same command again."
        )
    return {
        "stage": stage,
        "seconds": round(seconds, 1),
        "peak_mb": round(peak / 1e6),
        "what": said[-1],
    }


def memory(root: int) -> int:
    """Bytes of memory (PSS) of a process and of those that it started."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(root)
        for member in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += member.memory_full_info().pss
    return total


def rehearse(
    rehearsal: Rehearsal,
    stages: Iterable[str] = (),
    run: Callable[[str, Rehearsal, str], dict] = measure,
) -> pd.DataFrame:
    """Do the named stages, or the unfinished ones; the results of all so far."""
    rehearsal.server.mkdir(parents=True, exist_ok=True)
    path = rehearsal.folder / RESULTS.name
    table = pd.read_csv(path) if path.is_file() else pd.DataFrame({"stage": []})
    done = {row["stage"]: row for row in table.to_dict("records")}
    named = set(stages) or STAGES.keys() - done.keys()
    with serving(rehearsal.server) as address:
        for name in (name for name in STAGES if name in named):
            for pattern in STAGES[name].outputs:
                for output in rehearsal.folder.glob(pattern):
                    shutil.rmtree(output) if output.is_dir() else output.unlink()
            done[name] = run(name, rehearsal, address)
            table = pd.DataFrame([done[stage] for stage in STAGES if stage in done])
            write_table(path, table)
    return table


def promises(table: pd.DataFrame) -> list[str]:
    """Say of each stage that something is promised of whether it was kept."""
    lines = []
    for row in table.itertuples():
        stage = STAGES[row.stage]
        kept = row.seconds <= stage.seconds and not row.peak_mb > stage.megabytes
        if math.isfinite(stage.seconds):
            lines.append(
                f"{row.stage}: promised at most {stage.seconds:,} s and "
                f"{stage.megabytes:,} MB: {'kept' if kept else 'NOT KEPT'}"
            )
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "rehearsal")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=())
    options = parser.parse_args(arguments)
    folder = options.folder.absolute() / f"scale_{options.scale:g}"
    rehearsal = Rehearsal(folder, options.scale)
    try:
        table = rehearse(rehearsal, options.stages)
    except OSError as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 2
    print(table.to_string(index=False))
    print(f"{os.cpu_count()} cores, {sum(rehearsal.counts.values()):,} images")
    if rehearsal.scale == 1:
        write_table(RESULTS, table)
        print("\n".join(promises(table)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the published program's quirks change, each trained beside the workbook's way.

    python benchmarks/quirks.py [--steps 4000] [--seeds 3] [--data SOURCE]

A quirk and the workbook's way start from the same seed, so they see the same batches in
the same order and differ in the quirk alone; the seeds tell how much of a difference is
chance. Runs are kept as those of notebooks are: a stopped benchmark goes on, and a
finished one is only printed. Every run's accuracy on the validation images goes to
benchmarks/results/quirks.csv.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.files import write_table
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.runs import number_data, run

RESULTS = Path(__file__).parent / "results" / "quirks.csv"
OURS = "none"
QUIRKS = {
    OURS: {},
    "bias of convolutions stays 1": {"train_conv_bias": False},
    "L2 on one row": {"l2_rows": 1},
    "ReLU on outputs": {"relu_outputs": True},
}
QUIRKS_OF_DEPTH = {
    7: (OURS, "bias of convolutions stays 1", "L2 on one row"),
    3: (OURS, "ReLU on outputs"),
    2: (OURS, "ReLU on outputs"),
}
MEASURES = ("strict", "six_position")


def train_all(settings: Settings, steps: int, seeds: int) -> pd.DataFrame:
    """A row per run: what was trained, and its accuracy on the validation images."""
    data = number_data(settings)
    rows = []
    for layers, quirks in QUIRKS_OF_DEPTH.items():
        for quirk in quirks:
            for seed in range(1, seeds + 1):
                recipe = Recipe(
                    layers,
                    steps=steps,
                    validation_interval=max(1, steps // 10),
                    seed=seed,
                    **QUIRKS[quirk],
                )
                made = run(recipe, data, settings)
                if not made.finished:
                    sys.exit(130)
                rows.append(
                    {
                        "source": settings.source,
                        "train_images": len(data["train"]),
                        "validation_images": len(data["validation"]),
                        "steps": steps,
                        "layers": layers,
                        "quirk": quirk,
                        "seed": seed,
                        **{name: made.scores[name] for name in MEASURES},
                    }
                )
    return pd.DataFrame(rows)


def differences(runs: pd.DataFrame) -> pd.DataFrame:
    """A row per depth and quirk: mean accuracies, and what the quirk adds to ours.

    ``strict_change`` and ``six_position_change`` are means over the seeds of the
    difference from the run of the same seed, ``..._spread`` its standard deviation.
    """
    runs = runs.set_index(["layers", "quirk", "seed"])[list(MEASURES)]
    ours = runs.xs(OURS, level="quirk")
    change = runs - ours.reindex(runs.index.droplevel("quirk")).to_numpy()
    groups = ["layers", "quirk"]
    return (
        runs.groupby(groups, sort=False)
        .mean()
        .join(change.groupby(groups, sort=False).mean().add_suffix("_change"))
        .join(change.groupby(groups, sort=False).std().add_suffix("_spread"))
    )


def show(runs: pd.DataFrame) -> None:
    first = runs.iloc[0]
    print(
        f"{first['source']}, {first['validation_images']:,} validation images, "
        f"{first['steps']:,} steps on {first['train_images']:,} images, "
        f"{runs['seed'].nunique()} seeds; changes in points, with their spread"
    )
    print(f"layers  {'quirk':30} {'strict':>16}        {'six-position':>16}")
    for (layers, quirk), row in differences(runs).iterrows():
        cells = [f"{row[name]:6.1%} {_change(row, quirk, name)}" for name in MEASURES]
        print(f"{layers:6}  {quirk:30} {'   '.join(cells)}")


def _change(row: pd.Series, quirk: str, name: str) -> str:
    if quirk == OURS:
        return " " * 13
    change, spread = row[f"{name}_change"], row[f"{name}_spread"]
    return f"{100 * change:+5.1f} +- {100 * spread:3.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="sample, official or a folder of archives")
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    settings = Settings.from_environment()
    if options.data:
        settings = replace(settings, data=options.data)
    runs = train_all(settings, options.steps, options.seeds)
    write_table(RESULTS, runs)
    show(runs)


if __name__ == "__main__":
    main()

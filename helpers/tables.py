"""The tables of the report, each beside what this run finds."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import paper
from helpers.accuracy import MAX_DIGITS, Rate, Score, wilson_interval
from helpers.recipe import Recipe
from helpers.settings import Settings


def table_1(splits: Mapping) -> pd.DataFrame:
    """Count the letters of each split and measure their pixels (report, Table 1)."""
    run = {}
    for name, letters in splits.items():
        pixels = letters.pixels
        found = (round(float(value), 3) for value in (pixels.mean(), pixels.std()))
        run[name] = (len(letters), *found)
    return _beside(paper.TABLE_1, run, ["rows", "mean", "standard deviation"])


def table_2(store) -> pd.DataFrame:
    """Count the numbers of each split of a store and their digits (report, Table 2)."""
    lengths = range(1, MAX_DIGITS + 1)
    run = {}
    for name, split in store.splits().items():
        digits = split.labels[:, 0]
        counts = (int((digits == length).sum()) for length in lengths)
        run[name] = (len(split), round(digits.mean(), 2), *counts)
    return _beside(paper.TABLE_2, run, ["rows", "average digits", *lengths])


def _beside(report: Mapping, run: Mapping, columns: list) -> pd.DataFrame:
    """Set below the report's row of each split this run's."""
    rows = {
        (name, whose): figures[name]
        for name in run
        for whose, figures in (("report", report), ("this run", run))
    }
    index = pd.MultiIndex.from_tuples(rows, names=["split", "figures of"])
    return pd.DataFrame(rows.values(), index, columns)


def table_3() -> pd.DataFrame:
    """List each technique, why it is there, and where to find it (report, Table 3)."""
    path = Path(__file__).with_name("techniques.csv")
    return pd.read_csv(path, index_col="technique", dtype=str)


def table_4(recipe: Recipe, network) -> pd.DataFrame:
    """Set the key parameters of the report and of a run side by side (report, Table 4).

    ``network``, of seven layers, tells what no recipe changes.
    """
    convolution, pool = network.get_layer("conv3"), network.get_layer("pool3")
    run = {
        "convolution_stride": convolution.strides[0],
        "pool_size": pool.pool_size[0],
        "pool_stride": pool.strides[0],
    }
    rows = {
        name.replace("_", " "): {
            "the report's table": _plain(said),
            "its text and program": _plain(paper.L2_BETA) if name == "l2_beta" else "",
            "this run": _plain(run[name] if name in run else getattr(recipe, name)),
        }
        for name, said in paper.TABLE_4.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")


def table_5(network) -> pd.DataFrame:
    """List the layers of a network of `networks.build_network` (report, Table 5).

    A row for each layer as the report counts them: a convolution or a dense layer
    with all that follows it up to the next. Shapes are of one image.
    """
    rows = []
    for layer in network.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "PositionDense"):
            said = paper.TABLE_5[layer.name]
            rows.append({"layer": len(rows) + 1, "the report's table": said})
            rows[-1] |= {"techniques": [], "output": (), "parameters": 0}
        if kind in _DESCRIPTIONS:
            rows[-1]["techniques"].append(_DESCRIPTIONS[kind](layer))
            rows[-1]["output"] = layer.output.shape[1:]
            rows[-1]["parameters"] += layer.count_params()
    for row in rows:
        row["techniques"] = ", ".join(row["techniques"])
        row["output"] = " x ".join(map(str, row["output"]))
    return pd.DataFrame(rows).set_index("layer")


_DESCRIPTIONS = {
    "Conv2D": lambda layer: "{} x {} convolution".format(*layer.kernel_size),
    "MaxPooling2D": lambda layer: "{} x {} max-pool".format(*layer.pool_size),
    "ShiftedReLU": lambda layer: "ReLU",
    "LocalResponseNormalization": lambda layer: "local response normalisation",
    "PositionDense": lambda layer: (
        f"6 fully connected of {layer.units}"
        + (" with ReLU" if layer.activation.__name__ == "relu" else "")
    ),
    "Dropout": lambda layer: f"dropout, keep {1 - layer.rate:g}",
}
"""What Table 5 says of a layer, by its class; the others do not count as work."""


def _plain(value) -> str:
    """Write a number, or several, as people do."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def result_table(
    scores: Mapping[str, Score], said: Mapping[str, float], settings: Settings
) -> pd.DataFrame:
    """Say what the report said of its networks, what that measures, and this run's.

    ``scores`` are on test images, by name of the network. ``said``, by the same names,
    are the report's accuracies, 0 to 1: whatever its text calls them, six-position
    averages. It may lack some.
    """
    rows = {
        name: {
            "the report said": f"{said[name]:.1%}" if name in said else "nothing",
            "its program measures": "six-position" if name in said else "",
            "this run, strict": str(score.strict),
            "this run, six-position": str(score.six_position),
            "on": f"{score.images:,} test images ({_source(settings)})",
        }
        for name, score in scores.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def letter_table(
    right: Mapping[str, np.ndarray], said: Mapping[str, float], settings: Settings
) -> pd.DataFrame:
    """Say what the report said of models for single letters, and this run's.

    ``right`` tells by name of the model whether it read each test letter, bool (N,);
    ``said`` are the report's accuracies, 0 to 1.
    """
    rows = {}
    for name, answers in right.items():
        rate = Rate(answers.mean(), *wilson_interval(answers.sum(), len(answers)))
        rows[name] = {
            "the report said": f"{said[name]:.1%}",
            "this run": str(rate),
            "on": f"{len(answers):,} test letters ({_source(settings)})",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _source(settings: Settings) -> str:
    return "drawn" if settings.is_drawn else settings.source

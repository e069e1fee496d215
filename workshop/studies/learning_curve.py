"""How the reader's errors fall as it learns from more real images.

The same network is trained on a part of one's own images, and on larger parts that
hold the smaller ones, from random weights or from those that drawn images taught it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    NullLocator,
    StrMethodFormatter,
)
from scipy.optimize import minimize

from helpers import paper
from helpers.accuracy import measure
from helpers.figures.style import styled
from helpers.reader import Reader
from helpers.reader.crops import crop_contexts
from helpers.reader.decoding import decode
from helpers.reader.evaluation import archive_numbers
from helpers.reader.networks import build_reader
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.devices import prepare_process
from workshop.making.training import Plan, train_reader
from workshop.making.tuning import TUNING, TuningOptions, copy_network, tuning_sources

SIZES = (250, 500, 1_000, 2_000, 4_434)
"""Images to learn from: up to all at hand."""

FRESH_PLAN = Plan(steps=4_000)
"""From random weights, which takes more steps than a tuning."""

KINDS = {True: "taught by drawn images first", False: "from random weights"}
"""What a curve is called, by whether its network was pretrained."""

RESAMPLES = 200
"""Of the bootstrap behind an interval."""


@dataclass(frozen=True)
class Images:
    """Contexts and labels to learn from, crops and labels to measure on."""

    train: Examples
    crops: np.ndarray
    labels: np.ndarray


def real_images(settings: Settings) -> Images:
    """The train and test archives of the data source, cropped."""
    train, _ = archive_numbers("train", settings)
    test, _ = archive_numbers("test", settings)
    examples = Examples(train.crops(crop_contexts), train.labels)
    return Images(examples, test.crops(), test.labels)


def learn(
    images: Images,
    settings: Settings,
    sizes: Iterable[int] = SIZES,
    seeds: Iterable[int] = (2016,),
    tuning: TuningOptions = TUNING,
    fresh: Plan = FRESH_PLAN,
) -> Iterator[dict]:
    """Train on each number of images in both ways, and measure each on all test images.

    What was stopped goes on from its last checkpoint, in the settings' folder of runs,
    and what is finished is not trained again. The part for a size is chosen by the
    seed and lies in that for every larger one; nothing is chosen by the test images.

    Yields
    ------
    dict
        ``images`` learned from, 0 for the shipped reader as it is; ``pretrained``;
        ``strict`` with the bounds of its Wilson interval, ``low`` and ``high``, 95 %;
        ``test_images``; ``steps`` and ``seed``.
    """
    prepare_process()
    shipped = Reader.pretrained()
    yield _row(shipped.network, images, 0, True, Plan(steps=0))
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(images.train))
        for size in sizes:
            if size > len(images.train):
                continue
            part = order[:size]
            mine = Examples(images.train.images[part], images.train.labels[part])
            for pretrained in (True, False):
                plan = replace(tuning.plan if pretrained else fresh, seed=seed)
                network = build_reader(seed=seed)
                sources = [(mine, 1.0)]
                if pretrained:
                    network = copy_network(shipped.network)
                    sources = tuning_sources(mine, settings, tuning)
                folder = _folder(settings, size, pretrained, plan)
                train_reader(network, sources, plan, folder)
                yield _row(network, images, size, pretrained, plan)


def _folder(settings: Settings, size: int, pretrained: bool, plan: Plan) -> Path:
    kind = "pretrained" if pretrained else "fresh"
    name = f"{size}_{kind}_{plan.steps}_steps_{plan.seed}"
    return settings.runs / "learning_curve" / name


def _row(network, images: Images, size: int, pretrained: bool, plan: Plan) -> dict:
    predicted, _ = decode(Reader(network, network, {}).logits_of_crops(images.crops))
    strict = measure(predicted, images.labels).strict
    return {
        "images": size,
        "pretrained": pretrained,
        "strict": strict.value,
        "low": strict.low,
        "high": strict.high,
        "test_images": len(images.labels),
        "steps": plan.steps,
        "seed": plan.seed,
    }


@dataclass(frozen=True)
class PowerLaw:
    """Errors by images learned from: floor + scale * images ** -exponent.

    Parameters
    ----------
    floor
        Share of errors that no number of images takes away.
    scale, exponent
        Of what falls: the exponent is its slope on a chart with two logarithmic axes.
    """

    floor: float
    scale: float
    exponent: float

    def __call__(self, images):
        """Share of errors after so many images."""
        errors = self.floor + self.scale * np.asarray(images, float) ** -self.exponent
        return np.minimum(errors, 1.0)

    def images_for(self, errors: float) -> float:
        """Images after which no more than a share of errors is left; inf for never."""
        left = errors - self.floor
        if left <= 0 or self.exponent <= 0:
            return math.inf
        return (self.scale / left) ** (1 / self.exponent)


def fit_power_law(images, errors, test_images, floor: bool = False) -> PowerLaw:
    """The power law under which as many errors as were counted are likeliest.

    Parameters
    ----------
    images
        Learned from, at least two different ones, each above 0.
    errors
        Share of the test images read wrongly, one for each.
    test_images
        How many these are, a number or one for each.
    floor
        Whether some errors may stay for ever; without, the law is a straight line on
        a chart with two logarithmic axes.
    """
    images, errors = np.asarray(images, float), np.asarray(errors, float)
    if len(np.unique(images)) < 2 or images.min() <= 0:
        raise ValueError(
            f"images are {images.tolist()}; expected two or more different numbers "
            "above 0, for a line through them."
        )
    level = np.log(np.clip(errors.mean(), 1e-3, 0.9))
    starts = [(level, 0.5, share) for share in ((0.1, 0.6) if floor else (0.0,))]
    return _likeliest(images, errors, test_images, floor, starts)


def _likeliest(images, errors, test_images, floor: bool, starts):
    """The likeliest law that is found from some starts."""
    wrong = errors * test_images
    right = test_images - wrong
    middle = np.exp(np.log(images).mean())

    def law(values) -> PowerLaw:
        # Errors at the middle of the images, where they hardly hang on the exponent.
        level, exponent, share = np.exp(values[0]), values[1], values[2]
        stays = share * level if floor else 0.0
        return PowerLaw(stays, (level - stays) * middle**exponent, exponent)

    def unlikely(values) -> float:
        said = np.clip(law(values)(images), 1e-6, 1 - 1e-6)
        return -float((wrong * np.log(said) + right * np.log(1 - said)).sum())

    bounds = ((-7, 0), (0, 3), (0, 0.95))
    found = [
        minimize(unlikely, start, method="L-BFGS-B", bounds=bounds) for start in starts
    ]
    return law(min(found, key=lambda one: one.fun).x)


def extrapolate(
    table: pd.DataFrame,
    images: float = paper.ALL_IMAGES,
    floor: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 2016,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a fitted power law says of other numbers of images, and how surely.

    By the bootstrap: errors are drawn anew as the fitted law makes them, binomially for
    the test images there are, and the law is fitted again. The interval holds what
    chance in the counting does; it cannot tell whether the law itself goes on.

    Parameters
    ----------
    table
        Rows of `learn` of one kind; those of 0 images are left out.
    images
        One number or several.
    floor
        See `fit_power_law`.

    Returns
    -------
    errors, low, high : numpy.ndarray
        Shares of errors, and the middle 95 % of them.
    """
    law, again = _laws(table, floor, resamples, seed)
    low, high = np.quantile([one(images) for one in again], (0.025, 0.975), axis=0)
    return law(images), low, high


def worth_of_drawing(
    table: pd.DataFrame, resamples: int = RESAMPLES, seed: int = 2016
) -> tuple[float, float, float]:
    """Real images that teach random weights as much as drawn images alone did.

    Where the law of the networks from random weights, errors falling for ever, comes
    down to the errors of the shipped reader.

    Parameters
    ----------
    table
        Rows of `learn` of both kinds, that of 0 images among them.

    Returns
    -------
    images, low, high : float
        And the middle 95 % of the bootstrap, see `extrapolate`.
    """
    drawn = 1 - table.loc[table["images"] == 0, "strict"].iloc[0]
    law, again = _laws(table[~table["pretrained"]], False, resamples, seed)
    low, high = np.quantile([one.images_for(drawn) for one in again], (0.025, 0.975))
    return law.images_for(drawn), float(low), float(high)


def _counts(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images learned from, errors and test images of the rows that learned any."""
    rows = table[table["images"] > 0]
    errors = 1 - rows["strict"]
    return tuple(
        part.to_numpy() for part in (rows["images"], errors, rows["test_images"])
    )


def _laws(table: pd.DataFrame, floor: bool, resamples: int, seed: int):
    """The law of some rows of `learn`, and those that other test images might give."""
    learned, errors, tests = _counts(table)
    law = fit_power_law(learned, errors, tests, floor)
    rng = np.random.default_rng(seed)
    drawn_anew = (rng.binomial(tests, law(learned)) / tests for _ in range(resamples))
    again = [fit_power_law(learned, errors, tests, floor) for errors in drawn_anew]
    return law, again


def extrapolation_table(
    table: pd.DataFrame, images: int = paper.ALL_IMAGES, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """What both curves suggest about ``images``, if errors fall for ever or to a floor.

    Returns
    -------
    pandas.DataFrame
        By kind and law: ``strict``, the accuracy suggested, and its ``low`` and
        ``high``, as `extrapolate` has them.
    """
    rows = {}
    for pretrained, name in KINDS.items():
        part = table[table["pretrained"] == pretrained]
        if part.loc[part["images"] > 0, "images"].nunique() < 2:
            continue
        for floor, law in ((False, "errors fall for ever"), (True, "to a floor")):
            errors, low, high = extrapolate(part, images, floor, resamples)
            rows[name, law] = {
                "strict": 1 - float(errors),
                "low": 1 - float(high),
                "high": 1 - float(low),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def findings(table: pd.DataFrame) -> str:
    """What the rows of `learn` come to, in a line each: both kinds, and drawing."""
    lines, most = [], table["images"].max()
    for pretrained, part in table.groupby("pretrained"):
        strict = part.loc[part["images"] == most, "strict"].mean()
        fall = 1 - 2 ** -fit_power_law(*_counts(part)).exponent
        lines.append(
            f"  {KINDS[pretrained]} {strict:.1%}; a doubling takes {fall:.0%} of errors"
        )
    worth, low, high = (
        f"{round(images, -2):,.0f}" for images in worth_of_drawing(table)
    )
    lines.append(f"  drawn images alone are worth {worth} of these ({low} to {high})")
    return "\n".join(lines)


@styled
def learning_curve_figure(
    table: pd.DataFrame, images: int = paper.ALL_IMAGES, resamples: int = RESAMPLES
) -> Figure:
    """Errors by images learned from, both axes logarithmic, with lines to ``images``.

    The bars are Wilson intervals, 95 %; the bands are the lines' own, see
    `extrapolate`. A dotted line is the reader that saw drawn images alone, open marks
    are published networks, which were measured on other images.

    Parameters
    ----------
    table
        Rows of `learn`.
    """
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="tight")
    for number, (pretrained, name) in enumerate(KINDS.items()):
        part = table[(table["pretrained"] == pretrained) & (table["images"] > 0)]
        colour = f"C{number}"
        errors = 1 - part["strict"]
        reach = [part["high"] - part["strict"], part["strict"] - part["low"]]
        axis.errorbar(
            part["images"],
            errors,
            yerr=np.maximum(reach, 0),
            fmt="o",
            color=colour,
            capsize=3,
            label=name,
        )
        if part["images"].nunique() > 1:
            places = np.geomspace(part["images"].min(), images, 60)
            line, low, high = extrapolate(part, places, resamples=resamples)
            axis.plot(places, line, color=colour)
            axis.fill_between(places, low, high, color=colour, alpha=0.2, lw=0)
    for _, row in table[table["images"] == 0].iterrows():
        axis.axhline(1 - row["strict"], color="C0", ls=":", label="drawn images alone")
    published = [1 - one.strict for one in paper.PUBLISHED]
    axis.plot(
        [paper.ALL_IMAGES] * len(published),
        published,
        "o",
        color="gray",
        mfc="none",
        label="published, other test images",
    )
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="real images learned from",
        ylabel="whole numbers wrong (strict)",
    )
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return figure

"""How the reader's errors fall as it learns from more real images.

The same network is trained on a part of one's own images, and on larger parts that
hold the smaller ones, from random weights or from those that drawn images taught it.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, StrMethodFormatter
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from helpers import paper
from helpers.accuracy import measure
from helpers.figures.style import styled
from helpers.reader import Reader
from helpers.reader.decoding import decode
from helpers.reader.evaluation import archive_numbers
from helpers.reader.networks import build_reader
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.devices import prepare_process
from workshop.making.contexts import crop_contexts
from workshop.making.training import Plan, train_reader
from workshop.making.tuning import TUNING, TuningOptions, copy_network, tuning_sources
from workshop.studies.charts import finish, reach

SIZES = (250, 500, 1_000, 2_000, 4_434)  # images to learn from: up to all at hand
RESAMPLES = 200  # of the bootstrap behind an interval
FRESH_PLAN = Plan(steps=4_000)  # random weights take more steps than a tuning

STARTS = {True: "fine-tuned", False: "from random weights"}
"""What a curve is called, by whether its network was pretrained."""


def real_images(settings: Settings) -> tuple[Examples, tuple]:
    """Cut the train archive's contexts; and the test archive's crops, with labels."""
    train, _ = archive_numbers("train", settings)
    test, _ = archive_numbers("test", settings)
    contexts = Examples(train.crops(crop_contexts), train.labels)
    return contexts, (test.crops(), test.labels)


def learn(
    train: Examples,
    test: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    sizes: Iterable[int] = SIZES,
    seeds: Iterable[int] = (2016,),
    tuning: TuningOptions = TUNING,
    fresh: Plan = FRESH_PLAN,
    build: Callable[..., keras.Model] = build_reader,
) -> Iterator[dict]:
    """Train on each number of contexts in both ways, and measure each on all of test.

    What was stopped goes on from its last checkpoint, in the settings' folder of runs,
    and what is finished is not trained again. The part for a size is chosen by the
    seed and lies in that for every larger one; nothing is chosen by the test images.
    ``build(seed=...)`` makes an untrained network.

    Rows have ``images`` learned from, 0 for the shipped reader as it is,
    ``pretrained``, ``strict`` with the bounds of its Wilson interval, ``low``
    and ``high``, 95 %, ``test_images``, ``steps`` and ``seed``.
    """
    prepare_process()
    shipped = Reader.pretrained().network
    yield _row(shipped, test, 0, True, Plan(steps=0))
    sizes = [size for size in sizes if size <= len(train)]
    for seed, size, pretrained in product(seeds, sizes, STARTS):
        part = np.random.default_rng(seed).permutation(len(train))[:size]
        mine = Examples(train.images[part], train.labels[part])
        if pretrained:
            network, plan, kind = copy_network(shipped), tuning.plan, "pretrained"
            sources = tuning_sources(mine, settings, tuning)
        else:
            network, plan, kind = build(seed=seed), fresh, "fresh"
            sources = [(mine, 1.0)]
        plan = replace(plan, seed=seed)
        name = f"{size}_{kind}_{plan.steps}_steps_{seed}"
        train_reader(network, sources, plan, settings.runs / "learning_curve" / name)
        yield _row(network, test, size, pretrained, plan)


def _row(network, test, size: int, pretrained: bool, plan: Plan) -> dict:
    crops, labels = test
    predicted, _ = decode(Reader(network, network, {}).logits_of_crops(crops))
    strict = measure(predicted, labels).strict
    return {
        "images": size,
        "pretrained": pretrained,
        "strict": strict.value,
        "low": strict.low,
        "high": strict.high,
        "test_images": len(labels),
        "steps": plan.steps,
        "seed": plan.seed,
    }


@dataclass(frozen=True)
class PowerLaw:
    """Errors by images learned from: floor + scale * images ** -exponent."""

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
    """Fit the power law under which as many errors as were counted are likeliest.

    ``errors`` are the share of the ``test_images`` read wrongly after so many
    ``images``. Without a ``floor``, to which errors may fall, the law is a straight
    line on a chart with two logarithmic axes.
    """
    images, errors = np.asarray(images, float), np.asarray(errors, float)
    if len(np.unique(images)) < 2 or images.min() <= 0:
        raise ValueError(
            f"images are {images.tolist()}; expected two or more different numbers "
            "above 0, for a line through them."
        )
    wrong = errors * test_images
    right = test_images - wrong
    middle = np.exp(np.log(images).mean())

    def law(values) -> PowerLaw:
        # Errors at the middle of the images, where they hardly hang on the exponent.
        level, exponent, share = np.exp(values[0]), values[1], values[2]
        stays = share * level if floor else 0.0
        return PowerLaw(stays, (level - stays) * middle**exponent, exponent)

    def unlikely(values) -> float:
        likely = np.clip(law(values)(images), 1e-6, 1 - 1e-6)
        return -float((wrong * np.log(likely) + right * np.log(1 - likely)).sum())

    level = np.log(np.clip(errors.mean(), 1e-3, 0.9))
    bounds = ((-7, 0), (0, 3), (0, 0.95))
    found = [
        minimize(unlikely, (level, 0.5, share), method="L-BFGS-B", bounds=bounds)
        for share in ((0.1, 0.6) if floor else (0.0,))
    ]
    return law(min(found, key=lambda one: one.fun).x)


@threadpool_limits.wrap(limits=1)  # threads slow tiny fits down, 20 times
def estimate(
    table: pd.DataFrame,
    quantity: Callable[[PowerLaw], float | np.ndarray],
    floor: bool = False,
    resamples: int = RESAMPLES,
) -> tuple:
    """Estimate a quantity of the law of some rows of `learn`, with 95 % bounds.

    By the parametric bootstrap: errors are drawn anew as the fitted law makes them,
    binomially for the test images there are. The bounds hold what chance in the
    counting does, and cannot tell whether the law itself goes on.
    """
    rows = table[table["images"] > 0]
    images, tests = rows["images"].to_numpy(), rows["test_images"].to_numpy()
    law = fit_power_law(images, 1 - rows["strict"].to_numpy(), tests, floor)
    rng = np.random.default_rng(2016)
    drawn = [rng.binomial(tests, law(images)) / tests for _ in range(resamples)]
    others = [fit_power_law(images, errors, tests, floor) for errors in drawn]
    low, high = np.quantile([quantity(one) for one in others], (0.025, 0.975), axis=0)
    return quantity(law), low, high


def extrapolation_table(
    table: pd.DataFrame, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """Carry both curves on to all of SVHN, if errors fall for ever or to a floor.

    By start and law: ``strict``, the accuracy suggested, with the bounds of its
    bootstrap interval, ``low`` and ``high``, 95 %.
    """

    def strict(law: PowerLaw) -> float:
        return 1 - float(law(paper.ALL_IMAGES))

    rows = {}
    for pretrained, name in STARTS.items():
        part = table[(table["pretrained"] == pretrained) & (table["images"] > 0)]
        if part["images"].nunique() < 2:
            continue
        for law, floor in (("errors fall for ever", False), ("to a floor", True)):
            bounds = estimate(part, strict, floor, resamples)
            rows[name, law] = dict(zip(("strict", "low", "high"), bounds, strict=True))
    return pd.DataFrame.from_dict(rows, orient="index")


def summary(table: pd.DataFrame, resamples: int = RESAMPLES) -> str:
    """Sum up the rows of `learn`, in a line each: both kinds, and drawing.

    Drawn images are worth as many real ones as take random weights to the errors of
    the shipped reader.
    """
    lines, most = [], table["images"].max()
    for pretrained, part in table.groupby("pretrained"):
        strict = part.loc[part["images"] == most, "strict"].mean()
        exponent, _, _ = estimate(part, lambda law: law.exponent, resamples=1)
        text = f"{strict:.1%}; a doubling takes {1 - 2**-exponent:.0%} of errors"
        lines.append(f"  {STARTS[pretrained]} {text}")
    shipped = 1 - table.loc[table["images"] == 0, "strict"].iloc[0]
    worth, low, high = (
        f"{round(images, -2):,.0f}"
        for images in estimate(
            table[~table["pretrained"]],
            lambda law: law.images_for(shipped),
            resamples=resamples,
        )
    )
    lines.append(f"  drawn images alone are worth {worth} of these ({low} to {high})")
    return "\n".join(lines)


@styled
def learning_curve_figure(table: pd.DataFrame, resamples: int = RESAMPLES) -> Figure:
    """Draw errors by images learned from, both axes logarithmic, on to all of SVHN.

    The bars are Wilson intervals, 95 %; the bands are the lines' own, see `estimate`.
    A dotted line is the reader that saw drawn images alone, open marks are published
    networks, which were measured on other images.
    """
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="tight")
    for number, (pretrained, name) in enumerate(STARTS.items()):
        part = table[(table["pretrained"] == pretrained) & (table["images"] > 0)]
        images, errors = part["images"], 1 - part["strict"]
        bounds = reach(errors, 1 - part["high"], 1 - part["low"])
        colour = f"C{number}"
        marks = {"fmt": "o", "capsize": 3, "color": colour, "label": name}
        axis.errorbar(images, errors, yerr=bounds, **marks)
        if images.nunique() > 1:
            places = np.geomspace(images.min(), paper.ALL_IMAGES, 60)
            line, low, high = estimate(
                part, lambda law, at=places: law(at), resamples=resamples
            )
            axis.plot(places, line, color=colour)
            axis.fill_between(places, low, high, alpha=0.2, lw=0, color=colour)
    for strict in table.loc[table["images"] == 0, "strict"]:
        axis.axhline(1 - strict, color="C0", ls=":", label="drawn images alone")
    published = [1 - strict for strict in paper.PUBLISHED.values()]
    marks = {"color": "gray", "mfc": "none", "label": "published, other test images"}
    axis.plot([paper.ALL_IMAGES] * len(published), published, "o", **marks)
    axis.set(xscale="log", xlabel="real images learned from")
    axis.set(yscale="log", ylabel="whole numbers wrong (strict)")
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    finish(axis, strict=False)
    return figure

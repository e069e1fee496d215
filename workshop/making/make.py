"""The shipped reader from nothing: drawn images, two networks, one file of weights."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from helpers.reader.crops import SIZE
from helpers.reader.networks import build_finder, build_reader
from helpers.reader.weights import SHIPPED, save_weights
from helpers.settings import Settings
from helpers.training.devices import prepare_process
from helpers.training.losses import cross_entropy
from workshop.making.calibration import calibrate, strict
from workshop.making.examples import KINDS, drawn_examples, drawn_kinds, drawn_sources
from workshop.making.training import Plan, train_finder, train_reader, truncated_loss
from workshop.making.widening import stretch_network

SQUARE = SIZE[1]
"""Width of the crops of most rounds, squeezed to a square: a step on the crops that the
reader sees takes half as long again."""

NOTES, SHARES = {"notes": 1 / 3}, {"notes": 1 / 4, "cast": 1 / 4}
"""Of notes and old plates among what is drawn: in the rounds for handwriting, and in
the last ones and a tuning."""


@dataclass(frozen=True)
class Round:
    """A round of the reader's learning."""

    plan: Plan  # its seed is added to the settings'
    loss: Callable = truncated_loss
    shares: Mapping[str, float] = field(default_factory=dict)  # see `drawn_sources`
    weight: float = 1.0  # of what the round ends with; the rest is what it began with
    width: int = SQUARE  # of the crops in pixels


ROUNDS = (
    Round(Plan(steps=10_000), cross_entropy),
    Round(Plan(steps=4_000, peak_rate=0.0008, seed=1)),
    Round(Plan(steps=10_000, peak_rate=0.0012, seed=2)),
    Round(Plan(steps=10_000, peak_rate=0.0012, seed=3), shares=NOTES, weight=2 / 3),
    Round(Plan(steps=10_000, peak_rate=0.0012, seed=4), shares=NOTES, weight=0.8),
    Round(Plan(steps=6_000, peak_rate=0.0012, seed=5), shares=SHARES, weight=2 / 3),
    Round(Plan(steps=8_000, peak_rate=0.0012, seed=6), shares=SHARES, width=SIZE[0]),
)
"""How the reader learns: about three hours and a third on two cores.

Later rounds have a lower rate (Loshchilov and Hutter 2017); what those for handwriting
and old plates bring is averaged with what was before (Wortsman et al. 2022)."""


FINDER_PLAN = Plan(steps=8_000, batch_size=48, interval=500)  # about 36 minutes


@dataclass(frozen=True)
class MakingOptions:
    """What the shipped reader is made of, and how its networks learn."""

    counts: Mapping[str, int] = field(  # drawn contexts to learn from, by kind
        default_factory=lambda: {"numbers": 120_000, "notes": 40_000, "cast": 40_000}
    )
    whole: int = 27_500  # drawn whole images to learn from
    held_out: int = 4_000  # drawn numbers for validation
    finder_plan: Plan = FINDER_PLAN
    rounds: tuple[Round, ...] = ROUNDS
    build_reader: Callable[..., keras.Model] = build_reader
    build_finder: Callable[..., keras.Model] = build_finder
    shard: int | None = None  # drawn examples in a file, by default those of their kind


MAKING = MakingOptions()


def make_reader(
    settings: Settings, path: Path | str = SHIPPED, options: MakingOptions = MAKING
) -> dict:
    """Draw images, train both networks on them, and write the weights; give metadata.

    Goes on from where a stopped call got to: drawn images lie in the settings'
    ``home``, checkpoints in ``runs_root``.
    """
    prepare_process()
    folder, runs = settings.home / "reader", settings.runs_root / "reader"
    seed, shard = settings.seed, options.shard
    finder = options.build_finder(seed=seed)
    whole = drawn_examples("whole", folder, options.whole, seed, shard)
    plan = replace(options.finder_plan, seed=seed)
    history = {"finder": train_finder(finder, *whole, plan, runs / "finder")}

    drawn = drawn_kinds(folder, options.counts, seed, shard)
    held_out = drawn_examples("numbers", folder, options.held_out, seed + 1, shard)
    reader = options.build_reader(size=(options.rounds[0].width, SIZE[1]), seed=seed)
    history["reader"] = []
    for number, part in enumerate(options.rounds, 1):
        if part.width != reader.input_shape[2]:
            reader = stretch_network(reader, part.width)
        before = reader.get_weights()
        history["reader"] += train_reader(
            reader,
            drawn_sources(drawn, part.shares),
            replace(part.plan, seed=seed + part.plan.seed),
            runs / f"reader_{number}",
            partial(strict, reader, *held_out),
            part.loss,
        )
        reader.set_weights(blend(before, reader.get_weights(), part.weight))

    count = options.held_out
    counts = dict(options.counts) | {"whole": options.whole}
    drawn_from = [f"{n:,} drawn {KINDS[kind].title}" for kind, n in counts.items()]
    changed = "each use of one changed at random; no photograph"
    metadata = {
        "made_by": "make reader",
        "trained_on": ", ".join([*drawn_from, changed]),
        **calibrate(reader, *held_out),
        "calibrated_on": f"{count:,} drawn numbers",
        "measured": {
            "drawn validation": {"images": count, "strict": strict(reader, *held_out)}
        },
        "rounds": [
            asdict(part) | {"loss": part.loss.__name__} for part in options.rounds
        ],
        "finder": asdict(options.finder_plan),
        "seed": seed,
        "history": history,
    }
    save_weights(path, {"reader": reader, "finder": finder}, metadata)
    return metadata


def blend(before: list, after: list, weight: float) -> list[np.ndarray]:
    """Arrays ``weight`` of the way from those before to those after."""
    return [
        (1 - weight) * old + weight * new
        for old, new in zip(before, after, strict=True)
    ]

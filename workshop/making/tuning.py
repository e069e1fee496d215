"""The shipped reader taught one's own images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import joblib
import keras
import numpy as np

from helpers.errors import InputError
from helpers.reader.evaluation import Numbers, archive_numbers
from helpers.reader.reader import Reader
from helpers.reader.weights import save_weights
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.devices import prepare_process
from workshop.making.calibration import calibrate, strict
from workshop.making.contexts import crop_contexts
from workshop.making.examples import drawn_kinds, drawn_sources
from workshop.making.make import SHARES
from workshop.making.training import Plan, train_reader

TUNING_PLAN = Plan(steps=1_200, peak_rate=0.0008)  # about 5 minutes on two cores


@dataclass(frozen=True)
class TuningOptions:
    """How the reader is taught one's own images."""

    plan: Plan = TUNING_PLAN
    real_share: float = 0.6  # one's own images in every batch; the rest is drawn
    drawn: int = 4_000  # examples of each drawn kind
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)  # of drawn ones
    validation_share: float = 0.15  # of one's own images, kept apart
    # Of 100 images 98 right leave 93 to 99.4 % (Wilson interval): a threshold set on
    # fewer would be chance, and that of the reader begun with is kept.
    min_calibration: int = 100
    shard: int | None = None  # drawn examples in a file, by default those of their kind


TUNING = TuningOptions()


def fine_tune(
    settings: Settings,
    path: Path | str,
    options: TuningOptions = TUNING,
    reader: Reader | None = None,
) -> dict:
    """Teach a reader the train archive of one's own data, and write it to ``path``.

    ``reader``, by default the shipped one, stays as it is. A part of the images, chosen
    by the seed, is kept apart: the result has the number of its ``images``, their
    strict accuracy ``before`` and ``after``, and what the confidence threshold was
    ``calibrated_on``. Drawn images go on being shown, so that nothing is forgotten.
    A stopped call goes on; other images or options have a run of their own.
    """
    prepare_process()
    numbers, _ = archive_numbers("train", settings)
    mine, apart = split_images(numbers, settings, options.validation_share)
    held_out = apart.images, apart.labels
    reader = reader or Reader.pretrained()
    scores = {"images": len(apart), "before": strict(reader.network, *held_out)}

    network = copy_network(reader.network)
    sources = tuning_sources(mine, settings, options)
    plan = replace(options.plan, seed=settings.seed)
    told = [data.metadata() | {"share": share} for data, share in sources]
    digest = joblib.hash([told, asdict(plan), network.get_weights()])
    folder = settings.runs / f"reader_tuned_{digest[:8]}"
    train_reader(network, sources, plan, folder, partial(strict, network, *held_out))
    scores["after"] = strict(network, *held_out)

    before = reader.metadata
    if len(apart) >= options.min_calibration:
        calibration = calibrate(network, *held_out)
        calibrated_on = f"{len(apart):,} images of {settings.source}"
    else:
        calibration = {key: before[key] for key in ("temperature", "sure_from")}
        calibrated_on = (
            f"{before.get('calibrated_on', 'drawn numbers')}, as before: "
            f"{len(apart)} images kept apart are fewer than {options.min_calibration}"
        )
    mine_are = f"{len(mine):,} images of {settings.source}"
    metadata = {
        "made_by": "python -m helpers tune",
        "trained_on": f"{before['trained_on']}; then {mine_are}",
        **calibration,
        "calibrated_on": calibrated_on,
        "measured": {f"validation of {settings.source}": scores},
        "seed": settings.seed,
    }
    save_weights(path, {"reader": network, "finder": reader.finder}, metadata)
    return scores | {"calibrated_on": calibrated_on}


def split_images(
    numbers: Numbers, settings: Settings, share: float
) -> tuple[Examples, Examples]:
    """Cut the contexts to learn from, and those of a ``share`` kept apart, by the seed.

    InputError tells of too few to keep any apart.
    """
    count = len(numbers)
    needed = next(n for n in range(2, 1_000) if 0 < round(share * n) < n)
    if count < needed:
        raise InputError(
            f"{settings.data}: its train archive holds {count} images with a number; "
            f"tuning needs {needed} or more, of which it keeps {share:.0%} apart to "
            "measure by. Add images to it, with their boxes in its digitStruct.mat."
        )
    order = np.random.default_rng(settings.seed).permutation(count)
    apart = np.isin(np.arange(count), order[: round(share * count)])
    contexts, labels = numbers.crops(crop_contexts), numbers.labels
    return tuple(Examples(contexts[rows], labels[rows]) for rows in (~apart, apart))


def copy_network(network: keras.Model) -> keras.Model:
    """A network of its own with the same weights."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def tuning_sources(
    mine: Examples, settings: Settings, options: TuningOptions = TUNING
) -> list[tuple[Examples, float]]:
    """One's own contexts after drawn ones, and the share of a batch from each."""
    counts = dict.fromkeys(("numbers", *options.shares), options.drawn)
    folder = settings.home / "reader"
    drawn = drawn_kinds(folder, counts, settings.seed, options.shard)
    share = options.real_share
    return [*drawn_sources(drawn, options.shares, 1 - share), (mine, share)]

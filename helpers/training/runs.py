"""Runs of the report's networks, kept by what they are made of and never made twice."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd
import tensorflow as tf

from helpers.accuracy import position_accuracy, sequence_accuracy
from helpers.datasets import prepare
from helpers.evaluation import evaluate, predict
from helpers.files import atomic_write
from helpers.networks import build_network, dense_kernels
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples, length_weights, stream
from helpers.training.devices import ONE_DEVICE, is_chief, prepare_process
from helpers.training.loop import Trainer
from helpers.training.losses import cross_entropy, l2_penalty
from helpers.training.progress import Progress

NETWORK, SUMMARY = "network.keras", "run.json"


MEASURES = {"strict": sequence_accuracy, "six_position": position_accuracy}


@dataclass(frozen=True)
class Run:
    """A training run as it stands.

    Its ``history`` has the rows of `Trainer.history`, with `MEASURES` on the validation
    images. No seconds include validation.
    """

    folder: Path
    recipe: Recipe
    network: keras.Model
    history: pd.DataFrame
    step: int
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether all of the recipe's steps are done."""
        return self.step == self.recipe.steps

    @property
    def steps_per_second(self) -> float:
        """Over all of the training."""
        return self.step / self.seconds if self.seconds else 0.0

    @property
    def scores(self) -> dict[str, float]:
        """The last row's measures; empty before the first validation."""
        others = ["step", "loss", "learning_rate", "seconds"]
        rows = self.history.drop(columns=others).tail(1).to_dict("records")
        return rows[0] if rows else {}


def number_data(settings: Settings) -> dict[str, Examples]:
    """``"train"``, ``"validation"`` and ``"test"``, prepared on first use."""
    splits = prepare(settings).splits().items()
    return {name: Examples(split.images, split.labels) for name, split in splits}


def run_name(recipe: Recipe, data: Mapping[str, Examples]) -> str:
    """A folder name that tells a recipe and its data from every other.

    It begins with the number of layers and of steps, for people, and ends with a
    digest of everything the run depends on.
    """
    metadata = {name: data[name].metadata() for name in ("train", "validation")}
    made_of = json.dumps(["numbers", recipe.metadata(), metadata], sort_keys=True)
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:8]
    return f"numbers_{recipe.layers}_layers_{recipe.steps}_steps_{digest}"


def run(
    recipe: Recipe,
    data: Mapping[str, Examples],
    settings: Settings,
    progress: Progress | None = None,
) -> Run:
    """Train by ``recipe``, or pick up the run that was made so before; see `train`."""
    folder = settings.runs / run_name(recipe, data)
    return train(recipe, data, folder, progress)


def train(
    recipe: Recipe,
    data: Mapping[str, Examples],
    folder: Path | str,
    progress: Progress | None = None,
    strategy: tf.distribute.Strategy = ONE_DEVICE,
    shares: int | None = None,
) -> Run:
    """Train a network, going on from where an earlier call in ``folder`` got to.

    ``data`` has the examples ``"train"`` and ``"validation"``; ``progress`` shows the
    run and can stop it. The loss is `cross_entropy` and `l2_penalty` of the dense
    kernels (report, Table 3). A finished run is read and returned at once; one that is
    stopped is returned as it stands. ``folder`` then holds ``network.keras`` and
    ``run.json`` besides what the loop keeps.

    Raises ValueError where images or labels do not fit the network, CheckpointError
    where the folder's checkpoint is damaged or of another run, and as `Trainer.fit`.
    """
    prepare_process()
    folder = Path(folder)
    training, validation = data["train"], data["validation"]
    with strategy.scope():
        network = build_network(**vars(recipe))
        optimizer = _optimizer(recipe)
        optimizer.build(network.trainable_variables)
    for name in ("train", "validation"):
        _check_fit(network, data[name], name)
    kernels = [kernel.value for kernel in dense_kernels(network)]

    def batches(first_step: int) -> tf.data.Dataset:
        return stream(
            training,
            recipe.batch_size,
            seed=recipe.seed,
            first_step=first_step,
            distortion=recipe.distortion,
            weights=length_weights(training.labels, recipe.length_shares),
        )

    def measure() -> dict[str, float]:
        answers = predict(network, validation.images)
        return {name: one(answers, validation.labels) for name, one in MEASURES.items()}

    trainer = Trainer(
        network=network,
        optimizer=optimizer,
        loss=cross_entropy,
        batches=batches,
        folder=folder,
        identity={
            "task": "numbers",
            "recipe": recipe.metadata(),
            "data": {"train": training.metadata(), "validation": validation.metadata()},
        },
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        interval=recipe.validation_interval,
        learning_rate=recipe.learning_rate,
        measure=measure,
        penalty=lambda: l2_penalty(kernels, recipe.l2_beta, recipe.l2_rows),
        strategy=strategy,
        shares=shares,
    )
    trainer.restore()
    if not trainer.finished:
        (folder / SUMMARY).unlink(missing_ok=True)
    trainer.fit(progress)
    columns = ["step", "loss", "learning_rate", *MEASURES, "seconds"]
    history = pd.DataFrame(trainer.history, columns=columns)
    made = Run(folder, recipe, network, history, trainer.step, trainer.seconds)
    if is_chief(strategy) and not (folder / SUMMARY).is_file():
        _export(made, trainer.identity)
    return made


def score_table(runs: Mapping[str, Run], examples: Examples) -> pd.DataFrame:
    """A row per run, by its name, of all measures on the same numbers, strict first.

    ``low`` and ``high`` are the bounds of the interval of ``strict``.
    """
    rows = {}
    for name, made in runs.items():
        score = evaluate(made.network, examples.images, examples.labels)
        low, high = score.strict.low, score.strict.high
        rows[name] = score.values() | {"low": low, "high": high}
    columns = ["images", "strict", "low", "high", "six_position", "digit", "length"]
    return pd.DataFrame.from_dict(rows, orient="index")[columns]


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    momentum = {"momentum": recipe.momentum} if recipe.momentum else {}
    return type(keras.optimizers.get(recipe.optimizer))(
        keras.optimizers.schedules.ExponentialDecay(
            recipe.initial_learning_rate, recipe.steps, recipe.decay_rate
        ),
        **momentum,
    )


def _check_fit(network: keras.Model, examples: Examples, name: str) -> None:
    """Refuse images of another size than the network's, or other labels."""
    side, (*positions, classes) = network.input_shape[1], network.output_shape[1:]
    width, shape = examples.images.shape[1], examples.labels.shape
    most = examples.labels.max()
    if width != side or list(shape[1:]) != positions or most >= classes:
        raise ValueError(
            f"{name} images are {width} pixels wide, labels {shape} up to {most}; "
            f"expected {side} pixels, the recipe's crop_size, and labels "
            f"{(len(examples), *positions)} up to {classes - 1}."
        )


def _export(run: Run, identity: dict) -> None:
    """Write the network for use elsewhere, then the run in a few numbers."""
    with atomic_write(run.folder / NETWORK) as temporary:
        run.network.save(temporary)
    summary = identity | {
        "finished": run.finished,
        "scores": run.scores,
        "steps_per_second": run.steps_per_second,
        "versions": {"python": platform.python_version()}
        | {package.__name__: package.__version__ for package in (tf, keras)},
    }
    with atomic_write(run.folder / SUMMARY) as temporary:
        temporary.write_text(json.dumps(summary, indent=2) + "\n")

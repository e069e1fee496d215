"""A search for better values than the report's Table 4, kept in a database.

Every trial trains a network that sees as many images as all others do, and is judged by
its strict accuracy on validation. Trials of several processes, or of several machines
that reach the same database, add up to one search, which can be stopped at any moment.
"""

import multiprocessing
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FixedTrial, TrialState
from tqdm import tqdm

from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.loop import TrainingDiverged
from helpers.training.progress import Progress
from helpers.training.runs import number_data, run, run_name

ROWS = 10
"""Validations in a trial, at each of which it can be given up."""

FIRST_RANDOM = 10
"""Trials whose values are drawn evenly, before what they found leads the others."""

HEARTBEAT = 60
"""Seconds between signs of life; a trial that misses two is another's to take up."""

SPACE = {
    "initial_learning_rate": FloatDistribution(0.005, 0.5, log=True),
    "decay_rate": FloatDistribution(0.01, 1.0, log=True),
    "keep_rate": FloatDistribution(0.5, 1.0),
    "l2_beta": FloatDistribution(1e-6, 1e-2, log=True),
    "lrn_alpha": FloatDistribution(1e-3, 1.0, log=True),
    "lrn_beta": FloatDistribution(0.25, 1.0),
    "patch_size": IntDistribution(3, 5),
    "batch_size": CategoricalDistribution((25, 50, 100, 200)),
    "depth_scale": CategoricalDistribution((0.5, 1.0, 1.5)),
    "width_scale": CategoricalDistribution((0.5, 1.0, 2.0)),
}
"""What is searched: Table 4, and factors of its convolutions' and layers' sizes."""

# The bar says what its lines would.
optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_study(
    base: Recipe, data: Mapping[str, Examples], storage: str, seed: int = 2016
) -> optuna.Study:
    """The search round a recipe on some images: what is in ``storage``, or a new one.

    A new one begins with the recipe's own values, so that its best is never worse.

    Parameters
    ----------
    base
        Where the search starts; ``steps`` times ``batch_size`` images are seen in
        every trial.
    data
        Examples by name: ``"train"`` and ``"validation"``.
    storage
        Address of a database: ``sqlite:///FILE``, or a server's for several machines.
    seed
        Start of the values drawn. In one process the same seed gives the same search;
        several depend on which of them is done first.
    """
    with _experimental_allowed():
        database = RDBStorage(
            storage,
            {"connect_args": {"timeout": 60}} if storage.startswith("sqlite") else None,
            heartbeat_interval=HEARTBEAT,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(
                inherit_intermediate_values=True
            ),
        )
    study = optuna.create_study(
        study_name=f"table_4_{run_name(base, data)}",
        storage=database,
        sampler=_SeededByTrial(seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
        direction="maximize",
        load_if_exists=True,
    )
    study.enqueue_trial(values_of(base), skip_if_exists=True)
    return study


def search(
    study: optuna.Study,
    base: Recipe,
    data: Mapping[str, Examples],
    settings: Settings,
    trials: int,
) -> optuna.Study:
    """Add trials until the study has ``trials`` that ended; see `open_study`.

    A trial that is clearly worse than most at the same point is given up. Ctrl-C
    stops: the same call then takes up the trial at hand where it was. Processes that
    search at once may together make a trial each too many.
    """

    def objective(trial: optuna.Trial) -> float:
        recipe = draw_recipe(trial, base)
        try:
            made = run(recipe, data, settings, progress=_TrialProgress(trial, recipe))
        except TrainingDiverged as error:
            trial.set_user_attr("ended", str(error))
            raise optuna.TrialPruned(str(error)) from error
        if not made.finished:
            study.enqueue_trial(trial.params)
            raise KeyboardInterrupt
        return made.scores["strict"]

    def note(study: optuna.Study, trial) -> None:
        bar.n = ended(study)
        if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            bar.set_postfix(best=f"{study.best_value:.1%}", refresh=False)
        bar.refresh()
        if bar.n >= trials:
            study.stop()

    before = ended(study)
    if before >= trials:
        return study
    with tqdm(total=trials, initial=before, desc="search", unit="trial") as bar:
        try:
            study.optimize(objective, callbacks=[note])
        except KeyboardInterrupt:
            print("Stopped: the same call goes on from here.")
    return study


def ended(study: optuna.Study) -> int:
    """How many trials were trained to their end, or given up."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=states))


def search_together(
    base: Recipe, settings: Settings, storage: str, trials: int, processes: int
) -> optuna.Study:
    """`search` in several processes at once, each with its images and its networks.

    Scripts that call this need the usual ``if __name__ == "__main__":``.

    Raises
    ------
    RuntimeError
        A process failed; what it said is above.
    """
    data = number_data(settings)
    study = open_study(base, data, storage, settings.seed)
    # Not forked: TensorFlow's threads would not live through that.
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_work, args=(base, settings, storage, trials))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:  # which reaches the workers too, and they stop in order
        for worker in workers:
            worker.join()
    failed = [worker.exitcode for worker in workers if worker.exitcode]
    if failed:
        raise RuntimeError(
            f"{len(failed)} of {processes} processes of the search failed (exit status "
            f"{failed[0]}); expected none. Their errors are above; the trials that "
            "ended are kept, and the same call goes on."
        )
    return study


def _work(base: Recipe, settings: Settings, storage: str, trials: int) -> None:
    data = number_data(settings)
    study = open_study(base, data, storage, settings.seed)
    search(study, base, data, settings, trials)


def draw_recipe(trial, base: Recipe) -> Recipe:
    """The recipe that a trial's values make of ``base``, for as many images seen."""
    values = {name: _suggest(trial, name, kind) for name, kind in SPACE.items()}
    depth, width = values.pop("depth_scale"), values.pop("width_scale")
    steps = max(1, base.steps * base.batch_size // values["batch_size"])
    return replace(
        base,
        **values,
        depths=tuple(round(depth * channels) for channels in base.depths),
        widths=tuple(round(width * units) for units in base.widths),
        steps=steps,
        validation_interval=-(-steps // ROWS),
    )


def values_of(recipe: Recipe) -> dict[str, float]:
    """The values in the space of the search that stand for a recipe itself."""
    scales = {"depth_scale": 1.0, "width_scale": 1.0}
    return {name: scales.get(name) or getattr(recipe, name) for name in SPACE}


def best_recipe(values: Mapping[str, float], base: Recipe) -> Recipe:
    """The recipe of a trial that ended, for as many images seen as by ``base``.

    Parameters
    ----------
    values
        A trial's ``params``, or the row of a `study_table`.
    base
        As in the search, or with more steps.
    """
    values = {
        name: type(before)(values[name]) for name, before in values_of(base).items()
    }
    return draw_recipe(FixedTrial(values), base)


def study_table(study: optuna.Study) -> pd.DataFrame:
    """A row for each trial so far, by its number.

    Returns
    -------
    pandas.DataFrame
        ``state``; ``strict``, the accuracy on validation at its end or, of a trial
        that was given up, at its last row; ``rows`` validated; ``seconds``; and its
        values.
    """
    rows = [
        {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            "strict": _strict(trial),
            "rows": len(trial.intermediate_values),
            "seconds": trial.duration.total_seconds() if trial.duration else np.nan,
            **{name: trial.params.get(name) for name in SPACE},
        }
        for trial in study.get_trials(deepcopy=False)
    ]
    columns = ["trial", "state", "strict", "rows", "seconds", *SPACE]
    return pd.DataFrame(rows, columns=columns).set_index("trial")


def study_of(table: pd.DataFrame) -> optuna.Study:
    """A study in memory of the trials in a `study_table` that were trained to the end.

    It serves Optuna's plots where a table is all that was kept.
    """
    study = optuna.create_study(direction="maximize")
    for _, row in table[table["state"] == "complete"].iterrows():
        values = {
            name: int(row[name]) if isinstance(kind, IntDistribution) else row[name]
            for name, kind in SPACE.items()
        }
        study.add_trial(
            optuna.trial.create_trial(
                params=values, distributions=SPACE, value=row["strict"]
            )
        )
    return study


def _strict(trial) -> float:
    if trial.state == TrialState.COMPLETE:
        return trial.value
    rows = trial.intermediate_values
    return rows[max(rows)] if rows else np.nan


def _suggest(trial, name: str, kind):
    if isinstance(kind, CategoricalDistribution):
        return trial.suggest_categorical(name, kind.choices)
    if isinstance(kind, IntDistribution):
        return trial.suggest_int(name, kind.low, kind.high)
    return trial.suggest_float(name, kind.low, kind.high, log=kind.log)


class _TrialProgress(Progress):
    """Tells the study of each row, and ends a trial that is worse than most."""

    def __init__(self, trial: optuna.Trial, recipe: Recipe):
        super().__init__()
        self.trial = trial
        self.recipe = recipe

    @contextmanager
    def shown(self, name, done, steps):
        yield

    def advance(self, count, loss, scores):
        pass

    def row(self, row):
        # Batches differ, and so do steps: a row stands for a share of the images seen.
        number = -(-row["step"] // self.recipe.validation_interval)
        self.trial.report(row["strict"], number)
        if row["step"] < self.recipe.steps and self.trial.should_prune():
            raise optuna.TrialPruned


class _SeededByTrial(BaseSampler):
    """Tree-structured Parzen estimators that draw by the seed and the trial's number.

    A study that is taken up again then goes on as it would have, where a sampler with
    a seed of its own would begin with the same values again.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.sampler = None

    def before_trial(self, study, trial):
        seed = int(np.random.default_rng([self.seed, trial.number]).integers(2**31))
        with _experimental_allowed():
            # The liar keeps processes from trying the same values at once.
            self.sampler = TPESampler(
                n_startup_trials=FIRST_RANDOM, constant_liar=True, seed=seed
            )

    def infer_relative_search_space(self, study, trial):
        return self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space):
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, param_name, param_distribution):
        return self.sampler.sample_independent(
            study, trial, param_name, param_distribution
        )


@contextmanager
def _experimental_allowed():
    """Optuna warns of parts that may yet change; the lock holds its version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield

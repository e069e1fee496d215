"""A search for better values than the report's Table 4, kept in a database.

Every trial trains a network that sees as many images as all others do, and is judged by
its strict accuracy on validation. Trials of several processes, or of several machines
that reach the same database, add up to one search, which can be stopped at any moment.
"""

import multiprocessing
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
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
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState
from tqdm import tqdm

from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.training.batches import Examples
from helpers.training.loop import TrainingDiverged
from helpers.training.progress import Progress
from helpers.training.runs import number_data, run, run_name

VALIDATIONS = 10  # in a trial, at each of which it can be pruned
STARTUP_TRIALS = 10  # drawn evenly, before what they found leads the others

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

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)

# The bar says what its lines would, and the lock holds what may yet change in Optuna.
optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def open_study(
    base: Recipe,
    data: Mapping[str, Examples],
    storage: str,
    seed: int = 2016,
    heartbeat: int = 60,
) -> optuna.Study:
    """Open the search round a recipe on some images, or begin it.

    A new one begins with the recipe's own values. In one process the same seed gives
    the same search. ``storage`` is a database, ``sqlite:///FILE`` or a server's. Trials
    that miss two signs of life, ``heartbeat`` seconds apart, are taken up anew.
    """
    retry = RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True)
    database = RDBStorage(
        storage,
        {"connect_args": {"timeout": 60}} if storage.startswith("sqlite") else None,
        heartbeat_interval=heartbeat,
        heartbeat_stale_trial_callback=retry,
    )
    study = optuna.create_study(
        study_name=f"table_4_{run_name(base, data)}",
        storage=database,
        sampler=_SamplerByTrial(seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
        direction="maximize",
        load_if_exists=True,
    )
    study.enqueue_trial(recipe_values(base), skip_if_exists=True)
    return study


def search(
    study: optuna.Study,
    base: Recipe,
    data: Mapping[str, Examples],
    settings: Settings,
    trials: int,
) -> optuna.Study:
    """Add trials until the study has ``trials`` that ended; see `open_study`.

    A trial worse than the median at the same point is pruned. Ctrl-C stops: the same
    call then takes up the trial at hand where it was. Processes that search at once may
    together make a trial each too many.
    """

    def objective(trial: optuna.Trial) -> float:
        recipe = trial_recipe(_draw_values(trial), base)
        try:
            made = run(recipe, data, settings, progress=_TrialProgress(trial, recipe))
        except TrainingDiverged as error:
            trial.set_user_attr("ended", str(error))
            raise optuna.TrialPruned(str(error)) from error
        if not made.finished:
            study.enqueue_trial(trial.params)
            raise KeyboardInterrupt
        return made.scores["strict"]

    done = count_ended(study)
    if done >= trials:
        return study
    with tqdm(total=trials, initial=done, desc="search", unit="trial") as bar:
        callbacks = [
            MaxTrialsCallback(trials, states=ENDED),
            lambda study, _: bar.update(count_ended(study) - bar.n),
        ]
        try:
            study.optimize(objective, callbacks=callbacks)
        except KeyboardInterrupt:
            print("Stopped: the same call goes on from here.")
    return study


def count_ended(study: optuna.Study) -> int:
    """Count the trials that were trained to their end, or pruned."""
    return len(study.get_trials(deepcopy=False, states=ENDED))


def search_together(
    base: Recipe, settings: Settings, storage: str, trials: int, processes: int
) -> optuna.Study:
    """`search` in several processes at once, each with its images and its networks.

    Scripts that call this need the usual ``if __name__ == "__main__":``. An error in a
    process is raised here; the trials that ended are kept, and the same call goes on.
    """
    study = open_study(base, number_data(settings), storage, settings.seed)
    # Not forked: TensorFlow's threads would not live through that.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        work = ([value] * processes for value in (base, settings, storage, trials))
        list(pool.map(_search_alone, *work))
    return study


def _search_alone(base: Recipe, settings: Settings, storage: str, trials: int) -> None:
    data = number_data(settings)
    study = open_study(base, data, storage, settings.seed)
    search(study, base, data, settings, trials)


def _draw_values(trial: optuna.Trial) -> dict[str, float]:
    values = {}
    for name, kind in SPACE.items():
        if isinstance(kind, CategoricalDistribution):
            values[name] = trial.suggest_categorical(name, kind.choices)
        elif isinstance(kind, IntDistribution):
            values[name] = trial.suggest_int(name, kind.low, kind.high)
        else:
            values[name] = trial.suggest_float(name, kind.low, kind.high, log=kind.log)
    return values


def recipe_values(recipe: Recipe) -> dict[str, float]:
    """Give the values in the space of the search that stand for a recipe itself."""
    scales = {"depth_scale": 1.0, "width_scale": 1.0}
    return {name: scales.get(name) or getattr(recipe, name) for name in SPACE}


def trial_recipe(values: Mapping[str, float], base: Recipe) -> Recipe:
    """Give the recipe of a trial's values, for as many images seen as by ``base``.

    The values are a trial's ``params`` or a row of a `study_table`.
    """
    own = recipe_values(base)
    values = {name: type(own[name])(values[name]) for name in SPACE}
    depth, width = values.pop("depth_scale"), values.pop("width_scale")
    steps = max(1, base.steps * base.batch_size // values["batch_size"])
    return replace(
        base,
        **values,
        depths=tuple(round(depth * channels) for channels in base.depths),
        widths=tuple(round(width * units) for units in base.widths),
        steps=steps,
        validation_interval=-(-steps // VALIDATIONS),
    )


def study_table(study: optuna.Study) -> pd.DataFrame:
    """List the trials so far, by number.

    ``strict`` is the accuracy on validation at the end or where a trial was pruned,
    ``rows`` are its validations.
    """
    rows = [
        {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            "strict": trial.value,
            "rows": len(trial.intermediate_values),
            "seconds": trial.duration.total_seconds() if trial.duration else np.nan,
            **trial.params,
        }
        for trial in study.get_trials(deepcopy=False)
    ]
    columns = ["trial", "state", "strict", "rows", "seconds", *SPACE]
    table = pd.DataFrame(rows, columns=columns).set_index("trial")
    return table.astype({"strict": float})


class _TrialProgress(Progress):
    """Reports each validation to the study, and ends a trial that is to be pruned."""

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


class _SamplerByTrial(TPESampler):
    """Tree-structured Parzen estimators, seeded anew by each trial's number.

    A study that is taken up again then goes on as it would have, where a sampler with
    one seed would begin with the same values again.
    """

    def __init__(self, seed: int, trial: int = 0):
        self.seed = seed
        seed = int(np.random.default_rng([seed, trial]).integers(2**31))
        # The liar keeps processes from trying the same values at once.
        super().__init__(n_startup_trials=STARTUP_TRIALS, constant_liar=True, seed=seed)

    def before_trial(self, study, trial):
        self.__init__(self.seed, trial.number)

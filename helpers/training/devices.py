"""What shares the work: threads of a CPU, every GPU of a machine, or several machines.

Each device of a strategy, a replica, holds the same weights and takes its part of a
step's images; the parts' gradients are added up before any weight changes. So a step is
what it is on one device, but for the order of its sums: the recipe's batch is that of
all replicas together, and its learning rate stays.
"""

import ctypes
import json
import os
import platform
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import joblib
import keras
import tensorflow as tf

ONE_DEVICE = tf.distribute.get_strategy()
"""What TensorFlow does unless told otherwise."""

# What TensorFlow raises in the other workers when one is gone.
_LOST_WORKER = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)

_M_TOP_PAD, HEAP_GROWTH = -2, 64 << 20
MOST_SHARES = 4  # of a batch of 100 images, more cost more than they gain


@cache
def prepare_process() -> None:
    """Set this process's threads and memory for the training of small networks.

    Call it right after the imports: TensorFlow fixes its threads with its first
    operation, and a warning says so, once. The operations of these networks are too
    small to share between threads: one thread each, and a share of the batch for each
    core, are faster. A heap of glibc that grows by more at a time keeps the buffers
    that every step makes and frees.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        warnings.warn(
            "TensorFlow had begun before prepare_process() was called: training is "
            "slower in this process. Call it right after the imports.",
            RuntimeWarning,
            stacklevel=2,
        )
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_TOP_PAD, HEAP_GROWTH)


def batch_shares() -> int:
    """Shares of a batch for the cores to work on side by side."""
    one_thread = tf.config.threading.get_intra_op_parallelism_threads() == 1
    if tf.config.list_physical_devices("GPU") or not one_thread:
        return 1
    return min(joblib.cpu_count(), MOST_SHARES)


def strategy_named(name: str | None) -> tf.distribute.Strategy:
    """How the work is shared out; ask before anything else of TensorFlow runs.

    "mirrored": over every GPU of this machine, or where it has none over its CPU
    devices. "multiworker": over the machines that ``TF_CONFIG`` names, on each of which
    the same command is given. None: one device.
    """
    if name == "mirrored":
        gpus = tf.config.list_logical_devices("GPU")
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if name == "multiworker":
        _check_cluster(os.environ.get("TF_CONFIG", ""))
        return tf.distribute.MultiWorkerMirroredStrategy()
    return ONE_DEVICE


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes files."""
    return strategy.extended.should_checkpoint


def gather_from_replicas(strategy: tf.distribute.Strategy, value: int) -> set[int]:
    """The values that the processes give, each its own; waits until all have."""
    if not _has_workers(strategy):
        return {value}
    return set(_gather(strategy, tf.constant(int(value))).numpy().tolist())


@contextmanager
def own_shares(network: keras.Model, shares: Sequence) -> Iterator[Sequence]:
    """Give this replica's part of a batch's ``shares``, inside a step.

    Dropout draws for each share as it would on one device, where one share's random
    numbers follow the other's: a replica skips those of the shares that are others'.
    """
    context = tf.distribute.get_replica_context()
    replica = int(tf.get_static_value(context.replica_id_in_sync_group))
    own = len(shares) // context.num_replicas_in_sync
    first = replica * own
    _skip_draws(network, first)
    yield shares[first : first + own]
    _skip_draws(network, len(shares) - first - own)


@contextmanager
def explain_lost_worker(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Raise a ConnectionError that says what to do when another worker is gone."""
    try:
        yield
    except _LOST_WORKER as error:
        if not _has_workers(strategy):
            raise
        raise ConnectionError(
            f"another worker no longer answers ({type(error).__name__}); expected all "
            "of TF_CONFIG to stay. Give the same command on every machine again: the "
            "run goes on from its last checkpoint."
        ) from error


def _has_workers(strategy: tf.distribute.Strategy) -> bool:
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


@tf.function(autograph=False)
def _gather(strategy: tf.distribute.Strategy, value: tf.Tensor) -> tf.Tensor:
    return strategy.gather(strategy.run(lambda: value[None]), axis=0)


def _skip_draws(network: keras.Model, count: int) -> None:
    """Let the network's random numbers go on by ``count`` calls."""
    if not count:
        return
    for variable in network.non_trainable_variables:
        if variable.name == "seed_generator_state":
            variable.value.assign_add(tf.cast([0, count], variable.dtype))


def _check_cluster(config: str) -> None:
    """Refuse a TF_CONFIG from which TensorFlow would make a lone or endless wait."""
    try:
        metadata = json.loads(config)
        cluster, task = metadata["cluster"], metadata["task"]
        cluster[task["type"]][int(task["index"])]
        fits = cluster.keys() <= {"chief", "worker"}
    except (ValueError, LookupError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ValueError(
            f"TF_CONFIG is {config!r}; expected every worker's address and port, and "
            'which of them this machine is: TF_CONFIG=\'{"cluster": {"worker": '
            '["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", '
            '"index": 0}}\''
        )

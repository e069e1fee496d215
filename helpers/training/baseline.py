"""Logistic regression on single letters: what a tool off the shelf reaches.

It is scikit-learn's, untuned, as in the report (section Benchmark): lbfgs, which stops
after 100 iterations whether it is done or not, and L2 of strength 1.
"""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from threadpoolctl import threadpool_limits

from helpers.accuracy import wilson_interval
from helpers.data.notmnist import LETTERS, Letters

SIZES = (50, 100, 500, 1_000, 5_000, 10_000, 20_000)
"""Numbers of training letters; the report used the last."""


def sizes_up_to(available: int) -> list[int]:
    """Those of `SIZES` that ``available`` letters allow, and then all of them."""
    last = min(available, SIZES[-1])
    return [size for size in SIZES if size < last] + [last]


def fit(letters: Letters) -> LogisticRegression:
    """Train on letters, with every setting left as scikit-learn has it.

    Its warning that it stopped early is not shown: `learning_curve` says it. It runs
    in one thread: its products are so thin that more mostly wait for each other.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression().fit(_rows(letters), letters.labels)


def predict(model: LogisticRegression, letters: Letters) -> np.ndarray:
    """The class that a model gives each letter: uint8 (N,), 0 to 9 for A to J."""
    return model.predict(_rows(letters))


def learning_curve(
    models: Mapping[int, LogisticRegression], train: Letters, test: Letters
) -> pd.DataFrame:
    """How accuracy grows with the number of training letters.

    ``models`` are by the number of letters, the first of ``train``, that each learned
    from. The table has a row for each: ``accuracy`` on the test letters with its 95 %
    interval ``low`` to ``high``, accuracy ``on_train`` letters, ``iterations``, and
    whether it ``converged`` in those allowed.
    """
    rows = []
    for size, model in models.items():
        right = predict(model, test) == test.labels
        low, high = wilson_interval(right.sum(), len(right))
        known = predict(model, train[:size]) == train.labels[:size]
        iterations = int(model.n_iter_.max())
        is_done = iterations < model.max_iter
        rows.append((size, right.mean(), low, high, known.mean(), iterations, is_done))
    columns = "letters accuracy low high on_train iterations converged"
    return pd.DataFrame(rows, columns=columns.split())


def confusion(labels: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """How many letters of each kind (rows) were taken for each (columns)."""
    counts = confusion_matrix(labels, predicted, labels=np.arange(len(LETTERS)))
    return pd.DataFrame(counts, list(LETTERS), list(LETTERS))


def _rows(letters: Letters) -> np.ndarray:
    """The pixels of each letter in a row: float32 (N, 784)."""
    return letters.pixels.reshape(len(letters), -1)

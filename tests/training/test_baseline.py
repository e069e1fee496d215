"""Logistic regression: how it is trained and what it answers."""

import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from helpers.data.notmnist import Letters, read_letters, split
from helpers.datasets import archive_folder
from helpers.settings import Settings
from helpers.training.baseline import (
    confusion,
    fit,
    learning_curve,
    predict,
    sizes_up_to,
)


def bars(count: int, noise: int, seed: int) -> Letters:
    """Letters whose class is the place of a white bar, under noise."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = rng.integers(0, noise, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 2] = 255
    return Letters(images, labels, np.array([f"{row}.png" for row in range(count)]))


TRAIN = bars(60, 128, 1)


@pytest.fixture(scope="module")
def model():
    return fit(TRAIN)


@pytest.mark.parametrize(
    ("available", "sizes"),
    [
        (20_000, [50, 100, 500, 1_000, 5_000, 10_000, 20_000]),
        (14_317, [50, 100, 500, 1_000, 5_000, 10_000, 14_317]),
        (30, [30]),
    ],
)
def test_sizes_end_at_what_is_there(available, sizes):
    assert sizes_up_to(available) == sizes


def test_learns_untuned_what_can_be_learnt(model):
    test = bars(40, 128, 2)
    assert predict(model, test).tolist() == test.labels.tolist()
    assert model.get_params() == type(model)().get_params()


def test_stopping_early_is_told_in_the_curve_and_no_warning(monkeypatch):
    hasty = partial(LogisticRegression, max_iter=3)
    monkeypatch.setattr("helpers.training.baseline.LogisticRegression", hasty)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = learning_curve({60: fit(TRAIN)}, TRAIN, TRAIN)
    assert curve["iterations"].tolist() == [3]
    assert not curve["converged"].any()


def test_curve_counts_right_answers(model):
    test = bars(40, 128, 2)
    test.labels[:10] = (test.labels[:10] + 1) % 10
    curve = learning_curve({10: fit(TRAIN[:10]), 60: model}, TRAIN, test)
    assert curve["letters"].tolist() == [10, 60]
    assert curve["accuracy"].iloc[1] == 0.75
    assert ((curve["low"] < curve["accuracy"]) & curve["converged"]).all()
    assert (curve["accuracy"] < curve["high"]).all()
    assert curve["on_train"].tolist() == [1, 1]


def test_confusion_has_letters_in_rows_and_answers_in_columns():
    counts = confusion(np.array([0, 0, 0, 8]), np.array([0, 0, 7, 9]))
    assert counts.loc["A", "A"] == 2
    assert counts.loc["A", "H"] == 1
    assert counts.loc["I", "J"] == 1
    assert counts.to_numpy().sum() == 4


def test_ten_thousand_real_letters_are_worth_the_reports_baseline(real_data, tmp_path):
    settings = Settings(data=str(real_data), home=tmp_path)
    large, _ = read_letters(archive_folder("notMNIST_large", settings))
    small, _ = read_letters(archive_folder("notMNIST_small", settings))
    model = fit(split(large, small, settings.seed)["train"][:10_000])
    assert np.mean(predict(model, small) == small.labels) >= 0.86

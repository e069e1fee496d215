"""The commands of long studies, on a few made-up images: which tables they keep."""

import importlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import reader_coverage
import study_command

from helpers.figures.errors import RIGHT
from helpers.reader import Reader
from helpers.reader.evaluation import archive_numbers
from workshop.studies.ablations import differences

TINY = "--layers 2 --crop-size 12 --widths 8 8 4 --steps 6"


@pytest.fixture
def command(few_settings):
    """Runs a command of tools/ and gives the tables it keeps, by name."""

    def run(words: str, crop_size: int = 12) -> dict[str, pd.DataFrame]:
        name, *words = words.split()
        settings = replace(few_settings, crop_size=crop_size)
        importlib.import_module(name).main(words, settings)
        tables = settings.kept_root.glob("*_svhn.csv")
        return {t.name.removesuffix("_svhn.csv"): pd.read_csv(t) for t in tables}

    return run


@pytest.mark.long
def test_optimizers_are_compared_at_their_own_rates(command):
    tables = command(f"comparisons optimizers {TINY} --seeds 1 2")
    assert tables.keys() == {"optimizers", "optimizers_rates"}
    tried = tables["optimizers_rates"]
    best = tried.groupby("recipe")["strict"].max()
    used = tables["optimizers"].groupby("recipe")["learning_rate"].unique().explode()
    assert used.index.is_unique
    for recipe, rate in used.items():
        at_rate = tried[tried["recipe"] == recipe].set_index("learning_rate")["strict"]
        assert at_rate[np.isclose(at_rate.index, rate)].item() == best[recipe]
    assert set(tables["optimizers"]["seed"]) == {1, 2}


@pytest.mark.long
def test_techniques_are_left_out_in_turn(command):
    small = "--crop-size 12 --patch-size 2 --steps 4"
    tables = command(f"comparisons techniques {small} --seeds 1 2")
    assert len(differences(tables["techniques"])) == 7


@pytest.mark.long
def test_lengths_have_five_digits(command):
    table = command(f"comparisons lengths {TINY} --seeds 1")["lengths"]
    test = table[table["part"] == "test"]
    assert test["recipe"].nunique() == 3
    assert test.loc[test["length"] == 5, "images"].tolist() == [300] * 3


def test_search_keeps_its_trials_and_measures_the_best_once(command):
    tables = command(f"search --trials 2 {TINY} --test")
    assert len(tables["search"]) == 2
    recipes = tables["search_test"].groupby("recipe")["seed"].nunique()
    assert recipes.to_dict() == {"Table 4": 3, "found by the search": 3}


def test_stopped_command_says_that_it_goes_on(monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit, match="the same command goes on from here"):
        study_command.run(stopped)


def test_long_runs_keep_a_curve_of_each_depth(command, few_settings):
    tables = command("long_runs --steps 4 --layers 1 2", crop_size=32)
    assert tables.keys() == {"figure_06_depth"}
    assert set(tables["figure_06_depth"]["layers"]) == {1, 2}
    assert (few_settings.kept_root / "figure_06_depth_svhn.png").is_file()


@pytest.fixture
def told(monkeypatch):
    """Reads every number as its label says, but for the first; finds nothing."""

    def read(reader, numbers, find):
        answers = numbers.labels.copy()
        answers[: None if find else 1, 1] ^= 1
        return answers, np.full(len(answers), 0.0 if find else 0.9)

    monkeypatch.setattr(reader_coverage, "read_numbers", read)
    return SimpleNamespace(metadata={"sure_from": 0.8})


def test_every_answer_is_kept_with_its_box_and_without(few_settings, told):
    numbers, _ = archive_numbers("test", few_settings)
    given, found = reader_coverage.answers("drawn", told, numbers)
    assert set(given["box"]) == {"given"}
    assert set(found["box"]) == {"none"}
    assert (given["sure_from"] == 0.8).all()
    assert given["right"].tolist() == [0] + [1] * 10
    assert (given["kind"] == RIGHT).tolist() == [False] + [True] * 10
    assert (given["confidence"] == 0.9).all()
    assert not found[["right", "confidence"]].any(axis=None)


def test_tuned_reader_is_kept_beside_the_shipped_one(command, told, monkeypatch):
    monkeypatch.setattr(Reader, "pretrained", lambda: told)
    monkeypatch.setattr(Reader, "load", lambda path: told)
    table = command("reader_coverage --tuned mine.npz")["coverage"]
    assert table["trained_on"].nunique() == 2
    assert len(table) == 4 * 11


def test_search_that_is_stopped_measures_nothing_on_test(
    command, few_settings, monkeypatch
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("workshop.studies.search.run", stopped)
    with pytest.raises(KeyboardInterrupt):
        command(f"search --trials 2 {TINY} --test")
    kept = few_settings.kept_root.iterdir()
    assert [path.name for path in kept] == ["search_svhn.csv"]

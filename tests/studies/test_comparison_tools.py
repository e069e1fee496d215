"""The command lines of the search and the comparisons, on a few made-up images."""

import importlib.util

import pandas as pd
import pytest

from helpers.settings import ROOT, Settings
from workshop.studies.ablations import REFERENCE, differences
from workshop.studies.search import study_of

TINY = "--layers 2 --crop-size 12 --widths 8 8 4 --steps 6"


@pytest.fixture
def command(few_numbers, tmp_path, monkeypatch):
    """Runs a tool as the shell would and gives the tables it keeps, by name."""
    settings = Settings(
        data=str(few_numbers),
        crop_size=12,
        home=tmp_path / "home",
        kept_root=tmp_path / "kept",
        runs_root=tmp_path / "runs",
    )

    def run(words: str) -> dict[str, pd.DataFrame]:
        tool, *words = words.split()
        path = ROOT / "tools" / f"{tool}.py"
        spec = importlib.util.spec_from_file_location(f"tool_{tool}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(
            module.Settings, "from_environment", classmethod(lambda cls: settings)
        )
        monkeypatch.setattr("sys.argv", [str(path), *words])
        module.main()
        tables = (tmp_path / "kept").glob("*_svhn.csv")
        return {t.name.removesuffix("_svhn.csv"): pd.read_csv(t) for t in tables}

    return run


@pytest.mark.long
def test_optimizers_are_compared_at_their_own_rates(command):
    tables = command(f"comparisons optimizers {TINY} --seeds 1 2")
    assert tables.keys() == {"optimizers", "optimizers_rates"}
    tried = tables["optimizers_rates"]
    best = tried.loc[tried.groupby("recipe")["strict"].idxmax()].set_index("recipe")
    used = tables["optimizers"].groupby("recipe")["learning_rate"].unique()
    assert used.map(len).eq(1).all()
    for recipe, strict in best["strict"].items():
        at_rate = tried[
            (tried["recipe"] == recipe)
            & (tried["learning_rate"].sub(used[recipe][0]).abs() < 1e-9)
        ]
        assert at_rate["strict"].item() == strict
    assert set(tables["optimizers"]["seed"]) == {1, 2}


@pytest.mark.long
def test_techniques_are_left_out_in_turn(command):
    small = "--crop-size 12 --patch-size 2 --steps 4"
    tables = command(f"comparisons techniques {small} --seeds 1 2")
    assert len(differences(tables["techniques"], REFERENCE)) == 7


@pytest.mark.long
def test_lengths_have_five_digits(command):
    table = command(f"comparisons lengths {TINY} --seeds 1")["lengths"]
    test = table[table["part"] == "test"]
    assert test["recipe"].nunique() == 3
    assert test.loc[test["length"] == 5, "images"].tolist() == [300] * 3


def test_search_keeps_its_trials_and_measures_the_best_once(command):
    tables = command(f"search --trials 2 {TINY} --test")
    assert len(study_of(tables["search"]).trials) == 2
    recipes = tables["search_test"].groupby("recipe")["seed"].nunique()
    assert recipes.to_dict() == {"Table 4": 3, "found by the search": 3}


def test_search_that_is_stopped_measures_nothing_on_test(
    command, tmp_path, monkeypatch
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("workshop.studies.search.run", stopped)
    with pytest.raises(KeyboardInterrupt):
        command(f"search --trials 2 {TINY} --test")
    kept = (tmp_path / "kept").iterdir()
    assert [path.name for path in kept] == ["search_svhn.csv"]

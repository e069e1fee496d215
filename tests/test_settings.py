"""Settings: defaults, the environment over them, and errors that say what to do."""

from dataclasses import replace

import pytest

from helpers.errors import InputError
from helpers.settings import ROOT, Settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("DATA", "PROFILE", "MIRROR", "FIGURES"):
        monkeypatch.delenv(f"WORKBOOK_{name}", raising=False)


def test_environment_wins_over_defaults_and_options_over_both(monkeypatch):
    monkeypatch.setenv("WORKBOOK_PROFILE", "report")
    monkeypatch.setenv("WORKBOOK_DATA", "nowhere")
    settings = Settings.from_environment(
        {"data": "official"}, profile="quick", data="sample", seed=1
    )
    assert (settings.profile, settings.data, settings.seed) == ("report", "official", 1)


def test_mirrors_and_figures_are_set_by_the_environment(monkeypatch):
    mirrors = "http://one.example/svhn https://two.example"
    monkeypatch.setenv("WORKBOOK_MIRROR", mirrors)
    monkeypatch.setenv("WORKBOOK_FIGURES", "figures")
    monkeypatch.setenv("WORKBOOK_DATA", "")
    settings = Settings.from_environment()
    assert settings.data == "sample"
    assert settings.mirror == mirrors
    assert settings.figures == ROOT / "figures"


@pytest.mark.parametrize("kind", ["source_home", "figures", "runs"])
def test_two_folders_of_one_name_share_nothing(tmp_path, kind):
    found = {Settings(data=data) for data in ("sample", "official")}
    for parent in ("a", "b"):
        (tmp_path / parent / "my data").mkdir(parents=True)
        found.add(Settings(data=str(tmp_path / parent / "my data")))
    assert {settings.source for settings in found} == {"sample", "official", "my data"}
    assert len({getattr(settings, kind) for settings in found}) == 4


def test_relative_folder_starts_at_the_project():
    settings = Settings(data="helpers")
    assert settings.data_folder == ROOT / "helpers"
    assert settings.runs == replace(settings, data=str(ROOT / "helpers")).runs


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"profile": "fast"}, ["fast", "quick", "report", "WORKBOOK_PROFILE"]),
        ({"data": "nowhere"}, ["nowhere", "sample", "official", "WORKBOOK_DATA"]),
        ({"mirror": "http://a.b /disk"}, ["'/disk'", "https://", "WORKBOOK_MIRROR"]),
    ],
)
def test_error_says_what_was_given_and_what_to_do(values, words):
    with pytest.raises(InputError) as error:
        Settings(**values)
    assert all(word in str(error.value) for word in words)

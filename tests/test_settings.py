"""Settings: defaults, the environment over them, and errors that say what to do."""

import dataclasses

import pytest

from helpers.settings import ROOT, Settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    monkeypatch.delenv("WORKBOOK_DATA", raising=False)
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    monkeypatch.delenv("WORKBOOK_MIRROR", raising=False)


def test_default_is_the_quick_drawn_sample():
    settings = Settings()
    assert (settings.profile, settings.data, settings.is_drawn) == (
        "quick",
        "sample",
        True,
    )
    assert settings.figures == ROOT / "figures"


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().seed = 1


def test_environment_wins_over_values(monkeypatch):
    monkeypatch.setenv("WORKBOOK_PROFILE", "report")
    monkeypatch.setenv("WORKBOOK_DATA", "official")
    settings = Settings.from_environment(profile="quick", data="sample", seed=1)
    assert (settings.profile, settings.data, settings.seed) == ("report", "official", 1)


def test_mirrors_are_set_by_the_environment(monkeypatch):
    mirrors = "http://one.example/svhn https://two.example"
    monkeypatch.setenv("WORKBOOK_MIRROR", mirrors)
    assert Settings.from_environment().mirror == mirrors


def test_empty_variable_is_no_variable(monkeypatch):
    monkeypatch.setenv("WORKBOOK_DATA", "")
    assert Settings.from_environment().data == "sample"


def test_folder_is_a_source_with_figures_of_its_own(tmp_path):
    folder = tmp_path / "my archives"
    folder.mkdir()
    settings = Settings(data=str(folder))
    assert settings.source == "my archives"
    assert settings.figures == ROOT / "figures" / "my archives"


def test_relative_folder_starts_at_the_project():
    assert Settings(data="helpers").data_folder == ROOT / "helpers"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"profile": "fast"}, ["fast", "quick", "report", "WORKBOOK_PROFILE"]),
        ({"data": "nowhere"}, ["nowhere", "sample", "official", "WORKBOOK_DATA"]),
        ({"mirror": "http://a.b /disk"}, ["'/disk'", "https://", "WORKBOOK_MIRROR"]),
    ],
)
def test_error_says_what_was_given_and_what_to_do(values, words):
    with pytest.raises(ValueError) as error:
        Settings(**values)
    assert all(word in str(error.value) for word in words)


def test_description_is_plain_values():
    values = Settings().describe()
    assert set(values) == {field.name for field in dataclasses.fields(Settings)}
    assert all(isinstance(value, (int, float, str)) for value in values.values())

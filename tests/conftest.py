"""What the tests share: the real images, where there are any, and a made-up few."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from builders import write_numbers

from helpers.settings import ROOT, Settings


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that WORKBOOK_REAL_DATA names; without it the test is skipped."""
    value = os.environ.get("WORKBOOK_REAL_DATA")
    if not value:
        pytest.skip("needs real images: set WORKBOOK_REAL_DATA to their folder")
    folder = (ROOT / value).resolve()
    assert folder.is_dir(), f"WORKBOOK_REAL_DATA is {value!r}, which is no folder"
    return folder


@pytest.fixture(autouse=True)
def close_figures():
    """Close the figures of a test, if anything in it has loaded what makes them."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def few_numbers(tmp_path) -> Path:
    """A folder of train/ and test/, 60 and 12 images of two digits, one file empty."""
    write_numbers(tmp_path / "few" / "train", 60, seed=0)
    write_numbers(tmp_path / "few" / "test", 12, seed=1)
    (tmp_path / "few" / "test" / "3.png").write_bytes(b"")
    return tmp_path / "few"


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Settings whose every folder is the test's own."""
    return Settings(
        home=tmp_path / "home",
        figures_root=tmp_path / "figures",
        kept_root=tmp_path / "kept",
        runs_root=tmp_path / "runs",
    )


@pytest.fixture
def few_settings(settings, few_numbers) -> Settings:
    """Those settings on the folder of few numbers."""
    return replace(settings, data=str(few_numbers))

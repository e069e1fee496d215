"""What the tests share: the real images, where there are any."""

import os
from pathlib import Path

import pytest

from helpers.settings import ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that WORKBOOK_REAL_DATA names; without it the test is skipped."""
    value = os.environ.get("WORKBOOK_REAL_DATA")
    if not value:
        pytest.skip("needs real images: set WORKBOOK_REAL_DATA to their folder")
    folder = (ROOT / value).resolve()
    assert folder.is_dir(), f"WORKBOOK_REAL_DATA is {value!r}, which is no folder"
    return folder

"""The check that opens each notebook: it warns, says the fix, and never stops."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from helpers.widgets import checks


@pytest.fixture
def said(capsys):
    """What the check prints about packages."""

    def said(*packages):
        checks.check_machine(*packages)
        return capsys.readouterr().out

    return said


def test_good_machine_is_all_ok(said, monkeypatch):
    monkeypatch.setattr(checks.os, "sysconf", lambda name: 2**20)
    lines = said("numpy", "pillow").splitlines()
    assert f"[OK]   numpy {version('numpy')}" in lines
    assert all(line.startswith("[OK]") for line in lines)


def test_missing_package_warns_with_the_fix(said):
    assert "[WARN] no-such-package is not installed: run" in said("no-such-package")


def test_version_out_of_range_warns_with_the_range(said, monkeypatch):
    monkeypatch.setattr(checks, "version", lambda package: "0.1")
    assert "[WARN] numpy 0.1; the notebooks were written for" in said("numpy")


@pytest.mark.parametrize(
    ("pages", "words"), [(2**16, "0.2 GiB of memory: close"), (None, "memory unknown")]
)
def test_little_or_unknown_memory_warns(said, monkeypatch, pages, words):
    def sysconf(name):
        if pages is None:
            raise ValueError(name)
        return 4096 if name == "SC_PAGE_SIZE" else pages

    monkeypatch.setattr(checks.os, "sysconf", sysconf)
    assert f"[WARN] {words}" in said()


@pytest.mark.parametrize(("found", "words"), [([], "no graphics"), ([1], "Tesla")])
def test_graphics_processor_is_named(said, monkeypatch, found, words):
    config = pytest.importorskip("tensorflow").config
    details = {"device_name": "Tesla"}
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: found)
    monkeypatch.setattr(config.experimental, "get_device_details", lambda _: details)
    assert words in said("tensorflow")


def test_tensorflow_starts_in_silence():
    program = (
        "import os; from helpers.widgets.checks import check_machine; "
        "check_machine('tensorflow'); os.write(2, b'afterwards')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert b"[OK]   tensorflow" in done.stdout
    assert done.stderr == b"afterwards"


def test_facts_that_do_not_hold_are_named(capsys):
    checks.check({"one is less than two": 1 < 2, "two is less than one": 2 < 1})
    found = capsys.readouterr().out.splitlines()
    assert found == ["checks: 1 of 2 hold", "does not hold: two is less than one"]

"""The check that opens each notebook: it warns, says the fix, and never stops."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from helpers.widgets import checks


def test_good_machine_is_all_ok(capsys, monkeypatch):
    monkeypatch.setattr(checks.os, "sysconf", lambda name: 2**20)
    checks.check_machine("numpy", "pillow")
    lines = capsys.readouterr().out.splitlines()
    assert f"[OK]   numpy {version('numpy')}" in lines
    assert all(line.startswith("[OK]") for line in lines)


def test_missing_package_warns_with_the_fix(capsys):
    checks.check_machine("no-such-package")
    assert "[WARN] no-such-package is not installed: run" in capsys.readouterr().out


def test_version_out_of_range_warns_with_the_range(capsys, monkeypatch):
    monkeypatch.setattr(checks, "version", lambda package: "0.1")
    checks.check_machine("numpy")
    assert "[WARN] numpy 0.1; the notebooks were written for" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pages", "words"), [(2**16, "0.2 GiB of memory: close"), (None, "memory unknown")]
)
def test_little_or_unknown_memory_warns(capsys, monkeypatch, pages, words):
    def sysconf(name):
        if pages is None:
            raise ValueError(name)
        return 4096 if name == "SC_PAGE_SIZE" else pages

    monkeypatch.setattr(checks.os, "sysconf", sysconf)
    checks.check_machine()
    assert f"[WARN] {words}" in capsys.readouterr().out


@pytest.mark.parametrize(("found", "words"), [([], "no graphics"), ([1], "Tesla")])
def test_graphics_processor_is_named(capsys, monkeypatch, found, words):
    import tensorflow as tf

    details = {"device_name": "Tesla"}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: found)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda device: details
    )
    checks.check_machine()
    assert words in capsys.readouterr().out


def test_tensorflow_starts_in_silence():
    program = (
        "import os; from helpers.widgets.checks import check_machine; "
        "check_machine('tensorflow'); os.write(2, b'afterwards')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert b"[OK]   tensorflow" in done.stdout
    assert done.stderr == b"afterwards"

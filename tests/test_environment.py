"""One list of packages: pyproject.toml, its lock, environment.yml and the imports."""

import ast
import sys
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.settings import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = {"jupyterlab", "nbconvert", "ipykernel"}  # not imported
LOCKED = [
    Requirement(line.split(" #")[0])
    for line in (ROOT / "requirements.lock").read_text().splitlines()
]


def named(requirements):
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_lock_holds_one_version_in_range_of_every_package_named(python):
    marker = {"python_version": python, "python_full_version": f"{python}.9"}
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for wanted in (Requirement(text) for group in groups for text in group):
        if wanted.marker and not wanted.marker.evaluate(marker):
            continue
        (pin,) = (
            pin
            for locked in LOCKED
            if named([locked]) == named([wanted])
            if not locked.marker or locked.marker.evaluate(marker)
            for pin in locked.specifier
        )
        assert pin.operator == "=="
        assert wanted.specifier.contains(pin.version), f"{wanted}: {pin.version}"


def test_environment_installs_the_lock_and_the_project():
    text = (ROOT / "environment.yml").read_text()
    python, *others = yaml.safe_load(text)["dependencies"]
    assert others == ["pip", {"pip": ["-r requirements.lock", "-e ."]}]
    expected = Requirement(f"python{PROJECT['requires-python']}")
    assert Requirement(python).specifier == expected.specifier


def imported():
    """Yield the name of every module that the code imports."""
    for path in (*ROOT.glob("helpers/**/*.py"), *ROOT.glob("workshop/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                yield node.module
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)


def test_packages_named_are_those_imported():
    modules = {name.partition(".")[0] for name in imported()}
    others = modules - {"helpers", "workshop"} - sys.stdlib_module_names
    packages = packages_distributions()
    found = {canonicalize_name(packages[module][0]) for module in others}
    assert found | RUN == named(map(Requirement, PROJECT["dependencies"]))

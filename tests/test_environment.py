"""One list of packages: pyproject.toml, its lock and environment.yml in step."""

import re
import sys

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.settings import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


@pytest.fixture(scope="module")
def locked():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [Requirement(line.split(" #")[0]) for line in lines]


def named(project):
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def wanted(requirements, marker):
    return [r for r in requirements if not r.marker or r.marker.evaluate(marker)]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_lock_holds_one_version_in_range_of_every_package_named(
    project, locked, python
):
    marker = {"python_version": python, "python_full_version": f"{python}.9"}
    versions = {}
    for requirement in wanted(locked, marker):
        pins = versions.setdefault(canonicalize_name(requirement.name), [])
        pins += [pin.version for pin in requirement.specifier]
    for requirement in wanted(named(project), marker):
        pins = versions.get(canonicalize_name(requirement.name), [])
        assert len(pins) == 1, f"{requirement.name}: {pins} in the lock"
        assert requirement.specifier.contains(pins[0]), (
            f"{requirement.name}: {pins[0]} is locked, {requirement.specifier} is named"
        )


def test_lock_pins_exactly(locked):
    for requirement in locked:
        assert [pin.operator for pin in requirement.specifier] == ["=="], requirement


def test_environment_installs_the_lock_and_the_project(environment):
    pip = environment["dependencies"][-1]["pip"]
    assert pip == ["-r requirements.lock", "-e ."]


def test_environment_takes_the_pythons_of_the_project(project, environment):
    python = Requirement(environment["dependencies"][0])
    assert python.name == "python"
    assert str(python.specifier) == str(
        Requirement(f"python{project['requires-python']}").specifier
    )


def test_environment_names_no_package_a_second_time(project, environment):
    conda = [Requirement(d).name for d in environment["dependencies"][:-1]]
    assert set(conda) == {"python", "pip"}
    assert not {r.name for r in named(project)} & set(conda)


def test_environment_explains_every_line():
    for line in (ROOT / "environment.yml").read_text().splitlines():
        assert re.search(r"\S\s+# \S", line), f"no comment: {line}"

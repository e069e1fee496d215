"""The list of bad inputs is what their tests say, row for row."""

import importlib.util

import pytest

from helpers.settings import ROOT

REPORT = """
<testsuites><testsuite>
<testcase><properties>
<property name="bad input" value="image&#9;a page&#9;listed&#9;not an image"/>
</properties></testcase>
<testcase><properties>
<property name="seconds" value="3"/>
<property name="bad input" value="archive&#9;a|b&#9;error&#9;damaged"/>
<property name="bad input" value="image&#9;a pipe&#9;listed&#9;no file"/>
</properties></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def tool():
    path = ROOT / "tools" / "bad_inputs.py"
    spec = importlib.util.spec_from_file_location("tool_bad_inputs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_list_has_a_row_for_each_input_and_counts_what_they_get(tool, tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    lines = tool.as_markdown(tool.bad_inputs(tmp_path / "report.xml")).splitlines()
    assert lines[0] == "# 3 bad inputs: 2 listed, 1 error"
    assert lines[-3:] == [
        "| image | a page | listed | not an image |",
        "| archive | a\\|b | error | damaged |",
        "| image | a pipe | listed | no file |",
    ]

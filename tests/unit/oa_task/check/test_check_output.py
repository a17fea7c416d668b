"""What `check` prints: lines for people and editors, JSON lines, workflow commands of GitHub."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.definition_check.findings import LintFinding, Severity
from oa_shared.json_positions import TextPosition
from oa_task.check.definition import check_text
from oa_task.check.github_commands import github_command
from oa_task.check.located import LocatedFinding, locate_findings
from oa_task.main import main

TEXT = """{
  "schema": 2,
  "coverage": {},
  "layers": {"addresses": [
    {"name": "city", "protocol": "http", "data": "http://example.org/a.csv",
     "conform": {"format": "csv", "lon": "x", "lat": "y",
                 "number": "",
                 "street": {"function": "regexp", "field": "s", "pattern": "("}}}
  ]}
}
"""
_ORDER = ["error", "warning", "hint"]


def check(path: Path, *options: str) -> Any:
    return CliRunner().invoke(main, ["check", str(path), *options])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.json"
    path.write_text(TEXT)
    return path


def test_text_has_one_line_for_each_finding_errors_first(path: Path) -> None:
    lines = [line for line in check(path).output.splitlines() if line.startswith(str(path))]
    matches = [
        re.fullmatch(rf"{re.escape(str(path))}:(\d+):(\d+): (error|warning|hint): .+ \([\w.]+\)", x) for x in lines
    ]
    found = [(match[3], int(match[1]), int(match[2])) for match in matches if match]
    assert len(found) == len(lines) == 5
    assert [item[0] for item in found] == sorted((item[0] for item in found), key=_ORDER.index)
    assert found[0] == ("error", 8, 65)
    assert ("warning", 3, 3) in found
    assert ("warning", 7, 18) in found


def test_errors_of_all_definitions_come_before_warnings(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(TEXT.replace('"pattern": "("', '"pattern": "(.)"'))
    (tmp_path / "2.json").write_text(TEXT)
    output = check(tmp_path).output
    assert output.index("2.json:8:65: error") < output.index("1.json:3:3: warning")


def test_text_ends_with_totals_and_the_next_step(path: Path) -> None:
    failed = check(path).output.splitlines()
    path.write_text(TEXT.replace('"pattern": "("', '"pattern": "(.)"'))
    passed = check(path).output.splitlines()
    assert failed[-2].startswith("1 definition checked: 1 error, ")
    assert failed[-1].startswith("Next: ")
    assert "oa try" in passed[-1]


def test_json_has_line_and_column(path: Path) -> None:
    lines = [json.loads(line) for line in check(path, "--json").output.splitlines()]
    assert lines == [json.loads(line) for line in check(path, "--format", "json").output.splitlines()]
    assert (lines[0]["line"], lines[0]["column"]) == (8, 65)
    assert set(lines[0]) == {"source", "line", "column", "severity", "pointer", "code", "message"}


def test_github_has_a_workflow_command_for_each_finding(path: Path) -> None:
    done = check(path, "--format", "github")
    lines = done.output.splitlines()
    assert done.exit_code == 10
    assert len(lines) == 5
    assert lines[0].startswith(f"::error file={path},line=8,col=65,title=source.regexp::")
    assert {line.split(" ")[0] for line in lines} == {"::error", "::warning", "::notice"}


def test_github_command_is_escaped_as_github_requires() -> None:
    finding = LintFinding(Severity.HINT, "", "a,b:c", "50%: one,\r\ntwo")
    command = github_command(LocatedFinding("a:b,c%.json", TextPosition(3, 4), finding, finding.message))
    assert command == "::notice file=a%3Ab%2Cc%25.json,line=3,col=4,title=a%2Cb%3Ac::50%25: one,%0D%0Atwo"


@given(st.text(), st.text())
def test_github_command_of_any_text_is_one_command_that_reads_back(source: str, message: str) -> None:
    finding = LintFinding(Severity.ERROR, "", "code", message)
    command = github_command(LocatedFinding(source, TextPosition(1, 2), finding, finding.message))
    properties, _, data = command.removeprefix("::error ").partition("::")
    assert not {"\r", "\n"} & {*command}
    assert _unescape(data) == message
    assert _unescape(properties.split(",")[0].removeprefix("file=")) == source


def test_text_that_is_not_json_is_located_at_its_fault() -> None:
    text = '{\n "schema": 2,\n ,}'
    (found,) = locate_findings("a", text, check_text(text))
    assert found.position == TextPosition(3, 2)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_document_is_located(document: Any) -> None:
    text = json.dumps(document)
    assert all(item.position.line == 1 for item in locate_findings("a", text, check_text(text)))


def test_file_that_is_not_utf8_is_a_finding(path: Path) -> None:
    path.write_bytes(b'{"schema": "\xff"}')
    done = check(path, "--data")
    assert done.exit_code == 10
    assert "byte 12 is not UTF-8" in done.output


def _unescape(text: str) -> str:
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_next_step_names_the_definition_and_works_as_printed(path: Path) -> None:
    path.write_text(TEXT.replace('"pattern": "("', '"pattern": "(.)"'))
    assert f"`oa check --data {path}`" in check(path).output
    (path.parent / "other.json").write_text(path.read_text())
    assert "`oa check --data FILE`" in check(path.parent).output


@pytest.mark.parametrize("variable", ["", "oa"])
def test_usage_names_the_program_that_was_typed(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OA_CALLED_AS", variable)
    result = CliRunner().invoke(main, ["check", "--unknown"], prog_name="oa-task")
    assert f"Try '{variable or 'oa-task'} check --help'" in result.output

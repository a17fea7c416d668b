"""Findings as workflow commands of GitHub Actions, which shows them next to the lines of a pull request.

Source of the form: "Workflow commands for GitHub Actions" in the documentation of GitHub.
"""

from oa_shared.definition_check.findings import Severity
from oa_task.check.located import LocatedFinding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
# The percent sign first: the others become text that has one.
_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def github_command(item: LocatedFinding) -> str:
    """Return the line by which a step of a workflow reports a finding."""
    finding, position = item.finding, item.position
    properties = {
        "file": item.source,
        "line": str(position.line),
        "col": str(position.column),
        "title": finding.code,
    }
    listed = ",".join(f"{name}={_escape(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_escape(item.message, _DATA)}"


def _escape(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for character, code in table:
        text = text.replace(character, code)
    return text

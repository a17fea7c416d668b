"""Prints how many requests and commands of openaddresses/batch the tests of this folder found to work."""

import pytest

from oa_api.compatibility.table import RouteVerdict, count_verdicts, read_table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    terminalreporter.section("requests of openaddresses/batch (docs/moving.md)")
    counts = ", ".join(f"{count} {verdict}" for verdict, count in count_verdicts().items())
    rows = [row for row in read_table() for _ in row.commands]
    works = sum(row.verdict is RouteVerdict.COMPATIBLE for row in rows)
    terminalreporter.write_line(f"{counts}; commands of @openaddresses/lib: {works} of {len(rows)} work")

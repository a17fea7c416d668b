"""The tables of docs/operations.md list exactly the metrics and log events of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import REGISTRY

import oa_api.metrics
import oa_dispatcher.metrics
import oa_shared.metrics

ROOT = Path(__file__).parents[2]
SOURCES = ("shared/src", "services/api/src", "services/dispatcher/src", "services/task/src", "local/src", "tools")
LOGGERS = frozenset({"log", "bound_log"})
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
LOADED = (oa_api.metrics, oa_dispatcher.metrics, oa_shared.metrics)


def _table(title: str) -> list[list[str]]:
    """Return the first cells of a table, each as the names in backticks."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.partition(f"### {title}\n")[2].partition("\n#")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [re.findall(r"`([^`]+)`", cell) for cell in cells]


def _log_calls() -> Iterator[ast.Call]:
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_log(node.func):
                    yield node


def _is_log(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id in LOGGERS and function.attr in LEVELS


def test_every_log_event_is_a_constant_in_snake_case() -> None:
    for call in _log_calls():
        first = call.args[0]
        assert isinstance(first, ast.Constant), ast.unparse(call)
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", str(first.value)), ast.unparse(call)


def test_table_has_exactly_the_log_events() -> None:
    written = {str(call.args[0].value) for call in _log_calls() if isinstance(call.args[0], ast.Constant)}
    listed = [name for names in _table("Log events") for name in names]
    assert sorted(written) == sorted(listed), "docs/operations.md, Log events"


def test_table_has_exactly_the_metrics() -> None:
    assert all(LOADED)
    made = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
        if family.name.startswith("oa_")
    }
    listed = [names[0] for names in _table("Metrics")]
    assert sorted(made) == sorted(listed), "docs/operations.md, Metrics"

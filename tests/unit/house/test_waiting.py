"""Who waits for a service waits until it answers: a port accepts connections before, and a restart may follow."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from support.house_figures import ROOT, syntax_tree

# These ask whether a port is taken; `oa_local.process` defines the question.
_ABOUT_PORTS = {
    "local/src/oa_local/process.py",
    "local/src/oa_local/postgres.py",  # before it logs in
    "local/src/oa_local/ports.py",
    "tools/oa_tools/weekly/trial.py",
    "tests/unit/oa_local/test_readiness.py",
}
_HELPER = ROOT / "tests/support/programs.py"
_STARTS = re.compile(r"(subprocess\.Popen|asyncio\.create_subprocess_(exec|shell))\(")
_PORT_CALLS = {"accepts", "connect_ex"}
# It needs a day of about now, to which most rows belong.
_ABOUT_NOW = "tests/integration/test_query_plans.py"
_CLOCKS = {"datetime.now", "date.today", "time.time", "time.monotonic"}
# These answer for the page as it is, which may be on its way; `expect` waits.
_AT_ONCE = {"is_visible", "is_hidden"}


def _called_names(tree: ast.AST) -> set[str]:
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "") for function in functions
    }


def _sources() -> list[Path]:
    return [path for folder in ("local", "tools", "tests") for path in (ROOT / folder).rglob("*.py")]


def test_nothing_waits_for_a_port_that_accepts() -> None:
    texts = {path.relative_to(ROOT): path.read_text("utf-8") for path in _sources()}
    suspects = [
        path for path, text in texts.items() if "import accepts" in text or "accepts," in text or "connect_ex" in text
    ]
    callers = {str(path) for path in suspects if _PORT_CALLS & _called_names(syntax_tree(ROOT / path))}
    assert callers <= _ABOUT_PORTS
    assert "local/src/oa_local/process.py" in callers


def test_health_checks_of_compose_ask_the_server_that_stays() -> None:
    """The image of Postgres creates its database with a temporary server that listens on its socket only."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    probe = services["postgres"]["healthcheck"]["test"]
    assert probe[1:4] == ["pg_isready", "--host", "127.0.0.1"]


def test_tests_start_programs_in_blocks_that_end_them() -> None:
    """A bare `Popen` outlives a test that fails, and its warning fails a later one."""
    bare = []
    for path in (ROOT / "tests").rglob("*.py"):
        if "bench" in path.parts or path == _HELPER or not _STARTS.search(path.read_text("utf-8")):
            continue
        tree = syntax_tree(path)
        items = [item for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items]
        in_blocks = {call for item in items for call in ast.walk(item.context_expr)}
        bare += [
            f"{path.relative_to(ROOT)}:{call.lineno}"
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and _STARTS.match(ast.unparse(call)) and call not in in_blocks
        ]
    assert bare == []


def _calls_of_import(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that importing a module makes: those outside of functions, and in their decorators."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in child.decorator_list:
                yield from _calls_of_import(ast.Expr(decorator))
        elif not isinstance(child, ast.Lambda):
            if isinstance(child, ast.Call):
                yield child
            yield from _calls_of_import(child)


def test_tests_read_the_clock_when_they_run() -> None:
    """A time of the collection is an hour old for the last test of a slow machine, and may be of the day before."""
    paths = [
        path for path in (ROOT / "tests").rglob("*.py") if any(clock in path.read_text("utf-8") for clock in _CLOCKS)
    ]
    assert paths
    early = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in paths
        for call in _calls_of_import(syntax_tree(path))
        if ast.unparse(call.func) in _CLOCKS
    ]
    assert {place.partition(":")[0] for place in early} == {_ABOUT_NOW}, early


def test_assertions_of_pages_wait() -> None:
    paths = list((ROOT / "tests/browser").glob("test_*.py"))
    assert paths
    hasty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in paths
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Assert) and _AT_ONCE & _called_names(node)
    ]
    assert hasty == []

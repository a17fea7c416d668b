"""docs/security.md names the test of each thing that holds; each of them exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
SECTION = "## Guarantees"


def named_tests(text: str) -> list[tuple[str, str]]:
    return NAMED.findall(text)


def functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_test_that_the_document_names_exists() -> None:
    text = (ROOT / "docs/security.md").read_text()
    missing = [
        f"{path}::{name}"
        for path, name in named_tests(text)
        if not (ROOT / path).is_file() or name not in functions(ROOT / path)
    ]
    assert not missing


def test_each_row_of_what_holds_names_a_test() -> None:
    section = (ROOT / "docs/security.md").read_text().partition(SECTION)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [line for line in lines if not line.startswith(("| Attempt", "|---"))]
    assert len(rows) > 10
    assert [row for row in rows if not named_tests(row)] == []

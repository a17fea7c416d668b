"""Figures of the code base that tests hold: run this file to print them, with `--list` each place."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("shared/src", "services/api/src", "services/dispatcher/src", "services/task/src", "cli/src", "local/src")
# Past participles that do not end in -ed.
_IRREGULAR = frozenset(
    [
        "told",
        "shown",
        "made",
        "found",
        "held",
        "taken",
        "kept",
        "given",
        "sent",
        "begun",
        "done",
        "seen",
        "known",
        "gone",
        "left",
        "drawn",
        "written",
        "chosen",
        "spent",
        "bound",
        "lost",
        "built",
        "meant",
        "said",
        "heard",
        "got",
        "gotten",
        "broken",
        "grown",
        "thrown",
        "torn",
        "worn",
        "stuck",
        "struck",
        "bought",
        "brought",
        "caught",
        "sold",
        "fed",
        "fled",
        "hidden",
        "led",
        "lent",
        "paid",
        "understood",
        "wound",
        "wrung",
    ]
)
# Verbs and nouns that do end in -ed.
_NO_PARTICIPLE = frozenset(
    [
        "need",
        "feed",
        "seed",
        "speed",
        "embed",
        "proceed",
        "exceed",
        "bleed",
        "shed",
        "bed",
        "red",
        "succeed",
        "breed",
        "weed",
    ]
)
_PARTICIPLE = re.compile(r"[a-z]+ed\Z")


@cache
def syntax_tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, which is parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield each shipped module with its syntax tree."""
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            yield path.relative_to(ROOT), syntax_tree(path)


def is_participle(name: str) -> bool:
    """Return whether a name is one word and a past participle, such as `told`."""
    word = name.strip("_")
    return word in _IRREGULAR or (bool(_PARTICIPLE.match(word)) and word not in _NO_PARTICIPLE)


def bare_participles() -> list[str]:
    """Return the functions named by a bare participle; properties are values and may be adjectives."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and is_participle(node.name)
        and not any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)
    ]


def duplicate_classes() -> list[str]:
    """Return the public class names that occur more than once, with their places."""
    places: dict[str, list[str]] = {}
    for path, tree in modules():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(f"{path}:{node.lineno}")
    return [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


def uses_of_any() -> list[str]:
    """Return the places that name `Any`."""
    return [
        f"{path}:{number}"
        for path, _ in modules()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        for _use in re.findall(r"\bAny\b", line)
    ]


def lines_of_code() -> int:
    """Return the number of lines of shipped Python."""
    return sum(len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path, _ in modules())


def string_key_reads() -> list[str]:
    """Return the reads of a string key in the API outside `db/`: rows of the database are objects there."""
    return [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in modules()
        if path.parts[:2] == ("services", "api") and "db" not in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and not (isinstance(node.value, ast.Name) and node.value.id.isupper())
        and not (isinstance(node.value, ast.Name) and node.value.id.strip("_").isupper())
    ]


def loose_modules() -> list[str]:
    """Return the modules at the top of `oa_api`."""
    top = ROOT / "services/api/src/oa_api"
    return sorted(path.name for path in top.glob("*.py") if path.name != "__init__.py")


def largest_cycle(package: str) -> list[str]:
    """Return the sub-packages and top modules of a package that form its largest import cycle; one alone is none."""
    edges = _edges(package)
    return max(_components(edges), key=len, default=[])


def _edges(package: str) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for path, tree in modules():
        parts = path.parts[path.parts.index("src") + 1 :]
        if parts[0] != package or len(parts) == 1:
            continue
        unit = parts[1].removesuffix(".py")
        targets = {
            name.split(".")[1]
            for node in ast.walk(tree)
            for name in _list_imports(node)
            if name.startswith(f"{package}.")
        }
        edges.setdefault(unit, set()).update(targets - {unit})
    return edges


def _list_imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names] if node.level == 0 else []
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _components(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components: units that reach each other."""
    reach = {unit: _reachable(unit, edges) for unit in edges}
    return [sorted({other for other in reach[unit] if unit in reach.get(other, ())} | {unit}) for unit in edges]


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for unit in edges.get(waiting.pop(), ()):
            if unit not in seen:
                seen.add(unit)
                waiting.append(unit)
    return seen


def main() -> None:
    """Print each figure, and with `--list` each place."""
    lists = {
        "functions that are bare participles": bare_participles(),
        "public class names used twice": duplicate_classes(),
        "uses of Any": uses_of_any(),
        "string-key reads in the API": string_key_reads(),
        "modules loose at the top of oa_api": loose_modules(),
    }
    for title, places in lists.items():
        print(f"{title:<40} {len(places)}")
        if "--list" in sys.argv:
            print(*(f"  {place}" for place in places), sep="\n")
    print(f"{'uses of Any per 1,000 lines':<40} {1000 * len(lists['uses of Any']) / lines_of_code():.1f}")
    for package in ("oa_api", "oa_task"):
        print(f"{f'largest import cycle of {package}':<40} {len(largest_cycle(package))}")


if __name__ == "__main__":
    main()

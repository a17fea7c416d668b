"""docs/code-map.md names what exists: directories, layers, functions, and hops that never call a higher layer."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/code-map.md").read_text("utf-8")
_SOURCES = {
    "oa_api": "services/api/src",
    "oa_dispatcher": "services/dispatcher/src",
    "oa_task": "services/task/src",
    "oa_shared": "shared/src",
    "oa_cli": "cli/src",
    "oa_local": "local/src",
    "oa_tools": "tools",
}
_BOUNDARIES = {"HTTP", "worker", "port", "process", "Batch"}
_HOP = re.compile(r"^\| (\d+) \| `([\w/]+\.py):([\w.]+)` \| (\w+) \|(.*?)\| .*? \|$", re.MULTILINE)
_PLACE = re.compile(r"`([\w/]+\.py):([\w.]+)`")
_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


@dataclass(frozen=True)
class Hop:
    """A row of the way of one job; `origin` is the calling hop or a boundary of processes."""

    number: str
    file: str
    name: str
    origin: str
    job: str

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py").replace("/", ".")


HOPS = {row[0]: Hop(*row) for row in _HOP.findall(PAGE)}
PLACES = sorted(set(_PLACE.findall(PAGE)))
CALLS = [(HOPS[hop.origin], hop) for hop in HOPS.values() if hop.origin in HOPS]


def test_hops_are_numbered_without_gaps() -> None:
    assert list(HOPS) == [str(number) for number in range(1, len(HOPS) + 1)]
    assert len(HOPS) == len(re.findall(r"^\| \d+ \|", PAGE, re.MULTILINE))


def test_origin_of_each_hop_is_an_earlier_hop_or_a_boundary() -> None:
    for hop in HOPS.values():
        assert hop.origin in _BOUNDARIES or int(hop.origin) < int(hop.number), hop


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[f"{file}:{name}" for file, name in PLACES])
def test_named_function_exists(file: str, name: str) -> None:
    scope: list[ast.stmt] = _tree(file).body
    for part in name.split("."):
        scope = _definition(scope, part, f"{file}:{name}")


@pytest.mark.parametrize(("caller", "callee"), CALLS, ids=[f"{call[1].number}" for call in CALLS])
def test_caller_imports_callee(caller: Hop, callee: Hop) -> None:
    assert caller.module == callee.module or callee.module in _imports(caller.file)


@pytest.mark.parametrize(("caller", "callee"), CALLS, ids=[f"{call[1].number}" for call in CALLS])
def test_callee_is_not_in_a_higher_layer(caller: Hop, callee: Hop) -> None:
    for contract in _layer_contracts():
        for container in contract["containers"]:
            above, below = (_layer(hop.module, container, contract["layers"]) for hop in (caller, callee))
            if above is not None and below is not None:
                assert above <= below, f"{callee.module} is above {caller.module} in {contract['name']!r}"


def test_each_class_of_the_way_exists() -> None:
    code = {node.name for path in _python_files() for node in ast.walk(_parse(path)) if isinstance(node, ast.ClassDef)}
    code |= {node.id for path in _python_files() for node in ast.walk(_parse(path)) if isinstance(node, ast.Name)}
    named = {name for hop in HOPS.values() for name in re.findall(r"`([A-Z]\w+)`", hop.job)}
    assert len(named) > 20
    assert named - code == set()


@pytest.mark.parametrize("package", ["oa_api", "oa_task"])
def test_layers_are_those_of_the_contract(package: str) -> None:
    (contract,) = [item for item in _layer_contracts() if item["containers"] == [package]]
    assert _layer_rows(package) == [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


@pytest.mark.parametrize("package", ["oa_dispatcher", "oa_shared", "oa_cli", "oa_local", "oa_tools"])
def test_every_module_of_other_packages_is_named(package: str) -> None:
    folder = ROOT / _SOURCES[package] / package
    modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert modules - {"__init__"} - _named_in_row(package) == set()


@pytest.mark.parametrize("folder", ["terraform/modules", "tests"])
def test_every_folder_is_named(folder: str) -> None:
    folders = {
        path.name for path in (ROOT / folder).iterdir() if path.is_dir() and not path.name.startswith(("_", "."))
    }
    assert _named_in_row(folder) == folders


def test_every_directory_exists() -> None:
    rows = re.findall(r"^\| (.*?) \|", PAGE.split("## Directories")[1].split("## oa_api")[0], re.MULTILINE)
    directories = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(directories) > 10
    assert [name for name in directories if not (ROOT / name).is_dir()] == []


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _tree(file: str) -> ast.Module:
    return _parse(ROOT / _SOURCES[file.split("/", maxsplit=1)[0]] / file)


def _python_files() -> Iterator[Path]:
    for package, source in _SOURCES.items():
        yield from (ROOT / source / package).rglob("*.py")


def _definition(scope: list[ast.stmt], name: str, place: str) -> list[ast.stmt]:
    for node in scope:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return node.body
        if isinstance(node, ast.Assign) and any(
            isinstance(item, ast.Name) and item.id == name for item in node.targets
        ):
            return []
    pytest.fail(f"{place} does not exist")


def _imports(file: str) -> set[str]:
    """Return the modules that a file imports; a package that re-exports names counts as its own modules too."""
    modules: set[str] = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def _layer_contracts() -> list[dict[str, list[str]]]:
    return [contract for contract in _CONTRACTS if contract["type"] == "layers"]


def _layer(module: str, container: str, layers: list[str]) -> int | None:
    """Return the number of a module's layer, 0 for the highest; None for a module outside the contract."""
    if not module.startswith(f"{container}."):
        return None
    name = module.removeprefix(f"{container}.").split(".")[0]
    return next((number for number, layer in enumerate(layers) if name in re.findall(r"\w+", layer)), None)


def _layer_rows(package: str) -> list[set[str]]:
    section = re.split(r"^## ", PAGE.split(f"## {package}\n")[1], flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [set(re.findall(r"`(\w+)`", cell)) for cell in cells]


def _named_in_row(name: str) -> set[str]:
    (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", PAGE.split("## Other packages")[1], re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row))

"""The AWS calls of the code, read from its source: what each method of an adapter calls, and where methods are used."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from oa_shared.errors import OaError

_ADAPTERS = Path("shared/src/oa_shared/aws")
# The packages that run on AWS.
_DEPLOYED = ("shared/src", "services/api/src", "services/dispatcher/src", "services/task/src")
_PORTS = re.compile(
    r"\b(Queue|Storage|ReadableStorage|BatchService|Secret|KeyIssuer|SqsQueue|S3Storage|AwsBatch|AwsSecret|StsKeyIssuer)\b"
)
_CLASSES = {
    "SqsQueue": "Queue",
    "S3Storage": "Storage",
    "AwsBatch": "BatchService",
    "AwsSecret": "Secret",
    "StsKeyIssuer": "KeyIssuer",
}
_BOTO = frozenset({"boto3", "botocore", "aioboto3", "aiobotocore"})
# Methods whose first argument names the call.
_INDIRECT = {"get_paginator": "{}", "generate_presigned_url": "generate_presigned_url:{}"}
# Methods of a port that objects of other types have too. Calls of these count if the type of their object is known, and
# its type must be known if its name is that of a port.
_COMMON = frozenset(
    {"delete", "depth", "describe", "head", "issue", "read", "receive", "stream", "submit", "terminate"}
)
_PORT_NAME = re.compile(r"storage|queue|results|batch$|dead$|secret$|issuer$")


class CallError(OaError):
    """The AWS calls of the code cannot be listed."""

    code = "deployment.calls"
    title = "The AWS calls of the code cannot be listed."


@dataclass(frozen=True, slots=True)
class AdapterMethods:
    """The calls of AWS by the methods of the adapters: port → method → names of client methods."""

    calls: Mapping[str, Mapping[str, frozenset[str]]]

    def of(self, method: str) -> frozenset[str]:
        """Return the client methods that a method of a port calls; method names are unique among the ports."""
        (found,) = (methods[method] for methods in self.calls.values() if method in methods)
        return found

    @property
    def names(self) -> frozenset[str]:
        """The methods of all ports."""
        return frozenset(name for methods in self.calls.values() for name in methods)


class _AdapterReader:
    """Reads the functions of the adapters."""

    def __init__(self, folder: Path) -> None:
        self._functions: dict[tuple[str, str], ast.AST] = {}
        for path in sorted(folder.glob("*.py")):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    for each in node.body:
                        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                            self._functions[node.name, each.name] = each
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    self._functions["", node.name] = node

    def read(self) -> AdapterMethods:
        """Return the public methods of the adapters with the client methods that they reach."""
        methods: dict[str, dict[str, frozenset[str]]] = {port: {} for port in _CLASSES.values()}
        for owner, name in self._functions:
            if owner in _CLASSES and not name.startswith("_"):
                methods[_CLASSES[owner]][name] = frozenset(self._reach(owner, name, set()))
        return AdapterMethods(methods)

    def _reach(self, owner: str, name: str, seen: set[tuple[str, str]]) -> Iterator[str]:
        node = self._functions.get((owner, name)) or self._functions.get(("", name))
        if node is None or (owner, name) in seen:
            return
        seen.add((owner, name))
        for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            function = call.func
            if isinstance(function, ast.Name):
                yield from self._reach("", function.id, seen)
            elif isinstance(function, ast.Attribute):
                if _is_client(function.value):
                    yield _client_method(call, function.attr)
                elif isinstance(function.value, ast.Name) and function.value.id == "self":
                    yield from self._reach(owner, function.attr, seen)


def _is_client(node: ast.expr) -> bool:
    return "client" in (getattr(node, "id", ""), getattr(node, "attr", "").lstrip("_"))


def _client_method(call: ast.Call, name: str) -> str:
    if name not in _INDIRECT:
        return name
    argument = call.args[0]
    if not isinstance(argument, ast.Constant):
        raise CallError(f"line {call.lineno}: the first argument of {name} must be a text")
    return _INDIRECT[name].format(argument.value)


@dataclass(frozen=True, slots=True)
class PortUse:
    """A call of a method of a port."""

    module: str
    method: str
    place: str


class PortUseReader:
    """Finds the calls of port methods in the deployed packages. Receivers are typed by annotations."""

    def __init__(self, root: Path, methods: AdapterMethods) -> None:
        self._methods = methods
        concerning = re.compile(rf"{_PORTS.pattern}|STORAGE|\.({'|'.join(methods.names)})\(|{'|'.join(_BOTO)}")
        self._trees = {}
        for folder in _DEPLOYED:
            for path in sorted((root / folder).rglob("*.py")):
                text = path.read_text("utf-8")
                if concerning.search(text) and not path.is_relative_to(root / _ADAPTERS):
                    module = ".".join(path.relative_to(root / folder).with_suffix("").parts)
                    self._trees[path] = module, ast.parse(text)

    def read(self) -> list[PortUse]:
        """Return every use. Raises CallError for a call with an unknown receiver, and for other use of boto."""
        uses = []
        for path, (module, tree) in self._trees.items():
            _refuse_boto(path, tree)
            names = self._shared_names | set(_typed_names(tree, self._port_functions))
            for function in _method_references(tree, self._methods.names):
                if _last_name(function.value) in names:
                    uses.append(PortUse(module, function.attr, f"{path.name}:{function.lineno}"))
                elif function.attr not in _COMMON or _PORT_NAME.search(_last_name(function.value)):
                    raise CallError(f"{path}:{function.lineno}: the type of {ast.unparse(function.value)} is unknown")
        return uses

    @cached_property
    def _shared_names(self) -> set[str]:
        """Fields of classes and keys of the application that hold a port."""
        names = {"STORAGE", "KEY_ISSUER"}
        for _, tree in self._trees.values():
            for node in (each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)):
                fields = (each for each in node.body if isinstance(each, ast.AnnAssign))
                names |= {
                    field.target.id
                    for field in fields
                    if isinstance(field.target, ast.Name) and _is_port(field.annotation)
                }
            # Attributes of a base class, which classes of other modules inherit.
            names |= {name for name in _typed_names(tree, self._port_functions) if name.startswith("_")}
        return names

    @cached_property
    def _port_functions(self) -> set[str]:
        """Functions that return a port, also among other things."""
        return {
            node.name
            for _, tree in self._trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_port(node.returns)
        }


def _method_references(tree: ast.AST, methods: frozenset[str]) -> Iterator[ast.Attribute]:
    """Yield the calls of methods by these names, and references to them if the name is that of a port's method only."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in methods
            and (id(node) in called or node.attr not in _COMMON)
        ):
            yield node


def _typed_names(tree: ast.AST, port_functions: set[str]) -> Iterator[str]:
    """Yield names of a module that hold a port: parameters, variables, attributes."""
    typed = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and _is_port(node.annotation)}
    yield from typed
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        is_returned = isinstance(value, ast.Call) and _last_name(value.func) in port_functions
        for target, source in _pairs(node.targets, value):
            if is_returned or _last_name(source) in typed | {"STORAGE", "KEY_ISSUER"}:
                yield _last_name(target)


def _pairs(targets: Sequence[ast.expr], value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in targets:
        if not isinstance(target, ast.Tuple):
            yield target, value
        elif isinstance(value, ast.Tuple):
            yield from zip(target.elts, value.elts, strict=True)
        else:
            yield from ((each, value) for each in target.elts)


def _is_port(annotation: ast.expr | None) -> bool:
    return annotation is not None and _PORTS.search(ast.unparse(annotation)) is not None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.slice)
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def _refuse_boto(path: Path, tree: ast.AST) -> None:
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if found := _BOTO & {module.partition(".")[0] for module in modules}:
            raise CallError(f"{path}: {', '.join(found)} is imported outside of {_ADAPTERS}")


def read_adapters(root: Path) -> AdapterMethods:
    """Return the calls of the adapters in a checkout."""
    return _AdapterReader(root / _ADAPTERS).read()

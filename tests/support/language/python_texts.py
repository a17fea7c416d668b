"""The texts of Python files: docstrings, comments, literals by their use, log events and defined names."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from support.language.text import HIDDEN, Text, hide_code

_LOG_CALL = r"log\.(debug|info|warning|error|exception|critical)"
_HELP_KEYWORDS = frozenset({"help", "short_help", "epilog"})
_OPENAPI_KEYWORDS = frozenset({"description", "summary"})


def python(name: str, source: str) -> Iterator[Text]:
    """Yield docstrings, comments, literals by their use, log events and the names that the file defines."""
    tree = ast.parse(source)
    yield from _comments(name, source)
    docstrings = dict(_docstrings(tree))
    for node, owner in docstrings.items():
        kind = "help" if _is_command(owner) else "docstring"
        yield Text(name, node.lineno, kind, hide_code(str(node.value)))
    for literal, kind in _kinds(tree):
        words = _words(literal)
        if literal not in docstrings and (kind == "log" or _is_prose(words)):
            yield Text(name, literal.lineno, kind, words.replace("_", " ") if kind == "log" else hide_code(words))
    yield from _names(name, tree)


def python_tests(name: str, source: str) -> Iterator[Text]:
    """Yield docstrings, comments and the sentences that test names are."""
    tree = ast.parse(source)
    yield from (Text(name, text.line, "test", text.words) for text in _comments(name, source))
    for node, _ in _docstrings(tree):
        yield Text(name, node.lineno, "test", hide_code(str(node.value)))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_value(function):
            kind = "test" if function.name.startswith("test_") else "function"
            yield Text(name, function.lineno, kind, function.name.strip("_").replace("_", " "))


def _comments(name: str, source: str) -> Iterator[Text]:
    """Yield comments; lines of one comment come together."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != last + 1:
            yield Text(name, first, "comment", hide_code("\n".join(block)))
            block = []
        first = first if block else token.start[0]
        last = token.start[0]
        block.append(token.string.lstrip("#"))
    if block:
        yield Text(name, first, "comment", hide_code("\n".join(block)))


_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _docstrings(tree: ast.Module) -> Iterator[tuple[ast.Constant, _Documented]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            literal = first.value if isinstance(first, ast.Expr) else None
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                yield literal, node


def _is_command(node: _Documented) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return any(re.search(r"\.?(command|group)\b", ast.unparse(decorator)) for decorator in node.decorator_list)


def _kinds(tree: ast.Module) -> Iterator[tuple[ast.Constant | ast.JoinedStr, str]]:
    """Yield each literal with the use that it has: help, openapi, log, or message."""
    known: dict[ast.AST, str] = {}
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known.update(_uses(node))
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            inside.add(node.format_spec)
            inside.update(getattr(node.format_spec, "values", ()))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node not in inside and (is_text or isinstance(node, ast.JoinedStr)):
            yield node, known.get(node, "message")  # type: ignore[misc] # narrowed by is_text


def _uses(call: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    if re.fullmatch(_LOG_CALL, ast.unparse(call.func)) and call.args:
        yield call.args[0], "log"
    for keyword in call.keywords:
        if keyword.arg in _HELP_KEYWORDS:
            yield keyword.value, "help"
        elif keyword.arg in _OPENAPI_KEYWORDS:
            yield keyword.value, "openapi"


def _words(literal: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(literal, ast.Constant):
        return str(literal.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else HIDDEN for part in literal.values)


def _is_prose(words: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}[.,:;]? +[A-Za-z…]|^[A-Z][a-z]+\.?$", words))


def _is_value(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the name is that of a value: of a property or a fixture."""
    return any(re.search(r"property|fixture|setter", ast.unparse(decorator)) for decorator in function.decorator_list)


def _names(name: str, tree: ast.Module) -> Iterator[Text]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if not _is_value(node):
                    yield Text(name, node.lineno, "function", node.name.strip("_").replace("_", " "))
                yield Text(name, node.lineno, "name", node.name.replace("_", " "))
            case ast.ClassDef():
                yield Text(name, node.lineno, "name", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", node.name).lower())
            case ast.arg():
                yield Text(name, node.lineno, "name", node.arg.replace("_", " "))
            case ast.Name(ctx=ast.Store()):
                yield Text(name, node.lineno, "name", node.id.replace("_", " ").lower())

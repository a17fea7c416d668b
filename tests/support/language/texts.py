"""The texts of the repository that people read, each with its place: pages, messages, helps, comments, documents."""

import re
from collections.abc import Iterator
from pathlib import Path

from support.language.python_texts import python, python_tests
from support.language.text import HIDDEN, Text, hide_code

_SHIPPED = ("shared", "services", "cli", "local", "tools", "terraform", "bin", ".ci", ".github")
_DOCUMENTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "docs")
_OTHERS = ("Makefile", "pyproject.toml", "docker-compose.yml", "tests")
_SKIPPED = frozenset({"node_modules", "__pycache__", ".venv", ".local", ".terraform", "vendor", "guides"})
# The data of the guard names what it bans.
_GUARD = ("tests/unit/language", "tests/support/language", "docs/writing.md", "docs/glossary.md")
_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def texts_of(root: Path, under: tuple[str, ...] = ()) -> Iterator[Text]:
    """Yield each text of a checkout, or only those of the files and folders in `under`, relative to the root."""
    for path in sorted(_files(root, under or _SHIPPED + _DOCUMENTS + _OTHERS)):
        name = path.relative_to(root).as_posix()
        if not name.startswith(_GUARD):
            yield from _texts_of_file(name, path.read_text("utf-8", errors="replace"))


def _files(root: Path, under: tuple[str, ...]) -> Iterator[Path]:
    for name in under:
        place = root / name
        inside = place.rglob("*") if place.is_dir() else [place]
        yield from (path for path in inside if path.is_file() and _SKIPPED.isdisjoint(path.relative_to(root).parts))


def _texts_of_file(name: str, source: str) -> Iterator[Text]:
    suffix = Path(name).suffix
    if name.startswith("tests/"):
        yield from python_tests(name, source) if suffix == ".py" else ()
    elif suffix in _READERS:
        yield from _READERS[suffix](name, source)
    elif suffix in {".tf", ".hcl", ".toml", ".yml", ".yaml", ".css"} or "." not in Path(name).name:
        yield Text(name, 1, "comment", hide_code(source))


# --- documents


def markdown(name: str, source: str) -> Iterator[Text]:
    """Yield the document as one text, without its code."""
    shown = _FENCE.sub(lambda block: re.sub(r"[^\n]", HIDDEN, block[0]), source)
    shown = re.sub(r"\]\([^)\s]+\)", lambda link: "]" + HIDDEN * (len(link[0]) - 1), shown)
    yield Text(name, 1, "doc", hide_code(shown))


# --- pages

_JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_PROGRAM = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
_ATTRIBUTE = re.compile(r"\b(?:title|aria-label|data-label|placeholder|alt|value|summary|label)=\"([^\"]*)\"")
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")


def template(name: str, source: str) -> Iterator[Text]:
    """Yield what a page shows: text between tags, certain attributes, and literals in expressions."""
    for block in _JINJA.finditer(source):
        if block[0].startswith("{#"):
            yield Text(name, _line(source, block.start()), "comment", block[0])
        else:
            yield from _literals(name, source, block, "page")
    plain = _JINJA.sub(lambda block: re.sub(r"[^\n]", " " if block[0][1] == "%" else HIDDEN, block[0]), source)
    plain = _PROGRAM.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), plain)
    for tag in _TAG.finditer(plain):
        for found in _ATTRIBUTE.finditer(tag[0]):
            yield Text(name, _line(source, tag.start() + found.start(1)), "page", found[1])
    yield from _between_tags(name, plain)


def _between_tags(name: str, plain: str) -> Iterator[Text]:
    """Yield each run of text; tags within a sentence (links, emphasis) do not end it."""
    within = re.compile(r"</?(a|b|strong|em|i|code|span|time|abbr|small|kbd)\b[^>]*>")
    joined = within.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), plain)
    start = 0
    for tag in [*_TAG.finditer(joined), None]:
        words = joined[start : tag.start() if tag else len(joined)]
        if words.strip():
            yield Text(name, _line(joined, start + len(words) - len(words.lstrip())), "page", words.strip())
        start = tag.end() if tag else 0


def script(name: str, source: str) -> Iterator[Text]:
    """Yield the literals and the comments of a script of the pages."""
    for comment in re.finditer(r"(?<!:)//.*|/\*.*?\*/", source):
        yield Text(name, _line(source, comment.start()), "comment", comment[0])
    for found in re.finditer(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", source):
        words = next(part for part in found.groups() if part is not None)
        if re.search(r"[a-zA-Z]", words):
            yield Text(name, _line(source, found.start()), "page", re.sub(r"\$\{[^}]*\}", HIDDEN, words))


def _literals(name: str, source: str, block: re.Match[str], kind: str) -> Iterator[Text]:
    for found in _LITERAL.finditer(block[0]):
        yield Text(name, _line(source, block.start() + found.start()), kind, found[1] or found[2] or "")


def _line(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


# --- SQL


def sql(name: str, source: str) -> Iterator[Text]:
    """Yield the comments."""
    for block in re.finditer(r"(?:^ *--.*\n?)+|--.*", source, re.MULTILINE):
        words = re.sub(r"^( *)--", r"\1  ", block[0], flags=re.MULTILINE)
        yield Text(name, _line(source, block.start()), "comment", hide_code(words))


_READERS = {".md": markdown, ".html": template, ".js": script, ".mjs": script, ".sql": sql, ".py": python}

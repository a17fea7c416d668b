"""The OpenAPI document through the tools that others read it with: redocly, spectral, ajv."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from marshmallow import Schema, fields, validate

from clients.conftest import DOCUMENT
from oa_api.http.ecma_patterns import ecma_pattern
from oa_api.http.fields import RequestSchema
from support.npm_packages import run_node

TOOLS = Path(__file__).parent / "tools"
_TEXTS = (
    *(
        "",
        "a",
        "A",
        "0",
        "a-b",
        "a.b",
        "a_b",
        "a/b",
        ".a",
        "/a",
        "a/",
        "-a",
        "_a",
        "a b",
        "a\n",
        "a+b:c",
        "us/ca/berkeley",
    ),
    *("us/**", "fi/etelä-karjala-fi", "é", "\u00d7", "\u00a0", "a" * 40, "a" * 63, "a" * 64, "a" * 121, "0" * 64),
    *(
        "0" * 63,
        "g" * 64,
        "2026-W48",
        "ada@example.org",
        "a@b@c",
        "a@",
        "a\x00",
        "файл.zip",
        "source.csv",
        "dispatcher",
    ),
)


def _operations(folder: Path) -> int:
    paths = json.loads((folder / DOCUMENT).read_bytes())["paths"]
    return sum(map(len, paths.values()))


def test_redocly_finds_nothing(folder: Path) -> None:
    shutil.copy(TOOLS / "redocly.yaml", folder / "redocly.yaml")
    shutil.copy(TOOLS / "redocly-exceptions.yaml", folder / ".redocly.lint-ignore.yaml")
    found = run_node("@redocly/cli/bin/cli.js", "lint", "--format=json", DOCUMENT, folder=folder)
    report, _ = json.JSONDecoder().raw_decode(found[found.index("{\n") :])
    problems = [problem for problem in report["problems"] if not problem.get("ignored")]
    print(f"redocly, recommended rules: {_operations(folder)} operations, {report['totals']}")
    assert problems == []
    assert report["totals"] == {"errors": 0, "warnings": 0, "ignored": 1}


def test_spectral_finds_nothing(folder: Path) -> None:
    arguments = ["lint", "--format=json", "--quiet", "--ruleset", TOOLS / "spectral.yaml", "--fail-severity=hint"]
    found = run_node("@stoplight/spectral-cli/dist/index.js", *arguments, DOCUMENT, folder=folder)
    report, _ = json.JSONDecoder().raw_decode(found[found.index("[") :])
    print(f"spectral, recommended rules of OpenAPI: {_operations(folder)} operations, {len(report)} findings")
    assert report == []


def test_ajv_compiles_each_schema_and_patterns_accept_what_the_server_accepts(folder: Path) -> None:
    samples = [
        (ecma_pattern(pattern), text, accepted)
        for pattern in sorted(_server_patterns())
        for text in _TEXTS
        # Of text that is not ASCII, a pattern of the document may accept more.
        if (accepted := re.match(pattern, text) is not None) or text.isascii()
    ]
    (folder / "samples.json").write_text(json.dumps(samples), "utf-8")
    print(run_node(TOOLS / "schemas.mjs", DOCUMENT, "samples.json", folder=folder))


def _server_patterns() -> set[str]:
    """Return the patterns of the requests."""
    return {
        pattern
        for schema in _subclasses(RequestSchema)
        for field in schema._declared_fields.values()
        for pattern in _patterns(field)
    }


def _subclasses(schema: type[Schema]) -> Iterator[type[Schema]]:
    for subclass in schema.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _patterns(field: fields.Field[object]) -> Iterator[str]:
    if isinstance(field, fields.List):
        yield from _patterns(field.inner)
    for validator in field.validators:
        parts = validator.validators if isinstance(validator, validate.And) else [validator]
        yield from (part.regex.pattern for part in parts if isinstance(part, validate.Regexp))


@pytest.mark.parametrize(
    "pattern",
    [r"[a-z]+", r"[a-z]+$", r"(?i:a)\Z", r"(?P<a>b)\Z", r"\w+\Z", r"\d\Z", r"\Aa\Z", r"a++\Z", r"(?>a)\Z", r"a\bb\Z"],
)
def test_pattern_that_other_tools_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        ecma_pattern(pattern)


def test_alternatives_of_a_pattern_stay_together() -> None:
    assert ecma_pattern(r"a|b\Z") == "^(?:a|b)$"
    assert ecma_pattern(r"[a|b]\Z") == "^[a|b]$"

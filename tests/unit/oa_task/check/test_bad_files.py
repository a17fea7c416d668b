"""Files that are no definitions: each is named with what is wrong, by every command that reads definitions."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from oa_shared.definition_check.repeated_keys import check_repeated_keys
from oa_task.main import main

_GOOD = json.dumps(
    {
        "schema": 2,
        "coverage": {"country": "us", "US Census": {"geoid": "36047"}},
        "layers": {
            "addresses": [
                {
                    "name": "city",
                    "protocol": "http",
                    "data": "https://example.org/a.csv",
                    "license": "https://example.org/license",
                    "conform": {"format": "csv", "lon": "x", "lat": "y", "number": "no", "street": "st"},
                }
            ]
        },
    },
    indent=1,
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (_GOOD.encode("utf-16"), "is not UTF-8"),
        (_GOOD.replace("city", "\xfc").encode("latin-1"), "is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"null", "a source definition is a JSON object"),
        (b" " * (2 << 20) + b"{}", "larger than 2,097,152 bytes"),
        (_GOOD.replace('"city"', '"\\ud800"').encode(), "half of a character"),
        (_GOOD.replace('"number"', '"\\udc00"').encode(), "half of a character"),
        (_GOOD.replace('"schema": 2', '"schema": NaN').encode(), "schema nan is not supported"),
        (_GOOD.replace('"schema": 2', '"schema": ' + "9" * 5000).encode(), "not JSON"),
        (_GOOD.encode() + b"}", "not JSON"),
    ],
)
def test_check_names_what_is_wrong_with_a_file(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    done = CliRunner().invoke(main, ["check", str(path), "--json"])
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 10
    assert message in done.stdout
    for command in (["try", str(path)], ["diff", str(path), str(path)]):
        done = CliRunner().invoke(main, command)
        assert isinstance(done.exception, SystemExit)
        assert done.exit_code == 10


@pytest.mark.parametrize(
    "encode", [lambda text: text.replace("\n", "\r\n").encode(), lambda text: text.encode("utf-8-sig")]
)
def test_check_takes_line_ends_and_marks_of_windows(encode: object, tmp_path: Path) -> None:
    assert callable(encode)
    path = tmp_path / "a.json"
    path.write_bytes(encode(_GOOD))
    done = CliRunner().invoke(main, ["check", str(path), "--json"])
    assert (done.exit_code, done.stdout) == (0, "")


def test_check_of_a_folder_without_definitions_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    done = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert done.exit_code == 2
    assert "has no .json files" in done.stderr


def test_check_reports_a_key_that_occurs_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(_GOOD.replace('"lon": "x"', '"lon": "q", "lon": "x"'))
    (found,) = map(json.loads, CliRunner().invoke(main, ["check", str(path), "--json"]).stdout.splitlines())
    assert (found["code"], found["pointer"]) == ("repeated_key", "/layers/addresses/0/conform/lon")


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1, "b": 2}', []),
        ('{"a": 1, "a": 1, "a": 2}', ["/a"]),
        ('[{"x/y": {}, "x/y": {"b": 1, "b": 2}}]', ["/0/x~1y", "/0/x~1y/b"]),
        ("7", []),
    ],
)
def test_check_repeated_keys_names_each(text: str, pointers: list[str]) -> None:
    assert [item.pointer for item in check_repeated_keys(text)] == pointers

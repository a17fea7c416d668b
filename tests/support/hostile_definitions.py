"""Texts of source definitions that a hostile author would send, each made when it is needed: some have megabytes.

None of them is valid, so each gets a finding or a rejection. `scale` is their size; 1 is what the parsers take.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from support.running_api import definition

_MIB = 1024 * 1024
_FUNCTIONS = '{"schema":2,"layers":{"addresses":[{"name":"a","data":"b","protocol":"http","conform":'


def _long_key(scale: float) -> str:
    key, items = "k" * int(20_000 * scale), ",".join(["1"] * int(100_000 * scale))
    return f'{{"{key}":[{items}]}}'


def _empty_entries(scale: float) -> str:
    return f'{{"schema":2,"layers":{{"addresses":[{_repeat("{}", 100_000 * scale)}]}}}}'


def _repeat(text: str, count: float) -> str:
    return ",".join([text] * int(count))


def _many_keys(scale: float) -> str:
    return json.dumps({f"k{place}": 0 for place in range(int(150_000 * scale))})


def _many_wrong_fields(scale: float) -> str:
    conform: dict[str, Any] = {f"f{place}": {"function": "none"} for place in range(int(40_000 * scale))}
    entry = {**definition("a")["layers"]["addresses"][0], "conform": {"format": "wrong", **conform}}
    return json.dumps({"schema": 2, "layers": {"addresses": [entry]}})


HOSTILE: dict[str, Callable[[float], str]] = {
    "a long key with many children": _long_key,
    "empty entries": _empty_entries,
    "lists in lists": lambda scale: "[" * int(2 * _MIB * scale),
    "many small lists": lambda scale: f"[{_repeat('[]', 600_000 * scale)}]",
    "many small objects": lambda scale: f"[{_repeat('{}', 600_000 * scale)}]",
    "many keys": _many_keys,
    "one long key": lambda scale: json.dumps({"k" * int(2 * _MIB * scale - 10): 1}),
    "many quotes": lambda scale: json.dumps('"' * int(_MIB * scale - 10)),
    "one long number": lambda scale: "1" * int(2 * _MIB * scale),
    "one emoji in a long text": lambda scale: json.dumps(
        {"schema": "🦀" + "a" * int(_MIB * scale)}, ensure_ascii=False
    ),
    "quotes without an end": lambda scale: '{"a":' + '"\\' * int(_MIB * scale - 10),
    "a long name": lambda scale: json.dumps(definition("n" * int(_MIB * scale))),
    "a name of NUL": lambda scale: json.dumps(definition("\0" * int(_MIB / 8 * scale))),
    "half a character": lambda scale: json.dumps(definition("\ud800" * int(_MIB / 8 * scale))),
    "more entries than allowed": lambda scale: json.dumps(definition(*map(str, range(max(501, int(6_000 * scale)))))),
    "many wrong fields": _many_wrong_fields,
    "deep functions": lambda _scale: _FUNCTIONS + '{"function":' * 60 + "1" + "}" * 60 + "}]}}",
    "many lines": lambda scale: "\n" * int(2 * _MIB * scale - 10) + "{}",
}


def hostile_pulls(scale: float, *, files: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield pull requests: each text alone, all of them, and some of them in as many files as are allowed."""
    texts = {name: make(scale) for name, make in HOSTILE.items()}
    for name, text in texts.items():
        yield name, {f"sources/xx/{name.replace(' ', '_')}.json": text}
    yield "all texts", {f"sources/xx/{place}.json": text for place, text in enumerate(texts.values())}
    for name in ("a long key with many children", "empty entries", "one emoji in a long text"):
        yield (
            f"{files} files: {name}",
            {f"sources/xx/{place}.json": texts[name] + " " * place for place in range(files)},
        )

"""The state that the fake programs share, and their refusals."""

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

_PATH = Path(os.environ["FAKE_PROGRAMS"]) / "state.json"


def read(program: str) -> dict[str, Any]:
    """Return the state, with this call in it."""
    state: dict[str, Any] = json.loads(_PATH.read_text())
    state["calls"].append([program, *sys.argv[1:]])
    write(state)
    return state


def write(state: dict[str, Any]) -> None:
    _PATH.write_text(json.dumps(state))


def refuse(message: str, status: int = 1) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(status)


def options(words: list[str]) -> dict[str, str]:
    """Return `--name value` and `--name=value`; a flag has the value `true`."""
    found: dict[str, str] = {}
    waiting = iter(range(len(words)))
    for index in waiting:
        name, equals, value = words[index].partition("=")
        if not name.startswith("--"):
            continue
        if equals:
            found[name] = value
        elif index + 1 < len(words) and not words[index + 1].startswith("--"):
            found[name] = words[index + 1]
            next(waiting)
        else:
            found[name] = "true"
    return found

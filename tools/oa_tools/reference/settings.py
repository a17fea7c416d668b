"""docs/settings.md, from the settings classes: each field with the `help` of its metadata."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import get_type_hints

from oa_api.settings import MigrationSettings, Settings
from oa_dispatcher.settings import DispatcherSettings
from oa_shared.settings import variable_of
from oa_task.job.array_child import ArraySettings
from oa_task.job.settings import JobSettings

_HEAD = """# Settings

Generated from the settings classes by `make docs`; do not edit.

Each service reads its settings from environment variables at start and reports all missing and invalid ones at once.
A list is comma-separated; a switch is `true` or `false`; names that end in `_S` are seconds.
"""
_SERVICES: Mapping[str, type] = {
    "API": Settings,
    "Migration": MigrationSettings,
    "Dispatcher": DispatcherSettings,
    "Task": JobSettings,
    "Task in an array job": ArraySettings,
}
_NOTES = {
    "API": "`oa-api`; `oa-api migrate` has its own settings.",
    "Migration": "`oa-api migrate`, before the services start.",
    "Dispatcher": "`oa-dispatcher`.",
    "Task": "`oa-task job`; the dispatcher sets these for each container.",
    "Task in an array job": "`oa-task job`; it asks the API for the variables in which the containers differ.",
}
_TAIL = """## Command line

| Variable | Meaning |
|---|---|
| `OA_API_URL` | URL of the API; default: the stack that `make up` runs in this folder |
| `OA_LOCAL_STATE` | folder with the state of another local stack (`make up STATE=FOLDER`), for `oa` and `oa-local` |
| `OA_TOKEN` | API token of the user |
| `OA_SHARED_SECRET` | secret of the services, instead of a token |

## Schedules on AWS

`oa-api call` reads `OA_API_URL`, `OA_SHARED_SECRET`, `OA_SCHEDULE` (name of the schedule in the log) and
`OA_IDEMPOTENCY_KEY`.

## Local stack

`OA_LOCAL_NAMESPACES=no` keeps `make up` as root from using user namespaces for Postgres.

## Command line

`oa` sets `OA_CALLED_AS` for the engine, so that usage lines name the command that was typed.

## AWS

The services read the standard variables of AWS SDKs (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
"""
_TYPES = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "switch",
    tuple[str, ...]: "list",
    Mapping[str, str]: "JSON object",
    str | None: "text",
    int | None: "integer",
}


def page() -> str:
    """Return the page: one table for each service. Raises KeyError for a field without `help`."""
    return "\n".join([_HEAD, *(_section(name, settings) for name, settings in _SERVICES.items()), _TAIL])


def _section(name: str, settings: type) -> str:
    hints = get_type_hints(settings)
    rows = [_row(field, _TYPES.get(hints[field.name], "text")) for field in fields(settings)]
    return "\n".join(
        [f"## {name}", "", _NOTES[name], "", "| Variable | Type | Default | Meaning |", "|---|---|---|---|", *rows, ""]
    )


def _row(field: "Field[object]", kind: str) -> str:
    secret = " Secret." if not field.repr else ""
    return f"| `{variable_of(field)}` | {kind} | {_default(field)} | {field.metadata['help']}{secret} |"


def _default(field: "Field[object]") -> str:
    if field.default is MISSING:
        return "required" if field.default_factory is MISSING else "none"
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float) and value.is_integer():
        return f"`{int(value)}`"
    text = ",".join(value) if isinstance(value, tuple) else value
    return "none" if text in {"", None} else f"`{text}`"

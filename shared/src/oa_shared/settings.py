"""The settings of a service: one frozen dataclass read from the environment, with all problems reported at once."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import TypeVar, get_type_hints

from oa_shared.errors import OaError

PREFIX = "OA_"
_Settings = TypeVar("_Settings")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


class SettingsError(OaError):
    """The environment lacks required settings or has invalid ones."""

    code = "settings.invalid"
    title = "Settings are missing or invalid."


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError("expected true or false")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _table(text: str) -> dict[str, str]:
    decoded = json.loads(text)
    if not isinstance(decoded, dict) or not all(isinstance(value, str) for value in decoded.values()):
        raise ValueError("expected a JSON object of strings")
    return decoded


_READERS: dict[object, Callable[[str], object]] = {
    str: str,
    int: int,
    float: float,
    bool: _boolean,
    tuple[str, ...]: _names,
    dict[str, str]: _table,
    Mapping[str, str]: _table,
    str | None: str,
    int | None: int,
}


def variable_of(field: "Field[object]") -> str:
    """Return the variable of a setting; its metadata may name one, such as OA_ALLOW_HOSTS, that other programs set."""
    variable: str = field.metadata.get("variable", PREFIX + field.name.upper())
    return variable


def read_settings(cls: type[_Settings], environ: Mapping[str, str]) -> _Settings:
    """Build a settings dataclass: field `batch_queues` comes from OA_BATCH_QUEUES.

    Field types may be str, int, float, bool, tuple[str, ...] (comma list), Mapping[str, str] (JSON) and optional
    str or int. Numbers are finite and at least the `minimum` of the metadata, 0 by default. Raises SettingsError, which
    names every missing and every invalid variable but never a value.
    """
    hints = get_type_hints(cls)
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in fields(cls):  # type: ignore[arg-type] # every settings class is a dataclass
        variable = variable_of(field)
        text = environ.get(variable, "")
        if text == "":
            if _is_required(field):
                problems.append(f"{variable} is not set")
            continue
        try:
            values[field.name] = _check_number(field, _READERS[hints[field.name]](text))
        except ValueError as error:
            reason = str(error) if str(error).startswith("expected") else "invalid value"
            problems.append(f"{variable}: {reason}")
    if problems:
        raise SettingsError("; ".join(problems))
    return cls(**values)


def _check_number(field: "Field[object]", value: object) -> object:
    """Return the value. Raises ValueError for a number below the minimum of its setting, NaN and infinity."""
    minimum: float = field.metadata.get("minimum", 0)
    if isinstance(value, int | float) and not minimum <= value < math.inf:
        raise ValueError(f"expected a number of at least {minimum}")
    return value


def _is_required(field: Field[object]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING

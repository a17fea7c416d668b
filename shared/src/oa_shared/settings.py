"""A service's settings: one frozen dataclass, read from the environment, all problems told at once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, get_type_hints

from oa_shared.errors import OaError

PREFIX = "OA_"
_Settings = TypeVar("_Settings")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


class SettingsError(OaError):
    """The environment lacks settings or holds values that cannot be used."""

    code = "settings.invalid"
    title = "The settings are not complete."


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


_READERS: dict[Any, Callable[[str], Any]] = {
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


def read_settings(cls: type[_Settings], environ: Mapping[str, str]) -> _Settings:
    """Build a settings dataclass: field `batch_queues` comes from OA_BATCH_QUEUES.

    Field types may be str, int, float, bool, tuple[str, ...] (comma list), Mapping[str, str] (JSON) and optional
    str or int. Raises SettingsError that names every missing and every unusable variable, never their values.
    """
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(cls):  # type: ignore[arg-type] # any settings class is a dataclass
        variable = PREFIX + field.name.upper()
        text = environ.get(variable, "")
        if text == "":
            problems += [f"{variable} is not set"] * _is_required(field)
            continue
        try:
            values[field.name] = _READERS[hints[field.name]](text)
        except ValueError as error:
            reason = str(error) if str(error).startswith("expected") else "cannot be read"
            problems.append(f"{variable}: {reason}")
    if problems:
        raise SettingsError("; ".join(problems))
    return cls(**values)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING

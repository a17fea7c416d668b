"""Violations of a JSON schema with readable messages, by the validator that explains rather than the fast one."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from oa_shared.failure_details import FaultyPlace, Fix, FixAction

_LEAST_SIMILARITY = 0.75


def violations(document: object, schema: Mapping[str, object], *, most: int) -> list[tuple[str, str]]:
    """Return the JSON pointer and the message of the first `most` violations found, ordered by pointer.

    The search ends with the last of them: a hostile document may have as many violations as bytes.
    """
    found = islice(Draft202012Validator(schema).iter_errors(document), most)
    errors = sorted(found, key=lambda error: list(map(str, error.absolute_path)))
    return [_describe(error) for error in errors]


def sure_fixes(document: object, schema: Mapping[str, object], *, most: int) -> list[FaultyPlace]:
    """Return the places of violations, those of unknown keys and values with the known one that is surely meant.

    The pointers start at the root of the document. The search ends with the last of `most` violations.
    """
    errors = islice(Draft202012Validator(schema).iter_errors(document), most)
    return [place for error in errors for place in _fix_places(best_match([error]) or error)]


def _fix_places(cause: ValidationError) -> list[FaultyPlace]:
    pointer = _pointer(cause.absolute_path)
    if cause.validator == "enum" and isinstance(cause.instance, str):
        known = [value for value in cause.validator_value if isinstance(value, str)]
        meant = get_close_matches(cause.instance, known, 1, _LEAST_SIMILARITY)
        return [FaultyPlace(pointer, Fix(FixAction.REPLACE, meant[0], cause.instance) if meant else None)]
    schema, instance = cause.schema, cause.instance
    known_keys = schema.get("properties") if isinstance(schema, Mapping) else None
    if (
        cause.validator != "additionalProperties"
        or not isinstance(known_keys, Mapping)
        or not isinstance(instance, dict)
    ):
        return [FaultyPlace(pointer)]
    missing = [key for key in known_keys if key not in instance]
    return [_fix_key(pointer, key, missing) for key in instance if key not in known_keys]


def _fix_key(pointer: str, key: str, missing: list[str]) -> FaultyPlace:
    meant = get_close_matches(key, missing, 1, _LEAST_SIMILARITY)
    return FaultyPlace(pointer + _pointer([key]), Fix(FixAction.RENAME, meant[0]) if meant else None)


def _pointer(path: Iterable[str | int]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts)


def _describe(error: ValidationError) -> tuple[str, str]:
    """Return pointer and message of an error; of several alternatives, those of the closest match."""
    cause = best_match([error]) or error
    return _pointer(cause.absolute_path), _shorten(_message(cause))


def _message(cause: ValidationError) -> str:
    """Return the message of an error; a pattern that readers cannot read has a description in the schema."""
    schema: object = cause.validator_value if cause.validator == "not" else cause.schema
    reason = schema.get("description") if isinstance(schema, Mapping) else None
    if cause.validator in {"pattern", "not"} and reason:
        return f"{cause.instance!r} is not allowed: {reason}"
    return str(cause.message)


def _shorten(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

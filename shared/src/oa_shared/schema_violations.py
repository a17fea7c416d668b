"""Violations of a JSON schema with readable messages, by the validator that explains rather than the fast one."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_shared.value_text import quote_value

_LEAST_SIMILARITY = 0.75
_MAX_COMPARED = 60
_KINDS = {
    "string": "a text in double quotes",
    "object": "an object { … }",
    "array": "a list [ … ]",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_WITHOUT_QUOTES = {"true": "boolean", "false": "boolean", "null": "null"}
_NUMBER = re.compile(r"-?[0-9]{1,15}")
# The library names the missing key in its message only.
_MISSING_KEY = re.compile(r"('.*'|\".*\") is a required property", re.DOTALL)


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
    instance, allowed = cast("object", cause.instance), cast("object", cause.validator_value)
    if cause.validator == "enum" and isinstance(instance, str) and isinstance(allowed, list):
        known = [value for value in allowed if isinstance(value, str)]
        meant = get_close_matches(instance, known, 1, _LEAST_SIMILARITY)
        return [FaultyPlace(pointer, Fix(FixAction.REPLACE, meant[0], instance) if meant else None)]
    unknown = _unknown_keys(cause)
    if not unknown or not isinstance(instance, dict):
        return [FaultyPlace(pointer)]
    missing = sorted(_known_keys(cause) - instance.keys())
    return [_fix_key(pointer, key, missing) for key in unknown]


def _fix_key(pointer: str, key: str, missing: Sequence[str]) -> FaultyPlace:
    meant = get_close_matches(key, missing, 1, _LEAST_SIMILARITY)
    return FaultyPlace(pointer + _pointer([key]), Fix(FixAction.RENAME, meant[0]) if meant else None)


def _pointer(path: Iterable[str | int]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts)


def _describe(error: ValidationError) -> tuple[str, str]:
    """Return pointer and message of an error; of several alternatives, those of the closest match.

    The pointer to a key that the schema does not know is that of the key, so that its line can be named.
    """
    cause = best_match([error]) or error
    unknown = _unknown_keys(cause)
    message = _describe_unknown(cause, unknown) if unknown else _message(cause)
    return _pointer([*cause.absolute_path, *unknown[:1]]), _shorten(message)


def _unknown_keys(cause: ValidationError) -> list[str]:
    """Return the keys of an object that the schema does not know; none if something else is wrong."""
    if cause.validator != "additionalProperties" or not isinstance(cause.instance, Mapping):
        return []
    known = _known_keys(cause)
    return [str(key) for key in cause.instance if key not in known]


def _known_keys(cause: ValidationError) -> set[str]:
    properties: object = cause.schema.get("properties") if isinstance(cause.schema, Mapping) else None
    return set(map(str, properties)) if isinstance(properties, Mapping) else set()


def _describe_unknown(cause: ValidationError, unknown: Sequence[str]) -> str:
    first = unknown[0]
    guess = _guess(first, sorted(_known_keys(cause)))
    more = f", and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
    return f"unknown key {first[:_MAX_COMPARED]!r}{guess}{more}"


def _guess(value: object, known: Sequence[object]) -> str:
    """Return the known text that is most like a value, as a question; "" for none."""
    texts = {text.casefold(): text for text in known if isinstance(text, str)}
    nearest = get_close_matches(value[:_MAX_COMPARED].casefold(), texts, 1) if isinstance(value, str) else []
    return f" (did you mean {texts[nearest[0]]!r}?)" if nearest else ""


def _explain_quotes(value: object, kinds: Sequence[object]) -> str:
    """Return how to write a number or a text that has quotes or lacks them; "" if something else is wrong."""
    if isinstance(value, str) and value in _WITHOUT_QUOTES and _WITHOUT_QUOTES[value] in kinds:
        return f": write {value} without quotes"
    if isinstance(value, str) and _NUMBER.fullmatch(value) and {"integer", "number"} & set(kinds):
        return f": write {value} without quotes"
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if is_number and not isinstance(value, bool) and "string" in kinds:
        return f': write "{value}"'
    return ""


def _message(cause: ValidationError) -> str:
    """Return the message of an error; a pattern that readers cannot read has a description in the schema."""
    schema: object = cause.validator_value if cause.validator == "not" else cause.schema
    reason = schema.get("description") if isinstance(schema, Mapping) else None
    if cause.validator in {"pattern", "not"} and reason:
        return f"{quote_value(cause.instance)} is not allowed: {reason}"
    if cause.validator == "enum" and isinstance(cause.validator_value, list):
        listed = ", ".join(map(quote_value, cause.validator_value))
        return f"{quote_value(cause.instance)} is not one of {listed}{_guess(cause.instance, cause.validator_value)}"
    if cause.validator == "type":
        kinds = cause.validator_value if isinstance(cause.validator_value, list) else [cause.validator_value]
        expected = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in kinds)
        return f"{quote_value(cause.instance)} must be {expected}{_explain_quotes(cause.instance, kinds)}"
    if cause.validator == "required" and (lacking := _MISSING_KEY.fullmatch(str(cause.message))):
        return f"the key {lacking[1]} is missing"
    # The library quotes values as Python writes them.
    return str(cause.message).replace(repr(cause.instance), quote_value(cause.instance))


def _shorten(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

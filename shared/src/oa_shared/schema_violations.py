"""Violations of a JSON schema with readable messages, by the validator that explains rather than the fast one."""

from collections.abc import Mapping
from itertools import islice

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match


def violations(document: object, schema: Mapping[str, object], *, most: int) -> list[tuple[str, str]]:
    """Return the JSON pointer and the message of the first `most` violations found, ordered by pointer.

    The search ends with the last of them: a hostile document may have as many violations as bytes.
    """
    found = islice(Draft202012Validator(schema).iter_errors(document), most)
    errors = sorted(found, key=lambda error: list(map(str, error.absolute_path)))
    return [_describe(error) for error in errors]


def _describe(error: ValidationError) -> tuple[str, str]:
    """Return pointer and message of an error; of several alternatives, those of the closest match."""
    cause = best_match([error]) or error
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in cause.absolute_path)
    return "".join(f"/{part}" for part in parts), _shorten(_message(cause))


def _message(cause: ValidationError) -> str:
    """Return the message of an error; a pattern that readers cannot read has a description in the schema."""
    schema: object = cause.validator_value if cause.validator == "not" else cause.schema
    reason = schema.get("description") if isinstance(schema, Mapping) else None
    if cause.validator in {"pattern", "not"} and reason:
        return f"{cause.instance!r} is not allowed: {reason}"
    return str(cause.message)


def _shorten(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

"""What in a document breaks a JSON schema, said for people: the validator that explains, not the one that is fast."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match


def violations(document: Any, schema: Any, *, most: int) -> list[tuple[str, str]]:
    """Return the JSON pointer and the message of the first violations, in the order of their pointers."""
    found = Draft202012Validator(schema).iter_errors(document)
    errors = sorted(found, key=lambda error: list(map(str, error.absolute_path)))
    return [_told(error) for error in errors[:most]]


def _told(error: ValidationError) -> tuple[str, str]:
    """Say the most telling part of an error: of alternatives, the one that came nearest."""
    cause = best_match([error]) or error
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in cause.absolute_path)
    return "".join(f"/{part}" for part in parts), _shorten(cause.message)


def _shorten(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

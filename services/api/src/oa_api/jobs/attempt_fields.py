"""Request fields that name an attempt and prove that the caller may act for it."""

from marshmallow import fields, validate

from oa_api.http.fields import MAX_INTEGER, Text, about

TOKEN_EXAMPLE = "0123456789abcdef0123456789abcdef"  # noqa: S105 - an example
_MAX_TOKEN = 200


def attempt_number_field() -> fields.Integer:
    """Return the required field of the number of an attempt."""
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=1, max=MAX_INTEGER),
        metadata=about("Number of the attempt.", 1),
    )


def token_field(description: str = "Token of the attempt.") -> Text:
    """Return the required field of a token."""
    return Text(required=True, validate=validate.Length(max=_MAX_TOKEN), metadata=about(description, TOKEN_EXAMPLE))

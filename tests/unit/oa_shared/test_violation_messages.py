"""Messages of schema violations propose what the author meant."""

import pytest

from oa_shared.schema_violations import violations

_SCHEMA = {
    "properties": {
        "function": {"enum": ["regexp", "remove_prefix", "join"]},
        "protocol": {"enum": ["http", "ftp", "ESRI"]},
        "headers": {"type": "integer"},
        "skip": {"type": "boolean"},
        "license": {"type": ["string", "object"]},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("key", "value", "end"),
    [
        ("function", "regex", "'join' (did you mean 'regexp'?)"),
        ("function", "RemovePrefix", "(did you mean 'remove_prefix'?)"),
        ("protocol", "https", "(did you mean 'http'?)"),
        ("protocol", "esri", "(did you mean 'ESRI'?)"),
        ("protocol", "gopher", "'ESRI'"),
        ("headers", "1", "must be a whole number: write 1 without quotes"),
        ("headers", "one", "must be a whole number"),
        ("skip", "true", "must be true or false: write true without quotes"),
        ("license", 5, 'must be a text in double quotes or an object { … }: write "5"'),
        ("license", float("inf"), "must be a text in double quotes or an object { … }"),
        ("license", 10**400, "0…"),
        ("Headers", 1, "unknown key 'Headers' (did you mean 'headers'?)"),
    ],
)
def test_violation_ends_with_the_value_that_was_meant(key: str, value: object, end: str) -> None:
    ((pointer, message),) = violations({key: value}, _SCHEMA, most=5)
    assert pointer == f"/{key}"
    assert message.endswith(end)

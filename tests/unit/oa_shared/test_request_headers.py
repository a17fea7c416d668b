"""The headers of a definition: one rule in the schema and in the client."""

import pytest

from oa_shared.request_headers import FORBIDDEN_HEADERS, header_violation
from oa_shared.source_definition import validate_definition

ALLOWED = ({"Referer": "https://example.org/"}, {"User-Agent": "Mozilla/5.0"}, {"X-Key": "ä"}, {"Cookie": "a=b; c=d"})
REFUSED = (
    {"X": "a\r\nHost: b"},
    {"X": "a\nb"},
    {"X": "a\0b"},
    {"X Y": "1"},
    {"X:": "1"},
    {"": "1"},
    {"X\r\nHost": "1"},
    {"X": "a" * 5000},
    *({name: "x"} for name in sorted(FORBIDDEN_HEADERS)),
    *({name.title(): "x"} for name in sorted(FORBIDDEN_HEADERS)),
    *({name.upper(): "x"} for name in sorted(FORBIDDEN_HEADERS)),
)


def definition(headers: dict[str, str]) -> dict[str, object]:
    conform = {"format": "csv", "number": "N", "street": "S", "lon": "X", "lat": "Y"}
    entry = {
        "name": "city",
        "data": "https://example.org/a.csv",
        "protocol": "http",
        "request": {"headers": headers},
        "conform": conform,
    }
    return {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [entry]}}


@pytest.mark.parametrize("headers", ALLOWED, ids=repr)
def test_headers_of_a_request_are_valid_in_schema_and_client(headers: dict[str, str]) -> None:
    assert header_violation(headers) is None
    assert validate_definition(definition(headers)) == []


@pytest.mark.parametrize("headers", REFUSED, ids=lambda headers: repr(headers)[:60])
def test_headers_that_frame_or_inject_are_refused_by_schema_and_client(headers: dict[str, str]) -> None:
    assert header_violation(headers) is not None
    problems = validate_definition(definition(headers))
    assert [problem.pointer.startswith("/layers/addresses/0/request/headers") for problem in problems] == [True]


def test_headers_forbidden_by_the_schema_explain_themselves() -> None:
    [problem] = validate_definition(definition({"Host": "x"}))
    assert problem.message == "'Host' is not allowed: a definition must not set headers that frame or route a request"

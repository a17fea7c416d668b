"""URLs in requests: what a parser cannot read is a wrong value, never a crash."""

from collections.abc import Iterator

import pytest
from marshmallow import ValidationError

from oa_api import routes
from oa_api.http.fields import StrictSchema, WebUrl

_WRONG = (
    *("http://[", "https://[::1", "https://example.org:99999", "https://example.org:x", "https://\u2100.org"),
    *("javascript:alert(1)", "//example.org", "https:///x", "https://", "ftp://example.org", "example.org", "x"),
    *("https://exa mple.org", "https://example.org/<b>", 'https://example.org/"', "https://example.org/\n", "\ud800"),
)
_GOOD = (
    "https://example.org",
    "http://example.org:8080/a?b=c#d",
    "https://[2001:db8::1]/",
    "https://k\u00f6ln.example/",
)
# The form of trials keeps the typed text: the fetcher states the problem. The other one is a path of the API.
_READ_LATER = {"NewSourceSchema.url", "TrialFormSchema.url", "SchemaQueryV1Schema.url"}


@pytest.mark.parametrize("text", _WRONG, ids=ascii)
def test_wrong_url_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        WebUrl().deserialize(text)


@pytest.mark.parametrize("text", _GOOD, ids=ascii)
def test_url_of_the_web_is_accepted(text: str) -> None:
    assert WebUrl().deserialize(text) == text


def test_empty_url_is_accepted_only_where_a_form_may_leave_it_empty() -> None:
    assert WebUrl(allow_empty=True).deserialize("") == ""
    with pytest.raises(ValidationError):
        WebUrl().deserialize("")


def _requests(schema: type[StrictSchema] = StrictSchema) -> Iterator[type[StrictSchema]]:
    for each in schema.__subclasses__():
        yield each
        yield from _requests(each)


def test_each_request_reads_its_urls_as_urls() -> None:
    """A field of another type lets text pass that a later parser raises ValueError for."""
    assert routes.ROUTES
    texts = {
        f"{schema.__name__}.{name}"
        for schema in _requests()
        for name, field in schema().fields.items()
        if name.rsplit("_", 1)[-1] == "url" and not isinstance(field, WebUrl)
    }
    assert texts == _READ_LATER

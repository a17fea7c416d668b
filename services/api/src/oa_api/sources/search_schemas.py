"""The request of the search."""

from dataclasses import dataclass

from marshmallow import validate

from oa_api.http.fields import RequestSchema, Text, about

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A text to search for."""

    q: str = ""


class SearchSchema(RequestSchema[SearchRequest]):
    """The page /search."""

    q = Text(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata=about("ID of a job or run, a part of a source name, or a place.", "us/ca/berkeley"),
    )

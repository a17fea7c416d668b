"""Requests for proposals, and what their jobs propose: files that a container wrote, which reads untrusted data."""

import json
from dataclasses import dataclass
from typing import cast

from yarl import URL

from oa_api.http.errors import InvalidError
from oa_api.trials.sample_view import ColumnFill
from oa_shared.definition_address import is_data_address
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_object
from oa_shared.postgres_json import why_not_storable
from oa_shared.proposal_request import ProposalRequest, read_proposal_request

MAX_URL = 4_000
_MAX_REQUEST = 16 * 1024
_MAX_TEXT_BYTES = 256 * 1024
_MAX_GUESSES, _MAX_REMARKS, _MAX_COLUMNS, _MAX_EXAMPLES, _MAX_SHOWN = 60, 60, 300, 3, 600
_SERVICES = "https://, ftp:// or s3://"


@dataclass(frozen=True, slots=True)
class ShownGuess:
    """A guess at the member `key`: its value in short, the confidence in a word, the reason, a value of the data."""

    key: str
    value: str
    confidence: str
    reason: str
    example: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """The text of a proposed definition, why it is so, and the columns of the data; `columns_in_all` counts them."""

    text: str
    guesses: list[ShownGuess]
    remarks: list[str]
    columns: list[ColumnFill]
    columns_in_all: int


def find_request(text: str) -> ProposalRequest | None:
    """Return the request in the text of a job, None for a definition."""
    if len(text) > _MAX_REQUEST:
        return None
    try:
        return read_proposal_request(json.loads(text))
    except (ValueError, RecursionError):
        return None


def check_data_url(url: str) -> None:
    """Raise InvalidError for a text that is not the URL of data; the job decides whether it may fetch from there."""
    if not url:
        raise InvalidError("enter the URL of the data")
    if not is_data_address(url):
        raise InvalidError(f"{url[:200]!r} is not the URL of data: enter one that starts with {_SERVICES}")
    if len(url) > MAX_URL:
        raise InvalidError(f"the URL has {len(url):,} characters, limit {MAX_URL:,} characters: enter a shorter one")
    if not url.isprintable():
        raise InvalidError("the URL has control characters: copy it again from the page of the data")
    try:
        host = URL(url).host
    except ValueError as error:
        raise InvalidError(f"{url[:200]!r} is not a URL: {error}") from error
    if not host:
        raise InvalidError(f"{url[:200]!r} has no host: enter the full URL of the data")


def read_proposal(document: object) -> ProposalView | None:
    """Return the view of `proposal.json`; None for another document, and for one that no page can show."""
    proposal = json_object(document)
    definition = proposal.get("definition")
    if not isinstance(definition, dict) or why_not_storable(proposal):
        return None
    text = json.dumps(definition, ensure_ascii=False, indent=4)
    if len(text.encode()) > _MAX_TEXT_BYTES:
        return None
    columns = [_column(item) for item in _objects(proposal.get("columns"))[:_MAX_COLUMNS]]
    in_all = proposal.get("columns_in_all")
    remarks = proposal.get("remarks")
    return ProposalView(
        text=text,
        guesses=[_guess(item) for item in _objects(proposal.get("guesses"))[:_MAX_GUESSES]],
        remarks=[_text(remark) for remark in (remarks if isinstance(remarks, list) else [])[:_MAX_REMARKS]],
        columns=columns,
        columns_in_all=max(len(columns), _number(in_all)),
    )


def _guess(item: JsonMapping) -> ShownGuess:
    key, value, confidence = (_text(item.get(name)) for name in ("key", "text", "confidence"))
    return ShownGuess(key, value, confidence, _text(item.get("reason")), _text(item.get("example")))


def _column(item: JsonMapping) -> ColumnFill:
    rows, filled, examples = _number(item.get("rows")), _number(item.get("filled")), item.get("examples")
    shown = [_text(example) for example in (examples if isinstance(examples, list) else [])[:_MAX_EXAMPLES]]
    share = min(filled / rows, 1.0) if rows else 0.0
    return ColumnFill(_text(item.get("name")), share, _number(item.get("distinct")), shown, [])


def _objects(value: object) -> list[JsonObject]:
    return [cast("JsonObject", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return str(value)[:_MAX_SHOWN] if isinstance(value, str | int | float) else ""


def _number(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0

"""The examination of definitions in its own process (oa_api.commands.examiner_process): reading and planning.

Replies leave out the text of a definition that the API has already.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TypedDict, cast

from marshmallow import ValidationError

from oa_api.http.fields import error_messages
from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.planning import (
    DefinitionText,
    Element,
    EntryReply,
    EntrySelection,
    JobPlan,
    plan_definition,
    plan_text,
    reduce_jobs,
)
from oa_api.jobs.request_schemas import JobElementSchema, NewJobsSchema
from oa_api.jobs.requests import JobElement, NewJobs
from oa_shared.carriers import why_not_name
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.large_bodies import TooManyValuesError
from oa_shared.source_definition import DefinitionProblem

POSTED, DEFINITION = "jobs.posted", "jobs.definition"
# The values of 10,000 definitions of a hundred values each.
MAX_POSTED_VALUES = 1_000_000
_SHOWN = 2000
_REPLY_CHARACTERS = 256 * 1024
_PATH_BELOW_SOURCES = re.compile(r"(?:^|/)sources/(?P<name>.+)\.json\Z")
_SCHEMA = JobElementSchema()
# `json.dumps` makes an encoder for each of thousands of definitions.
_WRITE_DEFINITION = json.JSONEncoder(ensure_ascii=False).encode


class PostedHeader(TypedDict):
    """With which element to start, and how many replies share a frame."""

    start: int
    batch: int


class DefinitionHeader(TypedDict):
    """The description of a definition: its place and label in rejections, its name, its URL, and what is selected."""

    index: int
    label: str
    source_name: str | None
    url: str | None
    layer: str | None
    name: str | None


class RejectionReply(TypedDict):
    """A `Rejection`."""

    index: int
    source: str
    code: str
    message: str
    pointer: str


class BodyReply(TypedDict, total=False):
    """The first reply to a request: how many elements it has, or why and how it is refused."""

    total: int
    refused: str
    detail: str
    fields: JsonMapping


class PlanReply(TypedDict):
    """What becomes of an element; `text` is None if the API has it."""

    source_name: str
    url: str | None
    sha256: str
    text: str | None
    entries: list[EntryReply]
    rejections: list[RejectionReply]


class FetchReply(TypedDict):
    """An element whose definition has to be fetched first."""

    url: str
    source_name: str
    label: str
    layer: str | None
    name: str | None


class ElementReply(TypedDict):
    """The reply to an element of a request: one of both."""

    index: int
    plan: PlanReply | None
    fetch: FetchReply | None


def examine_posted(header: JsonMapping, body: bytes) -> Iterator[list[JsonObject]]:
    """Yield the number of elements of POST /api/run/{run}/jobs or why the body is refused, then their replies."""
    start = cast("PostedHeader", header)
    try:
        new_jobs: NewJobs = NewJobsSchema().load(cast("JsonMapping", decode(body, max_values=MAX_POSTED_VALUES)))
    except NotJsonError as error:
        yield _body(BodyReply(refused="not_json", detail=error.detail))
    except TooManyValuesError as error:
        yield _body(BodyReply(refused="too_large", detail=error.detail))
    except UnstorableError as error:
        yield _body(BodyReply(refused="invalid", detail=error.detail, fields={"json": [error.detail]}))
    except ValidationError as error:
        fields = error_messages(error)
        yield _body(BodyReply(refused="invalid", detail=", ".join(fields), fields=fields))
    else:
        yield _body(BodyReply(total=len(new_jobs.jobs)))
        yield from _examine_elements(new_jobs.jobs, start=start["start"], batch=start["batch"])


def _body(reply: BodyReply) -> list[JsonObject]:
    return [cast("JsonObject", reply)]


def _examine_elements(elements: list[object], *, start: int, batch: int) -> Iterator[list[JsonObject]]:
    frame: list[JsonObject] = []
    characters = 0
    for index in range(start, len(elements)):
        reply = _examine_element(index, elements[index])
        frame.append(cast("JsonObject", reply))
        characters += len((reply["plan"] and reply["plan"]["text"]) or "")
        if len(frame) >= batch or characters > _REPLY_CHARACTERS:
            yield frame
            frame, characters = [], 0
    yield frame


def _examine_element(index: int, value: object) -> ElementReply:
    element = Element(index, value[:_SHOWN] if isinstance(value, str) else f"jobs[{index}]")
    try:
        # Not an object? The schema rejects it.
        new_job: JobElement = _SCHEMA.load({"source": value} if isinstance(value, str) else cast("JsonMapping", value))
    except ValidationError as error:
        refused = element.reject(DefinitionProblem("", json.dumps(error.messages)[:_SHOWN]), code="element")
        return ElementReply(index=index, plan=_reply(None, refused), fetch=None)
    if isinstance(new_job.source, str) and not new_job.source.lstrip().startswith("{"):
        return ElementReply(index=index, plan=None, fetch=_fetch(new_job, new_job.source))
    if isinstance(new_job.source, str):
        return ElementReply(index=index, plan=_plan_text_of_author(new_job, element, new_job.source), fetch=None)
    text = _WRITE_DEFINITION(new_job.source)
    definition = DefinitionText.of(text, source_name=new_job.source_name, url=None)
    selection = EntrySelection(new_job.layer, new_job.name)
    label = Element(index, new_job.source_name or element.label)
    plan = plan_definition(definition, new_job.source, label, selection)
    return ElementReply(index=index, plan=_reply(definition if plan.jobs else None, plan), fetch=None)


def _plan_text_of_author(new_job: JobElement, element: Element, text: str) -> PlanReply:
    """Plan the entries of a definition that the request has as text, which is stored unchanged."""
    definition = DefinitionText.of(text, source_name=new_job.source_name, url=None)
    label = Element(element.index, new_job.source_name or f"jobs[{element.index}]")
    plan = plan_text(definition, label, EntrySelection(new_job.layer, new_job.name))
    return _reply(definition if plan.jobs else None, plan)


def _fetch(new_job: JobElement, url: str) -> FetchReply:
    return FetchReply(
        url=url,
        source_name=new_job.source_name or _name_in_url(url) or "",
        label=new_job.source_name or url[:_SHOWN],
        layer=new_job.layer,
        name=new_job.name,
    )


def _name_in_url(url: str) -> str | None:
    match = _PATH_BELOW_SOURCES.search(url.partition("?")[0])
    return match["name"] if match and why_not_name(match["name"]) is None else None


def examine_definition(header: JsonMapping, body: bytes) -> Iterator[list[JsonObject]]:
    """Yield the reply to one definition, whose text is the body."""
    about = cast("DefinitionHeader", header)
    definition = DefinitionText.of(body.decode(), source_name=about["source_name"], url=about["url"])
    selection = EntrySelection(about["layer"], about["name"])
    plan = plan_text(definition, Element(about["index"], about["label"]), selection)
    yield [{**_reply(definition, plan), "text": None}]


def _reply(definition: DefinitionText | None, plan: JobPlan) -> PlanReply:
    return PlanReply(
        source_name=definition.source_name if definition else "",
        url=definition.url if definition else None,
        sha256=definition.sha256 if definition else "",
        text=definition.text if definition else None,
        entries=reduce_jobs(plan.jobs),
        rejections=[cast("RejectionReply", asdict(rejection)) for rejection in plan.rejections],
    )

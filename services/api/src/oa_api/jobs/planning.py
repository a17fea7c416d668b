"""From the elements of POST /api/run/{run}/jobs to definitions: fetching, reading, checking, permuting."""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from oa_api.definitions.fetcher import DefinitionFetcher, FetchError
from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.request_schemas import NewJobSchema
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Tier
from oa_shared.source_definition import Problem, SourceEntry, entries, repeated_names, validate_definition
from oa_shared.status import LAYERS

_PATH_BELOW_SOURCES = re.compile(r"(?:^|/)sources/(?P<name>.+)\.json\Z")
_SCHEMA = NewJobSchema()
_FETCH_WITHIN_S = 100


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job that will be written."""

    source_name: str
    source_url: str | None
    sha256: str
    definition: str
    layer: str
    name: str
    tier: Tier
    kind: JobKind = JobKind.SOURCE
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an element, or an entry of it, gets no job."""

    index: int
    source: str
    code: str
    message: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of all elements of one request."""

    jobs: list[PlannedJob]
    refusals: list[Rejection]


async def resolve(elements: list[Any], fetcher: DefinitionFetcher) -> Resolution:
    """Resolve all elements at once; the order of the jobs is that of the elements.

    What cannot be fetched within 100 seconds in all is refused, so that no request is held open without end.
    """
    deadline = asyncio.get_running_loop().time() + _FETCH_WITHIN_S
    found = await asyncio.gather(*(_resolve_one(i, item, fetcher, deadline) for i, item in enumerate(elements)))
    jobs = [job for resolution in found for job in resolution.jobs]
    return Resolution(jobs, [refusal for resolution in found for refusal in resolution.refusals])


async def _resolve_one(index: int, element: Any, fetcher: DefinitionFetcher, deadline: float) -> Resolution:
    label = element if isinstance(element, str) else f"jobs[{index}]"
    try:
        asked = _SCHEMA.load({"source": element} if isinstance(element, str) else element)
    except ValidationError as error:
        return _refused(index, label, [Problem("", json.dumps(error.messages))], code="element")
    source = asked["source"]
    url = source if isinstance(source, str) else None
    label = asked["source_name"] or url or label
    try:
        text = await _text(source, fetcher, deadline)
    except FetchError as error:
        return _refused(index, label, [Problem("", error.detail)], code=error.code)
    return plan_definition(text, index=index, label=label, url=url, asked=asked)


def plan_definition(text: str, *, index: int, label: str, url: str | None, asked: Mapping[str, Any]) -> Resolution:
    """Return the jobs that a definition calls for; `asked` has `source_name`, `layer` and `name`, each may be None."""
    try:
        definition = decode(text)
    except NotJsonError as error:
        return _refused(index, label, [Problem("", f"not JSON: {error.detail}")], code="source.schema")
    except UnstorableError as error:
        return _refused(index, label, [Problem("", error.detail)], code="source.encoding")
    problems = validate_definition(definition)
    if problems:
        return _refused(index, label, problems)
    name = asked["source_name"] or _source_name(url) or f"inline/{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return _permute(index, label, definition, text=text, url=url, source_name=name, asked=asked)


async def _text(source: Any, fetcher: DefinitionFetcher, deadline: float) -> str:
    if not isinstance(source, str):
        return json.dumps(source, ensure_ascii=False)
    try:
        async with asyncio.timeout_at(deadline):
            return await fetcher.fetch(source)
    except TimeoutError as error:
        raise FetchError("there was no time left to fetch it: send fewer URLs", code="upstream.timeout") from error


def _permute(
    index: int, label: str, definition: Any, *, text: str, url: str | None, source_name: str, asked: Any
) -> Resolution:
    wanted = [entry for entry in entries(definition) if _is_wanted(entry, asked)]
    repeats = [problem for problem in repeated_names(definition) if _concerns(problem, asked)]
    if not wanted:
        return _refused(index, label, [_nothing_wanted(definition, asked)], code="source.not_found")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    jobs = [
        PlannedJob(
            source_name, url, sha256, text, layer=entry.layer, name=entry.name, tier=entry.tier, host=host_of(entry)
        )
        for entry in wanted
    ]
    return Resolution(jobs, _refused(index, label, repeats).refusals)


def host_of(entry: SourceEntry) -> str | None:
    """Return the host that the data of an entry comes from; None where its address names none."""
    address = entry.body.get("data")
    try:
        return urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:
        return None


def _is_wanted(entry: SourceEntry, asked: Any) -> bool:
    return asked["layer"] in (None, entry.layer) and asked["name"] in (None, entry.name)


def _concerns(problem: Problem, asked: Any) -> bool:
    return asked["layer"] is None or problem.pointer.startswith(f"/layers/{asked['layer']}/")


def _nothing_wanted(definition: Any, asked: Any) -> Problem:
    there = ", ".join(f"{entry.layer}/{entry.name}" for entry in entries(definition)) or "nothing"
    if asked["layer"] is not None and asked["layer"] not in LAYERS:
        return Problem("/layers", f"unknown layer {asked['layer']!r}: use one of {', '.join(LAYERS)}")
    return Problem("/layers", f"no entry {asked['layer'] or '*'}/{asked['name'] or '*'}; the definition has {there}")


def _refused(index: int, label: str, problems: list[Problem], code: str = "source.schema") -> Resolution:
    refusals = [Rejection(index, label, code, problem.message, problem.pointer) for problem in problems]
    return Resolution([], refusals)


def _source_name(url: str | None) -> str | None:
    match = _PATH_BELOW_SOURCES.search((url or "").partition("?")[0])
    return match["name"] if match else None

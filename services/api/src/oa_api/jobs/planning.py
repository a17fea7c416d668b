"""From the elements of POST /api/run/{run}/jobs to planned jobs: fetching, reading and validating definitions."""

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from marshmallow import ValidationError

from oa_api.definitions.fetcher import DefinitionFetcher, FetchError
from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.request_schemas import JobElementSchema
from oa_api.jobs.requests import JobElement
from oa_shared.carriers import MAX_HOST, why_not_name
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.scheduling import Tier
from oa_shared.source_definition import DefinitionEntry, DefinitionProblem, entries, repeated_names, validate_definition
from oa_shared.status import LAYERS

_PATH_BELOW_SOURCES = re.compile(r"(?:^|/)sources/(?P<name>.+)\.json\Z")
_SCHEMA = JobElementSchema()
_FETCH_WITHIN_S = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedJob:
    """A job to create. No field has a default, so that no caller forgets one: pauses of a host depend on `host`."""

    source_name: str
    source_url: str | None
    sha256: str
    definition: str
    layer: str
    name: str
    tier: Tier
    kind: JobKind
    host: str | None


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """The text of a source definition, its name and the URL that it came from."""

    source_name: str
    url: str | None
    text: str
    sha256: str

    @classmethod
    def of(cls, text: str, *, source_name: str, url: str | None) -> "DefinitionText":
        """Return a definition with the digest of its text."""
        return cls(source_name, url, text, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an element, or one entry of its definition, gets no job; `pointer` is a JSON pointer into the definition."""

    index: int
    source: str
    code: str
    message: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """The jobs to create, and what is rejected."""

    jobs: list[PlannedJob]
    rejections: list[Rejection]


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Which entries of a definition get a job: those of this layer and name, of any where it is None."""

    layer: str | None = None
    name: str | None = None

    def includes(self, entry: DefinitionEntry) -> bool:
        """Return whether an entry gets a job."""
        return self.layer in (None, entry.layer) and self.name in (None, entry.name)


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a request: its place from 0, and its name in rejections."""

    index: int
    label: str

    def reject(self, *problems: DefinitionProblem, code: str = "source.schema") -> JobPlan:
        rejections = [Rejection(self.index, self.label, code, item.message, item.pointer) for item in problems]
        return JobPlan([], rejections)


def plan_entry(definition: DefinitionText, entry: DefinitionEntry) -> PlannedJob:
    """Return the job of one entry of a definition."""
    return PlannedJob(
        source_name=definition.source_name,
        source_url=definition.url,
        sha256=definition.sha256,
        definition=definition.text,
        layer=entry.layer,
        name=entry.name,
        tier=entry.tier,
        kind=JobKind.SOURCE,
        host=host_of(entry),
    )


def host_of(entry: DefinitionEntry) -> str | None:
    """Return the host from which the data of an entry comes; None where its `data` has no valid host."""
    address = entry.body.get("data")
    try:
        host = urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:
        return None
    return host if host and len(host) <= MAX_HOST else None


async def plan_elements(elements: list[object], fetcher: DefinitionFetcher) -> JobPlan:
    """JobPlan the jobs of all elements, in their order.

    Definitions that are not fetched within 100 seconds in all are rejected, so that the request ends.
    """
    deadline = asyncio.get_running_loop().time() + _FETCH_WITHIN_S
    plans = await asyncio.gather(*(_plan_element(i, item, fetcher, deadline) for i, item in enumerate(elements)))
    return JobPlan(
        [job for plan in plans for job in plan.jobs], [rejection for plan in plans for rejection in plan.rejections]
    )


async def _plan_element(index: int, value: object, fetcher: DefinitionFetcher, deadline: float) -> JobPlan:
    element = _Element(index, value if isinstance(value, str) else f"jobs[{index}]")
    try:
        # Not an object? The schema rejects it.
        new_job: JobElement = _SCHEMA.load({"source": value} if isinstance(value, str) else cast("JsonMapping", value))
    except ValidationError as error:
        return element.reject(DefinitionProblem("", json.dumps(error.messages)), code="element")
    url = new_job.source if isinstance(new_job.source, str) else None
    label = new_job.source_name or url or element.label
    try:
        text = await _read_source(new_job.source, fetcher, deadline)
    except FetchError as error:
        return _Element(index, label).reject(DefinitionProblem("", error.detail), code=error.code)
    selection = EntrySelection(new_job.layer, new_job.name)
    name = new_job.source_name or _name_in_url(url) or f"inline/{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return plan_definition(
        DefinitionText.of(text, source_name=name, url=url), index=index, label=label, selection=selection
    )


async def _read_source(source: object, fetcher: DefinitionFetcher, deadline: float) -> str:
    if not isinstance(source, str):
        return json.dumps(source, ensure_ascii=False)
    try:
        async with asyncio.timeout_at(deadline):
            return await fetcher.fetch(source)
    except TimeoutError as error:
        raise FetchError("no time left to fetch it: send fewer URLs", code="upstream.timeout") from error


def plan_definition(definition: DefinitionText, *, index: int, label: str, selection: EntrySelection) -> JobPlan:
    """Return the jobs of the selected entries of a definition; `index` and `label` name it in rejections."""
    element = _Element(index, label)
    try:
        decoded = decode(definition.text)
    except NotJsonError as error:
        return element.reject(DefinitionProblem("", f"not JSON: {error.detail}"))
    except UnstorableError as error:
        return element.reject(DefinitionProblem("", error.detail), code="source.encoding")
    problems = validate_definition(decoded)
    if problems or not isinstance(decoded, dict):
        return element.reject(*problems)
    jobs = [plan_entry(definition, entry) for entry in entries(decoded) if selection.includes(entry)]
    if not jobs:
        return element.reject(_no_entry(decoded, selection), code="source.not_found")
    repeats = [problem for problem in repeated_names(decoded) if _is_selected(problem, selection)]
    return JobPlan(jobs, element.reject(*repeats).rejections)


def _is_selected(problem: DefinitionProblem, selection: EntrySelection) -> bool:
    return selection.layer is None or problem.pointer.startswith(f"/layers/{selection.layer}/")


def _no_entry(definition: JsonObject, selection: EntrySelection) -> DefinitionProblem:
    if selection.layer is not None and selection.layer not in LAYERS:
        return DefinitionProblem("/layers", f"unknown layer {selection.layer!r}: use one of {', '.join(LAYERS)}")
    existing = ", ".join(f"{entry.layer}/{entry.name}" for entry in entries(definition)) or "none"
    selected = f"{selection.layer or '*'}/{selection.name or '*'}"
    return DefinitionProblem("/layers", f"no entry {selected}; the definition has {existing}")


def _name_in_url(url: str | None) -> str | None:
    match = _PATH_BELOW_SOURCES.search((url or "").partition("?")[0])
    return match["name"] if match and why_not_name(match["name"]) is None else None

"""From a source definition to planned jobs, and to the reasons for which it or an entry of it gets none.

Definitions are untrusted: `oa_api.jobs.examination` calls this in its own process.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_shared.carriers import MAX_HOST
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.large_bodies import TooManyValuesError
from oa_shared.scheduling import Tier
from oa_shared.source_definition import (
    MAX_VALUES,
    DefinitionEntry,
    DefinitionProblem,
    entries,
    repeated_names,
    validate_definition,
)
from oa_shared.status import LAYERS

_MAX_LISTED = 1000
# The layer, the name, the tier and the host of an entry.
EntryReply = tuple[str, str, str, str | None]


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
    def of(cls, text: str, *, source_name: str | None, url: str | None) -> "DefinitionText":
        """Return a definition with the digest of its text, which names a definition that has no other name."""
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return cls(source_name or f"inline/{sha256[:12]}", url, text, sha256)


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
class Element:
    """An element of a request: its place from 0, and its name in rejections."""

    index: int
    label: str

    def reject(self, *problems: DefinitionProblem, code: str = "source.schema") -> JobPlan:
        """Return a plan without jobs, for these reasons."""
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


def reduce_jobs(jobs: Sequence[PlannedJob]) -> list[EntryReply]:
    """Return the values that differ between the jobs of one definition."""
    return [(job.layer, job.name, str(job.tier), job.host) for job in jobs]


def restore_jobs(definition: DefinitionText, replies: Sequence[EntryReply]) -> list[PlannedJob]:
    """Return the jobs of a definition from what `reduce_jobs` left of them."""
    return [
        PlannedJob(
            source_name=definition.source_name,
            source_url=definition.url,
            sha256=definition.sha256,
            definition=definition.text,
            layer=layer,
            name=name,
            tier=Tier(tier),
            kind=JobKind.SOURCE,
            host=host,
        )
        for layer, name, tier, host in replies
    ]


def host_of(entry: DefinitionEntry) -> str | None:
    """Return the host from which the data of an entry comes; None where its `data` has no valid host."""
    address = entry.body.get("data")
    try:
        host = urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:
        return None
    return host if host and len(host) <= MAX_HOST else None


def plan_text(definition: DefinitionText, element: Element, selection: EntrySelection) -> JobPlan:
    """Return the jobs of the selected entries of a definition."""
    try:
        decoded = decode(definition.text, max_values=MAX_VALUES)
    except NotJsonError as error:
        return element.reject(DefinitionProblem("", f"not JSON: {error.detail}"))
    except TooManyValuesError as error:
        return element.reject(DefinitionProblem("", error.detail), code="source.too_large")
    except UnstorableError as error:
        return element.reject(DefinitionProblem("", error.detail), code="source.encoding")
    return plan_definition(definition, decoded, element, selection)


def plan_definition(
    definition: DefinitionText, decoded: object, element: Element, selection: EntrySelection
) -> JobPlan:
    """Return the jobs of the selected entries of a definition that is decoded already."""
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
    return DefinitionProblem("/layers", f"no entry {selected}; the definition has {existing}"[:_MAX_LISTED])

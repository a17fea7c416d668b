"""The review of a definition, in the process that reads untrusted ones: remarks with their lines, and its entries."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, cast

from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.planning import host_of
from oa_api.trials.remarks import MAX_REMARKS, Remark, RemarkJson
from oa_shared.definition_check.definition import check_entry, check_whole, find_schema_errors
from oa_shared.definition_check.findings import LintFinding, Severity, error
from oa_shared.definition_check.repeated_keys import check_repeated_keys
from oa_shared.json_positions import find_lines
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.large_bodies import TooManyValuesError
from oa_shared.source_definition import MAX_VALUES, DefinitionEntry, entries

REVIEW_TRIAL = "trials.review"
# Patterns that backtrack cost a quarter of a second each; other requests wait for the process until then.
_LINT_CPU_S = 2.0


class TrialEntryJson(TypedDict):
    """An entry as the database stores it."""

    layer: str
    name: str
    pointer: str
    host: str | None
    line: int
    is_runnable: bool


class TrialReply(TypedDict, total=False):
    """What the review found; a later reply replaces the members of an earlier one."""

    sha256: str
    remarks: list[RemarkJson]
    entries: list[TrialEntryJson]


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """A decoded definition with its findings; without entries if it cannot be read."""

    findings: list[LintFinding]
    entries: list[DefinitionEntry] = field(default_factory=list)
    error_line: int = 1


def review_posted(_header: JsonMapping, body: bytes) -> Iterator[list[JsonObject]]:
    """Yield what is certain after the schema, then everything: rules take time, and may take too much."""
    text = body.decode()
    definition, reviewed = _read(text)
    reply = TrialReply(sha256=hashlib.sha256(body).hexdigest(), entries=[], remarks=_locate(text, reviewed))
    yield [cast("JsonObject", reply)]
    if definition is None:
        return
    everything = _Reviewed(list(_lint(text, definition, reviewed.entries)), reviewed.entries)
    lines = find_lines(text, [entry.pointer for entry in everything.entries])
    reply = TrialReply(
        remarks=_locate(text, everything),
        entries=[_entry_json(entry, everything.findings, lines) for entry in everything.entries],
    )
    yield [cast("JsonObject", reply)]


def _read(text: str) -> tuple[JsonObject | None, _Reviewed]:
    """Return the definition and its schema errors; no definition if it has any."""
    try:
        definition = decode(text, max_values=MAX_VALUES)
    except NotJsonError as problem:
        cause = problem.__cause__
        line = cause.lineno if isinstance(cause, json.JSONDecodeError) else 1
        return None, _Reviewed([error("", "source.schema", f"not JSON: {problem.detail}")], error_line=line)
    except TooManyValuesError as problem:
        return None, _Reviewed([error("", "source.too_large", problem.detail)])
    except UnstorableError as problem:
        pointer = problem.detail.partition(":")[0]
        return None, _Reviewed([error(pointer if pointer.startswith("/") else "", "source.encoding", problem.detail)])
    errors = find_schema_errors(definition)
    if errors or not isinstance(definition, dict):
        return None, _Reviewed(errors)
    return definition, _Reviewed([], entries(definition))


def _lint(text: str, definition: JsonObject, known: Sequence[DefinitionEntry]) -> Iterator[LintFinding]:
    """Yield findings until there are enough, or until they have taken too long; the last one is then about that."""
    ends_at = time.process_time() + _LINT_CPU_S
    checks = [check_repeated_keys(text), check_whole(definition), *map(check_entry, known)]
    for count, finding in enumerate((finding for check in checks for finding in check), 1):
        yield finding
        if count >= MAX_REMARKS or time.process_time() > ends_at:
            limit = "only a part of the rules is checked here, because of their number or cost: run `oa check`"
            yield LintFinding(Severity.WARNING, "", "source.too_large", limit)
            return


def _locate(text: str, reviewed: _Reviewed) -> list[RemarkJson]:
    """Return the findings as remarks in the order of their lines."""
    lines: dict[str, int] = {}
    if any(finding.pointer for finding in reviewed.findings):
        lines = find_lines(text, [finding.pointer for finding in reviewed.findings if finding.pointer])
    remarks = [
        Remark(lines.get(item.pointer, reviewed.error_line), item.severity, item.code, item.pointer, item.message)
        for item in reviewed.findings
    ]
    return [remark.as_json() for remark in sorted(remarks, key=lambda remark: remark.line)]


def _entry_json(entry: DefinitionEntry, findings: Sequence[LintFinding], lines: dict[str, int]) -> TrialEntryJson:
    has_error = any(
        finding.severity is Severity.ERROR and f"{finding.pointer}/".startswith(f"{entry.pointer}/")
        for finding in findings
    )
    return TrialEntryJson(
        layer=entry.layer,
        name=entry.name,
        pointer=entry.pointer,
        host=host_of(entry),
        line=lines[entry.pointer],
        is_runnable=not has_error and not entry.body.get("skip"),
    )

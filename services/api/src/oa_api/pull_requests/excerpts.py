"""What a comment quotes from the files of jobs: the end of a log, the first rows of a sample."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from oa_api.jobs.job_log import as_text
from oa_api.pull_requests.check_state import CheckState, JobOutcome
from oa_api.pull_requests.markup import code
from oa_shared.ids import attempt_prefix
from oa_shared.json_types import JsonObject
from oa_shared.large_bodies import TooManyValuesError, check_values
from oa_shared.storage import Storage, StorageUnavailableError
from oa_shared.text_lines import split_lines

_LOG_LINES = 20
_LOG_BYTES = 16 * 1024
_SAMPLE_BYTES = 4 * 1024 * 1024
_ROWS = 3
_MAX_DECODED = 600_000
_MAX_VALUES = 30
_MAX_FILES = 10


@dataclass(frozen=True, slots=True)
class Excerpts:
    """By job: log lines as text, rows as HTML."""

    logs: Mapping[int, str] = field(default_factory=dict)
    rows: Mapping[int, str] = field(default_factory=dict)


async def read_excerpts(check: CheckState, storage: Storage) -> Excerpts:
    """Return what to quote; a file that is missing or cannot be read is left out."""
    failed = [entry.latest for entry in check.entries if entry.failed]
    sampled = [entry.sample for entry in check.entries if entry.sample.count and not entry.failed]
    logs, rows = await asyncio.gather(
        _read_files(storage, failed, file="log.jsonl", last_bytes=_LOG_BYTES, render=_end_of_log),
        _read_files(storage, sampled, file="sample.json", last_bytes=_SAMPLE_BYTES, render=_first_rows),
    )
    return Excerpts(logs, rows)


async def _read_files(
    storage: Storage, jobs: Sequence[JobOutcome], *, file: str, last_bytes: int, render: Callable[[bytes], str]
) -> dict[int, str]:
    """Return the rendered file of each of the first jobs, by job; at most the last bytes of each are read."""

    async def read_file(job: JobOutcome) -> str:
        key = attempt_prefix(job.job, job.attempt) + file
        try:
            head = await storage.head(key)
            if head is None or not head.size_bytes:
                return ""
            start = max(0, head.size_bytes - last_bytes)
            body = b"".join([chunk async for chunk in storage.stream(key, start)])
            return await asyncio.to_thread(render, body)
        except StorageUnavailableError:
            return ""

    quoted = jobs[:_MAX_FILES]
    texts = await asyncio.gather(*(read_file(job) for job in quoted))
    return {job.job: text for job, text in zip(quoted, texts, strict=True) if text}


def _end_of_log(body: bytes) -> str:
    lines = split_lines(body.decode("utf-8", "replace"))
    complete_lines = lines[1:] if len(body) >= _LOG_BYTES else lines
    return as_text("\n".join(complete_lines[-_LOG_LINES:]))


def _first_rows(body: bytes) -> str:
    """Return input and output of the first rows as a table; nothing for a file that the task did not write so."""
    try:
        text = body.decode()
        check_values(text, _MAX_DECODED)
        rows = _list(_object(json.loads(text))["rows"])[:_ROWS]
        return "\n".join(["<table>", "<tr><th>input</th><th>output</th></tr>", *map(_row, rows), "</table>"])
    except (ValueError, KeyError, RecursionError, TooManyValuesError):
        return ""


def _row(value: object) -> str:
    row = _object(value)
    attributes = [_object(item) for item in _list(row["attributes"])]
    output = [(item["attribute"], item["value"]) for item in attributes]
    raw = _object(row["raw"]).items()
    return f"<tr><td>{_values(raw)}</td><td>{_values([*output, ('geometry', row['geometry'])])}</td></tr>"


def _values(pairs: Iterable[tuple[object, object]]) -> str:
    shown = list(pairs)[:_MAX_VALUES]
    return "<br>".join(code(f"{name}: {value}", 120) for name, value in shown if value not in (None, ""))


def _object(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the caller handles one type of error
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - likewise
    return value

"""What a comment quotes of jobs' files: the end of a log, the first rows of a sample."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oa_api.jobs.job_log import as_text
from oa_api.pull_requests.check_state import CheckState, JobOutcome
from oa_api.pull_requests.markup import code
from oa_shared.ids import attempt_prefix
from oa_shared.storage import Storage, StorageUnavailableError

_LOG_LINES = 20
_LOG_BYTES = 16 * 1024
_SAMPLE_BYTES = 4 * 1024 * 1024
_ROWS = 3
_MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Excerpts:
    """By job: log lines as text, rows as HTML."""

    logs: Mapping[int, str] = field(default_factory=dict)
    rows: Mapping[int, str] = field(default_factory=dict)


async def quoted(standing: CheckState, storage: Storage) -> Excerpts:
    """Return what is to be quoted; a file that cannot be had or read is left out."""
    failed = [entry.latest for entry in standing.entries if entry.failed]
    sampled = [entry.sample for entry in standing.entries if entry.sample.count and not entry.failed]
    logs, rows = await asyncio.gather(
        _read(storage, failed, file="log.jsonl", last_bytes=_LOG_BYTES, tell=_end_of_log),
        _read(storage, sampled, file="sample.json", last_bytes=_SAMPLE_BYTES, tell=_first_rows),
    )
    return Excerpts(logs, rows)


async def _read(
    storage: Storage, tries: list[JobOutcome], *, file: str, last_bytes: int, tell: Callable[[bytes], str]
) -> dict[int, str]:
    """Return what a file of each of the first jobs says; at most its last bytes are read."""

    async def one(each: JobOutcome) -> str:
        key = attempt_prefix(each.job, each.attempt) + file
        try:
            there = await storage.head(key)
            if there is None or not there.size_bytes:
                return ""
            start = max(0, there.size_bytes - last_bytes)
            return tell(b"".join([chunk async for chunk in storage.stream(key, start)]))
        except StorageUnavailableError:
            return ""

    shown = tries[:_MOST_FILES]
    found = await asyncio.gather(*(one(each) for each in shown))
    return {each.job: text for each, text in zip(shown, found, strict=True) if text}


def _end_of_log(body: bytes) -> str:
    lines = body.decode("utf-8", "replace").splitlines()
    whole = lines[1:] if len(body) >= _LOG_BYTES else lines
    return as_text("\n".join(whole[-_LOG_LINES:]))


def _first_rows(body: bytes) -> str:
    """Return rows as they were read and what was made of them; nothing for a file that is not as the task writes it."""
    try:
        rows = json.loads(body)["rows"][:_ROWS]
        return "\n".join(["<table>", "<tr><th>read</th><th>made</th></tr>", *map(_row, rows), "</table>"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _row(row: Any) -> str:
    made = [(item["attribute"], item["value"]) for item in row["attributes"]]
    return f"<tr><td>{_pairs(row['raw'].items())}</td><td>{_pairs([*made, ('geometry', row['geometry'])])}</td></tr>"


def _pairs(pairs: Any) -> str:
    return "<br>".join(_told(pairs))


def _told(pairs: Any) -> Iterator[str]:
    for name, value in list(pairs)[:30]:
        if value not in (None, ""):
            yield code(f"{name}: {value}", 120)

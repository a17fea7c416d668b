"""One entry in words: a row of the table, and what more there is to tell."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

from oa_api.pull_requests.check_state import Entry, JobOutcome
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, link, pre
from oa_shared.failures import FAILURES
from oa_shared.status import JobStatus

_MOST_FIELDS = 8


def row(entry: Entry, *, public_url: str) -> str:
    """Return a row of the table: the entry, its outcome, what was counted, how that compares, where to look."""
    cells = [code(entry.key), _outcome(entry), _counted(entry), _compared(entry), _links(entry, public_url)]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def details(entry: Entry, *, public_url: str, quotes: Excerpts) -> str:
    """Return the error in words with its hint and the end of the log, or the first rows and the preview, if any."""
    if entry.failed:
        return "\n\n".join(_failure(entry, quotes.logs))
    concerns = "".join(f"<li>{html.escape(text)}</li>" for text in entry.concerns)
    parts = [f"<p>{code(entry.key)} {_held(entry)} until a person has looked:</p><ul>{concerns}</ul>"]
    parts = parts * bool(concerns)
    if entry.sample.job in quotes.rows:
        parts.append(_folded(f"{code(entry.key)}: its first rows", quotes.rows[entry.sample.job]))
    if entry.latest.has_preview and public_url:
        image = f"{public_url}/api/job/{entry.latest.job}/output/source.png"
        picture = f'<img src="{html.escape(image)}" width="400" alt="map of the features">'
        parts.append(_folded(f"{code(entry.key)} on a map", picture))
    return "\n\n".join(parts)


def _failure(entry: Entry, logs: Mapping[int, str]) -> Iterator[str]:
    latest = entry.latest
    known = FAILURES[latest.code or "bug.no_result"]
    yield f"<p>❌ {code(entry.key)}: <strong>{html.escape(known.title)}</strong> <code>{known.code}</code></p>"
    if latest.message:
        yield pre(latest.message)
    yield f"<p>What to do: {html.escape(known.hint)}</p>"
    if logs.get(latest.job):
        yield _folded("The end of the log", pre(logs[latest.job]))


def _folded(title: str, inner: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{inner}\n\n</details>"


def _outcome(entry: Entry) -> str:
    if entry.skipped:
        return "⏭️ the definition says to skip it"
    if entry.failed:
        return f"❌ <code>{entry.latest.code}</code>"
    if entry.published:
        return "✅ published"
    if entry.ended:
        return f"⚠️ {_held(entry)}" if entry.concerns else "✅ good"
    return f"⏳ {_running(entry)}"


def _held(entry: Entry) -> str:
    """Return what the quality gate does, or would do: it acts on live runs alone."""
    return "is held back" if entry.latest.status is JobStatus.WARN else "would be held back"


def _running(entry: Entry) -> str:
    if entry.full is not None:
        return "whole data: " + ("waiting" if entry.full.status is not JobStatus.RUNNING else "running")
    if entry.sample.status is JobStatus.SUCCESS:
        return "sample good, whole data next"
    return "sample: " + ("tried again" if entry.sample.attempt > 1 else "running")


def _counted(entry: Entry) -> str:
    """Tell the features and which share of them has each attribute, from the whole data or else from the sample."""
    found = _counts(entry)
    if found is None or found.count is None:
        return ""
    what = f"{found.count:,}" if found is entry.full else f"first {found.count:,}"
    return f"{what}<br>{_fill(found.fields, found.count)}"


def _counts(entry: Entry) -> JobOutcome | None:
    good = {JobStatus.SUCCESS, JobStatus.WARN}
    return next((each for each in (entry.full, entry.sample) if each is not None and each.status in good), None)


def _fill(fields: Mapping[str, int], count: int) -> str:
    """Return how full the attributes are, those that are empty throughout left out."""
    filled = [(name, value) for name, value in fields.items() if value and count]
    return ", ".join(f"{code(name, 30)} {_percent(value, count)}" for name, value in filled[:_MOST_FIELDS])


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if part in (0, whole) else f"{min(max(part / whole, 0.001), 0.999):.1%}"


def _compared(entry: Entry) -> str:
    if entry.live is None:
        return "new"
    if entry.full is None or entry.full.count is None:
        return f"{entry.live['count'] or 0:,} published"
    parts = [f"{entry.live['count'] or 0:,} published", _changes(entry.full.changes)]
    parts.append(_fill_against(entry.full, entry.live))
    return "<br>".join(part for part in parts if part)


def _changes(changes: Mapping[str, int]) -> str:
    return ", ".join(f"{changes[name]:,} {name}" for name in ("added", "removed", "changed") if name in changes)


def _fill_against(full: JobOutcome, live: Mapping[str, Any]) -> str:
    """Return the attributes whose share is another now: from what is published to what was made."""
    count, before = full.count or 0, live["count"] or 0
    if not count or not before:
        return ""
    pairs = [
        (name, _percent(live["fields"].get(name, 0), before), _percent(full.fields.get(name, 0), count))
        for name in {**live["fields"], **full.fields}
    ]
    return ", ".join(f"{code(name, 30)} {old} → {new}" for name, old, new in pairs if old != new)


def _links(entry: Entry, public_url: str) -> str:
    return link(f"{public_url}/jobs/{entry.latest.job}", "job and map") if public_url else f"job {entry.latest.job}"

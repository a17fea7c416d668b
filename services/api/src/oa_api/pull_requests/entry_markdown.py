"""The Markdown of one entry: a row of the table, and the details below it."""

import html
from collections.abc import Iterator, Mapping

from oa_api.pull_requests.check_state import Entry, EntryOutcome, JobOutcome, PublishedCounts
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, link, pre
from oa_shared.definition_places import describe_places
from oa_shared.failures import FAILURES, Failure
from oa_shared.feature_changes import read_count, read_field_differences
from oa_shared.json_types import JsonMapping
from oa_shared.status import JobStatus

_MAX_FIELDS = 8
# The cell of each outcome; a failed entry also has its code.
OUTCOME_LABELS: Mapping[EntryOutcome, str] = {
    EntryOutcome.SAMPLE_RUNNING: "⏳ sample: running",
    EntryOutcome.SAMPLE_RETRYING: "⏳ sample: retrying",
    EntryOutcome.FULL_NEXT: "⏳ sample passed; full run next",
    EntryOutcome.FULL_QUEUED: "⏳ full run: queued",
    EntryOutcome.FULL_RUNNING: "⏳ full run: running",
    EntryOutcome.SKIPPED: "⏭️ skipped: the definition sets <code>skip</code>",
    EntryOutcome.FAILED: "❌",
    EntryOutcome.PASSED: "✅ passed",
    EntryOutcome.WOULD_NEED_REVIEW: "⚠️ would need review",
    EntryOutcome.NEEDS_REVIEW: "⚠️ needs review",
    EntryOutcome.PUBLISHED: "✅ published",
}
END_OF_LOG, FIRST_ROWS = "End of the log", "first rows"


def table_row(entry: Entry, *, public_url: str) -> str:
    """Return a row of the table: entry, outcome, features, comparison with the published data, link."""
    cells = [code(entry.key), _outcome(entry), _counts(entry), _comparison(entry), _link(entry, public_url)]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def details(entry: Entry, *, public_url: str, excerpts: Excerpts) -> str:
    """Return the error with its hint and the end of the log; or review reasons, first rows and map, if any."""
    parts = _failure(entry, excerpts.logs) if entry.failed else _result(entry, public_url, excerpts.rows)
    return "\n\n".join(parts)


def failure_of(entry: Entry) -> Failure:
    """Return the title and hint of a failed entry's code."""
    return FAILURES[entry.latest.code or "bug.no_result"]


def _failure(entry: Entry, logs: Mapping[int, str]) -> Iterator[str]:
    latest, failure = entry.latest, failure_of(entry)
    yield f"<p>❌ {code(entry.key)}: <strong>{html.escape(failure.title)}</strong> <code>{failure.code}</code></p>"
    if latest.message:
        yield pre(describe_places(latest.message))
    yield f"<p>Next step: {html.escape(failure.hint)}</p>"
    if logs.get(latest.job):
        yield _details_block(END_OF_LOG, pre(logs[latest.job]))


def _result(entry: Entry, public_url: str, rows: Mapping[int, str]) -> Iterator[str]:
    reasons = entry.review_reasons
    if reasons:
        items = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons)
        verb = "needs" if entry.outcome is EntryOutcome.NEEDS_REVIEW else "would need"
        yield f"<p>{code(entry.key)} {verb} review before publishing:</p><ul>{items}</ul>"
    if entry.sample.job in rows:
        yield _details_block(f"{code(entry.key)}: {FIRST_ROWS}", rows[entry.sample.job])
    if entry.latest.has_preview and public_url:
        image_url = f"{public_url}/api/job/{entry.latest.job}/output/source.png"
        image = f'<img src="{html.escape(image_url)}" width="400" alt="map of the features">'
        yield _details_block(f"{code(entry.key)}: map", image)


def _details_block(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _outcome(entry: Entry) -> str:
    label = OUTCOME_LABELS[entry.outcome]
    return f"{label} <code>{entry.latest.code}</code>" if entry.outcome is EntryOutcome.FAILED else label


def _counts(entry: Entry) -> str:
    """Return the number of features and the coverage of each attribute, of the full job or else of the sample."""
    job = _counted_job(entry)
    if job is None or job.count is None:
        return ""
    features = f"{job.count:,}" if job is entry.full else f"first {job.count:,}"
    return f"{features}<br>{_coverage(job.fields, job.count)}"


def _counted_job(entry: Entry) -> JobOutcome | None:
    has_result = {JobStatus.SUCCESS, JobStatus.WARN}
    return next((job for job in (entry.full, entry.sample) if job is not None and job.status in has_result), None)


def _coverage(fields: Mapping[str, int], count: int) -> str:
    """Return the share of features that have each attribute, without attributes that none has."""
    filled = [(name, value) for name, value in fields.items() if value and count]
    return ", ".join(f"{code(name, 30)} {_percent(value, count)}" for name, value in filled[:_MAX_FIELDS])


def _percent(part: int, total: int) -> str:
    """Return a share; 0% and 100% are exact, so a share close to them is not rounded to them."""
    return f"{part / total:.0%}" if part in (0, total) else f"{min(max(part / total, 0.001), 0.999):.1%}"


def _comparison(entry: Entry) -> str:
    if entry.live is None:
        return "new"
    published = f"{entry.live.count or 0:,} published"
    if entry.full is None or entry.full.count is None:
        return published
    parts = [published, _changes(entry.full.changes), _coverage_changes(entry.full, entry.live)]
    return "<br>".join(part for part in parts if part)


def _changes(changes: JsonMapping) -> str:
    """Return the counts of changes, and on the next line the fields that changed."""
    counts = [f"{read_count(changes, name):,} {name}" for name in ("added", "removed", "changed") if name in changes]
    moved = read_count(changes, "moved")
    fields = [f"{code(item.field, 30)}: {item.counts}" for item in read_field_differences(changes)[:_MAX_FIELDS]]
    parts = [", ".join(counts), f"{moved:,} only moved" if moved else "", "<br>".join(fields)]
    return "<br>".join(part for part in parts if part)


def _coverage_changes(full: JobOutcome, live: PublishedCounts) -> str:
    """Return the attributes whose coverage changes, from the published data to the new result."""
    count, published_count = full.count or 0, live.count or 0
    if not count or not published_count:
        return ""
    shares = [
        (name, _percent(live.fields.get(name, 0), published_count), _percent(full.fields.get(name, 0), count))
        for name in {**live.fields, **full.fields}
    ]
    return ", ".join(f"{code(name, 30)} {old} → {new}" for name, old, new in shares if old != new)


def _link(entry: Entry, public_url: str) -> str:
    return link(f"{public_url}/jobs/{entry.latest.job}", "job and map") if public_url else f"job {entry.latest.job}"

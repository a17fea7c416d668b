"""What GitHub shows of a check: the check run, its annotations, and the comment on the pull request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oa_api.pull_requests.admission import Hold
from oa_api.pull_requests.check_state import CheckState, Entry
from oa_api.pull_requests.definition_review import FAILURE, Finding
from oa_api.pull_requests.entry_markdown import details, failure_of, table_row
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, link
from oa_shared.definition_places import describe_place, describe_places
from oa_shared.json_types import JsonObject
from oa_shared.value_text import plural

MARKER = "<!-- openaddresses-batch report -->"
# GitHub accepts 65,536 characters.
MAX_CHARACTERS = 60_000
TRUNCATED = "Report truncated; see the run page."
MERGED = "Merged: results of the merged definitions are published; all other entries rerun."
REMOVED = "Removed from the repository; published data stays, without updates:"
# GitHub takes 50 annotations in a request.
_MAX_ANNOTATIONS = 300
_MAX_LISTED = 100
HELD = {
    Hold.NEWCOMER: (
        "Waiting for approval",
        (
            "This is the author's first pull request here. After reading the changed definitions, a collaborator can "
            "start the jobs with the comment <code>/run</code>; later commits start automatically."
        ),
    ),
    Hold.QUOTA: (
        "Waiting: daily limit",
        (
            "The pull requests of this author have reached the daily limit of entries. A collaborator can start the "
            "jobs with the comment <code>/run</code>; from tomorrow, a new commit starts them too."
        ),
    ),
}
ABANDONED = "Abandoned: see the log of the server"
_LEFT = {"superseded": "Superseded by a newer commit", "closed": "Pull request closed"}


@dataclass(frozen=True, slots=True)
class Report:
    """`conclusion` is None while jobs run. `comment` is None if no comment is needed."""

    title: str
    summary: str
    conclusion: str | None
    annotations: list[JsonObject]
    comment: str | None

    @property
    def is_final(self) -> bool:
        """Return whether the report will not change anymore."""
        return self.conclusion is not None


def build_report(check: CheckState, *, public_url: str, excerpts: Excerpts) -> Report:
    """Return the report of a check. `excerpts` quote files of its jobs; `public_url` is the URL of the pages."""
    if check.state in _LEFT:
        title = _LEFT[check.state]
        return Report(title, f"{title}; the jobs of this commit were canceled.", "canceled", [], None)
    if check.hold is not Hold.NONE and check.state == "open":
        return _held_report(check)
    title = _title(check)
    summary = _summary(check, title, public_url=public_url, excerpts=excerpts)
    annotations = [_annotation(finding) for finding in check.problems]
    conclusion = _conclusion(check)
    if conclusion is not None:
        annotations += [_annotation(finding) for finding in _failures(check)]
    comment = f"{MARKER}\n{summary}" if not check.is_empty else None
    return Report(title, summary, conclusion, annotations[:_MAX_ANNOTATIONS], comment)


def _held_report(check: CheckState) -> Report:
    """Return the report of a check whose entries wait for a collaborator, with what its review found."""
    title, text = HELD[check.hold]
    summary = _truncate([f"### OpenAddresses: {title}", f"<p>{text}</p>", *_problems(check.problems)])
    annotations = [_annotation(finding) for finding in check.problems]
    return Report(title, summary, "action_required", annotations[:_MAX_ANNOTATIONS], f"{MARKER}\n{summary}")


def abandonment_report() -> Report:
    """Return the report of a check whose report the server could not make."""
    text = (
        f"### OpenAddresses: {ABANDONED}\n\n<p>The server could not finish this check. Push a commit to repeat it.</p>"
    )
    return Report(ABANDONED, text, "failure", [], None)


def _conclusion(check: CheckState) -> str | None:
    if not check.ended:
        return None
    if check.failures or any(entry.failed for entry in check.entries):
        return "failure"
    is_doubtful = any(entry.review_reasons or entry.skipped for entry in check.entries) or check.removed
    return "neutral" if is_doubtful else "success"


def _title(check: CheckState) -> str:
    if check.is_empty:
        return "No source changes"
    parts = [*_problem_count(check), *_entry_counts(check)]
    return ", ".join(parts) or "Nothing to run"


def _problem_count(check: CheckState) -> Iterator[str]:
    if problems := len(check.failures):
        yield f"{plural(problems, 'problem')} in definitions"


def _entry_counts(check: CheckState) -> Iterator[str]:
    total = len(check.entries)
    failed, ended = sum(entry.failed for entry in check.entries), sum(entry.ended for entry in check.entries)
    if ended < total:
        yield f"{plural(f'{ended:,} of {total:,}', 'entry', 'entries')} done"
    if failed:
        yield f"{failed:,} of {total:,} failed"
    elif total and ended == total:
        yield f"{plural(total, 'entry', 'entries')} ran"


def _summary(check: CheckState, title: str, *, public_url: str, excerpts: Excerpts) -> str:
    """Return as many parts as fit; the details of failures come first."""
    parts = [f"### OpenAddresses: {title}", _introduction(check, public_url)]
    parts += _problems(check.problems)
    parts += _table(check.entries, public_url)
    failures_first = sorted(check.entries, key=lambda entry: not entry.failed)
    parts += [text for entry in failures_first if (text := details(entry, public_url=public_url, excerpts=excerpts))]
    parts += _removed_entries(check.removed)
    return _truncate(parts)


def _truncate(parts: Sequence[str]) -> str:
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + 2
        if size > MAX_CHARACTERS:
            return "\n\n".join([*kept, TRUNCATED])
        kept.append(part)
    return "\n\n".join(kept)


def _introduction(check: CheckState, public_url: str) -> str:
    runs = check.runs
    named_runs = [("samples", runs.sample_run), ("full", runs.full_run), ("live", runs.live_run)]
    labels = [_run(name, run, public_url) for name, run in named_runs if run is not None]
    texts = [f"Commit <code>{check.head_sha[:10]}</code>."]
    if labels:
        texts.append(f"Runs: {', '.join(labels)}.")
    if check.state == "merged":
        texts.append(MERGED)
    elif not check.ended:
        texts.append("Each entry runs on a sample first, then in full; this comment updates.")
    return f"<p>{' '.join(texts)}</p>"


def _run(name: str, run: int, public_url: str) -> str:
    label = f"{name} (run {run})"
    return link(f"{public_url}/runs/{run}", label) if public_url else label


def _problems(problems: Sequence[Finding]) -> Iterator[str]:
    if problems:
        yield _list(
            "Problems in definitions:", [_problem(finding) for finding in problems[:_MAX_LISTED]], len(problems)
        )


def _problem(finding: Finding) -> str:
    prefix = "" if finding.level == FAILURE else "Warning: "
    return f"{prefix}{code(finding.path)} line {finding.line}: {code(describe_places(finding.message), 300)}"


def _removed_entries(removed: Sequence[str]) -> Iterator[str]:
    if removed:
        yield _list(REMOVED, [code(key) for key in removed[:_MAX_LISTED]], len(removed))


def _list(title: str, items: Sequence[str], total: int) -> str:
    lines = [f"<li>{item}</li>" for item in items]
    if total > len(items):
        lines.append(f"<li>{_more(total - len(items))}</li>")
    return "\n".join([f"<p>{title}</p>", "<ul>", *lines, "</ul>"])


def _table(entries: Sequence[Entry], public_url: str) -> Iterator[str]:
    if not entries:
        return
    head = "<tr><th>entry</th><th>outcome</th><th>features</th><th>compared with published</th><th></th></tr>"
    failures_first = sorted(entries, key=lambda entry: not entry.failed)[:_MAX_LISTED]
    rows = [table_row(entry, public_url=public_url) for entry in failures_first]
    if len(entries) > len(rows):
        rows.append(f"<tr><td colspan='5'>{_more(len(entries) - len(rows))}</td></tr>")
    yield "\n".join(["<table>", head, *rows, "</table>"])


def _more(count: int) -> str:
    return f"and {count} more"


def _failures(check: CheckState) -> Iterator[Finding]:
    """Yield the failure of each entry, on its line of its file."""
    for entry in check.entries:
        if entry.failed and entry.key in check.lines:
            path, line = check.lines[entry.key]
            failure = failure_of(entry)
            yield Finding(path, line, f"{entry.key}: {failure.title} {entry.latest.message}\n{failure.hint}")


def _annotation(finding: Finding) -> JsonObject:
    prefix = f"{describe_place(finding.pointer)}: " if finding.pointer else ""
    return {
        "path": finding.path,
        "start_line": finding.line,
        "end_line": finding.line,
        "annotation_level": finding.level,
        "message": f"{prefix}{describe_places(finding.message)}"[:2000],
    }

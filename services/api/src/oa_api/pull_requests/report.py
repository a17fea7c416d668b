"""What GitHub shows of a check: the check run, its annotations, and the comment on the pull request."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oa_api.pull_requests.check_state import CheckState, Entry
from oa_api.pull_requests.definition_review import FAILURE, Finding
from oa_api.pull_requests.entry_markdown import details, row
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, link
from oa_shared.failures import FAILURES

MARKER = "<!-- openaddresses-batch report -->"
# GitHub takes 65,536 characters.
MOST_CHARACTERS = 60_000
_MOST_LISTED = 100
_LEFT = {"superseded": "A newer commit is tried instead", "closed": "The pull request was closed"}


@dataclass(frozen=True, slots=True)
class Report:
    """`conclusion` is None while something runs. `comment` is None where no comment is to be written."""

    title: str
    summary: str
    conclusion: str | None
    annotations: list[dict[str, Any]]
    comment: str | None

    @property
    def is_final(self) -> bool:
        """Return whether there will be nothing more to show."""
        return self.conclusion is not None


def report(standing: CheckState, *, public_url: str, quotes: Excerpts) -> Report:
    """Return what to show. `quotes` are of files of its jobs, `public_url` is where our pages are."""
    if standing.state in _LEFT:
        title = _LEFT[standing.state]
        return Report(title, f"{title}; what ran for this commit was cancelled.", "cancelled", [], None)
    title = _title(standing)
    summary = _summary(standing, title, public_url=public_url, quotes=quotes)
    annotations = [_annotation(finding) for finding in standing.problems]
    conclusion = _conclusion(standing)
    if conclusion is not None:
        annotations += [_annotation(finding) for finding in _failures(standing)]
    comment = f"{MARKER}\n{summary}" if not standing.is_empty else None
    return Report(title, summary, conclusion, annotations, comment)


def _conclusion(standing: CheckState) -> str | None:
    if not standing.ended:
        return None
    if standing.failures or any(entry.failed for entry in standing.entries):
        return "failure"
    doubtful = any(entry.concerns or entry.skipped for entry in standing.entries) or standing.removed
    return "neutral" if doubtful else "success"


def _title(standing: CheckState) -> str:
    total, failed = len(standing.entries), sum(entry.failed for entry in standing.entries)
    problems = len(standing.failures)
    if standing.is_empty:
        return "No source changes"
    parts = [f"{problems} {_plural(problems, 'problem')} in definitions"] * bool(problems)
    if not total:
        return ", ".join(parts) or "Nothing to run"
    ended = sum(entry.ended for entry in standing.entries)
    if ended < total:
        parts.append(f"{ended} of {total} {_plural(total, 'entry', 'entries')} done")
    if failed:
        parts.append(f"{failed} of {total} failed")
    elif ended == total:
        parts.append(f"{total} {_plural(total, 'entry', 'entries')} ran")
    return ", ".join(parts)


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or f"{one}s"


def _summary(standing: CheckState, title: str, *, public_url: str, quotes: Excerpts) -> str:
    """Join the parts, as many as fit; those that tell of failures come first."""
    parts = [f"### OpenAddresses: {title}", _introduction(standing, public_url)]
    parts += _problems(standing.problems)
    parts += _table(standing.entries, public_url)
    told = sorted(standing.entries, key=lambda entry: not entry.failed)
    parts += [text for entry in told if (text := details(entry, public_url=public_url, quotes=quotes))]
    parts += _removed(standing.removed)
    return _fitting(parts)


def _fitting(parts: list[str]) -> str:
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + 2
        if size > MOST_CHARACTERS:
            return "\n\n".join([*kept, "There is more than fits here: the pages of the runs have all of it."])
        kept.append(part)
    return "\n\n".join(kept)


def _introduction(standing: CheckState, public_url: str) -> str:
    sample, full, live = standing.runs
    named = [("samples", sample), ("whole data", full), ("published", live)]
    runs = [_run(words, run, public_url) for words, run in named if run is not None]
    texts = [f"Commit <code>{standing.head_sha[:10]}</code>."]
    texts += [f"Runs: {', '.join(runs)}."] * bool(runs)
    if standing.state == "merged":
        texts.append("Merged: what was made of the same definition is published; anything else runs again.")
    elif not standing.ended:
        texts.append("First each entry is tried on its first features, then whole; this comment follows.")
    return f"<p>{' '.join(texts)}</p>"


def _run(words: str, run: int, public_url: str) -> str:
    return link(f"{public_url}/runs/{run}", f"{words} (run {run})") if public_url else f"{words} (run {run})"


def _problems(problems: list[Finding]) -> Iterator[str]:
    if not problems:
        return
    items = [
        f"<li>{'Warning: ' * (p.level != FAILURE)}{code(p.path)} line {p.line}: {code(p.message, 300)}</li>"
        for p in problems[:_MOST_LISTED]
    ]
    more = len(problems) - len(items)
    items += [f"<li>and {more} more</li>"] * bool(more)
    yield "\n".join(["<p>In the definitions:</p>", "<ul>", *items, "</ul>"])


def _table(entries: list[Entry], public_url: str) -> Iterator[str]:
    if not entries:
        return
    head = "<tr><th>entry</th><th>outcome</th><th>features</th><th>against what is published</th><th></th></tr>"
    shown = sorted(entries, key=lambda entry: not entry.failed)[:_MOST_LISTED]
    rows = [row(entry, public_url=public_url) for entry in shown]
    more = len(entries) - len(shown)
    rows += [f"<tr><td colspan='5'>and {more} more</td></tr>"] * bool(more)
    yield "\n".join(["<table>", head, *rows, "</table>"])


def _removed(removed: list[str]) -> Iterator[str]:
    if not removed:
        return
    items = [f"<li>{code(key)}</li>" for key in removed[:_MOST_LISTED]]
    more = len(removed) - len(items)
    items += [f"<li>and {more} more</li>"] * bool(more)
    words = "<p>Not defined any more; their data stays published as it is, and is not updated:</p>"
    yield "\n".join([words, "<ul>", *items, "</ul>"])


def _failures(standing: CheckState) -> Iterator[Finding]:
    """Yield what went wrong with entries, at the place of each in its file."""
    for entry in standing.entries:
        if entry.failed and entry.key in standing.lines:
            path, line = standing.lines[entry.key]
            known = FAILURES[entry.latest.code or "bug.no_result"]
            yield Finding(path, line, f"{entry.key}: {known.title} {entry.latest.message}\n{known.hint}")


def _annotation(finding: Finding) -> dict[str, Any]:
    where = f"{finding.pointer}: " if finding.pointer else ""
    return {
        "path": finding.path,
        "start_line": finding.line,
        "end_line": finding.line,
        "annotation_level": finding.level,
        "message": f"{where}{finding.message}"[:2000],
    }

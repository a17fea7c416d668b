"""The events of a job in words: every kind that the event feed documents."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oa_api.jobs.pages.event_labels import event_label
from oa_api.jobs.rows import JobEventRow
from oa_shared.status import JobStatus

OPERATIONS = Path(__file__).parents[4] / "docs/operations.md"


def documented_kinds() -> list[str]:
    """Return the kinds of events that docs/operations.md lists."""
    text = OPERATIONS.read_text("utf-8")
    paragraph = text[text.index("Kinds: `job.created`") :].partition("\n\n")[0]
    return sorted(set(re.findall(r"`([a-z]+\.[a-z_]+)`", paragraph)))


def label(kind: str, status: str | None) -> str:
    detail = {"status": status} if status else None
    return event_label(JobEventRow(datetime.now(UTC), 1, kind, accepted=True, reason=None, detail=detail))


def test_the_documented_kinds_are_found() -> None:
    assert len(documented_kinds()) > 15


@pytest.mark.parametrize("kind", documented_kinds())
def test_event_is_shown_in_words(kind: str) -> None:
    text = label(kind, "Running")
    assert text[0].isupper()
    assert text != "Report"
    assert kind not in text
    assert not re.search(r"[a-z]\.[a-z]|_", text)


@pytest.mark.parametrize("status", JobStatus)
def test_report_of_each_status_is_shown_in_words(status: JobStatus) -> None:
    assert label("job.status", status) not in {"Report", "job.status"}

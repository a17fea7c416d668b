"""What is shown of a check: within GitHub's limits, every code in words, strangers' words as text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from oa_api.jobs.quality_gate import find_review_reasons
from oa_api.pull_requests.check_state import CheckState, Entry, JobOutcome
from oa_api.pull_requests.definition_review import Finding
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, pre
from oa_api.pull_requests.report import Report, report
from oa_shared.failures import FAILURES
from oa_shared.status import JobStatus


def tried(status: JobStatus, **more: Any) -> JobOutcome:
    about = {"job": 7, "attempt": 1, "code": None, "message": "", "count": None, "fields": {}}
    return JobOutcome(status=status, **{**about, **more})


def entry(
    full: JobOutcome | None, *, key: str = "xx/a/addresses/a", sample: JobOutcome | None = None, **more: Any
) -> Entry:
    ended = tried(JobStatus.SUCCESS, count=10, fields={"number": 9})
    return Entry(key, sample or ended, full, **{"live": None, "live_job": None, **more})


def shown(*entries: Entry, state: str = "open", problems: tuple[Finding, ...] = (), **more: Any) -> Report:
    standing = CheckState("a" * 40, state, list(entries), list(problems), more.get("removed", []), {}, (1, 2, None))
    return report(standing, public_url="https://b.example", quotes=Excerpts(more.get("logs", {}), more.get("rows", {})))


GOOD = tried(JobStatus.SUCCESS, count=100, valid=100, fields={"number": 100, "street": 98, "unit": 0})


@pytest.mark.parametrize(
    ("full", "conclusion"),
    [
        (GOOD, "success"),
        (tried(JobStatus.RUNNING), None),
        (tried(JobStatus.PENDING), None),
        (None, None),
        (tried(JobStatus.SUCCESS, count=0), "neutral"),
        (tried(JobStatus.FAIL, code="source.skip"), "neutral"),
        (tried(JobStatus.FAIL, code="bug.crash"), "failure"),
        (tried(JobStatus.CANCELLED, code="operator.cancelled"), "failure"),
    ],
)
def test_conclusion_is_that_of_the_whole_job(full: JobOutcome | None, conclusion: str | None) -> None:
    assert shown(entry(full)).conclusion == conclusion


def test_merged_entry_that_was_only_sampled_is_not_waited_for() -> None:
    assert shown(entry(None, whole_follows=False), state="merged").conclusion == "success"


@pytest.mark.parametrize("failure", FAILURES.values(), ids=lambda failure: failure.code)
def test_every_code_is_told_in_words_with_a_hint(failure: Any) -> None:
    assert failure.title.strip()
    assert failure.hint.strip()
    if failure.code == "source.skip":
        return
    told = shown(entry(tried(JobStatus.FAIL, code=failure.code))).comment or ""
    assert code(failure.title).removeprefix("<code>").removesuffix("</code>") in told
    assert f"<code>{failure.code}</code>" in told


def test_counts_fill_and_changes_stand_against_what_is_published() -> None:
    made = tried(
        JobStatus.SUCCESS,
        count=100,
        valid=100,
        fields={"number": 100, "street": 98},
        changes={"added": 3, "removed": 1, "changed": 2},
    )
    live = {"count": 98, "fields": {"number": 98, "street": 98}}
    told = shown(entry(made, live=live, live_job=3)).comment or ""
    for words in ("98 published", "3 added, 1 removed, 2 changed", "<code>street</code> 100% → 98.0%"):
        assert words in told
    assert "<code>number</code> 100% →" not in told


def test_share_that_is_nearly_all_or_nothing_is_not_rounded_to_it() -> None:
    told = shown(entry(tried(JobStatus.SUCCESS, count=100_000, fields={"number": 99_999, "unit": 1}))).comment or ""
    assert "<code>number</code> 99.9%" in told
    assert "<code>unit</code> 0.1%" in told


def test_report_of_five_hundred_failures_fits() -> None:
    failed = tried(JobStatus.FAIL, code="source.format", message="x" * 3000)
    told = shown(
        *(entry(failed, key=f"xx/{place}") for place in range(500)),
        problems=tuple(Finding("sources/xx/a.json", 1, "m" * 1000) for _ in range(500)),
        logs={7: "line\n" * 5000},
    )
    assert len(told.comment or "") < 65_536
    assert "There is more than fits here" in (told.comment or "")
    assert "and 400 more" in (told.comment or "")


def test_check_that_was_left_has_no_comment() -> None:
    assert shown(entry(None), state="superseded").comment is None
    assert shown(state="closed").conclusion == "cancelled"


def test_held_back_reasons_are_those_of_the_gate() -> None:
    now = {"count": 50, "valid": 50, "fields": {"number": 0}}
    live = {"count": 100, "fields": {"number": 90}}
    told = shown(entry(tried(JobStatus.SUCCESS, **now), live=live, live_job=1)).comment or ""
    for concern in find_review_reasons(now, live):
        assert concern.message in told


@given(st.text())
def test_any_text_is_shown_as_code_and_nothing_else(text: str) -> None:
    for made, tag in ((code(text), "code"), (pre(text), "pre")):
        inner = made.removeprefix(f"<{tag}>").removesuffix(f"</{tag}>")
        assert "<" not in inner
        assert ">" not in inner
        assert "\n\n" not in inner
    row = f"<table>\n<tr><td>{code(text)}</td></tr>\n</table>"
    assert MarkdownIt().render(row).strip() == row
    block = pre(text)
    assert MarkdownIt().render(block).strip() == block

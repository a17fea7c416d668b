"""The report of a check: within GitHub's limits, every code with its title, untrusted text as text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from oa_api.jobs.quality_gate import find_review_reasons
from oa_api.pull_requests.admission import Hold
from oa_api.pull_requests.check_state import CheckState, Entry, EntryOutcome, JobOutcome, PublishedCounts
from oa_api.pull_requests.definition_review import Finding
from oa_api.pull_requests.entry_markdown import OUTCOME_LABELS
from oa_api.pull_requests.excerpts import Excerpts
from oa_api.pull_requests.markup import code, pre
from oa_api.pull_requests.report import TRUNCATED, Report, build_report
from oa_api.pull_requests.rows import CheckRuns
from oa_shared.failures import FAILURES
from oa_shared.status import JobStatus


def outcome(status: JobStatus, **more: Any) -> JobOutcome:
    values = {"job": 7, "attempt": 1, "code": None, "message": "", "count": None, "fields": {}}
    return JobOutcome(status=status, **{**values, **more})


def entry(
    full: JobOutcome | None, *, key: str = "xx/a/addresses/a", sample: JobOutcome | None = None, **more: Any
) -> Entry:
    ended = outcome(JobStatus.SUCCESS, count=10, fields={"number": 9})
    return Entry(key, sample or ended, full, **{"live": None, **more})


def make_report(*entries: Entry, state: str = "open", problems: tuple[Finding, ...] = (), **more: Any) -> Report:
    runs = CheckRuns(1, 2, None)
    check = CheckState(
        "a" * 40, state, more.get("hold", Hold.NONE), list(entries), list(problems), more.get("removed", []), {}, runs
    )
    return build_report(
        check, public_url="https://b.example", excerpts=Excerpts(more.get("logs", {}), more.get("rows", {}))
    )


GOOD = outcome(JobStatus.SUCCESS, count=100, valid=100, fields={"number": 100, "street": 98, "unit": 0})


@pytest.mark.parametrize(
    ("full", "conclusion"),
    [
        (GOOD, "success"),
        (outcome(JobStatus.RUNNING), None),
        (outcome(JobStatus.PENDING), None),
        (None, None),
        (outcome(JobStatus.SUCCESS, count=0), "neutral"),
        (outcome(JobStatus.FAIL, code="source.skip"), "neutral"),
        (outcome(JobStatus.FAIL, code="bug.crash"), "failure"),
        (outcome(JobStatus.CANCELED, code="operator.canceled"), "failure"),
    ],
)
def test_conclusion_is_that_of_the_full_job(full: JobOutcome | None, conclusion: str | None) -> None:
    assert make_report(entry(full)).conclusion == conclusion


def test_merged_entry_with_only_a_sample_is_final() -> None:
    assert make_report(entry(None, expects_full=False), state="merged").conclusion == "success"


@pytest.mark.parametrize("failure", FAILURES.values(), ids=lambda failure: failure.code)
def test_every_code_is_shown_with_its_title_and_hint(failure: Any) -> None:
    assert failure.title.strip()
    assert failure.hint.strip()
    if failure.code == "source.skip":
        return
    text = make_report(entry(outcome(JobStatus.FAIL, code=failure.code))).comment or ""
    assert code(failure.title).removeprefix("<code>").removesuffix("</code>") in text
    assert f"<code>{failure.code}</code>" in text


def test_counts_coverage_and_changes_are_compared_with_the_published_data() -> None:
    full = outcome(
        JobStatus.SUCCESS,
        count=100,
        valid=100,
        fields={"number": 100, "street": 98},
        changes={"added": 3, "removed": 1, "changed": 2},
    )
    live = PublishedCounts(3, 98, {"number": 98, "street": 98})
    text = make_report(entry(full, live=live)).comment or ""
    for part in ("98 published", "3 added, 1 removed, 2 changed", "<code>street</code> 100% → 98.0%"):
        assert part in text
    assert "<code>number</code> 100% →" not in text


def test_report_has_the_fields_that_changed_and_holds_a_loss() -> None:
    changes = {
        "previous": True,
        "added": 0,
        "removed": 0,
        "changed": 10_000,
        "unchanged": 0,
        "moved": 0,
        "fields": {"number": {"lost": 10_000, "changed": 0, "gained": 0}, "<b>": {"changed": 3}},
    }
    full = outcome(JobStatus.SUCCESS, count=10_000, valid=10_000, fields={"number": 0}, changes=changes)
    live = PublishedCounts(3, 10_000, {"number": 10_000})
    text = make_report(entry(full, live=live)).comment or ""
    assert "<code>number</code>: 10,000 lost" in text
    assert "number: 10,000 of 10,000 lost" in text
    assert "<b>" not in text


def test_share_near_0_or_100_percent_is_not_rounded_to_it() -> None:
    text = (
        make_report(entry(outcome(JobStatus.SUCCESS, count=100_000, fields={"number": 99_999, "unit": 1}))).comment
        or ""
    )
    assert "<code>number</code> 99.9%" in text
    assert "<code>unit</code> 0.1%" in text


def test_report_of_five_hundred_failures_fits() -> None:
    failed = outcome(JobStatus.FAIL, code="source.format", message="x" * 3000)
    text = make_report(
        *(entry(failed, key=f"xx/{place}") for place in range(500)),
        problems=tuple(Finding("sources/xx/a.json", 1, "m" * 1000) for _ in range(500)),
        logs={7: "line\n" * 5000},
    )
    assert len(text.comment or "") < 65_536
    assert TRUNCATED in (text.comment or "")
    assert "and 400 more" in (text.comment or "")


def test_superseded_check_has_no_comment() -> None:
    assert make_report(entry(None), state="superseded").comment is None
    assert make_report(state="closed").conclusion == "canceled"


def test_review_reasons_are_those_of_the_quality_gate() -> None:
    now = {"count": 50, "valid": 50, "fields": {"number": 0}}
    published = {"count": 100, "fields": {"number": 90}}
    live = PublishedCounts(1, 100, {"number": 90})
    text = make_report(entry(outcome(JobStatus.SUCCESS, **now), live=live)).comment or ""
    for reason in find_review_reasons(now, published):
        assert reason.message in text


def test_result_in_the_wrong_place_is_in_the_report() -> None:
    problem = {"code": "outside_coverage", "message": "100% of the features are outside of Kings, New York"}
    place = {"bounds": [13.2, 52.4, 13.6, 52.6], "placement": {"bounds": None, "problems": [problem]}}
    live = PublishedCounts(1, 100, {}, {"bounds": [-74.0, 40.6, -73.8, 40.7], "placement": None})
    full = outcome(JobStatus.SUCCESS, count=100, valid=100, place=place)
    text = make_report(entry(full, live=live)).comment or ""
    assert problem["message"] in text
    assert "km from the published data" in text


@given(st.text())
def test_any_text_is_shown_as_code_only(text: str) -> None:
    for markup, tag in ((code(text), "code"), (pre(text), "pre")):
        inner = markup.removeprefix(f"<{tag}>").removesuffix(f"</{tag}>")
        assert "<" not in inner
        assert ">" not in inner
        assert "\n\n" not in inner
    row = f"<table>\n<tr><td>{code(text)}</td></tr>\n</table>"
    assert MarkdownIt().render(row).strip() == row
    block = pre(text)
    assert MarkdownIt().render(block).strip() == block


def test_every_outcome_has_a_label() -> None:
    assert set(OUTCOME_LABELS) == set(EntryOutcome)

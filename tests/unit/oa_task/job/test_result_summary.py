"""The result in the final message is bounded, whatever the data and the definition hold."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oa_shared.messages import MAX_BYTES
from oa_task.job.result_summary import MAX_ITEMS, OTHER_REASONS, summarize


def report(**more: Any) -> dict[str, Any]:
    rows = {"read": 3, "bad": {}, "left_out": {"null geometry": 2}}
    return {"count": 1, "bounds": [1.5, 2, 3, 4], "fields": {"number": 1}, "rows": rows, "warnings": [], **more}


def reasons(count: int) -> dict[str, Any]:
    return {f"reason {n}": {"count": n, "examples": [{"row": n, "value": "x"}]} for n in range(1, count + 1)}


def test_summarize_small_report_is_unchanged() -> None:
    small = report(warnings=["one"], rows={"read": 3, "bad": reasons(MAX_ITEMS), "left_out": {}})
    assert summarize(small) == small


def test_summarize_names_the_file_with_the_other_warnings() -> None:
    warnings = summarize(report(warnings=[f"w{number}" for number in range(5000)]))["warnings"]
    assert isinstance(warnings, list)
    assert len(warnings) == MAX_ITEMS
    assert warnings[:2] == ["w0", "w1"]
    assert warnings[-1] == "4,981 more warnings: see stats.json"


def test_summarize_keeps_the_reasons_with_most_rows_and_the_sum_of_the_others() -> None:
    bad: Any = summarize(report(rows={"read": 9, "bad": reasons(100), "left_out": {}}))["rows"]
    assert len(bad["bad"]) == MAX_ITEMS
    assert "reason 100" in bad["bad"]
    assert bad["bad"][OTHER_REASONS] == {"count": sum(range(1, 82)), "examples": []}


long_text = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=5), st.sampled_from([1, 20_000]))
example = st.fixed_dictionaries({"row": st.integers(1), "value": st.text(max_size=200)})
reason = st.fixed_dictionaries({"count": st.integers(1), "examples": st.lists(example, max_size=1)})


@given(st.lists(long_text, max_size=60), st.dictionaries(long_text, reason, max_size=60))
def test_summarize_bounds_any_texts(warnings: list[str], bad: dict[str, Any]) -> None:
    summary: Any = summarize(report(warnings=warnings, rows={"read": 9, "bad": bad, "left_out": {}}))
    assert len(summary["warnings"]) <= MAX_ITEMS
    assert len(summary["rows"]["bad"]) <= MAX_ITEMS
    assert len(json.dumps(summary, ensure_ascii=False).encode()) < MAX_BYTES

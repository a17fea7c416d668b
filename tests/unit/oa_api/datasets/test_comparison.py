"""The comparison of two versions of a dataset."""

from datetime import UTC, datetime
from typing import Any

from oa_api.datasets.comparison import compare_versions, fill_rates
from oa_api.datasets.rows import HistoryRow


def _version(number: int, *, is_kept: bool = True, **result: Any) -> HistoryRow:
    return HistoryRow(
        id=number,
        job=number * 10,
        attempt=1,
        run=1,
        published_at=datetime(2026, 11, number, tzinfo=UTC),
        source_sha256=None,
        source_url=None,
        github=None,
        license=None,
        result=result or None,
        is_kept=is_kept,
        files_deleted_at=None,
    )


_CHANGES = {"previous": True, "added": 3, "removed": 1, "changed": 2}
_OUTPUTS = {"changes.jsonl.gz": {"key": "k"}}
_FIRST = _version(1, count=100, valid=90, fields={"number": 50, "unit": 10})
_SECOND = _version(2, count=110, valid=110, fields={"number": 110, "city": 11}, changes=_CHANGES, outputs=_OUTPUTS)
_THIRD = _version(3, is_kept=False, count=110, fields={}, changes={**_CHANGES, "added": 0}, outputs=_OUTPUTS)


def test_adjacent_versions_have_the_changes_of_the_later_one() -> None:
    comparison = compare_versions(_FIRST, _SECOND, [_SECOND])
    assert comparison.totals == {"added": 3, "removed": 1, "changed": 2}
    assert not comparison.is_sum
    assert [(row.name, row.difference) for row in comparison.counts] == [("Features", 10), ("Valid features", 20)]
    assert {row.field: row.points for row in comparison.coverage} == {"number": 50.0, "city": None, "unit": None}
    assert comparison.steps[0].file == "/api/job/20/output/changes.jsonl.gz?attempt=1"


def test_versions_further_apart_have_the_sum_and_only_kept_files() -> None:
    comparison = compare_versions(_FIRST, _THIRD, [_THIRD, _SECOND])
    assert comparison.is_sum
    assert comparison.totals == {"added": 3, "removed": 2, "changed": 4}
    assert [step.file is not None for step in comparison.steps] == [False, True]
    assert comparison.counts[1].difference is None


def test_totals_are_unknown_if_a_version_between_has_no_counts() -> None:
    without = _version(2, count=5)
    assert compare_versions(_FIRST, _THIRD, [_THIRD, without]).totals is None
    assert compare_versions(_FIRST, _FIRST, []).totals is None
    assert compare_versions(_FIRST, _SECOND, [_SECOND], is_complete=False).totals is None


def test_attribute_coverage_of_a_result_without_features_is_empty() -> None:
    assert fill_rates(None) == fill_rates({"count": 0, "fields": {"number": 0}}) == {}
    assert fill_rates({"count": 4, "fields": {"number": 1}}) == {"number": 0.25}

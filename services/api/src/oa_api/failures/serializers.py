"""Groups of failures as the response has them, in the shape of failures/schemas.py.

Written by hand: for 200 groups of 14 days and three examples each, the schemas take longer than the queries.
"""

from oa_api.failures.rows import FailureExample, FailureGroup
from oa_api.http.fields import optional_rfc3339
from oa_shared.json_types import JsonObject


def serialize_group(group: FailureGroup) -> JsonObject:
    """Return a group of failed jobs."""
    return {
        "key": group.key,
        "title": group.title,
        "hint": group.hint,
        "codes": group.codes,
        "rerun_helps": group.rerun_helps,
        "jobs": group.jobs,
        "sources": group.sources,
        "now": group.now,
        "before": group.before,
        "series": [{"period": period.period, "jobs": period.jobs} for period in group.series],
        "failing": group.failing,
        "failing_since": optional_rfc3339(group.failing_since),
        "acknowledged": group.acknowledged,
        "examples": [_serialize_example(example) for example in group.examples],
    }


def _serialize_example(example: FailureExample) -> JsonObject:
    return {
        "job": example.job,
        "run": example.run,
        "source_name": example.source_name,
        "layer": example.layer,
        "name": example.name,
        "code": example.code,
        "message": example.message,
        "ended_at": optional_rfc3339(example.ended_at),
    }

"""The result in the final message: bounded lists and texts, while `stats.json` and the manifest have everything."""

from collections.abc import Mapping

from oa_shared.carriers import clean_text
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_integer, json_object
from oa_task.results.files import STATS_FILE

MAX_ITEMS = 20
MAX_TEXT_BYTES = 400
OTHER_REASONS = "other reasons"


def summarize(report: JsonMapping) -> JsonObject:
    """Return a report with at most 20 warnings and 20 reasons of bad rows, each text at most 400 bytes.

    The other keys of a report are counts under fixed names.
    """
    summary = {key: _limit(value) for key, value in report.items()}
    warnings = report.get("warnings")
    if isinstance(warnings, list) and len(warnings) > MAX_ITEMS:
        rest = len(warnings) - (MAX_ITEMS - 1)
        summary["warnings"] = [*map(_limit, warnings[: MAX_ITEMS - 1]), f"{rest:,} more warnings: see {STATS_FILE}"]
    rows = report.get("rows")
    if isinstance(rows, Mapping):
        summary["rows"] = {**json_object(_limit(rows)), "bad": _limit_reasons(json_object(rows.get("bad")))}
    return summary


def _limit_reasons(bad: JsonMapping) -> JsonObject:
    """Return the reasons with the most rows, and the sum of the others."""
    by_count = sorted(bad.items(), key=lambda item: -_count(item[1]))
    kept = by_count if len(bad) <= MAX_ITEMS else by_count[: MAX_ITEMS - 1]
    bounded = dict(json_object(_limit(dict(kept))))
    rest = by_count[len(kept) :]
    if not rest:
        return bounded
    return {**bounded, OTHER_REASONS: {"count": sum(_count(reason) for _, reason in rest), "examples": []}}


def _count(reason: object) -> int:
    return json_integer(json_object(reason).get("count"))


def _limit(value: object) -> object:
    if isinstance(value, Mapping):
        return {clean_text(str(key), max_bytes=MAX_TEXT_BYTES): _limit(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_limit(item) for item in value]
    return clean_text(value, max_bytes=MAX_TEXT_BYTES) if isinstance(value, str) else value

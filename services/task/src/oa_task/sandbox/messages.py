"""The form of what the child says: lines of JSON, failures with a known code, reports with known keys.

Data that takes over the child decides what it says, so every value has a type here before the parent uses it.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oa_shared.failures import FAILURES
from oa_shared.json_types import JsonObject
from oa_task.runtime.failure import TaskFailure

if TYPE_CHECKING:
    from marshmallow import Schema

# In characters. The report of a product names each of its inputs, up to 100,000.
MAX_LINE = 64 * 1024 * 1024
_MAX_TEXT = 2000


def parse_message(line: str) -> JsonObject:
    """Return a line of the child as a JSON object. Raises TaskFailure bug.crash."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"{len(line):,} characters that are not JSON") from error
    if not isinstance(message, dict):
        raise _invalid(f"JSON of type {type(message).__name__} instead of an object")
    return message


def read_failure(outcome: Mapping[str, object]) -> TaskFailure:
    """Return the failure of an outcome; an unknown code is bug.crash."""
    code, text = str(outcome.get("code")), str(outcome.get("message"))[:_MAX_TEXT]
    from oa_shared.failure_details_schema import read_details  # noqa: PLC0415 - for failures only

    places = read_details(outcome.get("details")).places
    return (
        TaskFailure(code, text, places=places)
        if code in FAILURES
        else _invalid(f"the failure code {code[:100]!r}: {text}")
    )


def check_report(report: JsonObject, schema: "type[Schema]") -> JsonObject:
    """Return a report unchanged if it has the form of the schema. Raises TaskFailure bug.crash."""
    problems = schema().validate(report)
    if problems:
        raise _invalid(f"a report with {str(problems)[:_MAX_TEXT]}")
    return report


def _invalid(text: str) -> TaskFailure:
    return TaskFailure("bug.crash", f"the process that reads the data sent {text}; the data may be hostile")

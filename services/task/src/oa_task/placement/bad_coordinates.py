"""The nearest explanation for a source that fails because of its coordinates, from the examples of bad rows."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.placement.coverage import resolve_coverage
from oa_task.placement.explanation import explain_places, explain_raw
from oa_task.read.crs import OFF_EARTH, UNTRANSFORMABLE
from oa_task.runtime.failure import TaskFailure


@contextmanager
def explain_bad_coordinates(bad_rows: BadRows, entry: TaskEntry) -> Iterator[None]:
    """Add the explanation to the message of a failure source.crs of the block, if the bad rows have one."""
    try:
        yield
    except TaskFailure as failure:
        explanation = _explain(bad_rows, entry) if failure.code == "source.crs" else ""
        if not explanation:
            raise
        raise TaskFailure(failure.code, f"{failure.message}; the data {explanation}") from failure


def _explain(bad_rows: BadRows, entry: TaskEntry) -> str:
    area = resolve_coverage(entry.coverage)
    if (places := _examples(bad_rows, OFF_EARTH)) is not None:
        return explain_places(places, entry, area)
    raw = _examples(bad_rows, UNTRANSFORMABLE)
    return "" if raw is None else explain_raw(raw, entry, area)


def _examples(bad_rows: BadRows, reason: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the coordinates of the first bad rows with a reason, None without any."""
    report = bad_rows.report().get(reason)
    pairs = [example["value"].split() for example in report["examples"]] if report else []
    numbers = np.array([[float(number) for number in pair] for pair in pairs if len(pair) == len("xy")])
    return (numbers[:, 0], numbers[:, 1]) if len(numbers) else None

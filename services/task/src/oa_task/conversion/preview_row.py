"""The shape of a sample row, as `sample.json` and `oa-task try --json` show it."""

from typing import TypedDict


class TraceStep(TypedDict):
    """One function of a rule: its value (`result`), and the columns it read."""

    function: str
    pointer: str
    read: dict[str, str | None]
    result: object
    steps: list["TraceStep"]


class TracedAttribute(TypedDict):
    """An output attribute; `step` is None without a rule."""

    attribute: str
    value: object
    step: TraceStep | None


class PreviewRow(TypedDict):
    """A feature as read and as conformed; `row` counts output rows and `input_row` input rows, both from 1."""

    row: int
    input_row: int
    raw: dict[str, str | None]
    attributes: list[TracedAttribute]
    geometry: str | None

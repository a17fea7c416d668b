"""The choices of the filter of a bulk action: each has a value for the query and a label."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.bulk_actions.requests import BulkPreview
from oa_shared.failures import FAILURES, FailureClass
from oa_shared.status import JobStatus


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The values of a field with their labels, and the value that the filter has."""

    options: list[tuple[str, str]]
    value: str


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The form of the filter: its values, and the choices of its fields."""

    preview: BulkPreview
    actions: Sequence[tuple[str, str]]
    statuses: FilterChoices
    errors: FilterChoices


def list_error_choices(codes: Sequence[str]) -> FilterChoices:
    """Return failure classes, then failure codes, each with its meaning; all codes of a class are the class."""
    classes = [(item.value, f"{_short(item.meaning)} ({item})") for item in FailureClass]
    single = [(code, f"{_short(failure.title)} ({code})") for code, failure in FAILURES.items()]
    return _choose([*classes, *single], _name_class(codes))


def list_status_choices(statuses: Sequence[str]) -> FilterChoices:
    """Return all statuses."""
    return _choose([(status.value, status.value) for status in JobStatus], statuses)


def _choose(options: list[tuple[str, str]], values: Sequence[str]) -> FilterChoices:
    """Return the choices with one more for several values, which only a link states."""
    value = ",".join(values)
    several = [(value, ", ".join(values))] if len(values) > 1 else []
    return FilterChoices([*options, *several], value)


def _name_class(codes: Sequence[str]) -> Sequence[str]:
    for item in FailureClass:
        if set(codes) == {code for code, failure in FAILURES.items() if failure.failure_class is item}:
            return [item.value]
    return codes


def _short(sentence: str) -> str:
    return sentence.removesuffix(".").replace("`", "")

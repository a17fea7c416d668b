"""The closed vocabulary of what can end a job, and what each word means for the exit status and for retries.

Prose may change, codes may not: clients and the database hold them.
"""

from dataclasses import dataclass
from enum import StrEnum


class FailureClass(StrEnum):
    """Whose fault it was: the part of a code before the dot."""

    SOURCE = "source"
    UPSTREAM = "upstream"
    RESOURCE = "resource"
    INFRA = "infra"
    BUG = "bug"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a job ends badly."""

    code: str
    title: str
    hint: str

    @property
    def failure_class(self) -> FailureClass:
        """Return the class of the code."""
        return FailureClass(self.code.partition(".")[0])


_TABLE = (
    ("source.schema", "The source definition is not valid.", "Correct the definition at the pointer named."),
    ("source.not_found", "The data is not at its address.", "Find the new address of the data."),
    (
        "source.format",
        "The data is not in the format that the source names.",
        "Look at what the address serves.",
    ),
    ("source.empty", "There are no features in the data.", "See whether the file or layer moved."),
    ("source.test_failed", "An acceptance test of the source failed.", "Compare the test with the rule."),
    ("source.skip", "The source says to skip it.", "Remove `skip` to run it again."),
    ("source.address_refused", "The address is not one on the public internet.", "Use a public address."),
    ("source.too_large", "The data is larger than the limits allow.", "Ask an operator to raise the limit."),
    ("source.encoding", "The text is not in the encoding that the source names.", "Set `conform.encoding`."),
    ("source.regexp_timeout", "A regular expression took too long.", "Make the expression simpler."),
    ("source.regexp", "A regular expression cannot be used.", "Correct the expression or its replacement."),
    ("source.columns_missing", "The data lacks columns that the rules name.", "Rename them in the conform."),
    ("source.token_required", "The server wants a token.", "Find a public address of the same data."),
    ("source.archive", "The archive cannot be unpacked safely.", "Look at the archive."),
    ("source.crs", "The coordinate reference system is unknown or wrong.", "Set `conform.srs`."),
    ("source.bad_rows", "Too many rows cannot be used.", "See the counted reasons."),
    ("upstream.timeout", "The server took too long.", "It is tried again."),
    ("upstream.http_5xx", "The server failed.", "It is tried again."),
    ("upstream.connection", "The server cannot be reached.", "It is tried again."),
    ("upstream.truncated", "The server sent less than it announced.", "It is tried again."),
    ("upstream.throttled", "The server asks for fewer requests.", "It is tried again, later."),
    ("resource.out_of_memory", "The job needed more memory than it had.", "It runs again on a larger tier."),
    ("resource.disk_full", "The job needed more disk than it had.", "It runs again on a larger tier."),
    ("resource.timeout", "The job took longer than its limit.", "It runs again on a larger tier."),
    ("infra.host_lost", "The machine under the job went away.", "It is run again."),
    ("infra.image_pull", "The container image could not be fetched.", "It is run again."),
    ("infra.lost", "Nothing was heard of the job any more.", "It is run again."),
    ("infra.storage", "The storage of the results could not be used.", "It is run again."),
    ("infra.queue", "The queue could not be used.", "It is run again."),
    ("infra.api", "The API could not be reached.", "It is run again."),
    ("infra.refused", "Batch refused the job for good.", "See whether its queues and definitions exist."),
    ("infra.deadline", "The job did not end before its deadline.", "Run it again."),
    ("bug.crash", "The program failed.", "Look at the log and file an issue."),
    ("bug.no_result", "The container ended without a result.", "Look at the log and file an issue."),
    ("operator.cancelled", "An operator cancelled the job.", "Run it again when wanted."),
    ("operator.rejected", "An operator rejected the result.", "Mend the source and run it again."),
)
FAILURES = {code: Failure(code, title, hint) for code, title, hint in _TABLE}

_EXIT_STATUSES = {
    "source.schema": 10,
    "source.not_found": 11,
    "source.format": 12,
    "source.empty": 13,
    "source.test_failed": 14,
    "source.skip": 15,
    "source.address_refused": 16,
    "source.too_large": 17,
    "source.columns_missing": 18,
}
_CLASS_EXIT_STATUSES = {
    FailureClass.SOURCE: 19,
    FailureClass.UPSTREAM: 20,
    FailureClass.RESOURCE: 28,
    FailureClass.INFRA: 25,
    FailureClass.BUG: 30,
    FailureClass.OPERATOR: 29,
}


def failure_class(code: str) -> FailureClass:
    """Return the class of a code. Raises KeyError for a code outside the vocabulary."""
    return FAILURES[code].failure_class


def exit_status(code: str) -> int:
    """Return the task's exit status for a code: 10-19 source, 20-29 infra and upstream, 30 bug."""
    return _EXIT_STATUSES.get(code, _CLASS_EXIT_STATUSES[failure_class(code)])

"""The failure codes of a job, each with its title, hint, exit status and retry rule.

Titles and hints may change. Codes may not: clients and the database store them.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial


class FailureClass(StrEnum):
    """The part of a code before the dot: which party has to act."""

    SOURCE = "source"
    UPSTREAM = "upstream"
    RESOURCE = "resource"
    INFRA = "infra"
    BUG = "bug"
    OPERATOR = "operator"

    @property
    def meaning(self) -> str:
        """Return a sentence that names who has to act."""
        return _MEANINGS[self]


_MEANINGS = {
    FailureClass.SOURCE: "The author of the source must fix the definition, or the publisher the data.",
    FailureClass.UPSTREAM: "The server of the data failed.",
    FailureClass.RESOURCE: "The job exceeded the size of its container.",
    FailureClass.INFRA: "The infrastructure of this system failed.",
    FailureClass.BUG: "The program failed.",
    FailureClass.OPERATOR: "An operator ended the job.",
}


@dataclass(frozen=True, slots=True)
class RetryRule:
    """The delays before each automatic retry, in seconds; `larger` moves each retry to the next size tier."""

    delays_s: tuple[int, ...] = ()
    larger: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a job fails; `rerun_helps` means that the same definition may succeed later.

    `hint` is for jobs, which have ended after all automatic retries. `hint_alone` is for a command that ran once.
    """

    code: str
    title: str
    hint: str
    exit_status: int
    retry: RetryRule
    rerun_helps: bool
    hint_alone: str = ""

    @property
    def hint_of_command(self) -> str:
        """Return the next step after a command that failed without retries."""
        return self.hint_alone or self.hint

    @property
    def failure_class(self) -> FailureClass:
        """Return the class of the code."""
        return FailureClass(self.code.partition(".")[0])


_NEVER = RetryRule()
_LATER, _ELSEWHERE = "Try again later.", "Use a machine with more memory, disk and time, or a smaller part of the data."
_AUTOMATIC = "Automatic retries failed too. Rerun it later."
_ON_LARGER = "Retries on larger machines failed too. Split the source, or ask an operator for a larger size."
_REPORT_BUG = "Check the log and file an issue."

_source = partial(Failure, exit_status=19, retry=_NEVER, rerun_helps=False)
_upstream = partial(
    Failure, hint=_AUTOMATIC, exit_status=20, retry=RetryRule((60, 600)), rerun_helps=True, hint_alone=_LATER
)
_resource = partial(
    Failure,
    hint=_ON_LARGER,
    exit_status=28,
    retry=RetryRule((0,), larger=True),
    rerun_helps=True,
    hint_alone=_ELSEWHERE,
)
_infra = partial(
    Failure,
    hint=_AUTOMATIC,
    exit_status=25,
    retry=RetryRule((5, 30, 120, 300, 900)),
    rerun_helps=True,
    hint_alone=_LATER,
)
_bug = partial(Failure, hint=_REPORT_BUG, exit_status=30, retry=RetryRule((10,)), rerun_helps=False)
_operator = partial(Failure, exit_status=29, retry=_NEVER, rerun_helps=False)

_FAILURES = (
    _source(
        "source.schema",
        "The source definition is invalid.",
        "Correct the definition at the place shown.",
        exit_status=10,
    ),
    _source(
        "source.not_found",
        "Data not found at the URL.",
        "Find the new URL and update `data`.",
        exit_status=11,
    ),
    _source(
        "source.format",
        "The file is not in the declared format.",
        "Open the URL and check `format`.",
        exit_status=12,
    ),
    _source(
        "source.empty",
        "The data is empty.",
        "Check whether the file or layer has moved.",
        exit_status=13,
    ),
    _source(
        "source.test_failed",
        "An acceptance test of the source failed.",
        "Fix the acceptance test or the rule.",
        exit_status=14,
    ),
    _source(
        "source.skip",
        "The source is marked to be skipped.",
        "Remove `skip` to run the source.",
        exit_status=15,
    ),
    _source(
        "source.address_refused",
        "The URL is not on the public internet.",
        "Use a public URL.",
        exit_status=16,
    ),
    _source(
        "source.too_large",
        "The data exceeds the size limits.",
        "Ask an operator to raise the limit.",
        exit_status=17,
    ),
    _source(
        "source.encoding",
        "The text is not in the declared encoding.",
        "Set `conform.encoding`.",
    ),
    _source(
        "source.regexp_timeout",
        "A regular expression took too long.",
        "Simplify the expression.",
    ),
    _source(
        "source.regexp",
        "A regular expression is invalid.",
        "Correct the expression or its replacement.",
    ),
    _source(
        "source.columns_missing",
        "Columns used in `conform` are missing.",
        "Fix the column names in `conform`.",
        exit_status=18,
    ),
    _source(
        "source.token_required",
        "The server requires a token.",
        "Find a public URL of the same data.",
    ),
    _source(
        "source.forbidden",
        "The server refuses access.",
        "Set `request.headers` as the server requires, or find another URL.",
    ),
    _source(
        "source.certificate",
        "The certificate of the server is not valid.",
        "Ask the publisher to repair it, or find another URL.",
    ),
    _source(
        "source.archive",
        "The archive is damaged or unsafe.",
        "Check the archive at its URL.",
    ),
    _source(
        "source.crs",
        "The coordinate reference system is unknown or wrong.",
        "Correct `conform.srs`, or swap `lat` and `lon` if the message suggests it.",
    ),
    _source(
        "source.bad_rows",
        "Too many rows were unusable.",
        "Fix the most common reason, which the message states.",
    ),
    _upstream("upstream.timeout", "The server took too long."),
    _upstream("upstream.http_5xx", "The server failed."),
    _upstream(
        "upstream.not_data",
        "The server sent a web page instead of data.",
        hint="Retries failed too. Open the URL. If the page is a notice, rerun later; otherwise correct `data`.",
        hint_alone="Open the URL. If the page is a notice, try again later; otherwise correct `data`.",
    ),
    _upstream(
        "upstream.connection",
        "Could not connect to the server.",
        hint_alone="Check the host name in the URL and your connection, or try again later.",
    ),
    _upstream("upstream.truncated", "The download was cut short."),
    _upstream("upstream.throttled", "The server limits the number of requests."),
    _resource("resource.out_of_memory", "The job ran out of memory."),
    _resource("resource.disk_full", "The job ran out of disk space."),
    _resource("resource.timeout", "The job exceeded its time limit."),
    _infra("infra.host_lost", "The machine running the job was lost."),
    _infra("infra.image_pull", "The container image could not be pulled."),
    _infra("infra.lost", "The job stopped reporting."),
    _infra("infra.storage", "The object store was unavailable."),
    _infra("infra.queue", "The queue was unavailable."),
    _infra("infra.api", "The API was unavailable."),
    _infra("infra.publication_gone", "The published files of an unchanged source are gone."),
    _infra(
        "infra.refused",
        "AWS Batch refused the job.",
        hint="Check that its Batch queue and job definition exist.",
        retry=_NEVER,
        rerun_helps=False,
    ),
    _infra(
        "infra.undeliverable",
        "A message of the job could not be delivered.",
        hint="See the message. Correct or shorten the name, then rerun.",
        retry=_NEVER,
    ),
    _infra(
        "infra.deadline",
        "The job missed its deadline.",
        hint="Rerun the job.",
        retry=_NEVER,
    ),
    _bug("bug.crash", "The program crashed."),
    _bug("bug.no_result", "The container ended without a result."),
    _operator("operator.canceled", "An operator canceled the job.", "Rerun when ready."),
    _operator(
        "operator.failed_before_import",
        "The job failed in the system that it was imported from.",
        "Rerun the job here.",
    ),
    _operator("operator.rejected", "An operator rejected the result.", "Fix the source, then rerun."),
)
FAILURES = {failure.code: failure for failure in _FAILURES}


def failure_class(code: str) -> FailureClass:
    """Return the class of a code. Raises KeyError for an unknown code."""
    return FAILURES[code].failure_class


def exit_status(code: str) -> int:
    """Return the task's exit status: 10-19 source, 20-29 upstream, resource, infra or operator, 30 bug.

    Raises KeyError for an unknown code.
    """
    return FAILURES[code].exit_status

"""The settings of an attempt, from the environment of its container."""

from dataclasses import dataclass, field

from oa_shared.job_kinds import JobKind


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The OA_* variables that the dispatcher sets; the only secret is the attempt's own token.

    `sample` is the number of features of a sample job, 0 for a job that produces data.
    """

    job: int
    attempt: int
    token: str = field(repr=False)
    layer: str
    name: str
    api_url: str
    bucket: str
    results_queue_url: str
    kind: str = JobKind.SOURCE
    run: int = 0
    sample: int = 0
    source_name: str = ""
    stack: str = ""
    traceparent: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    time_limit_s: float = 5 * 3600

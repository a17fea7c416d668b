"""What a container is told by its environment."""

from dataclasses import dataclass, field

from oa_shared.job_kinds import JobKind


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Read from OA_* variables; set by the dispatcher. There is no secret among them but the attempt's own token.

    `sample` is how many features a job of a run of samples looks at, 0 for a job that makes data.
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

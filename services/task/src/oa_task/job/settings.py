"""The settings of a container of a job."""

from dataclasses import dataclass, field

from oa_shared.job_kinds import JobKind


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Settings from OA_* variables, which the dispatcher sets; the only secret is the token of the attempt.

    docs/settings.md is generated from this class.
    """

    job: int
    """ID of the job."""
    attempt: int
    """Number of the attempt."""
    token: str = field(repr=False)
    """Secret of the attempt, sent with each report."""
    layer: str
    """Layer of the entry."""
    name: str
    """Name of the entry."""
    api_url: str
    """URL of the API."""
    bucket: str
    """S3 bucket of results."""
    results_queue_url: str
    """SQS queue to the API."""
    kind: str = JobKind.SOURCE
    """`source`, `collection`, `export` or `fabric`."""
    run: int = 0
    """ID of the run."""
    sample: int = 0
    """Number of features to read in a sample run; 0 for a full job."""
    source_name: str = ""
    """Name of the source."""
    stack: str = ""
    """Name of the stack."""
    traceparent: str | None = None
    """W3C trace context of the request that created the job."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts on private networks that may be reached, comma-separated."""
    without: tuple[str, ...] = ()
    """Outputs to omit, comma-separated."""
    time_limit_s: float = 5 * 3600
    """Seconds after which the attempt ends with `resource.timeout`."""

"""The settings of an attempt, from the environment of its container."""

from dataclasses import dataclass, field

from oa_shared.job_kinds import JobKind


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The OA_* variables that the dispatcher sets; the only secret is the attempt's own token.

    `sample` is the number of features of a sample job, 0 for a job that produces data.
    """

    job: int = field(metadata={"help": "ID of the job."})
    attempt: int = field(metadata={"help": "Number of the attempt."})
    token: str = field(repr=False, metadata={"help": "Secret of the attempt, sent with each report."})
    layer: str = field(metadata={"help": "Layer of the entry."})
    name: str = field(metadata={"help": "Name of the entry."})
    api_url: str = field(metadata={"help": "URL of the API."})
    bucket: str = field(metadata={"help": "S3 bucket of results."})
    results_queue_url: str = field(metadata={"help": "SQS queue to the API."})
    kind: str = field(
        default=JobKind.SOURCE, metadata={"help": "`source`, `collection`, `export`, `fabric` or `backfill`."}
    )
    run: int = field(default=0, metadata={"help": "ID of the run."})
    sample: int = field(default=0, metadata={"help": "Number of features to read in a sample run; 0 for a full job."})
    source_name: str = field(default="", metadata={"help": "Name of the source."})
    stack: str = field(default="", metadata={"help": "Name of the stack."})
    traceparent: str | None = field(
        default=None, metadata={"help": "W3C trace context of the request that created the job."}
    )
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata={
            "variable": "OA_ALLOW_HOSTS",
            "help": "Services on private networks that jobs may reach, as `host:port`, "
            "or `http://host:port` for public files, comma-separated; a host without "
            "a port opens all of its ports, for development.",
        },
    )
    without: tuple[str, ...] = field(default=(), metadata={"help": "Outputs to omit, comma-separated."})
    api_wait_s: float = field(
        default=600, metadata={"help": "Seconds that a container waits for the API before it starts its work."}
    )
    time_limit_s: float = field(
        default=5 * 3600, metadata={"help": "Seconds after which the attempt ends with `resource.timeout`."}
    )

    @property
    def contents(self) -> tuple[str, ...]:
        """Return the parts of the name of the dataset that the job builds; for a product, the only part."""
        if self.kind in {JobKind.SOURCE, JobKind.BACKFILL}:
            return self.source_name, self.layer, self.name
        return (self.source_name,)

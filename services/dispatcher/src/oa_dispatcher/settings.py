"""The settings of the dispatcher."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oa_shared.scheduling import Lane, Tier


@dataclass(frozen=True, slots=True)
class DispatcherSettings:
    """Settings from OA_* variables; times are in seconds, rates in calls per second.

    docs/settings.md is generated from this class.
    """

    stack: str
    """Name of the stack; part of the names of Batch jobs."""
    api_url: str
    """URL of the API."""
    shared_secret: str = field(repr=False)
    """Secret of the services."""
    jobs_queue_url: str
    """SQS queue from the API to the dispatcher."""
    results_queue_url: str
    """SQS queue to the API."""
    bucket: str
    """S3 bucket, passed to the containers."""
    batch_queues: Mapping[str, str]
    """JSON object: a Batch queue per lane, and per `<lane>.<tier>` for a tier on other machines."""
    batch_definitions: Mapping[str, str]
    """JSON object: a Batch job definition per tier."""
    jobs_dlq_url: str = ""
    """Dead-letter queue of the jobs queue."""
    results_dlq_url: str = ""
    """Dead-letter queue of the results queue."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts on private networks that containers may reach, comma-separated."""
    task_api_url: str = ""
    """URL of the API for containers; empty means OA_API_URL."""
    submit_rate: float = 20
    """Maximum SubmitJob calls per second; lowered while Batch throttles."""
    concurrency: int = 10
    """Messages processed at the same time."""
    visibility_s: int = 60
    """Visibility time-out of received messages in seconds."""
    api_retry_s: int = 5
    """Seconds until a message is retried when the API is unavailable."""
    unknown_retry_s: int = 30
    """Seconds until a message is retried when Batch did not answer a submission."""
    host: str = "127.0.0.1"
    """Address of the health endpoint."""
    health_port: int = 8001
    """Port of the health endpoint and the metrics."""
    sweep_every_s: float = 60
    """Seconds between sweeps of Batch."""
    lost_after_s: float = 900
    """Seconds after which a submitted job that Batch does not know is reported as lost."""
    job_timeout_s: int = 6 * 3600
    """Time limit of a container in seconds."""
    job_deadline_s: float = 47 * 3600
    """Age of a Batch job in seconds after which the sweep terminates it."""

    def queue_of(self, lane: Lane, tier: Tier) -> str:
        """Return the Batch queue of a lane; a key `<lane>.<tier>` names a queue for a tier with machines of its own."""
        return self.batch_queues.get(f"{lane}.{tier}") or self.batch_queues[lane]

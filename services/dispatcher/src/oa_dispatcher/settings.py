"""The settings of the dispatcher."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oa_shared.scheduling import Lane, Tier


@dataclass(frozen=True, slots=True)
class DispatcherSettings:
    """Settings from OA_* variables; times are in seconds, rates in calls per second."""

    stack: str
    api_url: str
    shared_secret: str = field(repr=False)
    jobs_queue_url: str
    results_queue_url: str
    bucket: str
    batch_queues: Mapping[str, str]
    batch_definitions: Mapping[str, str]
    jobs_dlq_url: str = ""
    results_dlq_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    task_api_url: str = ""
    submit_rate: float = 20
    concurrency: int = 10
    visibility_s: int = 60
    api_retry_s: int = 5
    unknown_retry_s: int = 30
    host: str = "127.0.0.1"
    health_port: int = 8001
    sweep_every_s: float = 60
    lost_after_s: float = 900
    job_timeout_s: int = 6 * 3600
    job_deadline_s: float = 47 * 3600

    def queue_of(self, lane: Lane, tier: Tier) -> str:
        """Return the Batch queue of a lane; a key `<lane>.<tier>` names a queue for a tier with machines of its own."""
        return self.batch_queues.get(f"{lane}.{tier}") or self.batch_queues[lane]

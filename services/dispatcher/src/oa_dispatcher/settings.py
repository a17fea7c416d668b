"""The settings of the dispatcher."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oa_shared.scheduling import Lane, Tier, share_of

_MESSAGES_OF_ARRAYS = 1000
_COLLECT_S = 2.0
# AWS Batch refuses shorter time limits (SubmitJob, timeout.attemptDurationSeconds).
_MIN_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class DispatcherSettings:
    """Settings from OA_* variables; times are in seconds, rates in calls per second.

    docs/settings.md is generated from this class.
    """

    stack: str = field(metadata={"help": "Name of the stack; part of the names of Batch jobs."})
    api_url: str = field(metadata={"help": "URL of the API."})
    shared_secret: str = field(repr=False, metadata={"help": "Secret of the services."})
    jobs_queue_url: str = field(metadata={"help": "SQS queue from the API to the dispatcher."})
    results_queue_url: str = field(metadata={"help": "SQS queue to the API."})
    bucket: str = field(metadata={"help": "S3 bucket, passed to the containers."})
    batch_queues: Mapping[str, str] = field(
        metadata={"help": "JSON object: a Batch queue per lane, and per `<lane>.<tier>` for a tier on other machines."}
    )
    batch_definitions: Mapping[str, str] = field(metadata={"help": "JSON object: a Batch job definition per tier."})
    fair_share_lanes: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Lanes whose Batch queues have a fair-share policy, comma-separated: "
            "a job uses the share of its owner."
        },
    )
    jobs_dlq_url: str = field(default="", metadata={"help": "Dead-letter queue of the jobs queue."})
    results_dlq_url: str = field(default="", metadata={"help": "Dead-letter queue of the results queue."})
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata={
            "variable": "OA_ALLOW_HOSTS",
            "help": "Services on private networks that jobs may reach, as `host:port`, "
            "or `http://host:port` for public files, comma-separated; a host without "
            "a port opens all of its ports, for development.",
        },
    )
    task_api_url: str = field(default="", metadata={"help": "URL of the API for containers; empty means OA_API_URL."})
    submit_rate: float = field(
        default=20, metadata={"help": "Maximum SubmitJob calls per second; lowered while Batch throttles."}
    )
    concurrency: int = field(default=10, metadata={"help": "Jobs submitted at the same time."})
    array_jobs: bool = field(
        default=False, metadata={"help": "Submit small and standard jobs of the weekly lane as array jobs."}
    )
    array_least: int = field(
        default=50,
        metadata={"help": "Minimum number of jobs in an array job, at least 2; fewer are submitted individually."},
    )
    visibility_s: int = field(default=60, metadata={"help": "Visibility time-out of received messages in seconds."})
    api_retry_s: int = field(
        default=5, metadata={"help": "Seconds until a message is retried when the API is unavailable."}
    )
    unknown_retry_s: int = field(
        default=30, metadata={"help": "Seconds until a message is retried when Batch did not answer a submission."}
    )
    host: str = field(default="127.0.0.1", metadata={"help": "Address of the health endpoint."})
    health_port: int = field(default=8001, metadata={"help": "Port of the health endpoint and the metrics."})
    sweep_every_s: float = field(default=60, metadata={"help": "Seconds between sweeps of Batch."})
    lost_after_s: float = field(
        default=900,
        metadata={"help": "Seconds after which a submitted job that Batch does not know is reported as lost."},
    )
    worker_hang_s: float = field(
        default=600, metadata={"help": "Seconds without progress after which the consumer or the sweep is restarted."}
    )
    loop_hang_s: float = field(
        default=10, metadata={"help": "Seconds after which the process ends if its event loop hangs; 0 for never."}
    )
    job_timeout_s: int = field(
        default=6 * 3600,
        metadata={"help": "Time limit of a container in seconds, at least 60.", "minimum": _MIN_TIMEOUT_S},
    )
    pull_request_timeout_s: int = field(
        default=1800,
        metadata={
            "help": "Time limit of a container of a pull request, a sample or a trial in seconds, at least 60.",
            "minimum": _MIN_TIMEOUT_S,
        },
    )
    job_deadline_s: float = field(
        default=47 * 3600, metadata={"help": "Age of a Batch job in seconds after which the sweep terminates it."}
    )

    @property
    def batch_size(self) -> int:
        """Return how many messages are handled together: those of an array job, or those submitted at once."""
        return _MESSAGES_OF_ARRAYS if self.array_jobs else self.concurrency

    @property
    def collect_s(self) -> float:
        """Return for how many seconds more messages are received for an array job, within their visibility."""
        return min(_COLLECT_S, self.visibility_s / 6) if self.array_jobs else 0.0

    def timeout_of(self, lane: Lane, *, is_sample: bool) -> int:
        """Return the time limit of a container in seconds.

        It is short for pull requests, which anyone can open, and for samples, for which an author waits.
        """
        is_short = is_sample or lane is Lane.PULL_REQUEST
        return min(self.job_timeout_s, self.pull_request_timeout_s) if is_short else self.job_timeout_s

    def share_of(self, lane: Lane, owner: str) -> str | None:
        """Return the share of the Batch queue that a job uses, or None for a queue without shares."""
        return share_of(owner) if lane in self.fair_share_lanes else None

    def queue_of(self, lane: Lane, tier: Tier) -> str | None:
        """Return the Batch queue of a job, None if none is set.

        A key `<lane>.<tier>` names a queue for a tier with its own machines. Submission and the sweep both use this
        choice.
        """
        return self.batch_queues.get(f"{lane}.{tier}") or self.batch_queues.get(lane)

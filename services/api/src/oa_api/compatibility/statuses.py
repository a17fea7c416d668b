"""The statuses of openaddresses/batch and of this service."""

from collections.abc import Iterable, Mapping

from oa_shared.status import JobStatus

STATUSES_V1 = ("Pending", "Running", "Success", "Fail", "Warn")
_STATUS_V1 = {
    **{status: str(status) for status in JobStatus},
    JobStatus.SUBMITTED: "Pending",
    JobStatus.CANCELED: "Fail",
}
_COUNTED = ("Warn", "Success", "Pending", "Fail")


def status_v1(status: str) -> str:
    """Return the status of a job as openaddresses/batch names it."""
    return _STATUS_V1[JobStatus(status)]


def own_statuses(statuses: Iterable[str]) -> list[str]:
    """Return the statuses of this service that openaddresses/batch has under these names."""
    names = set(statuses)
    return [str(status) for status, name in _STATUS_V1.items() if name in names]


def status_counts_v1(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the number of jobs by status; jobs that run count as `Pending`, as nothing else has a place for them."""
    names = {status: "Pending" if name == "Running" else name for status, name in _STATUS_V1.items()}
    return {name: sum(counts.get(status, 0) for status in JobStatus if names[status] == name) for name in _COUNTED}


def run_status_v1(counts: Mapping[str, int]) -> str:
    """Return the status of a run: the worst of its jobs."""
    by_status = status_counts_v1(counts)
    return "Fail" if by_status["Fail"] else "Pending" if by_status["Pending"] else "Success"

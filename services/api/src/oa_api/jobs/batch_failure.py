"""The failure code of a container's end, from what Batch reports.

Batch has no failure codes: the prefixes below are those that its user guide documents for `statusReason`.
"""

from oa_shared.batch import StopReason
from oa_shared.failures import exit_status
from oa_shared.messages import LOST, BatchEvent

_KILLED = frozenset({137, 143})
_INFRA = exit_status("infra.storage")
_PREFIXES = (
    ("OutOfMemoryError", "resource.out_of_memory"),
    ("Job attempt duration exceeded timeout", "resource.timeout"),
    ("Host EC2", "infra.host_lost"),
    ("Your Spot Task was interrupted", "infra.host_lost"),
    ("CannotPullContainer", "infra.image_pull"),
    ("CannotPullECRContainer", "infra.image_pull"),
    ("Timeout waiting for network interface", "infra.host_lost"),
    ("ResourceInitializationError", "infra.host_lost"),
    ("Canceled by JobStateTimeLimit", "infra.host_lost"),
    (StopReason.CANCELED, "operator.canceled"),
    (StopReason.TIME_LIMIT, "resource.timeout"),
    (StopReason.DEADLINE, "infra.deadline"),
)


def failure_of(event: BatchEvent) -> tuple[str, str]:
    """Return the failure code and the details for a container that ended without a result."""
    reason = event.reason or ""
    details = f"Batch reports {event.status}{reason and f': {reason}'} (exit status {event.exit_code})"
    if event.status == LOST:
        return "infra.lost", "Batch no longer knows the container"
    for prefix, code in _PREFIXES:
        if any(part.startswith(prefix) for part in reason.split("; ")):
            return code, details
    if event.exit_code == 0:
        return "bug.no_result", f"the container succeeded but left no result; {details}"
    if event.exit_code == _INFRA:
        return "infra.storage", f"the container could not use S3, its queue or the API; {details}"
    if event.exit_code in _KILLED:
        return "infra.host_lost", f"the container was killed; {details}"
    return "bug.crash", details

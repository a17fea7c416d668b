"""What a container's end, as Batch tells it, means in our vocabulary of failures.

Batch has no codes for these: the prefixes below are those that its user guide documents for `statusReason`.
"""

from oa_shared.batch import StopReason
from oa_shared.messages import LOST, BatchEvent

_KILLED = frozenset({137, 143})
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
    (StopReason.CANCELED, "operator.cancelled"),
    (StopReason.TIME_LIMIT, "resource.timeout"),
    (StopReason.DEADLINE, "infra.deadline"),
)


def failure_of(event: BatchEvent) -> tuple[str, str]:
    """Return the failure code and a sentence for an ended container that left no result."""
    reason = event.reason or ""
    said = f"Batch says {event.status}: {reason or 'no reason given'} (exit status {event.exit_code})"
    if event.status == LOST:
        return "infra.lost", "Batch does not know the container any more"
    for prefix, code in _PREFIXES:
        if any(part.startswith(prefix) for part in reason.split("; ")):
            return code, said
    if event.exit_code == 0:
        return "bug.no_result", f"the container ended well but left no result; {said}"
    if event.exit_code in _KILLED:
        return "infra.host_lost", f"the container was killed; {said}"
    return "bug.crash", said

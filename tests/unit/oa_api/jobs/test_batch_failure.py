"""The failure code of a container without a result, from the data of Batch."""

from datetime import UTC, datetime

import pytest

from oa_api.jobs.batch_failure import failure_of
from oa_shared.messages import BatchEvent


@pytest.mark.parametrize(
    ("exit_code", "reason", "code"),
    [
        (143, "Job attempt duration exceeded timeout", "resource.timeout"),
        (143, "Host EC2 (instance i-1) terminated.", "infra.host_lost"),
        (143, "oa: canceled", "operator.canceled"),
        (0, "oa: canceled", "operator.canceled"),
        (143, "Essential container in task exited", "infra.host_lost"),
        (137, "Essential container in task exited", "infra.host_lost"),
        (0, "", "bug.no_result"),
        (25, "Essential container in task exited", "infra.storage"),
        (1, "Essential container in task exited", "bug.crash"),
    ],
)
def test_failure_of_stopped_container_uses_the_reason_before_the_exit_status(
    exit_code: int, reason: str, code: str
) -> None:
    event = BatchEvent("b-1", "oa-x-1-1-abcdefgh", "FAILED", datetime.now(UTC), exit_code, reason)
    assert failure_of(event)[0] == code

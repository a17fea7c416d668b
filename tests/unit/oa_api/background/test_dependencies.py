"""Each process checks what it uses, because its role on AWS permits no more."""

from typing import Any, cast

import pytest

from oa_api.background.dependencies import DEPENDENCY_PARTS, list_dependencies
from oa_api.settings import Settings
from oa_shared.aws import Aws
from oa_shared.process_report import BATCH
from oa_shared.settings import read_settings

_URL = "https://sqs.us-east-1.amazonaws.com/1/"
_ENVIRON = {
    "OA_DATABASE_URL": "postgresql://u:p@h/d",
    "OA_SHARED_SECRET": "s" * 32,
    "OA_STACK": "x",
    "OA_BUCKET": "b",
    "OA_JOBS_QUEUE_URL": f"{_URL}oa-x-jobs",
    "OA_JOBS_DLQ_URL": f"{_URL}oa-x-jobs-dlq",
    "OA_RESULTS_QUEUE_URL": f"{_URL}oa-x-results",
    "OA_RESULTS_DLQ_URL": f"{_URL}oa-x-results-dlq",
}
_CONSUMER = {"OA_HTTP": "false", "OA_RELAY": "false", "OA_SWEEP": "false", "OA_SCHEDULES": "false"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, DEPENDENCY_PARTS - {BATCH}),
        ({"OA_CONSUMER": "false"}, DEPENDENCY_PARTS - {BATCH}),
        (_CONSUMER, {"results_queue"}),
        ({**_CONSUMER, "OA_RELAY": "true", "OA_CONSUMER": "false"}, {"jobs_queue"}),
        ({**_CONSUMER, "OA_SWEEP": "true", "OA_CONSUMER": "false"}, {"store"}),
    ],
)
def test_process_checks_the_dependencies_that_it_uses(changes: dict[str, str], expected: set[str]) -> None:
    clients: Any = cast("Any", None)  # nothing is called
    settings = read_settings(Settings, {**_ENVIRON, **changes})
    found = list_dependencies(settings, Aws(sqs=clients, s3=clients, batch_client=clients, secrets_manager=clients))
    assert {dependency.part for dependency in found} == expected

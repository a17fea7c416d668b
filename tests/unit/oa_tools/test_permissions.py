"""The comparison of the calls of the code with the policies, and differences that it must report."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oa_tools.deployment import permissions
from oa_tools.deployment.aws_calls import CallError, PortUseReader, read_adapters
from oa_tools.deployment.permissions import (
    Permission,
    check_statements,
    compare_permissions,
    find_needed,
    name_resource,
)
from oa_tools.deployment.port_uses import ACTIONS_OF_AWS
from oa_tools.deployment.terraform import TerraformError

ROOT = Path(__file__).parents[3]
NEW = "services/api/src/oa_api/jobs/new.py"
BATCH = "arn:aws:batch:us-east-1:123456789012"
ARNS = {
    "bucket": "arn:aws:s3:::oa-dev-123456789012",
    "batch queue": f"{BATCH}:job-queue/oa-dev-weekly",
    "batch definition": f"{BATCH}:job-definition/oa-dev-small:*",
    "batch job": f"{BATCH}:job/*",
    "password of the database": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-AbCdEf",
    "role of attempts": "arn:aws:iam::123456789012:role/oa-dev-attempt",
    "*": "*",
}


@cache
def list_needed() -> dict[Permission, str]:
    methods = read_adapters(ROOT)
    return find_needed(methods, PortUseReader(ROOT, methods).read())


def arn_of(resource: str) -> str:
    key = f"{ARNS['bucket']}/{resource}" if "/" in resource else f"arn:aws:sqs:us-east-1:123456789012:oa-dev-{resource}"
    return ARNS.get(resource, key)


def statement(role: str, actions: list[str], resource: str = "*") -> Any:
    row = {"id": f"{role}/A", "role": role, "effect": "Allow", "principal": "self"}
    return {**row, "actions": actions, "resources": [resource]}


def statements_for(granted: list[Permission]) -> list[Any]:
    """Return the statements of a stack that grants exactly these permissions, and to AWS what it needs."""
    of_roles = [statement(f"oa-dev-{each.role}", [each.action], arn_of(each.resource)) for each in granted]
    of_aws = [statement(f"oa-dev-x{ending}", sorted(actions)) for ending, actions in ACTIONS_OF_AWS.items()]
    return [*of_roles, *of_aws]


def outputs_for(granted: list[Permission]) -> Any:
    return {"policy_statements": statements_for(granted)}


def test_each_call_of_the_code_has_a_role_and_a_resource() -> None:
    assert len(list_needed()) >= 40


def test_policies_that_grant_what_is_needed_are_equal_to_it() -> None:
    assert "in both directions" in compare_permissions(ROOT, outputs_for(list(list_needed())))


@pytest.mark.parametrize("permission", sorted(list_needed()), ids=str)
def test_each_missing_permission_is_reported(permission: Permission) -> None:
    granted = [each for each in list_needed() if each != permission]
    with pytest.raises(TerraformError, match="missing in the policies") as raised:
        check_statements(list_needed(), statements_for(granted))
    assert str(permission) in raised.value.detail


@pytest.mark.parametrize(
    "surplus",
    [
        Permission("api", "s3:DeleteObject", "cache/*"),
        Permission("consumer", "sqs:SendMessage", "jobs"),
        Permission("task", "s3:ListBucket", "bucket"),
        Permission("dispatcher", "batch:CancelJob", "batch job"),
    ],
    ids=str,
)
def test_permission_without_use_is_reported(surplus: Permission) -> None:
    with pytest.raises(TerraformError, match="granted without use") as raised:
        check_statements(list_needed(), statements_for([*list_needed(), surplus]))
    assert str(surplus) in raised.value.detail


def test_role_of_aws_with_another_action_is_reported() -> None:
    statements = [*statements_for(list(list_needed())), statement("oa-dev-api-execution", ["s3:GetObject"])]
    with pytest.raises(TerraformError, match=r"\*-execution: missing \[\], granted without use \['s3:GetObject'\]"):
        check_statements(list_needed(), statements)


def test_resource_of_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(TerraformError, match="unknown kind"):
        name_resource("arn:aws:dynamodb:us-east-1:123456789012:table/x")


def copy_of(tmp_path: Path) -> Path:
    """Return a checkout with the deployed packages."""
    for folder in ("shared/src", "services/api/src", "services/dispatcher/src", "services/task/src"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("static", "__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    ("path", "change", "fault"),
    [
        (NEW, lambda _: "def f(storage: Storage): storage.delete_many([])", "calls delete_many"),
        (NEW, lambda _: "def f(x): x.presign('k', 1)", "the type of x is unknown"),
        (NEW, lambda _: "def f(x): x.storage2.head('k')\n\ndef g(old_storage): old_storage.head('k')", "is unknown"),
        (NEW, lambda _: "import boto3", "boto3 is imported"),
        (
            "shared/src/oa_shared/aws/s3.py",
            lambda text: text.replace("self._client.head_object", "self._client.get_object_attributes"),
            "no action of IAM for get_object_attributes",
        ),
        (
            "services/dispatcher/src/oa_dispatcher/sweep.py",
            lambda text: text.replace("self._batch.terminate(", "print("),
            "oa_dispatcher.sweep no longer calls terminate",
        ),
    ],
)
def test_call_that_the_table_does_not_state_is_reported(
    tmp_path: Path, path: str, change: Callable[[str], str], fault: str
) -> None:
    root = copy_of(tmp_path)
    file = root / path
    file.write_text(change(file.read_text("utf-8") if file.exists() else ""), "utf-8")
    with pytest.raises(CallError, match=fault):
        compare_permissions(root, outputs_for(list(list_needed())))


def test_uses_are_read_from_the_source_and_not_from_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "USES", {})
    with pytest.raises(CallError, match=r"oa_api\.dead_letters\.dead_letters calls receive"):
        compare_permissions(ROOT, outputs_for([]))

"""The checks of `make terraform-check`, and the inputs that they must not accept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oa_tools.deployment.container import (
    ContainerError,
    ContainerProcess,
    find_writable,
    on_loopback,
    read_container,
)
from oa_tools.deployment.drift import changes, unexpected_changes
from oa_tools.deployment.lint import findings_of
from oa_tools.deployment.report import CheckReport, SkippedError
from oa_tools.deployment.static import accepted_findings
from oa_tools.deployment.terraform import Terraform, TerraformError, write_cli_config

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-dev/shared-secret-AbCdEf"


class Secrets:
    def get_secret_value(self, **query: str) -> dict[str, str]:
        return {"SecretString": f'{{"current": "for {query["SecretId"]} at {query.get("VersionId", "the newest")}"}}'}


def plan_of(address: str, before: Any, after: Any, actions: tuple[str, ...] = ("update",), **unknown: Any) -> Any:
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": unknown}
    return {"resource_changes": [{"address": address, "change": change}]}


def test_changes_unchanged_and_read_are_none() -> None:
    plan = plan_of("a.b", {"x": 1}, {"x": 1}, ("no-op",))
    plan["resource_changes"] += plan_of("data.a.b", None, {}, ("read",))["resource_changes"]
    assert changes(plan) == {}


@pytest.mark.parametrize(
    "plan",
    [
        plan_of("module.database.aws_db_instance.this", {"multi_az": False}, {"multi_az": True}),
        plan_of("module.database.aws_db_instance.this", {}, {}, ("delete", "create")),
        plan_of("aws_ecs_cluster.this", {"name": "a"}, {"name": "b"}),
        plan_of("module.queues.aws_sqs_queue.this", {}, {}, policy=True),
    ],
)
def test_unexpected_change_is_reported(plan: Any) -> None:
    (line,) = unexpected_changes(changes(plan))
    assert line.startswith(plan["resource_changes"][0]["address"])


def test_gap_of_the_emulator_is_expected_with_any_index() -> None:
    address = 'module.database.aws_vpc_security_group_ingress_rule.client["api"]'
    assert unexpected_changes(changes(plan_of(address, {"description": None}, {"description": "Postgres"}))) == []


def test_read_container_secrets_are_resolved_as_ecs_does() -> None:
    container = {
        "name": "main",
        "command": ["migrate"],
        "readonlyRootFilesystem": True,
        "environment": [{"name": "OA_PORT", "value": "8000"}],
        "secrets": [{"name": "OA_SHARED_SECRET", "valueFrom": f"{ARN}:current::v1"}, {"name": "ALL", "valueFrom": ARN}],
    }
    containers = [{**container, "name": "other"}, container]
    read = read_container({"containerDefinitions": containers}, "main", Secrets())
    assert read.command == ("migrate",)
    assert read.environ["OA_PORT"] == "8000"
    assert read.environ["OA_SHARED_SECRET"] == f"for {ARN} at v1"
    assert read.environ["ALL"] == f'{{"current": "for {ARN} at the newest"}}'


MOUNT = {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}  # noqa: S108 - the folder of the images
TASK: Any = {"volumes": [{"name": "tmp"}], "containerDefinitions": []}


def test_container_can_write_to_its_volumes_and_not_to_those_that_are_read_only() -> None:
    mounts = [MOUNT, {**MOUNT, "containerPath": "/data", "readOnly": True}]
    container: Any = {"name": "main", "readonlyRootFilesystem": True, "mountPoints": mounts}
    assert find_writable(TASK, container) == ("/tmp",)  # noqa: S108 - likewise


@pytest.mark.parametrize(
    ("container", "fault"),
    [
        ({"name": "main"}, "the root of the container main is not read-only"),
        (
            {"name": "main", "readonlyRootFilesystem": True, "mountPoints": [{**MOUNT, "sourceVolume": "none"}]},
            "the task of main has no volume none",
        ),
    ],
)
def test_container_that_ecs_would_run_otherwise_is_refused(container: Any, fault: str) -> None:
    with pytest.raises(ContainerError, match=fault):
        find_writable(TASK, container)


def test_schedule_overrides_command_and_environment_of_its_container() -> None:
    container = ContainerProcess(("call", "GET", "/api"), {"OA_API_URL": "x", "OA_SCHEDULE": ""})
    changed = container.override({"command": ["call"], "environment": [{"name": "OA_SCHEDULE", "value": "sources"}]})
    assert changed == ContainerProcess(("call",), {"OA_API_URL": "x", "OA_SCHEDULE": "sources"})


def test_on_loopback_keeps_user_and_database() -> None:
    url = "postgresql://oa@db.example.org:5432/openaddresses?sslmode=verify-full&sslrootcert=/x"
    assert on_loopback(url, 5) == "postgresql://oa@127.0.0.1:5/openaddresses?sslmode=disable"


def _lack() -> str:
    raise SkippedError("no terraform")


def _fail() -> str:
    raise TerraformError("exit 1")


@pytest.mark.parametrize(
    ("strict", "work", "status"), [(False, _lack, 0), (True, _lack, 1), (False, _fail, 1), (True, lambda: "fine", 0)]
)
def test_skipped_step_fails_only_in_a_strict_report(
    capsys: pytest.CaptureFixture[str], work: Callable[[], str], status: int, *, strict: bool
) -> None:
    report = CheckReport(strict=strict)
    report.step("a step", work)
    assert report.end() == status
    assert ("NOT CHECKED" in capsys.readouterr().err) == (work is _lack and not strict)


def test_accepted_finding_without_a_reason_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "checkov.yaml").write_text("skip-check:\n  - CKV_AWS_1\n")
    with pytest.raises(TerraformError, match="CKV_AWS_1"):
        accepted_findings(tmp_path)


def test_lint_untyped_undescribed_and_unused_are_found(tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "main.tf").write_text(
        'locals {\n  used = var.used\n  spare = 1\n}\n\noutput "x" {\n  value = local.used\n}\n'
    )
    used = 'variable "used" {\n  description = "d"\n  type = string\n}\n'
    (module / "variables.tf").write_text(used + 'variable "idle" {\n  description = "d"\n}\n')
    assert set(findings_of(module)) == {
        "module: outputs.tf is missing",
        "module: versions.tf is missing",
        "module: output x has no description",
        "module: variable idle has no type",
        "module: variable idle is not used",
        "module: local spare is not used",
    }


@pytest.mark.parametrize("is_there", [True, False])
def test_write_cli_config_names_the_mirror_only_if_it_exists(tmp_path: Path, *, is_there: bool) -> None:
    mirror = tmp_path / "mirror"
    if is_there:
        (mirror / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    assert ("filesystem_mirror" in write_cli_config(tmp_path, mirror).read_text()) == is_there


def test_run_program_past_its_timeout_is_ended_and_reported(tmp_path: Path) -> None:
    program = tmp_path / "late"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    terraform = Terraform(str(program), tmp_path, tmp_path)
    terraform.work.mkdir()
    with pytest.raises(TerraformError, match="did not end within"):
        terraform.run("apply", timeout_s=0.2)

"""What stops an apply between the api and the services after it: a fake `aws` reports the states of ECS."""

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "terraform/modules/service/check_deployment.py"
FAMILY = "arn:aws:ecs:us-east-1:123456789012:task-definition/oa-dev-api"
OLD, NEW = f"{FAMILY}:7", f"{FAMILY}:8"
FAKE = """#!{python} -S
import json, pathlib, sys
folder = pathlib.Path({folder!r})
words = sys.argv[1:]
expected = ["ecs", "describe-services", "--region", "us-east-1", "--cluster", "oa-dev", "--services", "oa-dev-api"]
if words[: len(expected)] != expected:
    sys.exit("aws: error: the following arguments are required: --services")
answers = json.loads((folder / "answers.json").read_text())
answer = answers.pop(0) if len(answers) > 1 else answers[0]
(folder / "answers.json").write_text(json.dumps(answers))
if isinstance(answer, str):
    sys.stderr.write(answer)
    sys.exit(254)
print(json.dumps(answer))
"""

_spec = spec_from_file_location("check_deployment", PROGRAM)
assert _spec is not None
assert _spec.loader is not None
check_deployment = module_from_spec(_spec)
sys.modules[_spec.name] = check_deployment
_spec.loader.exec_module(check_deployment)


def deployment(task_definition: str, state: str, status: str = "PRIMARY") -> dict[str, Any]:
    reason = f"ECS deployment ecs-svc/1 {state.lower()}"
    return {"status": status, "taskDefinition": task_definition, "rolloutState": state, "rolloutStateReason": reason}


def service(*deployments: dict[str, Any]) -> dict[str, Any]:
    return {"services": [{"deployments": list(deployments)}], "failures": []}


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "aws"
    program.write_text(FAKE.format(python=sys.executable, folder=str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def check(aws: Path, *answers: Any, within_s: float = 60.0) -> None:
    (aws / "answers.json").write_text(json.dumps(answers))
    check_deployment.wait_for("us-east-1", "oa-dev", "oa-dev-api", NEW, within_s=within_s, every_s=0.01)


def test_wait_for_completed_deployment_returns(aws: Path) -> None:
    check(aws, service(deployment(NEW, "COMPLETED")))


def test_wait_for_deployment_in_progress_waits_for_it(aws: Path) -> None:
    both = service(deployment(NEW, "IN_PROGRESS"), deployment(OLD, "COMPLETED", "ACTIVE"))
    check(aws, both, both, service(deployment(NEW, "COMPLETED")))


@pytest.mark.parametrize(
    "rolled_back",
    [
        service(deployment(OLD, "COMPLETED")),
        service(deployment(OLD, "IN_PROGRESS"), deployment(NEW, "FAILED", "ACTIVE")),
    ],
    ids=["ended", "in progress"],
)
def test_wait_for_rolled_back_deployment_fails(aws: Path, rolled_back: dict[str, Any]) -> None:
    with pytest.raises(check_deployment.DeploymentError, match=f"runs {OLD} instead of {NEW}"):
        check(aws, service(deployment(NEW, "IN_PROGRESS")), rolled_back)


def test_wait_for_failed_deployment_without_an_older_one_fails(aws: Path) -> None:
    with pytest.raises(check_deployment.DeploymentError, match="failed"):
        check(aws, service(deployment(NEW, "FAILED")))


def test_wait_for_deployment_without_an_end_fails(aws: Path) -> None:
    with pytest.raises(check_deployment.DeploymentError, match=r"IN_PROGRESS after 0\.1 s"):
        check(aws, service(deployment(NEW, "IN_PROGRESS")), within_s=0.1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"services": [], "failures": [{"reason": "MISSING"}]}, "MISSING"),
        ("An error occurred (AccessDeniedException) when calling the DescribeServices operation", "AccessDenied"),
    ],
)
def test_wait_for_answer_without_a_deployment_fails(aws: Path, answer: Any, message: str) -> None:
    with pytest.raises(check_deployment.DeploymentError, match=message):
        check(aws, answer)


@pytest.mark.parametrize(("state", "running", "status"), [("COMPLETED", NEW, 0), ("COMPLETED", OLD, 1)])
def test_program_exit_status_is_that_of_the_deployment(aws: Path, state: str, running: str, status: int) -> None:
    (aws / "answers.json").write_text(json.dumps([service(deployment(running, state))]))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "us-east-1", "oa-dev", "oa-dev-api", NEW],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert ("rolled the deployment back" in done.stderr) == bool(status)


def test_services_after_another_depend_on_its_check() -> None:
    module = ROOT / "terraform/modules/service"
    output = (module / "outputs.tf").read_text().partition('output "service_id"')[2].partition("output ")[0]
    assert "depends_on = [terraform_data.deployed]" in output
    stack = (ROOT / "terraform/services.tf").read_text()
    assert stack.count("= module.api.service_id") >= 1

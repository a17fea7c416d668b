"""Waits until ECS has deployed a task definition: `python3 check_deployment.py REGION CLUSTER SERVICE TASK_DEFINITION`.

The provider's wait for a steady state is content with the old tasks after the circuit breaker rolled a deployment back.
The exit status is 1 if the service runs another task definition, or if its deployment failed or does not end.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

_WITHIN_S = 900.0
_EVERY_S = 10.0
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployment of a service that ECS works on, or worked on last."""

    task_definition: str
    state: str
    reason: str


class DeploymentError(Exception):
    """The service does not run what was deployed; the text states what it runs, and why."""


def read_deployment(region: str, cluster: str, service: str) -> Deployment:
    """Return the primary deployment of a service. Raises DeploymentError if ECS does not report one."""
    names = ("--region", region, "--cluster", cluster, "--services", service, "--output", "json")
    command = ("aws", "ecs", "describe-services", *names)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)  # noqa: S603 - the AWS command line
    except FileNotFoundError as error:
        raise DeploymentError("aws is not installed: docs/deploy.md lists the tools") from error
    except subprocess.CalledProcessError as error:
        raise DeploymentError(f"ECS did not describe {service}: {error.stderr.strip()}") from error
    answer = json.loads(done.stdout)
    primary = [each for found in answer["services"] for each in found["deployments"] if each["status"] == "PRIMARY"]
    if len(primary) != 1:
        raise DeploymentError(f"{service} has no primary deployment in {cluster}: {answer['failures']}")
    return Deployment(
        primary[0]["taskDefinition"], primary[0].get("rolloutState", ""), primary[0].get("rolloutStateReason", "")
    )


def wait_for(region: str, cluster: str, service: str, task_definition: str, *, within_s: float, every_s: float) -> None:
    """Return when the deployment of a task definition is complete. Raises DeploymentError."""
    deadline = time.monotonic() + within_s
    while True:
        deployment = read_deployment(region, cluster, service)
        if deployment.task_definition != task_definition:
            raise DeploymentError(
                f"{service} runs {deployment.task_definition} instead of {task_definition}: ECS rolled the "
                f"deployment back because its tasks did not become healthy ({deployment.reason}). See the log group "
                "of the service and at its stopped tasks. The services that depend on it are unchanged."
            )
        if deployment.state == "COMPLETED":
            return
        if deployment.state == "FAILED":
            raise DeploymentError(f"the deployment of {task_definition} failed: {deployment.reason}")
        if time.monotonic() >= deadline:
            raise DeploymentError(
                f"the deployment of {task_definition} is {deployment.state} after {within_s:g} s: {deployment.reason}"
            )
        time.sleep(every_s)


def main() -> int:
    """Wait for the deployment of the command line; return the exit status."""
    region, cluster, service, task_definition = sys.argv[1:]
    try:
        wait_for(region, cluster, service, task_definition, within_s=_WITHIN_S, every_s=_EVERY_S)
    except DeploymentError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{service} runs {task_definition}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

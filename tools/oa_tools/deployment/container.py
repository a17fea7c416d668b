"""A container of an ECS task definition: its arguments, settings, secrets and disk, to run it as a local process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict
from urllib.parse import quote, urlsplit, urlunsplit

from oa_local.aws_client import AwsClient
from oa_local.batch.aws_types import NameValue, Timeout
from oa_shared.errors import OaError

_ARN_PARTS = 7


class ContainerError(OaError):
    """A task definition cannot be run."""

    code = "deployment.container"
    title = "The task definition cannot be run."


class SecretReference(TypedDict):
    """An environment variable whose value comes from a secret."""

    name: str
    valueFrom: str


class MountPoint(TypedDict):
    """A folder of a container on which a volume of the task is mounted."""

    sourceVolume: str
    containerPath: str
    readOnly: bool


class ContainerDefinition(TypedDict, total=False):
    """A container of a task definition, in the form of ECS."""

    name: str
    command: list[str]
    environment: list[NameValue]
    secrets: list[SecretReference]
    readonlyRootFilesystem: bool
    mountPoints: list[MountPoint]


class ContainerOverride(TypedDict, total=False):
    """What a call of RunTask replaces in a container."""

    name: str
    command: list[str]
    environment: list[NameValue]


class Volume(TypedDict):
    """A volume of a task."""

    name: str


class JobContainer(TypedDict):
    """The container of a Batch job definition."""

    command: list[str]
    environment: list[NameValue]
    jobRoleArn: str
    mountPoints: list[MountPoint]


class JobDefinition(TypedDict):
    """A Batch job definition."""

    jobDefinitionName: str
    timeout: Timeout
    containerProperties: JobContainer


class TaskDefinition(TypedDict, total=False):
    """A task definition as ECS describes it."""

    taskRoleArn: str
    executionRoleArn: str
    containerDefinitions: list[ContainerDefinition]
    volumes: list[Volume]


@dataclass(frozen=True, slots=True)
class ContainerProcess:
    """The command, the environment and the writable folders of a container."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    writable: tuple[str, ...] = ()

    def override(self, change: ContainerOverride) -> "ContainerProcess":
        """Return the container as a call of RunTask changes it."""
        environ = {pair["name"]: pair["value"] for pair in change.get("environment", ())}
        command = tuple(change["command"]) if "command" in change else self.command
        return replace(self, command=command, environ={**self.environ, **environ})


def read_container(definition: TaskDefinition, name: str, secrets: AwsClient) -> ContainerProcess:
    """Return a container of a task definition; `secrets` is a client of Secrets Manager for its references."""
    (found,) = (container for container in definition["containerDefinitions"] if container["name"] == name)
    environ = {pair["name"]: pair["value"] for pair in found.get("environment", ())}
    environ |= {pair["name"]: resolve(pair["valueFrom"], secrets) for pair in found.get("secrets", ())}
    return ContainerProcess(tuple(found.get("command", ())), environ, find_writable(definition, found))


def find_writable(definition: TaskDefinition, container: ContainerDefinition) -> tuple[str, ...]:
    """Return the folders to which a container can write. Raises ContainerError for a disk that is not read-only."""
    if not container.get("readonlyRootFilesystem"):
        raise ContainerError(f"the root of the container {container['name']} is not read-only")
    volumes = {volume["name"] for volume in definition.get("volumes", ())}
    mounts = container.get("mountPoints", [])
    unknown = {mount["sourceVolume"] for mount in mounts} - volumes
    if unknown:
        raise ContainerError(f"the task of {container['name']} has no volume {', '.join(sorted(unknown))}")
    return tuple(mount["containerPath"] for mount in mounts if not mount["readOnly"])


def resolve(reference: str, secrets: AwsClient) -> str:
    """Return the value of `arn:json-key:version-stage:version-id`, as ECS does."""
    parts = reference.split(":")
    arn, (key, stage, version) = ":".join(parts[:_ARN_PARTS]), _pad(parts[_ARN_PARTS:])
    selection = {name: value for name, value in (("VersionStage", stage), ("VersionId", version)) if value}
    text = str(secrets.get_secret_value(SecretId=arn, **selection)["SecretString"])
    return str(json.loads(text)[key]) if key else text


def _pad(parts: Sequence[str]) -> tuple[str, str, str]:
    key, stage, version = [*parts, "", "", ""][:3]
    return key, stage, version


def on_loopback(database_url: str, port: int) -> str:
    """Return a database URL with loopback and a port, and without TLS, which needs the name of the host."""
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(netloc=f"{quote(parts.username or '')}@127.0.0.1:{port}", query="sslmode=disable"))

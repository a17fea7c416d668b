"""A container of an ECS task definition: its arguments, settings and secrets, to run it as a local process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import quote, urlsplit, urlunsplit

from oa_local.aws_client import AwsClient
from oa_local.batch.aws_types import NameValue

_ARN_PARTS = 7


class SecretReference(TypedDict):
    """An environment variable whose value comes from a secret."""

    name: str
    valueFrom: str


class ContainerDefinition(TypedDict, total=False):
    """A container of a task definition, in the form of ECS."""

    name: str
    command: list[str]
    environment: list[NameValue]
    secrets: list[SecretReference]


class TaskDefinition(TypedDict):
    """A task definition as an output of Terraform."""

    containers: list[ContainerDefinition]


@dataclass(frozen=True, slots=True)
class ContainerProcess:
    """The command and the environment of a container."""

    command: tuple[str, ...]
    environ: Mapping[str, str]


def read_container(definition: TaskDefinition, name: str, secrets: AwsClient) -> ContainerProcess:
    """Return a container of a task definition; `secrets` is a client of Secrets Manager for its references."""
    (found,) = (container for container in definition["containers"] if container["name"] == name)
    environ = {pair["name"]: pair["value"] for pair in found.get("environment", ())}
    environ |= {pair["name"]: resolve(pair["valueFrom"], secrets) for pair in found.get("secrets", ())}
    return ContainerProcess(tuple(found.get("command", ())), environ)


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

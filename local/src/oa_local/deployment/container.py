"""A container of an ECS task definition as a process of this machine: its arguments, settings and secrets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

_ARN_PARTS = 7


@dataclass(frozen=True, slots=True)
class Container:
    """What ECS would start."""

    command: tuple[str, ...]
    environ: Mapping[str, str]


def read_container(definition: Mapping[str, Any], name: str, secrets: Any) -> Container:
    """Return a container of a task definition; `secrets` is a botocore client that resolves its references."""
    (found,) = (container for container in definition["containers"] if container["name"] == name)
    environ = {pair["name"]: pair["value"] for pair in found.get("environment", ())}
    environ |= {pair["name"]: resolve(pair["valueFrom"], secrets) for pair in found.get("secrets", ())}
    return Container(tuple(found.get("command", ())), environ)


def resolve(reference: str, secrets: Any) -> str:
    """Return what `arn:json-key:version-stage:version-id` refers to, as ECS does."""
    parts = reference.split(":")
    arn, (key, stage, version) = ":".join(parts[:_ARN_PARTS]), _padded(parts[_ARN_PARTS:])
    wanted = {name: value for name, value in (("VersionStage", stage), ("VersionId", version)) if value}
    text = str(secrets.get_secret_value(SecretId=arn, **wanted)["SecretString"])
    return str(json.loads(text)[key]) if key else text


def _padded(parts: Sequence[str]) -> tuple[str, str, str]:
    key, stage, version = [*parts, "", "", ""][:3]
    return key, stage, version


def on_loopback(database_url: str, port: int) -> str:
    """Return a database address with its host and port replaced, and without TLS, which needs the host's name."""
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(netloc=f"{quote(parts.username or '')}@127.0.0.1:{port}", query="sslmode=disable"))

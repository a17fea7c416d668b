"""docker-compose.yml and the Dockerfiles that it names, as far as a run without containers needs them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<operator>:[?-])(?P<word>[^}]*)\}")
_ENV = re.compile(r"(\w+)=(\S+)")


@dataclass(frozen=True)
class ComposeService:
    """A service: `dockerfile` builds its image, else `image` names it; `needs` has the condition of each dependency."""

    name: str
    image: str
    dockerfile: str | None
    environment: Mapping[str, str]
    command: tuple[str, ...]
    probe: tuple[str, ...]
    restart: str
    needs: Mapping[str, str]
    volumes: tuple[str, ...]


@dataclass(frozen=True)
class ImageDefaults:
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    probe: tuple[str, ...]


def read_compose(variables: Mapping[str, str]) -> dict[str, ComposeService]:
    """Return the services by name; `variables` are those of the .env file."""

    def insert(match: re.Match[str]) -> str:
        given = variables.get(match["name"])
        assert given or match["operator"] == ":-", f"{match['name']} {match['word']}"
        return given or match["word"]

    text = _VARIABLE.sub(insert, (ROOT / "docker-compose.yml").read_text("utf-8"))
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return {name: _read_service(name, service) for name, service in services.items()}


def _read_service(name: str, service: dict[str, Any]) -> ComposeService:
    dockerfile = service.get("build", {}).get("dockerfile")
    defaults = _read_dockerfile(ROOT / dockerfile) if dockerfile else ImageDefaults({}, (), (), ())
    entrypoint = tuple(service.get("entrypoint", defaults.entrypoint))
    command = tuple(service.get("command", () if "entrypoint" in service else defaults.command))
    health = service.get("healthcheck", {})
    return ComposeService(
        name=name,
        image=service["image"],
        dockerfile=dockerfile,
        environment={**defaults.environment, **{key: str(value) for key, value in service["environment"].items()}}
        if "environment" in service
        else defaults.environment,
        command=(*entrypoint, *command),
        probe=() if health.get("disable") else tuple(health.get("test", ("CMD", *defaults.probe))[1:]),
        restart=service.get("restart", "no"),
        needs={needed: how["condition"] for needed, how in service.get("depends_on", {}).items()},
        volumes=tuple(service.get("volumes", ())),
    )


def _read_dockerfile(path: Path) -> ImageDefaults:
    """Return what the last stage sets; its lists are JSON."""
    stage = path.read_text("utf-8").replace("\\\n", " ").rpartition("\nFROM ")[2].splitlines()

    def read_list(instruction: str) -> tuple[str, ...]:
        lines = [line for line in stage if line.startswith(f"{instruction} ")]
        return tuple(json.loads(lines[-1][lines[-1].index("[") :])) if lines else ()

    pairs = [pair for line in stage if line.startswith("ENV ") for pair in _ENV.findall(line)]
    environment = {name: value for name, value in pairs if name.startswith("OA_")}
    return ImageDefaults(environment, read_list("ENTRYPOINT"), read_list("CMD"), read_list("HEALTHCHECK"))

"""docker-compose.yml agrees with the settings and images of the services."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from oa_api.settings import MigrationSettings
from oa_api.settings import Settings as ApiSettings
from oa_dispatcher.settings import DispatcherSettings
from oa_local.batch.registration import dispatcher_settings
from oa_shared.settings import read_settings, variable_of

ROOT = Path(__file__).parents[3]
SETTINGS: dict[str, Any] = {"api": ApiSettings, "dispatcher": DispatcherSettings, "migrate": MigrationSettings}
each_service = pytest.mark.parametrize("name", SETTINGS)


def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    given = re.sub(r"\$\{\w+:\?[^}]*\}", "given", text)
    parsed: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", given))
    return parsed


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


@each_service
def test_compose_settings_are_complete_and_readable(name: str) -> None:
    read_settings(SETTINGS[name], services()[name]["environment"])


@each_service
def test_compose_sets_only_variables_of_the_service(name: str) -> None:
    known = {variable_of(field) for field in fields(SETTINGS[name])}
    # The API and the dispatcher share one block of settings.
    known |= {variable_of(field) for field in fields(ApiSettings)}
    assert {key for key in services()[name]["environment"] if key.startswith("OA_")} <= known


def test_compose_dispatcher_has_the_queues_and_definitions_of_provisioning() -> None:
    environment = services()["dispatcher"]["environment"]
    dispatcher = read_settings(DispatcherSettings, environment)
    provisioned = read_settings(DispatcherSettings, {**environment, **dispatcher_settings(environment["OA_STACK"])})
    assert dispatcher.batch_queues == provisioned.batch_queues
    assert dispatcher.batch_definitions == provisioned.batch_definitions


def test_compose_queue_urls_are_those_of_the_stack() -> None:
    environment = services()["api"]["environment"]
    stack, endpoint = environment["OA_STACK"], environment["AWS_ENDPOINT_URL"]
    names = {"JOBS_QUEUE": "jobs", "JOBS_DLQ": "jobs-dlq", "RESULTS_QUEUE": "results", "RESULTS_DLQ": "results-dlq"}
    for variable, name in names.items():
        assert environment[f"OA_{variable}_URL"] == f"{endpoint}/000000000000/oa-{stack}-{name}"
    assert f"--results-queue-url={environment['OA_RESULTS_QUEUE_URL']}" in services()["batch"]["command"]


def test_compose_builds_from_dockerfiles_that_exist() -> None:
    built = {service["build"]["dockerfile"] for service in services().values() if "build" in service}
    assert built == {f"{folder}/Dockerfile" for folder in ("services/api", "services/dispatcher", "local")}
    assert all((ROOT / path).is_file() for path in built)


def test_compose_waits_only_for_services_with_a_health_check_or_an_end() -> None:
    found = services()
    for service in found.values():
        for name, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert _has_probe(found[name]), name
            else:
                assert how["condition"] == "service_completed_successfully"
                assert found[name]["restart"] == "no"


def _has_probe(service: dict[str, Any]) -> bool:
    if "healthcheck" in service:
        return "test" in service["healthcheck"]
    return "HEALTHCHECK" in (ROOT / service["build"]["dockerfile"]).read_text("utf-8")


def test_compose_restarts_every_service_except_the_one_that_ends() -> None:
    policies = {name: service.get("restart") for name, service in services().items()}
    assert policies.pop("migrate") == "no"
    assert set(policies.values()) == {"unless-stopped"}


def test_compose_provisions_as_long_as_it_runs() -> None:
    provision = services()["provision"]
    assert "--watch" in provision["command"]
    (ready_file,) = [word.partition("=")[2] for word in provision["command"] if word.startswith("--ready-file=")]
    assert repr(ready_file) in provision["healthcheck"]["test"][-1]
    for name in ("api", "batch", "provision"):
        assert all(how["condition"] != "service_started" for how in services()[name]["depends_on"].values())


def test_compose_publishes_ports_on_loopback_only() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_third_party_images_have_a_version() -> None:
    images = {service["image"] for service in services().values() if "build" not in service}
    assert {image.partition("@")[0] for image in images} == {"postgres:17-bookworm", "localstack/localstack:4.14.0"}


def test_compose_services_of_the_stack_share_the_key_of_the_batch_emulation() -> None:
    keys = {name: service.get("environment", {}).get("AWS_ACCESS_KEY_ID") for name, service in services().items()}
    assert {name for name, key in keys.items() if key == "given"} == {"batch", "provision", "api", "dispatcher"}
    assert "OA_EMULATOR_KEY" in (ROOT / "bin/compose-env").read_text("utf-8")


def test_compose_database_and_emulators_are_not_published() -> None:
    published = {name for name, service in services().items() if service.get("ports")}
    assert published == {"api"}


def test_compose_keeps_state_in_named_volumes() -> None:
    used = {mount.split(":")[0] for service in services().values() for mount in service.get("volumes", ())}
    assert used == set(compose()["volumes"])


def test_compose_has_no_secret_except_the_key_of_the_emulator() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    lines = [line for line in text.splitlines() if re.search(r"(SECRET|PASSWORD)\w*:", line)]
    assert lines
    assert all("${" in line or line.strip() == "AWS_SECRET_ACCESS_KEY: test" for line in lines)


def test_compose_programs_are_installed_in_their_images() -> None:
    scripts = (ROOT / "local/pyproject.toml").read_text("utf-8")
    entrypoints = {name: service["entrypoint"] for name, service in services().items() if "entrypoint" in service}
    assert set(entrypoints) == {"provision", "samples"}
    assert f"{entrypoints['provision'][0]} = " in scripts
    module = entrypoints["samples"][2].replace(".", "/")
    assert (ROOT / f"local/src/{module}.py").is_file()


@pytest.mark.parametrize("path", ["docker-compose.yml", *map(str, (ROOT / "terraform").rglob("*.tf"))])
def test_deployments_do_not_arm_fault_points(path: str) -> None:
    assert "OA_FAULT" not in (ROOT / path).read_text("utf-8")

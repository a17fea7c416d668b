"""Every variable of the stack reaches a deployment: from the files, from the script, or as a secret of the workflow."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
VARIABLES = dict(BLOCK.findall((ROOT / "terraform/variables.tf").read_text("utf-8")))
SENSITIVE = {name for name, body in VARIABLES.items() if re.search(r"^  sensitive\s*=\s*true", body, re.MULTILINE)}
REQUIRED = {name for name, body in VARIABLES.items() if not re.search(r"^  default\s*=", body, re.MULTILINE)}


def steps() -> list[dict[str, Any]]:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    found: list[dict[str, Any]] = release["jobs"]["deploy"]["steps"]
    return [step for step in found if "bin/terraform" in step.get("run", "")]


def test_variables_are_read() -> None:
    assert {"environment", "git_sha", "shared_secret"} <= REQUIRED
    assert "shared_secret" in SENSITIVE
    assert len(steps()) == 2


@pytest.mark.parametrize("name", sorted(SENSITIVE))
def test_release_passes_every_sensitive_variable_to_every_step(name: str) -> None:
    for step in steps():
        secret = step["env"].get(f"TF_VAR_{name}", "")
        assert re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", secret), f"{step['name']} lacks TF_VAR_{name}"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_release_has_every_variable_without_a_default(name: str) -> None:
    script = (ROOT / "bin/terraform").read_text("utf-8")
    assert f"TF_VAR_{name}" in script or all(f"TF_VAR_{name}" in step["env"] for step in steps())


def test_release_passes_only_variables_that_exist() -> None:
    passed = {key.removeprefix("TF_VAR_") for step in steps() for key in step["env"] if key.startswith("TF_VAR_")}
    assert passed <= set(VARIABLES)


@pytest.mark.parametrize("name", sorted(SENSITIVE))
def test_deploy_page_passes_every_sensitive_variable(name: str) -> None:
    assert f"TF_VAR_{name}" in (ROOT / "docs/deploy.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(name for name, body in VARIABLES.items() if "secret_arn" in body))
def test_deploy_page_creates_every_secret_outside_terraform(name: str) -> None:
    page = (ROOT / "docs/deploy.md").read_text("utf-8")
    assert "aws secretsmanager create-secret" in page
    assert f"`{name}.secret_arn`" in page

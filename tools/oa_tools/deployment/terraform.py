"""The terraform program with a copy of the configuration; everything that it writes is in one folder."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from oa_shared.errors import OaError

MIRROR = Path(os.environ.get("OA_TERRAFORM_MIRROR", "/opt/tf-plugins"))
_AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"
_LEFT_OUT = shutil.ignore_patterns(".terraform", "tools", "variants", "*.tfvars", "*.tfbackend")


class TerraformError(OaError):
    """Terraform failed or did not end in time; the detail is the end of its output."""

    code = "terraform.failed"
    title = "Terraform failed."


def find_terraform() -> str | None:
    """Return the terraform program on the PATH, or None."""
    return shutil.which("terraform")


def write_cli_config(folder: Path, mirror: Path = MIRROR) -> Path:
    """Write the settings of Terraform: the provider comes from a mirror, if there is one, else from the registry."""
    text = "disable_checkpoint = true\n"
    if (mirror / _AWS_PROVIDER).is_dir():
        text += (
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{_AWS_PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{_AWS_PROVIDER}"]\n  }}\n}}\n'
        )
    path = folder / "terraform.rc"
    path.write_text(text, "utf-8")
    return path


class QueueUrls(TypedDict):
    """The URLs of a queue and its dead-letter queue."""

    queue: str
    dead_letter: str


class PolicyStatement(TypedDict):
    """A statement of a policy of the stack."""

    id: str
    role: str
    effect: str
    actions: list[str]
    resources: list[str]
    principal: str


class RegisteredTask(TypedDict):
    """The task definition of a service: its revision and its family."""

    arn: str
    family: str


class StackOutputs(TypedDict):
    """The outputs of the configuration that the check uses."""

    bucket: str
    queue_urls: dict[str, QueueUrls]
    batch_queues: dict[str, str]
    batch_definitions: dict[str, str]
    task_definitions: dict[str, RegisteredTask]
    policy_statements: list[PolicyStatement]


@dataclass(slots=True)
class Terraform:
    """The configuration in `source`, copied to `folder/work`, with its state in `folder`, and its logs in `logs`."""

    program: str
    source: Path
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    logs: Path | None = None

    @property
    def work(self) -> Path:
        """The folder of the copy."""
        return self.folder / "work"

    def prepare(self, *, keeps_state: bool = False) -> None:
        """Copy the configuration, replace the S3 backend by a local one, and install the provider."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.source, self.work, ignore=_LEFT_OUT)
        if not keeps_state:
            (self.folder / "terraform.tfstate").unlink(missing_ok=True)
        state = json.dumps(str(self.folder / "terraform.tfstate"))
        (self.work / "backend_override.tf").write_text(
            f'terraform {{\n  backend "local" {{\n    path = {state}\n  }}\n}}\n'
        )
        write_cli_config(self.folder)
        self.run("init", "-input=false", timeout_s=300)

    def run(self, *words: str, timeout_s: float, allowed: tuple[int, ...] = (0,)) -> str:
        """Run a command and return its output. Raises TerraformError."""
        log = (self.logs or self.folder) / f"{words[0]}.log"
        environ = {**os.environ, "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc")}
        with log.open("w", encoding="utf-8") as output:
            child = subprocess.Popen(  # noqa: S603 - the program that PATH names
                [self.program, *words, "-no-color"],
                cwd=self.work,
                env={**environ, "TF_DATA_DIR": str(self.folder / "data"), **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            status = _wait(child, timeout_s)
        printed = log.read_text("utf-8")
        if status not in allowed:
            reason = (
                f"{words[0]} did not end within {timeout_s:g} s" if status is None else f"{words[0]}: exit {status}"
            )
            raise TerraformError(f"{reason}\n{printed[-4000:]}")
        return printed

    def outputs(self) -> StackOutputs:
        """Return the outputs of the applied configuration."""
        printed = json.loads(self.run("output", "-json", timeout_s=120))
        outputs: StackOutputs = {name: output["value"] for name, output in printed.items()}  # type: ignore[assignment] # from JSON
        return outputs


def _wait(child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    """Return the exit status, or None after a timeout; SIGTERM lets the providers end too."""
    try:
        return child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        child.terminate()
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return None

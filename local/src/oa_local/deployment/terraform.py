"""The terraform program over a copy of the configuration, with everything that it writes below one folder."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oa_shared.errors import OaError

MIRROR = Path(os.environ.get("OA_TERRAFORM_MIRROR", "/opt/tf-plugins"))
_AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"
_LEFT_OUT = shutil.ignore_patterns(".terraform", "tools", "*.tfvars", "*.tfbackend")


class TerraformError(OaError):
    """Terraform ended badly, or not in time; the detail is the end of what it printed."""

    code = "terraform.failed"
    title = "Terraform failed."


def find_terraform() -> str | None:
    """Return the program, or None where there is none."""
    return shutil.which("terraform")


def write_cli_config(folder: Path, mirror: Path = MIRROR) -> Path:
    """Write Terraform's own settings: the provider comes from a mirror where there is one, else from the registry."""
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


@dataclass(slots=True)
class Terraform:
    """The configuration in `source`, copied to `folder/work`, its state in a file beside it."""

    program: str
    source: Path
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Where the copy is."""
        return self.folder / "work"

    def prepare(self) -> None:
        """Copy the configuration, put a local state in the place of S3, and install the provider."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.source, self.work, ignore=_LEFT_OUT)
        (self.folder / "terraform.tfstate").unlink(missing_ok=True)
        state = json.dumps(str(self.folder / "terraform.tfstate"))
        (self.work / "backend_override.tf").write_text(
            f'terraform {{\n  backend "local" {{\n    path = {state}\n  }}\n}}\n'
        )
        write_cli_config(self.folder)
        self.run("init", "-input=false", timeout_s=300)

    def run(self, *words: str, timeout_s: float, allowed: tuple[int, ...] = (0,)) -> str:
        """Run one command and return what it printed; raises TerraformError."""
        log = self.folder / f"{words[0]}.log"
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
            why = f"{words[0]} did not end within {timeout_s:g} s" if status is None else f"{words[0]}: exit {status}"
            raise TerraformError(f"{why}\n{printed[-4000:]}")
        return printed

    def outputs(self) -> dict[str, Any]:
        """Return every output of what is applied."""
        told = json.loads(self.run("output", "-json", timeout_s=120))
        return {name: output["value"] for name, output in told.items()}


def _wait(child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    """Wait for an end; a program that is late is asked to end, so that its providers end too, and None returned."""
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

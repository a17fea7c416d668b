"""`python -m oa_local.deployment`: every check of terraform/, told step by step and in a table at the end.

`--static` leaves out the emulated account. With CI=true nothing may be skipped.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from oa_local.deployment.aws import EmulatedAccount
from oa_local.deployment.drift import changes, unexpected
from oa_local.deployment.report import Report, SkippedError
from oa_local.deployment.static import check_format, check_refusals, run_tests, scan
from oa_local.deployment.system import DeployedSystem, DeployedSystemError
from oa_local.deployment.terraform import Terraform, TerraformError, find_terraform

_ENVIRONMENT = "dev"
_PARALLEL = "-parallelism=20"
_VARIABLES = {
    "environment": _ENVIRONMENT,
    "git_sha": "0" * 40,
    "shared_secret": "abcdefghijklmnopqrstuvwxyz012345",
    # The emulated account starts no tasks to wait for, and is thrown away with all that is in it.
    "api": {"wait_until_steady": False, "deletion_protection": False},
    "database": {"deletion_protection": False},
    "storage": {"force_destroy": True},
    "network": {"interface_endpoints": True},
}


def main() -> int:
    """Run every step that this machine can do; returns the exit status."""
    root, folder = Path.cwd(), Path.cwd() / ".local" / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(strict=os.environ.get("CI") == "true")
    tools = folder / "tools"
    has_tools = report.step("tools", partial(_install_tools, root, tools))
    program = find_terraform()
    terraform = Terraform(program or "terraform", root / "terraform", folder)
    if not report.step("terraform init", partial(_prepare, terraform, program)):
        return report.end()
    report.step("fmt and validate", partial(check_format, terraform))
    report.step("refusals", partial(check_refusals, terraform))
    report.step("terraform test", partial(run_tests, terraform))
    if has_tools:
        report.step("scanner", partial(scan, tools, root / "terraform", folder))
    if has_tools and "--static" not in sys.argv[1:]:
        _apply_and_use(report, terraform, tools, folder)
    return report.end()


def _apply_and_use(report: Report, terraform: Terraform, tools: Path, folder: Path) -> None:
    program = terraform.source / "tools" / "emulator.py"
    account = EmulatedAccount(tools / "bin" / "python", program, folder / "emulator.log")
    try:
        account.start()
        terraform.environ = account.environ
        variables = folder / "check.tfvars.json"
        variables.write_text(json.dumps({**_VARIABLES, "aws_endpoint": account.url}), "utf-8")
        given = f"-var-file={variables}"
        if report.step("apply", partial(_apply, terraform, given)):
            report.step("second plan", partial(_plan_again, terraform, given))
            report.step("system", partial(_use, terraform, account, folder))
        report.step("destroy", partial(_destroy, terraform, account, given))
    finally:
        account.process.stop(patience_s=3)


def _install_tools(root: Path, tools: Path) -> str:
    uv = root / ".local" / "tools" / "bin" / "uv"
    environ = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(tools), "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(uv), "sync", "--frozen", "--quiet", "--project", str(root / "terraform" / "tools")]
    try:
        subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=300)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise SkippedError(f"the locked tools cannot be had: {error.stderr.strip()[-300:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"the locked tools cannot be had: {error}") from error
    return "scanner and emulator as terraform/tools/uv.lock has them"


def _prepare(terraform: Terraform, program: str | None) -> str:
    if program is None:
        raise SkippedError("there is no terraform on the path; nothing of terraform/ was checked")
    terraform.prepare()
    version = json.loads(terraform.run("version", "-json", timeout_s=60))
    providers = ", ".join(f"{name.rsplit('/', 1)[-1]} {v}" for name, v in version["provider_selections"].items())
    return f"terraform {version['terraform_version']}, provider {providers}"


def _apply(terraform: Terraform, given: str) -> str:
    terraform.run("apply", "-input=false", "-auto-approve", _PARALLEL, given, timeout_s=540)
    return f"{len(_resources(terraform))} resources made"


def _resources(terraform: Terraform) -> list[str]:
    listed = terraform.run("state", "list", timeout_s=60).splitlines()
    return [address for address in listed if not address.startswith("data.") and ".data." not in address]


def _plan_again(terraform: Terraform, given: str) -> str:
    plan = terraform.folder / "second.plan"
    terraform.run("plan", "-input=false", _PARALLEL, f"-out={plan}", given, timeout_s=300)
    found = changes(json.loads(terraform.run("show", "-json", str(plan), timeout_s=120)))
    surprises = unexpected(found)
    if surprises:
        raise TerraformError("a second plan wants to change:\n" + "\n".join(surprises))
    return f"no change but {len(found)} that the emulator's gaps explain"


def _use(terraform: Terraform, account: EmulatedAccount, folder: Path) -> str:
    place = folder / "system"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    system = DeployedSystem(place, account, terraform.outputs())
    try:
        system.start()
        said = system.publish_one()
        system.call_as_schedule()
        dead = system.dead_letters()
    finally:
        system.stop()
    if dead:
        raise DeployedSystemError(f"{dead} dead letters after one good job")
    return said


def _destroy(terraform: Terraform, account: EmulatedAccount, given: str) -> str:
    before = len(_resources(terraform))
    terraform.run("destroy", "-input=false", "-auto-approve", _PARALLEL, given, timeout_s=540)
    left = [*_resources(terraform), *account.leftovers(_ENVIRONMENT)]
    if left:
        raise TerraformError(f"still there: {', '.join(map(str, left))}")
    return f"{before} resources destroyed, nothing left"


if __name__ == "__main__":
    sys.exit(main())

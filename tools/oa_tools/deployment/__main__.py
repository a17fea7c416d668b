"""`python -m oa_tools.deployment`: runs every check of terraform/ and prints a table at the end.

`--static` skips the emulated account. With CI=true a skipped step is a failure.
"""

import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.drift import changes, unexpected_changes
from oa_tools.deployment.lint import lint
from oa_tools.deployment.report import CheckReport, SkippedError
from oa_tools.deployment.static import check_format, check_refusals, run_tests, scan
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError
from oa_tools.deployment.terraform import Terraform, TerraformError, find_terraform
from oa_tools.deployment.tools import install_tools

_ENVIRONMENT = "dev"
_PARALLEL = "-parallelism=20"
_VARIABLES = {
    "environment": _ENVIRONMENT,
    "git_sha": "0" * 40,
    "shared_secret": "abcdefghijklmnopqrstuvwxyz012345",
    # The emulated account starts no tasks, and is discarded with everything in it.
    "api": {"wait_until_steady": False, "deletion_protection": False},
    "database": {"deletion_protection": False},
    "storage": {"force_destroy": True},
    "network": {"interface_endpoints": True},
}


def main() -> int:
    """Run every step that this machine supports; return the exit status."""
    root, folder = Path.cwd(), Path.cwd() / ".local" / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    report = CheckReport(strict=os.environ.get("CI") == "true")
    tools = folder / "tools"
    has_tools = report.step("tools", partial(install_tools, root, tools))
    program = find_terraform()
    terraform = Terraform(program or "terraform", root / "terraform", folder)
    if not report.step("terraform init", partial(_prepare, terraform, program)):
        return report.end()
    if not has_tools or "--static" in sys.argv[1:]:
        _check_statically(report, terraform, tools if has_tools else None)
        return report.end()
    account = EmulatedAccount(tools / "bin" / "python", terraform.source / "tools" / "emulator.py", folder / "aws.log")
    try:
        if report.step("emulated account", partial(_start, account)):
            _check_all(report, terraform, account, tools)
    finally:
        account.process.stop(timeout_s=3)
    return report.end()


def _start(account: EmulatedAccount) -> str:
    account.start()
    return f"moto listens on {account.url}"


def _check_statically(report: CheckReport, terraform: Terraform, tools: Path | None) -> None:
    report.step("fmt and validate", partial(check_format, terraform))
    report.step("lint", partial(lint, terraform.source))
    report.step("refusals", partial(check_refusals, terraform))
    report.step("terraform test", partial(run_tests, terraform))
    if tools is not None:
        report.step("scanner", partial(scan, tools, terraform.source, terraform.folder))


def _check_all(report: CheckReport, terraform: Terraform, account: EmulatedAccount, tools: Path) -> None:
    """Apply in the background, since that mostly waits for the provider, and run the static checks in the meantime."""
    terraform.environ = account.environ
    variables = terraform.folder / "check.tfvars.json"
    variables.write_text(json.dumps({**_VARIABLES, "aws_endpoint": account.url}), "utf-8")
    var_file = f"-var-file={variables}"
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(_apply, terraform, var_file)
        _check_statically(report, terraform, tools)
        is_applied = report.step("apply", applied.result)
    if is_applied:
        report.step("second plan", partial(_plan_again, terraform, var_file))
        report.step("system", partial(_use, terraform, account))
    report.step("destroy", partial(_destroy, terraform, account, var_file))


def _prepare(terraform: Terraform, program: str | None) -> str:
    if program is None:
        raise SkippedError("terraform is not on the PATH; nothing in terraform/ was checked")
    terraform.prepare()
    version = json.loads(terraform.run("version", "-json", timeout_s=60))
    providers = ", ".join(f"{name.rsplit('/', 1)[-1]} {v}" for name, v in version["provider_selections"].items())
    return f"terraform {version['terraform_version']}, provider {providers}"


def _apply(terraform: Terraform, var_file: str) -> str:
    started = time.monotonic()
    terraform.run("apply", "-input=false", "-auto-approve", _PARALLEL, var_file, timeout_s=540)
    return f"{len(_resources(terraform))} resources created in {time.monotonic() - started:.0f} s"


def _resources(terraform: Terraform) -> list[str]:
    listed = terraform.run("state", "list", timeout_s=60).splitlines()
    return [address for address in listed if not address.startswith("data.") and ".data." not in address]


def _plan_again(terraform: Terraform, var_file: str) -> str:
    plan = terraform.folder / "second.plan"
    terraform.run("plan", "-input=false", _PARALLEL, f"-out={plan}", var_file, timeout_s=300)
    planned = changes(json.loads(terraform.run("show", "-json", str(plan), timeout_s=120)))
    surprises = unexpected_changes(planned)
    if surprises:
        raise TerraformError("a second plan changes:\n" + "\n".join(surprises))
    return f"no changes except {len(planned)} that the gaps of the emulator explain"


def _use(terraform: Terraform, account: EmulatedAccount) -> str:
    folder = terraform.folder / "system"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    system = DeployedSystem(folder, account, terraform.outputs())
    try:
        system.start()
        outcome = system.publish_one()
        system.call_as_schedule()
        dead_letters = system.dead_letters()
    finally:
        system.stop()
    if dead_letters:
        raise DeployedSystemError(f"{dead_letters} dead letters after a successful job")
    return outcome


# What the emulator answers about a rule of a security group that it has dropped already.
_LOST_RULE = "InvalidPermission.NotFound"


def _destroy(terraform: Terraform, account: EmulatedAccount, var_file: str) -> str:
    before = len(_resources(terraform))
    destroy = partial(terraform.run, "destroy", "-input=false", "-auto-approve", _PARALLEL, var_file, timeout_s=540)
    try:
        destroy()
    except TerraformError as error:
        if _LOST_RULE not in error.detail:
            raise
        # The emulator handles concurrent calls in threads and may drop two rules of a security group at once. A second
        # run reads what is left.
        destroy()
    left = [*_resources(terraform), *account.leftovers(_ENVIRONMENT)]
    if left:
        raise TerraformError(f"not destroyed: {', '.join(map(str, left))}")
    return f"{before} resources destroyed, nothing left"


if __name__ == "__main__":
    sys.exit(main())

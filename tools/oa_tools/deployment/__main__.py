"""`python -m oa_tools.deployment`: runs every check of terraform/ and prints a table at the end.

`--static` skips the emulated account. `--keep` leaves the emulated account running, and uses the one that an earlier
run has left: only the system is checked then, after the changes of terraform/ are applied. With CI=true a skipped step
is a failure.
"""

import json
import os
import shutil
import sys
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from oa_local.process import free_port
from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.flows import FLOWS
from oa_tools.deployment.lint import lint
from oa_tools.deployment.permissions import compare_permissions
from oa_tools.deployment.refused_calls import check_decisions, check_refused_calls
from oa_tools.deployment.report import CheckReport, SkippedError
from oa_tools.deployment.stack import STACK, AppliedStack
from oa_tools.deployment.static import check_format, check_refusals, run_tests, scan
from oa_tools.deployment.system import DeployedSystem
from oa_tools.deployment.terraform import Terraform, find_terraform
from oa_tools.deployment.tools import install_tools
from oa_tools.deployment.variants import plan_variants


def main() -> int:
    """Run every step that this machine supports; return the exit status."""
    parser = ArgumentParser(prog="oa_tools.deployment", description="Run every check of terraform/.")
    parser.add_argument("--static", action="store_true", help="skip the emulated account")
    parser.add_argument(
        "--keep", action="store_true", help="leave the emulated account running, or use that of an earlier run"
    )
    options = parser.parse_args()
    root, folder = Path.cwd(), Path.cwd() / ".local" / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    report = CheckReport(strict=os.environ.get("CI") == "true")
    tools = folder / "tools"
    has_tools = report.step("tools", partial(install_tools, root, tools))
    program = find_terraform()
    terraform = Terraform(program or "terraform", root / "terraform", folder)
    keeps = options.keep
    if not report.step("terraform init", partial(_prepare, terraform, program, keeps_state=keeps)):
        return report.end()
    if not has_tools or options.static:
        _check_statically(report, terraform, tools if has_tools else None)
        return report.end()
    stack = AppliedStack(terraform, _account(tools, terraform), files_port=free_port())
    if keeps:
        if report.step("emulated account", partial(_find_kept, stack)) and report.step("apply", stack.apply_again):
            _check_system(report, stack, is_kept=True)
        return report.end()
    try:
        if report.step("emulated account", partial(_start, stack)):
            _check_all(report, stack, tools)
    finally:
        stack.account.process.stop(timeout_s=3)
    return report.end()


def _account(tools: Path, terraform: Terraform, **ports: int) -> EmulatedAccount:
    program, log = terraform.source / "tools" / "emulator.py", terraform.folder / "aws.log"
    account = EmulatedAccount(tools / "bin" / "python", program, log, STACK, **ports)
    terraform.environ = account.environ
    return account


def _start(stack: AppliedStack) -> str:
    stack.account.start()
    return f"moto listens on {stack.account.url}"


def _find_kept(stack: AppliedStack) -> str:
    """Use the account that an earlier run has left, else start one that outlives this run."""
    kept = stack.terraform.folder / "kept.json"
    if kept.exists():
        ports = json.loads(kept.read_text("utf-8"))
        stack.files_port = ports.pop("files_port")
        stack.account = _account(stack.account.python.parents[1], stack.terraform, **ports)
        if stack.account.answers():
            stack.account.enforce_policies(is_on=False)
            return f"moto of an earlier run listens on {stack.account.url}"
    (stack.terraform.folder / "terraform.tfstate").unlink(missing_ok=True)
    stack.account.start_apart()
    account = stack.account
    ports = {"port": account.port, "batch_port": account.batch_port, "files_port": stack.files_port}
    kept.write_text(json.dumps(ports), "utf-8")
    return f"moto listens on {account.url}, and keeps running"


def _check_statically(report: CheckReport, terraform: Terraform, tools: Path | None) -> None:
    report.step("fmt and validate", partial(check_format, terraform))
    report.step("lint", partial(lint, terraform.source))
    report.step("refusals", partial(check_refusals, terraform))
    report.step("terraform test", partial(run_tests, terraform))
    if tools is not None:
        report.step("scanner", partial(scan, tools, terraform.source, terraform.folder))


def _check_all(report: CheckReport, stack: AppliedStack, tools: Path) -> None:
    """Apply and destroy in the background, as both mostly wait for the provider; run other checks at the same time."""
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(stack.apply)
        _check_statically(report, stack.terraform, tools)
        is_applied = report.step("apply", applied.result)
    if is_applied:
        report.step("second plan", stack.plan_again)
        _check_system(report, stack)
    with ThreadPoolExecutor(1) as pool:
        destroyed = pool.submit(stack.destroy)
        report.step("variants", partial(plan_variants, stack.terraform, stack.account))
        report.step("destroy", destroyed.result)


def _check_system(report: CheckReport, stack: AppliedStack, *, is_kept: bool = False) -> None:
    """Take each flow through the system, with the roles and disks of what is applied."""
    folder = stack.terraform.folder / "system"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    outputs = stack.terraform.outputs()
    system = DeployedSystem(folder, stack.account, outputs, stack.files_port)
    if is_kept:
        # Terraform writes no outputs if one resource fails: the newest revisions are those that it has registered.
        system.revisions |= {name: each["family"] for name, each in outputs["task_definitions"].items()}
    report.step("calls and permissions", partial(compare_permissions, Path.cwd(), outputs))
    try:
        if report.step("system: roles and disk", system.start):
            for name, flow in FLOWS.items():
                report.step(f"flow: {name}", partial(flow, system))
            report.step("decisions", partial(check_decisions, stack.account, outputs))
            report.step("refused calls", partial(check_refused_calls, system))
    finally:
        system.stop()


def _prepare(terraform: Terraform, program: str | None, *, keeps_state: bool) -> str:
    if program is None:
        raise SkippedError("terraform is not on the PATH; nothing in terraform/ was checked")
    terraform.prepare(keeps_state=keeps_state)
    version = json.loads(terraform.run("version", "-json", timeout_s=60))
    providers = ", ".join(f"{name.rsplit('/', 1)[-1]} {v}" for name, v in version["provider_selections"].items())
    return f"terraform {version['terraform_version']}, provider {providers}"


if __name__ == "__main__":
    sys.exit(main())

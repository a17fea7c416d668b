"""Variants of the variables, each planned from an empty state: terraform/variants/*.tfvars.json."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.terraform import Terraform, TerraformError

FOLDER = "variants"
_PARALLEL = 2
_PLAN_S = 180
_ADDED = re.compile(r"Plan: (\d+) to add, 0 to change, 0 to destroy")
# Values that a variant does not need to state.
_DEFAULTS = {"git_sha": "0" * 40, "shared_secret": "abcdefghijklmnopqrstuvwxyz012345"}


def plan_variants(terraform: Terraform, account: EmulatedAccount) -> str:
    """Plan each variant. Raises TerraformError with the variants that cannot be planned."""
    paths = sorted((terraform.source / FOLDER).glob("*.tfvars.json"))
    with ThreadPoolExecutor(_PARALLEL) as pool:
        lines = list(pool.map(lambda path: _plan(terraform, account, path), paths))
    failed = [line for is_planned, line in lines if not is_planned]
    if failed:
        raise TerraformError(f"{len(failed)} of {len(paths)} variants cannot be planned:\n" + "\n".join(failed))
    return f"{len(paths)} planned from an empty state: {', '.join(line for _, line in lines)}"


def _plan(terraform: Terraform, account: EmulatedAccount, path: Path) -> tuple[bool, str]:
    """Return whether a variant can be planned, and its name with the number of resources or the error."""
    name = path.name.removesuffix(".tfvars.json")
    folder = terraform.folder / FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    variables = {"aws_endpoint": account.url, **_DEFAULTS, **json.loads(path.read_text("utf-8"))}
    values = folder / "values.tfvars.json"
    values.write_text(json.dumps(variables), "utf-8")
    words = ("plan", "-input=false", "-lock=false", f"-state={folder / 'empty.tfstate'}", f"-var-file={values}")
    # The working folder is that of the configuration; only the log is apart.
    planning = replace(terraform, logs=folder, environ=account.environ)
    try:
        printed = planning.run(*words, timeout_s=_PLAN_S)
    except TerraformError as error:
        return False, f"{name}: {_first_error(error.detail)}"
    added = _ADDED.search(printed)
    return (True, f"{name} ({added[1]})") if added else (False, f"{name}: the plan changes something in an empty state")


def _first_error(detail: str) -> str:
    lines = [line.strip(" │\t") for line in detail.splitlines()]
    errors = [index for index, line in enumerate(lines) if line.startswith("Error:")]
    if not errors:
        return detail[-500:]
    start = errors[0]
    return " ".join(line for line in lines[start : start + 12] if line)

"""Static checks: format, validity, refusal of invalid variables, tests with a mocked AWS, security scanner."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from oa_tools.deployment.terraform import Terraform, TerraformError

_SCAN_S = 600
_SECRET = "TF_VAR_shared_secret"  # noqa: S105 - the name of a variable
_GOOD = {"TF_VAR_environment": "dev", "TF_VAR_git_sha": "0" * 40, _SECRET: "abcdefghijklmnopqrstuvwxyz012345"}
# Invalid variables and the messages that must appear; a value of None means not set.
_REFUSALS: tuple[tuple[dict[str, str | None], tuple[str, ...]], ...] = (
    ({_SECRET: None}, ('"shared_secret" is not set',)),
    ({_SECRET: "abcdefghijklmnopqrstuvwxyz $(id) 012345"}, ("letters and digits only",)),
    (
        {_SECRET: "abc123", "TF_VAR_git_sha": "main", "TF_VAR_environment": "production"},
        ("at least 32 characters", "40 lowercase hex digits", "dev, staging or prod"),
    ),
)


def check_format(terraform: Terraform) -> str:
    """Run the formatter and the validator of Terraform."""
    terraform.run("fmt", "-check", "-recursive", "-diff", timeout_s=60)
    terraform.run("validate", timeout_s=120)
    return "formatted and valid"


def check_refusals(terraform: Terraform) -> str:
    """Plan with invalid variables. Raises TerraformError unless each is refused with its messages."""
    for invalid, sentences in _REFUSALS:
        environ = {key: value for key, value in {**_GOOD, **invalid}.items() if value is not None}
        planning = Terraform(terraform.program, terraform.source, terraform.folder, environ)
        printed = planning.run("plan", "-input=false", "-lock=false", "-refresh=false", timeout_s=120, allowed=(1,))
        text = re.sub(r"[\s│]+", " ", printed)
        missing = [words for words in sentences if words not in text]
        if missing:
            raise TerraformError(f"{', '.join(invalid)}: refused without the messages {missing}:\n{printed[-1500:]}")
    return f"refused with their messages: {', '.join(words for _, sentences in _REFUSALS for words in sentences)}"


def run_tests(terraform: Terraform) -> str:
    """Run `terraform test`, which needs no AWS account."""
    printed = terraform.run("test", timeout_s=900)
    (passed,) = re.findall(r"(\d+) passed, 0 failed", printed)
    return f"{passed} tests passed with a mocked AWS"


def scan(tools: Path, source: Path, folder: Path) -> str:
    """Run the security scanner. Raises TerraformError with the findings that are not accepted in checkov.yaml."""
    if not (tools / "bin" / "checkov").exists():
        raise TerraformError(f"checkov is not installed in {tools}")
    copy = folder / "scanned"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("tools", "tests", ".terraform"))
    command = [
        *(str(tools / "bin" / "checkov"), "--directory", str(copy), "--framework", "terraform"),
        *("--config-file", str(source / "checkov.yaml"), "--output", "json", "--compact", "--quiet"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SCAN_S)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise TerraformError(f"checkov did not end within {_SCAN_S} s") from error
    (folder / "checkov.json").write_text(done.stdout, "utf-8")
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        raise TerraformError(f"checkov: {done.stdout[-1000:]}{done.stderr[-1000:]}") from error
    failed = report.get("results", {}).get("failed_checks", [])
    if failed:
        lines = sorted({f"{each['check_id']} {each['resource']}: {each['check_name']}" for each in failed})
        raise TerraformError("\n".join(lines))
    summary = report.get("summary", report)
    accepted = len(accepted_findings(source))
    return f"{summary.get('passed', 0)} checks passed, {accepted} kinds of finding accepted with a reason"


def accepted_findings(source: Path) -> list[str]:
    """Return the accepted findings of checkov.yaml. Raises TerraformError if one has no reason next to it."""
    lines = (source / "checkov.yaml").read_text("utf-8").splitlines()
    entries = [line.strip() for line in lines if line.strip().startswith("- CKV")]
    bare = [entry for entry in entries if not re.fullmatch(r"- CKV\w+ +# .{20,}", entry)]
    if bare:
        raise TerraformError(f"accepted without a reason: {', '.join(bare)}")
    return entries

"""`make walkthrough`: runs the commands of docs/deploy.md as printed, against the emulated account.

A block of commands after a line `<!-- not run: REASON -->` is listed only. All others run in one shell, in a clone of
this repository, in the order of the page.
"""

import os
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from oa_shared.errors import OaError
from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.report import SkippedError
from oa_tools.deployment.terraform import find_terraform, write_cli_config
from oa_tools.deployment.tools import install_tools

_AWS_CLI = "awscli==1.45.11"
_LAST_SECTION = "\n## Day 2\n"
_BLOCK = re.compile(r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$|^\*\*(.+?)\.?\*\*", re.MULTILINE)
_WITHIN_S = 900
# The emulator addresses buckets by path, and the backend of Terraform needs a setting for that.
_BEFORE_BLOCK = """
for file in terraform/*.tfbackend; do
  [ ! -f "$file" ] || grep -q path_style "$file" || echo 'use_path_style = true' >>"$file"
done"""

# What `make deploy` does before it builds: bin/push-images needs these outputs when nothing else exists.
_FIRST_STEP = """
echo '== make deploy: the image repositories'
export TF_DATA_DIR="$PWD/.local/terraform/$STACK" TF_VAR_git_sha="$(git rev-parse HEAD)"
terraform -chdir=terraform apply -input=false -auto-approve -var-file="$STACK.tfvars" \\
  -target=module.storage.aws_ecr_repository.image
echo "== for $(terraform -chdir=terraform output -raw image_platform)"
terraform -chdir=terraform output -json repository_urls
"""


class WalkthroughError(OaError):
    """A command of the page failed; the detail is the end of its output."""

    code = "walkthrough.failed"
    title = "The page cannot be followed."


@dataclass(frozen=True, slots=True)
class CommandBlock:
    """Commands of the page below a heading, and why they are not run, if they are not."""

    heading: str
    text: str
    skipped_because: str | None


def read_blocks(page: str) -> Iterator[CommandBlock]:
    """Yield the command blocks of the part of a page that comes before the day-2 tasks."""
    part = page.partition(_LAST_SECTION)[0]
    headings = [(match.start(), match[1] or match[2]) for match in _HEADING.finditer(part)]
    for match in _BLOCK.finditer(part):
        heading = [title for start, title in headings if start < match.start()][-1]
        yield CommandBlock(heading, match["text"], match["reason"])


def script(blocks: list[CommandBlock]) -> str:
    """Return a Bash script that runs the blocks in order and prints a line before each."""
    parts = ["set -euo pipefail"]
    for number, block in enumerate(blocks, start=1):
        if block.skipped_because is None:
            parts += [_BEFORE_BLOCK, f"echo '== {number}. {block.heading}'", block.text]
    return "\n".join(parts)


def _command_line(folder: Path, root: Path) -> str:
    """Return a search path with `aws`, which is installed if this machine has none."""
    path = os.environ["PATH"]
    if shutil.which("aws") is None:
        uv = root / ".local/tools/bin/uv"
        environ = {**os.environ, "UV_TOOL_DIR": str(folder / "tool"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
        subprocess.run([str(uv), "tool", "install", "--quiet", _AWS_CLI], env=environ, check=True, timeout=300)  # noqa: S603
        path = f"{folder / 'bin'}:{path}"
    return path


def _walk(root: Path, folder: Path) -> int:
    blocks = list(read_blocks((root / "docs/deploy.md").read_text("utf-8")))
    if find_terraform() is None:
        raise SkippedError("terraform is not on the PATH")
    tools = root / ".local" / "terraform" / "tools"
    install_tools(root, tools)
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True, timeout=120)  # noqa: S603, S607
    account = EmulatedAccount(tools / "bin" / "python", root / "terraform/tools/emulator.py", folder / "aws.log")
    try:
        account.start()
        environ = {
            **os.environ,
            **account.environ,
            "PATH": _command_line(folder, root),
            "TF_CLI_CONFIG_FILE": str(write_cli_config(folder)),
            "TF_VAR_aws_endpoint": account.url,
            "TF_CLI_ARGS": "-no-color",
        }
        done = subprocess.run(  # noqa: S603 - the commands of our own page
            ["bash", "-c", f"{script(blocks)}\n{_FIRST_STEP}"],  # noqa: S607 - they are for Bash
            cwd=clone,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_S,
        )
    finally:
        account.process.stop(timeout_s=3)
    sys.stdout.write("\n".join(line for line in done.stdout.splitlines() if line.startswith(("==", "Plan:"))) + "\n")
    if done.returncode or "Plan:" not in done.stdout or "== for linux/" not in done.stdout:
        raise WalkthroughError(f"exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    for block in blocks:
        if block.skipped_because is not None:
            sys.stdout.write(f"not run: {block.heading}: {block.skipped_because}\n")
    return 0


def main() -> int:
    """Follow the page; return the exit status. With CI=true a missing tool is a failure."""
    about = "Follow docs/deploy.md in an emulated account."
    ArgumentParser(prog="oa_tools.deployment.walkthrough", description=about).parse_args()
    with TemporaryDirectory(prefix="oa-walkthrough-") as folder:
        try:
            return _walk(Path.cwd(), Path(folder))
        except SkippedError as error:
            sys.stderr.write(f"NOT CHECKED: docs/deploy.md was not followed: {error}\n")
            return int(os.environ.get("CI") == "true")
        except WalkthroughError as error:
            sys.stderr.write(f"{error}\n")
            return 1


if __name__ == "__main__":
    sys.exit(main())

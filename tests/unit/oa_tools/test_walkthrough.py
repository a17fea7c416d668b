"""docs/deploy.md as a list of commands: what `make walkthrough` runs, and what it leaves out with a reason."""

import subprocess
from pathlib import Path

import pytest

from oa_tools.deployment.walkthrough import read_blocks, script

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/deploy.md").read_text("utf-8")
EXAMPLE = """# Page

## First

```sh
export NAME=value
```

<!-- not run: it needs an account -->
```sh
exit 1
```

## Second

```sh
test "$NAME" = value && echo "$NAME"
```

## Day 2

```sh
exit 2
```
"""


def run(page: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", script(list(read_blocks(page)))]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_script_runs_the_blocks_in_one_shell_and_leaves_out_those_with_a_reason() -> None:
    done = run(EXAMPLE)
    assert (done.returncode, done.stdout) == (0, "== 1. First\n== 3. Second\nvalue\n")


def test_script_failing_command_ends_it() -> None:
    done = run(EXAMPLE.replace("export NAME", "false; export NAME"))
    assert done.returncode == 1
    assert "Second" not in done.stdout


def test_read_blocks_of_the_page_are_all_there() -> None:
    blocks = list(read_blocks(PAGE))
    assert len(blocks) == PAGE.partition("\n## Day 2\n")[0].count("```sh\n") >= 15
    run_ones = [block for block in blocks if block.skipped_because is None]
    assert len(run_ones) >= 10
    assert all(len(block.skipped_because or "a reason") > 5 for block in blocks)


@pytest.mark.parametrize(
    "command", ["aws s3api create-bucket", "aws iam create-role", "aws secretsmanager", "make plan"]
)
def test_walkthrough_runs_what_a_deployment_depends_on(command: str) -> None:
    assert any(command in block.text for block in read_blocks(PAGE) if block.skipped_because is None)


def test_commands_of_the_page_are_valid_shell() -> None:
    for block in read_blocks(PAGE):
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

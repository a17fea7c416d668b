"""`oa-local up` publishes the samples, serves the commands of the README, and leaves no process behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest

from support.programs import ending

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_PROGRAM = str(Path(sys.executable).with_name("oa-local"))
_ROOT = Path(__file__).parents[2]
_PUBLISHED = (
    "xx/applewood addresses: 10,000 features, Success",
    "xx/applewood buildings: 6,000 features, Success",
    "xx/applewood parcels: 6,000 features, Success",
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    subprocess.run([_PROGRAM, "down"], cwd=tmp_path, check=False)


@contextmanager
def _up(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with ending(subprocess.Popen([_PROGRAM, "up"], cwd=folder, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "The page is at" in line:
                break
        yield process, "".join(lines)


def _children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def _run_commands_of_readme(folder: Path) -> None:
    """Run the commands of "Use it" as printed, as a newcomer would who copies them."""
    (folder / ".venv").symlink_to(Path(sys.prefix))
    section = (_ROOT / "README.md").read_text("utf-8").partition("## Use it\n")[2].partition("\n## ")[0]
    commands = [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]
    assert commands
    for command in commands:
        done = subprocess.run(
            ["/bin/sh", "-c", command], check=False, cwd=folder, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def test_up_publishes_the_samples_and_leaves_no_process(folder: Path) -> None:
    with _up(folder) as (process, output):
        assert all(line in output for line in _PUBLISHED), output
        assert ("Running as root" in output) == (os.geteuid() == 0)
        env = json.loads((folder / ".local" / "env.json").read_text("utf-8"))
        request = Request(env["OA_API_URL"] + "/", headers={"accept": "text/html"})  # noqa: S310 - our own page
        with urlopen(request, timeout=60) as page:  # noqa: S310 - likewise
            assert page.status == 200
        link = next(line.strip() for line in output.splitlines() if "/sign-in/link?token=" in line)
        with urlopen(Request(link, headers={"accept": "text/html"}), timeout=60) as page:  # noqa: S310 - likewise
            assert b"Sign in as admin" in page.read()
        _run_commands_of_readme(folder)
        children = _children(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert psutil.wait_procs(children, timeout=60)[1] == []

    with _up(folder) as (process, output):
        assert all(line in output for line in _PUBLISHED), output
        children = _children(process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    assert psutil.wait_procs(children, timeout=60)[1] == []

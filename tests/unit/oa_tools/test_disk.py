"""Processes of the check can write to the folders of their container only, with a namespace and without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oa_tools.deployment.disk import DiskRule, confine, find_rule

ELSEWHERE = Path("/oa-elsewhere")
PROGRAM = """
import sys, tempfile
try:
    print(tempfile.NamedTemporaryFile().name)
except OSError as error:
    print(error.strerror)
try:
    open(sys.argv[1], "w")
except OSError as error:
    print(error.strerror)
"""


def run(rule: DiskRule, writable: tuple[str, ...]) -> list[str]:
    confined = confine(rule, [sys.executable, "-c", PROGRAM, str(ELSEWHERE)], writable)
    environ = {**os.environ, "TMPDIR": str(Path.cwd())}
    done = subprocess.run(
        confined.command, env={**environ, **confined.environ}, capture_output=True, text=True, check=True, cwd="/"
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("rule", DiskRule)
def test_process_can_write_to_the_volumes_of_its_container_only(rule: DiskRule) -> None:
    if rule is DiskRule.NAMESPACE and find_rule() is not rule:
        pytest.skip("this machine has no mount namespaces")
    first, second = run(rule, ("/tmp",))  # noqa: S108 - the folder of the images
    assert first.startswith("/tmp/")  # noqa: S108 - likewise
    assert second == "Read-only file system"
    assert not ELSEWHERE.exists()


@pytest.mark.parametrize("rule", DiskRule)
def test_process_without_volumes_has_no_temporary_files(rule: DiskRule) -> None:
    if rule is DiskRule.NAMESPACE and find_rule() is not rule:
        pytest.skip("this machine has no mount namespaces")
    first, second = run(rule, ())
    assert first.startswith("No usable temporary directory")
    assert second == "Read-only file system"

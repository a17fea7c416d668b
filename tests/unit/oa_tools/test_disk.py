"""Processes of the check can write to the folders of their container only, with a namespace and without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oa_tools.deployment.disk import DiskRule, confine, find_rule

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


def run(rule: DiskRule, writable: tuple[str, ...], elsewhere: Path) -> list[str]:
    confined = confine(rule, [sys.executable, "-c", PROGRAM, str(elsewhere)], writable)
    environ = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    done = subprocess.run(
        confined.command, env={**environ, **confined.environ}, capture_output=True, text=True, check=True, cwd="/"
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("rule", DiskRule)
def test_process_can_write_to_the_volumes_of_its_container_only(rule: DiskRule) -> None:
    if rule is DiskRule.NAMESPACE and find_rule() is not rule:
        pytest.skip("this machine has no mount namespaces")
    elsewhere = Path(__file__).parent / "elsewhere"
    first, second = run(rule, ("/tmp",), elsewhere)  # noqa: S108 - the folder of the images
    assert first.startswith("/tmp/")  # noqa: S108 - likewise
    assert second == "Read-only file system"
    assert not elsewhere.exists()


@pytest.mark.parametrize("rule", DiskRule)
def test_process_without_volumes_has_no_temporary_files(rule: DiskRule) -> None:
    if rule is DiskRule.NAMESPACE and find_rule() is not rule:
        pytest.skip("this machine has no mount namespaces")
    first, second = run(rule, (), Path(__file__).parent / "elsewhere")
    assert first.startswith("No usable temporary directory")
    assert second == "Read-only file system"

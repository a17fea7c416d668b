"""Dying on purpose."""

import subprocess
import sys
from pathlib import Path

CODE = "from oa_shared.fault_points import fault_point; fault_point('here'); print('alive')"


def run(environ: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-c", CODE], env=environ, capture_output=True, check=False).returncode


def test_crash_point_named_by_the_environment_kills_every_process() -> None:
    assert [run({"OA_FAULT_AT": "here"}) for _ in range(2)] == [-9, -9]


def test_crash_point_not_named_does_nothing() -> None:
    assert run({"OA_FAULT_AT": "there"}) == 0


def test_crash_point_named_by_a_folder_kills_the_first_alone(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert [run({"OA_FAULT_FOLDER": str(tmp_path)}) for _ in range(2)] == [-9, 0]
    assert (tmp_path / "here.hit").exists()

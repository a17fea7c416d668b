"""Fault points kill a process only where a test arms them."""

import subprocess
import sys
from pathlib import Path

CODE = "from oa_shared.fault_points import fault_point; fault_point('here'); print('alive')"
ON = {"OA_FAULT_POINTS": "on"}


def run(environ: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-c", CODE], env=environ, capture_output=True, check=False).returncode


def test_fault_point_in_oa_fault_at_kills_every_process() -> None:
    assert [run({**ON, "OA_FAULT_AT": "here"}) for _ in range(2)] == [-9, -9]


def test_fault_point_elsewhere_does_nothing() -> None:
    assert run({**ON, "OA_FAULT_AT": "there"}) == 0


def test_fault_point_in_the_folder_kills_the_first_process_only(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert [run({**ON, "OA_FAULT_FOLDER": str(tmp_path)}) for _ in range(2)] == [-9, 0]
    assert (tmp_path / "here.hit").exists()


def test_fault_point_is_off_unless_enabled(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert run({"OA_FAULT_AT": "here", "OA_FAULT_FOLDER": str(tmp_path)}) == 0
    assert (tmp_path / "here").exists()

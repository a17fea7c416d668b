"""The output of a `check.py` that compares the engine with recorded cases."""

import os
import re
import subprocess
import sys
from pathlib import Path

_FAILED = re.compile(r"^FAIL (\S+)", re.MULTILINE)
_SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def find_differing_cases(check: Path, cases: Path, kind: str, *options: str) -> list[str]:
    """Run the cases of a folder, print the output, and return the names of those that differ."""
    command = [sys.executable, str(check), "--cases", str(cases), "--show", "1", *options]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    summary = _SUMMARY.search(result.stdout)
    sys.stdout.write(_SUMMARY.sub(rf"{kind}: \1 cases agree, \2 differ", result.stdout))
    if summary is None:
        sys.stdout.write(result.stderr)
        return [f"{kind}: check.py itself"]
    return _FAILED.findall(result.stdout)


def report_unexpected(unexpected: list[str]) -> int:
    """Print the cases that differ without intent; return the exit status."""
    if unexpected:
        sys.stdout.write(f"unexpected differences: {', '.join(unexpected)}\n")
    return int(bool(unexpected))

"""Run the recorded conformance cases, if they are next to the checkout, except for the intended differences.

`python tests/conformance/run.py [CASES]`: CASES is the folder with `check.py`, `fixtures` and `real`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

_DEFAULT_CASES = Path(__file__).parents[3] / "shared" / "cases"
# batch-machine reads UTF-8 as ISO-8859-1 there: docs/engine.md, "Known errors of batch-machine".
INTENDED = frozenset({"us-nc-catawba-addresses-county", "us-nc-pamlico-addresses-county"})
_FAILED = re.compile(r"^FAIL (\S+)", re.MULTILINE)
_SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def main() -> int:
    """Run both sets; return 1 if a case differs without intent."""
    cases = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT_CASES
    if not (cases / "check.py").is_file():
        sys.stdout.write(f"no conformance cases in {cases}\n")
        return 0
    unexpected = [name for kind in ("fixtures", "real") for name in _differing(cases, kind) if name not in INTENDED]
    if unexpected:
        sys.stdout.write(f"unexpected differences: {', '.join(unexpected)}\n")
    return int(bool(unexpected))


def _differing(cases: Path, kind: str) -> list[str]:
    """Run one set, print its output, and return the names of the cases that differ."""
    command = [sys.executable, str(cases / "check.py"), "--cases", str(cases / kind), "--show", "1"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    summary = _SUMMARY.search(result.stdout)
    sys.stdout.write(_SUMMARY.sub(rf"{kind}: \1 cases agree, \2 differ", result.stdout))
    if summary is None:
        sys.stdout.write(result.stderr)
        return [f"{kind}: check.py itself"]
    return _FAILED.findall(result.stdout)


if __name__ == "__main__":
    sys.exit(main())

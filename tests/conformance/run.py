"""Runs the recorded conformance cases next to the checkout; some of them differ on purpose.

`python tests/conformance/run.py [CASES]`: CASES is the folder that holds `check.py`, `fixtures` and `real`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

_BESIDE = Path(__file__).parents[3] / "shared" / "cases"
# batch-machine reads UTF-8 as ISO-8859-1 there: docs/engine.md, "Known errors of batch-machine".
EXPECTED = frozenset({"us-nc-catawba-addresses-county", "us-nc-pamlico-addresses-county"})
_FAILED = re.compile(r"^FAIL (\S+)", re.MULTILINE)
_CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def main() -> int:
    """Run both sets and return 1 if a case differs unexpectedly."""
    cases = Path(sys.argv[1]) if len(sys.argv) > 1 else _BESIDE
    if not (cases / "check.py").is_file():
        sys.stdout.write(f"missing conformance cases: {cases}\n")
        return 0
    unexpected = [name for kind in ("fixtures", "real") for name in _differing(cases, kind) if name not in EXPECTED]
    if unexpected:
        sys.stdout.write(f"unexpected differences: {', '.join(unexpected)}\n")
    return int(bool(unexpected))


def _differing(cases: Path, kind: str) -> list[str]:
    """Run one set, print its report, and return the names of the cases that differ."""
    words = [sys.executable, str(cases / "check.py"), "--cases", str(cases / kind), "--show", "1"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(words, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    closing = _CLOSING.search(done.stdout)
    sys.stdout.write(_CLOSING.sub(rf"{kind}: \1 cases agree, \2 differ", done.stdout))
    if closing is None:
        sys.stdout.write(done.stderr)
        return [f"{kind}: check.py itself"]
    return _FAILED.findall(done.stdout)


if __name__ == "__main__":
    sys.exit(main())

"""Run the reported cases, if they are next to the checkout, except for the intended differences.

`python tests/conformance/reports.py [CASES]`: CASES is the folder with `check.py` and a folder for each case.
"""

import sys
from pathlib import Path

from differing_cases import find_differing_cases, report_unexpected

_DEFAULT_CASES = Path(__file__).parents[3] / "shared" / "reports"
# docs/engine.md, "Verification", has the reason for each.
INTENDED = frozenset[str]()


def main() -> int:
    """Run the cases; return 1 if one differs without intent."""
    cases = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT_CASES
    if not (cases / "check.py").is_file():
        sys.stdout.write(f"no reported cases in {cases}\n")
        return 0
    differing = find_differing_cases(cases / "check.py", cases, "reports", "--jobs", "2")
    return report_unexpected([name for name in differing if name not in INTENDED])


if __name__ == "__main__":
    sys.exit(main())

"""Run the recorded conformance cases, if they are next to the checkout, except for the intended differences.

`python tests/conformance/run.py [CASES]`: CASES is the folder with `check.py`, `fixtures` and `real`.
"""

import sys
import tempfile
from pathlib import Path

from differing_cases import find_differing_cases, report_unexpected
from turned_cases import copy_turned

_DEFAULT_CASES = Path(__file__).parents[3] / "shared" / "cases"
# batch-machine reads UTF-8 as ISO-8859-1 there: docs/engine.md, "Known errors of batch-machine".
INTENDED = frozenset({"us-nc-catawba-addresses-county", "us-nc-pamlico-addresses-county"})


def main() -> int:
    """Run both sets; return 1 if a case differs without intent."""
    cases = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT_CASES
    check = cases / "check.py"
    if not check.is_file():
        sys.stdout.write(f"no conformance cases in {cases}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        turned = {kind: copy_turned(cases / kind, Path(folder)) for kind in ("fixtures", "real")}
        differing = [name for kind, copy in turned.items() for name in find_differing_cases(check, copy, kind)]
    return report_unexpected([name for name in differing if name not in INTENDED])


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: runs every benchmark of this folder whose name starts with ONLY, each in its own process.

A benchmark is a module `api_<what>.py` or `engine_<what>.py` whose `main()` prints tables: each figure next to its
baseline, measured in the same run. `soak_<what>.py` and `scale_<what>.py` take minutes and run only if ONLY names them.
"""

import subprocess
import sys
from pathlib import Path

from report import machine

FOLDER = Path(__file__).parent
_PARTS = ("api_", "engine_")
_SLOW = ("soak_", "scale_")


def benchmarks(only: str) -> list[Path]:
    """Return the modules to run, in the order of their names."""
    parts = (*_PARTS, *(part for part in _SLOW if only.startswith(part.strip("_"))))
    found = (path for path in sorted(FOLDER.glob("*_*.py")) if path.stem.startswith(parts))
    return [path for path in found if path.stem.startswith(only)]


def main() -> int:
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = benchmarks(only)
    if not chosen:
        print(f"no benchmark's name begins with {only!r}", file=sys.stderr)
        return 2
    print(machine())
    statuses = [subprocess.run([sys.executable, str(path)], check=False).returncode for path in chosen]
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())

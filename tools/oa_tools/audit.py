"""`make audit`: known vulnerabilities of the packages of every lock file, except accepted ones.

Needs OSV and the npm registry.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path

from oa_shared.json_types import JsonMapping

_ROOT = Path(__file__).parents[2]
_ACCEPTED = _ROOT / ".ci/accepted-advisories"
_UV = _ROOT / ".local/tools/bin/uv"
_UV_LOCK, _NPM_LOCK = "uv.lock", "package-lock.json"
_INSTALLED = "node_modules"
_WITHIN_S = 300


def list_lock_files(root: Path) -> list[Path]:
    """Return the lock files of uv and npm below a folder, without those of hidden folders and installed packages."""
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".") and name != _INSTALLED]
        found += [Path(folder, file) for file in files if file in {_UV_LOCK, _NPM_LOCK}]
    return sorted(found)


def read_accepted(path: Path) -> dict[str, str]:
    """Return the reasons of accepted advisories by ID, from lines `ID # reason`. Raises ValueError."""
    accepted: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        advisory, _, reason = line.partition("#")
        if not reason.strip():
            raise ValueError(f"{path}: {line!r} lacks a reason; write `ID # reason`")
        accepted[advisory.strip()] = reason.strip()
    return accepted


def npm_advisories(report: JsonMapping) -> Iterator[tuple[str, str]]:
    """Yield the ID and the package of each advisory in the report of `npm audit --json`."""
    packages = report.get("vulnerabilities")
    for name, package in packages.items() if isinstance(packages, dict) else ():
        for via in package["via"]:
            if isinstance(via, dict):
                yield str(via["url"]).rsplit("/", 1)[-1], name


def _audit_python(folder: Path, accepted: Iterable[str]) -> bool:
    ignored = [word for advisory in accepted for word in ("--ignore", advisory)]
    done = subprocess.run([str(_UV), "audit", "--frozen", *ignored], cwd=folder, timeout=_WITHIN_S, check=False)  # noqa: S603 - our own uv
    return done.returncode == 0


def _audit_npm(folder: Path, accepted: Iterable[str]) -> bool:
    command = ["npm", "audit", "--json", "--package-lock-only"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_WITHIN_S, check=False)  # noqa: S603 - npm, with fixed arguments
    report = json.loads(done.stdout or "{}")
    if "vulnerabilities" not in report:
        sys.stderr.write(f"npm audit failed:\n{done.stdout}{done.stderr}\n")
        return False
    found = {each for each in npm_advisories(report) if each[0] not in set(accepted)}
    for advisory, package in sorted(found):
        sys.stderr.write(f"{package}: {advisory}\n")
    return not found


def audit(root: Path, accepted: Iterable[str]) -> list[Path]:
    """Audit every lock file below a folder, and return those with an advisory that is not accepted."""
    ids = list(accepted)
    failed = []
    for lock in list_lock_files(root):
        sys.stderr.write(f"{lock.relative_to(root)}\n")
        if not (_audit_python if lock.name == _UV_LOCK else _audit_npm)(lock.parent, ids):
            failed.append(lock)
    return failed


def main() -> None:
    """Audit all lock files, and exit with status 1 if one has an advisory that is not accepted."""
    about = "Report known vulnerabilities of the packages of every lock file, except accepted ones."
    ArgumentParser(prog="oa_tools.audit", description=about).parse_args()
    sys.exit(1 if audit(_ROOT, read_accepted(_ACCEPTED)) else 0)


if __name__ == "__main__":
    main()

"""`make audit`: known vulnerabilities of the locked packages, except accepted ones. Needs OSV and the npm registry."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from oa_shared.json_types import JsonMapping

_ROOT = Path(__file__).parents[2]
_ACCEPTED = _ROOT / ".ci/accepted-advisories"
_UV = _ROOT / ".local/tools/bin/uv"
_WEB = _ROOT / "services/api/web"
_WITHIN_S = 300


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


def _audit_python(accepted: Iterable[str]) -> bool:
    ignored = [word for advisory in accepted for word in ("--ignore", advisory)]
    done = subprocess.run([str(_UV), "audit", "--frozen", *ignored], cwd=_ROOT, timeout=_WITHIN_S, check=False)  # noqa: S603 - our own uv
    return done.returncode == 0


def _audit_web(accepted: Iterable[str]) -> bool:
    command = ["npm", "audit", "--json", "--package-lock-only"]
    done = subprocess.run(command, cwd=_WEB, capture_output=True, text=True, timeout=_WITHIN_S, check=False)  # noqa: S603 - npm, with fixed arguments
    report = json.loads(done.stdout or "{}")
    if "vulnerabilities" not in report:
        sys.stderr.write(f"npm audit failed:\n{done.stdout}{done.stderr}\n")
        return False
    found = {each for each in npm_advisories(report) if each[0] not in set(accepted)}
    for advisory, package in sorted(found):
        sys.stderr.write(f"{package}: {advisory}\n")
    return not found


def main() -> None:
    """Audit both ecosystems, and exit with status 1 if either has an advisory that is not accepted."""
    accepted = read_accepted(_ACCEPTED)
    passed = [_audit_python(accepted), _audit_web(accepted)]
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()

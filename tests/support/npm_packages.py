"""The npm packages of tests/clients/package-lock.json, which `make setup` installs, and Node to run them."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_INSTALLED = ROOT / ".local/web/clients"
_TIMEOUT_S = 120


def npm_packages() -> Path:
    """Return the folder of the packages; without them the test is skipped, or fails in CI."""
    modules = _INSTALLED / "node_modules"
    if modules.exists():
        return modules
    missing = "no npm packages: make setup installs them"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def run_node(script: Path | str, *arguments: Path | str, folder: Path, env: dict[str, str] | None = None) -> str:
    """Run a script in `folder`, which sees the packages, and return its output; fails with that output."""
    modules = npm_packages()
    link = folder / "node_modules"
    if not link.exists():
        link.symlink_to(modules)
    program = modules / script if isinstance(script, str) else script
    done = subprocess.run(
        [_INSTALLED / "node", program, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0", "REDOCLY_TELEMETRY": "off", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{script} {' '.join(map(str, arguments))}\n{done.stdout}"
    return done.stdout

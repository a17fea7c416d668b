"""Prints the packages of an image as JSON: `python3 list_packages.py [PACKAGE_LOCK]`, run by the Python of the image.

An array of objects with `type` (pypi or npm), `name` and `version`; PACKAGE_LOCK is the lock file of the pages.
"""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path


def python_packages() -> Iterator[dict[str, str]]:
    """Yield the packages that are installed."""
    for distribution in distributions():
        yield {"type": "pypi", "name": distribution.metadata["Name"], "version": distribution.version}


def npm_packages(lock: Path) -> Iterator[dict[str, str]]:
    """Yield the packages that the pages use: those of the lock file that are not for development only."""
    for path, package in json.loads(lock.read_text("utf-8"))["packages"].items():
        if path and not package.get("dev"):
            yield {"type": "npm", "name": path.rpartition("node_modules/")[2], "version": package["version"]}


def main() -> None:
    """Print the packages, sorted."""
    packages = [*python_packages(), *(each for lock in sys.argv[1:] for each in npm_packages(Path(lock)))]
    json.dump(sorted(packages, key=lambda each: (each["type"], each["name"].lower())), sys.stdout, indent=1)


if __name__ == "__main__":
    main()

"""Fetches a file and checks its content: `python3 fetch_file.py URL SHA256 TARGET`.

Every user may read the file: `ADD --chmod` of a URL leaves it to root in older engines, and `ADD --checksum` needs a
its own front end.
"""

import hashlib
import sys
from pathlib import Path
from urllib.request import urlopen

_TIMEOUT_S = 60.0


class ChecksumError(ValueError):
    """The file has another content than expected."""


def fetch(url: str, sha256: str, target: Path) -> None:
    """Write the file to `target`, readable by all. Raises ChecksumError, and OSError if it cannot be fetched."""
    with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the URL of the Dockerfile
        content = answer.read()
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ChecksumError(
            f"{url} has the SHA-256 {digest}, not {sha256}: compare both files, then change the Dockerfile"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    target.write_bytes(content)
    target.chmod(0o644)


def main() -> None:
    """Fetch the file of the command line."""
    url, sha256, target = sys.argv[1:]
    fetch(url, sha256, Path(target))


if __name__ == "__main__":
    main()

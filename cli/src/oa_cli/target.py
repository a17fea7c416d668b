"""The API that a command calls: its URL and credentials, from the environment or a local stack."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from oa_cli.api_errors import UnreachableError

_LOCAL_ENVIRON = Path(".local") / "env.json"


@dataclass(frozen=True, slots=True)
class Target:
    """The URL of an API, and the API token or else the shared secret for it."""

    url: str
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every request to the API."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"secret": self.secret} if self.secret else {}


def find_target(environ: Mapping[str, str], folder: Path) -> Target:
    """Return the API of OA_API_URL, else that of the local stack in this folder or in one above it.

    OA_LOCAL_STATE names the folder with the state of another local stack. OA_TOKEN takes precedence over a secret.
    Raises UnreachableError if there is no API.
    """
    token = environ.get("OA_TOKEN", "").strip()
    if address := environ.get("OA_API_URL", "").strip():
        return Target(_check_address(address), environ.get("OA_SHARED_SECRET", ""), token)
    if state := environ.get("OA_LOCAL_STATE", "").strip():
        return _read_local_target(folder / state / _LOCAL_ENVIRON.name, token)
    for parent in (folder, *folder.parents):
        path = parent / _LOCAL_ENVIRON
        if path.is_file():
            return _read_local_target(path, token)
    raise UnreachableError("set OA_API_URL (and OA_TOKEN), or start a local stack with `make up`")


def _check_address(address: str) -> str:
    """Return the URL of an API without its last slash. Raises UnreachableError if it is not one of HTTP."""
    try:
        url = URL(address)
        is_good = url.scheme in {"http", "https"} and bool(url.host)
    except ValueError:
        is_good = False
    if not is_good:
        raise UnreachableError(f"OA_API_URL is not an HTTP URL: write https://host, not {address!r}")
    return address.rstrip("/")


def _read_local_target(path: Path, token: str) -> Target:
    try:
        local = json.loads(path.read_text(encoding="utf-8"))
        return Target(local["OA_API_URL"].rstrip("/"), local.get("OA_SHARED_SECRET", ""), token)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        text = f"{path} is damaged or unreadable: start the local stack again with `make up`, or set OA_API_URL"
        raise UnreachableError(text) from error

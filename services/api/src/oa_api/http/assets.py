"""Style and scripts of the pages: read at the start, compressed, at addresses that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import structlog
from aiohttp import hdrs, web

from oa_api.http.errors import NotFoundError

log = structlog.get_logger()
_FOREVER = "public, max-age=31536000, immutable"
# Compressed forms, the smaller one first, by the name that browsers have for them.
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed, and the version of the folder that it lies in."""

    body: bytes
    content_type: str
    version: str
    encoded: Mapping[str, bytes] = field(default_factory=dict)

    def best_for(self, accepted: str) -> tuple[str | None, bytes]:
        """Return the encoding and the bytes for an Accept-Encoding header."""
        wanted = [part.replace(" ", "").lower() for part in accepted.split(",")]
        names = {part.partition(";")[0] for part in wanted if not part.endswith((";q=0", ";q=0.0"))}
        return next(((name, body) for name, body in self.encoded.items() if name in names), (None, self.body))


class Assets:
    """All files by name. Those of a folder share a version, so that they can name each other."""

    def __init__(self, found: Mapping[str, Asset]) -> None:
        self._found = found

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return name in self._found

    def url(self, name: str) -> str:
        """Return the address of a file; of one that is missing too, so that a page without scripts is still a page."""
        return f"/static/{self._found[name].version if name in self._found else 'missing'}/{name}"

    def get(self, name: str) -> Asset:
        """Return a file. Raises NotFoundError."""
        if name not in self._found:
            raise NotFoundError("there is no such file")
        return self._found[name]


ASSETS = web.AppKey("assets", Assets)


def read_assets(root: Path | None = None) -> Assets:
    """Read everything below static/; says once when the scripts of others are not there (services/api/web/build.py)."""
    root = root or Path(str(files("oa_api") / "static"))
    assets = Assets({**_read_folder(root), **_read_folder(root / "vendor")})
    if not assets.has("htmx.min.js"):
        log.warning(
            "static_assets_missing", effect="no maps, no live pages", remedy="python3 services/api/web/build.py"
        )
    return assets


async def get_asset(request: web.Request) -> web.Response:
    """Answer with a file, to be kept for ever where its version is the one asked for."""
    asset = request.app[ASSETS].get(request.match_info["file"])
    is_current = asset.version == request.match_info["version"]
    encoding, body = asset.best_for(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    headers = {hdrs.CACHE_CONTROL: _FOREVER if is_current else "no-cache", hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if encoding:
        headers[hdrs.CONTENT_ENCODING] = encoding
    return web.Response(body=body, headers=headers, content_type=asset.content_type, charset="utf-8")


def _read_folder(folder: Path) -> dict[str, Asset]:
    paths = sorted(path for path in folder.glob("*") if path.suffix in _TYPES)
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return {path.name: _read(path, digest.hexdigest()[:12]) for path in paths}


def _read(path: Path, version: str) -> Asset:
    body = path.read_bytes()
    stored = {name: _stored(path.with_name(path.name + suffix)) for name, suffix in _SUFFIXES.items()}
    stored["gzip"] = stored["gzip"] or gzip.compress(body, 9, mtime=0)
    encoded = {name: text for name, text in stored.items() if text is not None}
    return Asset(body, _TYPES[path.suffix], version, encoded)


def _stored(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None

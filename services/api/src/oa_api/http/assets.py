"""The stylesheet and scripts of the pages: read at startup, compressed, at URLs that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import structlog
from aiohttp import hdrs, web

from oa_api.http.compression import encoding_weights
from oa_api.http.errors import NotFoundError

log = structlog.get_logger()
_FOREVER = "public, max-age=31536000, immutable"
# Content encodings, the smaller one first, with the suffixes of their files.
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ico": "image/vnd.microsoft.icon",
}
# Sent from the disk, in ranges, uncompressed.
_LARGE_TYPES = {".pmtiles": "application/vnd.pmtiles"}
BASEMAP = "basemap.pmtiles"
_FAVICON_CACHING = "public, max-age=86400"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, plain and compressed, and the version of its folder."""

    body: bytes
    content_type: str
    version: str
    encoded: Mapping[str, bytes] = field(default_factory=dict)

    def best_for(self, accepted: str) -> tuple[str | None, bytes]:
        """Return the encoding and the bytes for an Accept-Encoding header."""
        weights = encoding_weights(accepted)
        return next(((name, body) for name, body in self.encoded.items() if weights.get(name)), (None, self.body))


@dataclass(frozen=True, slots=True)
class LargeAsset:
    """One file that stays on the disk: browsers request ranges of it."""

    path: Path
    content_type: str
    version: str


class Assets:
    """All files by name. Files of a folder share a version, so that they can import each other by relative URL."""

    def __init__(self, assets: Mapping[str, Asset | LargeAsset]) -> None:
        self._assets = assets

    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        return name in self._assets

    def url(self, name: str) -> str:
        """Return the URL of a file; of a missing file too, so that pages render before the scripts are built."""
        return f"/static/{self._assets[name].version if name in self._assets else 'missing'}/{name}"

    def get(self, name: str) -> Asset | LargeAsset:
        """Return a file. Raises NotFoundError."""
        if name not in self._assets:
            raise NotFoundError(f"file {name[:100]!r} does not exist")
        return self._assets[name]


ASSETS = web.AppKey("assets", Assets)


def read_assets(root: Path | None = None) -> Assets:
    """Return everything below static/; log once when vendored scripts are missing (services/api/web/build.py)."""
    root = root or Path(str(files("oa_api") / "static"))
    assets = Assets({**_read_folder(root), **_read_folder(root / "vendor"), **_read_folder(root / "basemap")})
    if not assets.has("htmx.min.js"):
        log.warning(
            "static_assets_missing", effect="no maps, no live pages", remedy="python3 services/api/web/build.py"
        )
    elif not assets.has(BASEMAP):
        log.warning("basemap_missing", effect="maps have no land", remedy="python3 services/api/web/basemap.py")
    return assets


async def get_asset(request: web.Request) -> web.StreamResponse:
    """Return a file, cacheable without end at the URL of its current version; ranges of a large one."""
    asset = request.app[ASSETS].get(request.match_info["file"])
    is_current = asset.version == request.match_info["version"]
    headers = {hdrs.CACHE_CONTROL: _FOREVER if is_current else "no-cache"}
    if isinstance(asset, LargeAsset):
        return web.FileResponse(asset.path, headers={**headers, hdrs.CONTENT_TYPE: asset.content_type})
    encoding, body = asset.best_for(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if encoding:
        headers[hdrs.CONTENT_ENCODING] = encoding
    return web.Response(body=body, headers=headers, content_type=asset.content_type, charset="utf-8")


async def get_favicon(request: web.Request) -> web.Response:
    """Return the icon that browsers request at this path, whatever the page says."""
    asset = request.app[ASSETS].get("favicon.ico")
    if isinstance(asset, LargeAsset):
        raise TypeError("the icon is served from memory")
    headers = {hdrs.CACHE_CONTROL: _FAVICON_CACHING}
    return web.Response(body=asset.body, headers=headers, content_type=asset.content_type)


def _read_folder(folder: Path) -> dict[str, Asset | LargeAsset]:
    paths = sorted(path for path in folder.glob("*") if path.suffix in _TYPES or path.suffix in _LARGE_TYPES)
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return {path.name: _read_asset(path, digest.hexdigest()[:12]) for path in paths}


def _read_asset(path: Path, version: str) -> Asset | LargeAsset:
    if path.suffix in _LARGE_TYPES:
        return LargeAsset(path, _LARGE_TYPES[path.suffix], version)
    body = path.read_bytes()
    compressed = {name: _read_if_present(path.with_name(path.name + suffix)) for name, suffix in _SUFFIXES.items()}
    compressed["gzip"] = compressed["gzip"] or gzip.compress(body, 9, mtime=0)
    encoded = {name: content for name, content in compressed.items() if content is not None}
    return Asset(body, _TYPES[path.suffix], version, encoded)


def _read_if_present(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None

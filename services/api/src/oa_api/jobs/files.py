"""Sending files of a job: a redirect to the CDN or to S3, or, on a single machine, the bytes with support for ranges.

The bytes are untrusted, and on a single machine they come from the origin of the pages: they are sent so that no
browser makes a document of them.
"""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.errors import GoneError, NotFoundError
from oa_api.jobs.file_deletion import find_deletion
from oa_api.jobs.file_links import PRIVATE_FILES, REDIRECT, REDIRECT_MAX_AGE_S, cdn_url
from oa_api.jobs.lost_results import find_loss
from oa_shared.download_names import content_disposition
from oa_shared.ids import parse_attempt_key
from oa_shared.media_types import MEDIA_TYPES, OCTET_STREAM, media_type_of

# The files that record how an attempt went; they outlive its data.
RECORD_FILES = PRIVATE_FILES | {"manifest.json"}
_LINK_VALID_S = 3600
# Types that browsers download or show as text; markup (XML, KML, GML, SVG, HTML) is not among them.
_SAFE_SUFFIXES = (".png", ".json", ".geojson", ".jsonl", ".gz", ".zip", ".csv", ".parquet", ".pmtiles", ".fgb", ".gpkg")
_SAFE_TYPES = frozenset(MEDIA_TYPES[suffix] for suffix in _SAFE_SUFFIXES) | {"text/plain"}


async def send_file(request: web.Request, key: str, *, save_as: str | None = None) -> web.StreamResponse:
    """Return an object of the bucket as a response; `save_as` is the name for its file, by default that of the URL.

    Raises NotFoundError, GoneError, and 416 for an invalid range.
    """
    storage, settings = request.app[STORAGE], request.app[SETTINGS]
    await check_kept(request, key)
    if (public_url := cdn_url(settings, key)) is not None:
        caching: dict[str, str] = {hdrs.CACHE_CONTROL: f"public, max-age={REDIRECT_MAX_AGE_S}"}
        return _redirect(public_url, caching)
    # A link to S3 is signed for GET alone.
    if settings.output_mode == REDIRECT and request.method != hdrs.METH_HEAD:
        disposition = content_disposition(media_type_of(key), save_as) if save_as else None
        return _redirect(await storage.presign(key, _LINK_VALID_S, disposition=disposition))
    stored = await storage.head(key)
    if stored is None:
        raise NotFoundError("the store does not have this file: restore it, or rerun its job")
    start, end = _range(request, stored.size_bytes)
    is_part = (start, end) != (0, stored.size_bytes)
    status = HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK
    headers = {"Accept-Ranges": "bytes", "ETag": stored.etag, "Content-Length": str(end - start)}
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size_bytes}"
    response = web.StreamResponse(status=status, headers=headers)
    set_file_headers(response, stored.content_type, save_as=save_as)
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD and end > start:
        async for chunk in storage.stream(key, start, end - 1):
            await response.write(chunk)
    await response.write_eof()
    return response


def _redirect(url: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=HTTPStatus.FOUND, headers={hdrs.LOCATION: url, **(headers or {})})


def set_file_headers(response: web.StreamResponse, media_type: str, *, save_as: str | None = None) -> None:
    """Set the type and disposition of a file with untrusted content.

    Only types that no browser runs as a document keep their name; only a picture is shown in place. Without `save_as`
    the file has the name at the end of its URL.
    """
    plain_type = media_type.partition(";")[0].strip().lower()
    is_safe = plain_type in _SAFE_TYPES
    response.content_type = plain_type if is_safe else OCTET_STREAM
    response.headers[hdrs.CONTENT_DISPOSITION] = content_disposition(plain_type, save_as)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


async def check_kept(request: web.Request, key: str) -> None:
    """Raise GoneError for a file of an attempt that retention has deleted, or is about to delete.

    Raises NotFoundError for one that the store has lost.
    """
    parsed = parse_attempt_key(key)
    if parsed is None:
        return
    database = request.app[DATABASE]
    job, attempt = parsed.job, parsed.attempt
    deletion = await find_deletion(database, job=job, attempt=attempt, log_only=parsed.file in RECORD_FILES)
    if deletion is not None:
        raise GoneError(deletion.reason)
    lost_at = await find_loss(database, job=job, attempt=attempt)
    if lost_at is not None:
        raise NotFoundError(
            f"the store has lost the files of this attempt, noticed at {lost_at:%Y-%m-%d %H:%M} UTC: "
            f"restore them, or rerun job {job}"
        )


def _range(request: web.Request, size_bytes: int) -> tuple[int, int]:
    """Return the requested bytes as a half-open range."""
    unsatisfiable = web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size_bytes}"})
    try:
        requested = request.http_range
    except ValueError as error:
        raise unsatisfiable from error
    start, end, _ = requested.indices(size_bytes)
    if requested.start is not None and requested.start >= size_bytes > 0:
        raise unsatisfiable
    return start, max(start, end)

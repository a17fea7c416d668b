"""Logs, samples and files in the form of openaddresses/batch."""

import asyncio
import csv
import io
import json
import zlib
from datetime import datetime

from aiohttp import hdrs, web

from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import LogV1Schema
from oa_api.compatibility.serializers import SOURCE_FILE, milliseconds
from oa_api.http.app_keys import DATABASE, STORAGE
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import path_id
from oa_api.jobs import queries
from oa_api.jobs.api import send_chosen_output
from oa_api.jobs.files import check_kept
from oa_api.jobs.job_log import as_text, other_values
from oa_api.jobs.request_schemas import OutputChoiceSchema
from oa_api.jobs.rows import JobRow
from oa_api.products import queries as product_queries
from oa_api.products.product_requests import send_output
from oa_shared.ids import attempt_prefix
from oa_shared.json_types import JsonObject
from oa_shared.products import (
    COLLECTION_FORMATS,
    DEDUPLICATED_COLLECTION_FILES,
    EXPORT_FILES,
    ProductFormat,
)
from oa_shared.text_lines import split_lines

_SAMPLE_ROWS = 20
# What is read of a file for its sample, and how much of that is unpacked: parcels have long rows.
_SAMPLE_BYTES, _UNPACKED_BYTES = 1 << 20, 1 << 22
_GZIP = 31


async def get_log(request: web.Request) -> web.Response:
    """Return the log of the latest attempt of a job: as a JSON array, as CSV, or as the text that pages link to."""
    log = await read_query_v1(request, LogV1Schema())
    job = await queries.get_job(request.app[DATABASE], path_id(request, "job"))
    body = await _read_log(request, job)
    if log.format == "text":
        return web.Response(text=as_text(body.decode("utf-8", "replace")), content_type="text/plain")
    lines = await asyncio.to_thread(_read_lines, body, milliseconds(job.created_at))
    if log.format == "csv":
        response = web.Response(text=await asyncio.to_thread(_as_csv, lines), content_type="text/csv")
    else:
        response = web.json_response(lines)
    if log.is_download:
        response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="log-{job.id}.{log.format}"'
    return response


async def get_export_log(request: web.Request) -> web.Response:
    """Return the log of the job of an export."""
    export = await product_queries.get_export(request.app[DATABASE], path_id(request, "export"))
    job = await queries.get_job(request.app[DATABASE], export.job)
    body = await _read_log(request, job)
    return web.json_response(await asyncio.to_thread(_read_lines, body, milliseconds(job.created_at)))


async def get_sample(request: web.Request) -> web.Response:
    """Return the first features of a job. Raises NotFoundError, GoneError."""
    job = await queries.get_job(request.app[DATABASE], path_id(request, "job"))
    output = job.files.get(SOURCE_FILE)
    if output is None or output.key is None:
        raise NotFoundError(f"job {job.id} has no file {SOURCE_FILE!r}")
    await check_kept(request, output.key)
    storage = request.app[STORAGE]
    if await storage.head(output.key) is None:
        raise NotFoundError("the store does not have this file: restore it, or rerun its job")
    packed = b"".join([chunk async for chunk in storage.stream(output.key, 0, _SAMPLE_BYTES - 1)])
    return web.json_response(await asyncio.to_thread(_first_features, packed))


async def get_file(request: web.Request) -> web.StreamResponse:
    """Redirect to a file of a job, or stream it; a token in the URL is ignored."""
    return await send_chosen_output(request, await read_query_v1(request, OutputChoiceSchema()))


async def get_processed(request: web.Request) -> web.StreamResponse:
    """Redirect to the deduplicated version of a collection, or stream it. Raises NotFoundError."""
    collection = await product_queries.get_collection(request.app[DATABASE], path_id(request, "collection"))
    names = [DEDUPLICATED_COLLECTION_FILES[format_] for format_ in COLLECTION_FORMATS]
    name = next((name for name in names if name in collection.outputs), None)
    if name is None:
        raise NotFoundError(f"collection {collection.name} has no deduplicated version: set `deduplicate` and build it")
    return await send_output(request, collection, name, label=f"collection {collection.name}")


async def get_export_file(request: web.Request) -> web.StreamResponse:
    """Redirect to the file of an export, or stream it: a zip of a shapefile, a gzip of CSV. Raises NotFoundError."""
    export = await product_queries.get_export(request.app[DATABASE], path_id(request, "export"))
    if export.is_expired:
        raise NotFoundError(f"export {export.id} has expired: create it again")
    name = EXPORT_FILES[ProductFormat(export.format)]
    return await send_output(request, export, name, label=f"export {export.id}")


async def _read_log(request: web.Request, job: JobRow) -> bytes:
    key = attempt_prefix(job.id, job.attempt) + "log.jsonl"
    await check_kept(request, key)
    return await request.app[STORAGE].get_bytes(key) or b""


def _read_lines(body: bytes, start: int) -> list[JsonObject]:
    """Return the lines of a log; one without a time has that of the line before, the first the `start`."""
    lines: list[JsonObject] = []
    for number, text in enumerate(split_lines(body.decode("utf-8", "replace")), start=1):
        start, message = _read_line(text, start)
        lines.append({"id": number, "timestamp": start, "message": message})
    return lines


def _read_line(text: str, start: int) -> tuple[int, str]:
    try:
        entry = json.loads(text)
    except ValueError:
        return start, text
    if not isinstance(entry, dict):
        return start, text
    start = _read_time(entry.get("timestamp"), start)
    words = [str(entry[name]) for name in ("level", "event") if name in entry]
    return start, " ".join([*words, other_values(entry)]).strip()


def _read_time(text: object, otherwise: int) -> int:
    try:
        return milliseconds(datetime.fromisoformat(str(text)))
    except (ValueError, OverflowError):
        return otherwise


def _as_csv(lines: list[JsonObject]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(line.values() for line in lines)
    return text.getvalue()


def _first_features(packed: bytes) -> list[object]:
    """Return the first rows of a gzipped file, from its start only."""
    try:
        text = zlib.decompressobj(_GZIP).decompress(packed, _UNPACKED_BYTES)
    except zlib.error:
        return []
    *whole, last = text.split(b"\n", _SAMPLE_ROWS)
    features: list[object] = []
    for line in [*whole, last if len(whole) < _SAMPLE_ROWS else b""]:
        try:
            features += [json.loads(line)] if line.strip() else []
        except ValueError:
            break
    return features

"""Reading the files of a job for a page: no more than the page shows, however large the file is."""

import asyncio
import json
import zlib

from aiohttp import web

from oa_api.http.app_keys import STORAGE
from oa_api.jobs.rows import JobRow
from oa_shared.ids import attempt_prefix
from oa_shared.json_types import JsonObject
from oa_shared.large_bodies import TooManyValuesError, check_values
from oa_shared.storage import Storage
from oa_shared.text_lines import split_lines

_MAX_JSON_BYTES = 4 << 20
# Each value costs far more memory than its text.
_MAX_VALUES, _MAX_OBJECTS = 600_000, 20_000
_LOG_BYTES = 96 << 10
_READ_BYTES, _UNPACKED_BYTES = 2 << 20, 8 << 20


async def read_log(request: web.Request, job: JobRow) -> list[JsonObject]:
    """Return the last lines of the log of a job's attempt, as far as it has been uploaded."""
    storage, key = request.app[STORAGE], attempt_prefix(job.id, job.attempt) + "log.jsonl"
    stored = await storage.head(key)
    if stored is None or not stored.size_bytes:
        return []
    start = max(0, stored.size_bytes - _LOG_BYTES)
    lines = split_lines((await _read(storage, key, start, _LOG_BYTES)).decode("utf-8", "replace"))
    return [_log_entry(line) for line in (lines[1:] if start else lines)]


async def read_json(request: web.Request, job: JobRow, file: str) -> object:
    """Return the value of a JSON file of a job; None without such a file, and for one of more than 4 MiB."""
    key = _key(job, file)
    if key is None:
        return None
    storage = request.app[STORAGE]
    stored = await storage.head(key)
    if stored is None or stored.size_bytes > _MAX_JSON_BYTES:
        return None
    body = await storage.get_bytes(key)
    return None if body is None else await asyncio.to_thread(_decode, body)


async def read_lines(request: web.Request, job: JobRow, file: str) -> list[JsonObject]:
    """Return the first objects of a gzipped file of JSON lines; none without such a file."""
    key = _key(job, file)
    if key is None:
        return []
    storage = request.app[STORAGE]
    stored = await storage.head(key)
    if stored is None or not stored.size_bytes:
        return []
    packed = await _read(storage, key, 0, min(stored.size_bytes, _READ_BYTES))
    return await asyncio.to_thread(_first_objects, packed)


def _key(job: JobRow, file: str) -> str | None:
    output = job.files.get(file)
    return output.key if output else None


async def _read(storage: Storage, key: str, start: int, size_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, start + size_bytes - 1)])


def _decode(body: bytes) -> object:
    try:
        text = body.decode()
        check_values(text, _MAX_VALUES)
        decoded: object = json.loads(text)
    except (ValueError, RecursionError, TooManyValuesError):
        return None
    return decoded


def _first_objects(packed: bytes) -> list[JsonObject]:
    """Unpack at most 8 MiB, without the line that is cut off."""
    try:
        text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, _UNPACKED_BYTES)
    except zlib.error:
        return []
    complete = text[: text.rfind(b"\n") + 1]
    return [
        value for line in complete.split(b"\n", _MAX_OBJECTS)[:_MAX_OBJECTS] if isinstance(value := _decode(line), dict)
    ]


def _log_entry(line: str) -> JsonObject:
    value = _decode(line.encode())
    return value if isinstance(value, dict) else {"event": line}

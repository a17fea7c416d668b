"""Reads of a job's files no more than a page shows, however large they are."""

import asyncio
import json
import zlib
from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.http.app_keys import STORAGE
from oa_shared.ids import attempt_prefix
from oa_shared.storage import Storage

_MOST_JSON_BYTES = 4 << 20
_LOG_BYTES = 96 << 10
_READ_BYTES, _UNPACKED_BYTES = 2 << 20, 8 << 20


async def read_log(request: web.Request, row: Row) -> list[dict[str, Any]]:
    """Return the last lines of an attempt's log, as far as it has been uploaded."""
    storage, key = request.app[STORAGE], attempt_prefix(row["id"], row["attempt"]) + "log.jsonl"
    found = await storage.head(key)
    if found is None or not found.size_bytes:
        return []
    start = max(0, found.size_bytes - _LOG_BYTES)
    lines = (await _read(storage, key, start, _LOG_BYTES)).decode("utf-8", "replace").splitlines()
    return [_said(line) for line in (lines[1:] if start else lines)]


async def read_json(request: web.Request, row: Row, file: str) -> Any:
    """Return what one of the job's JSON files says; None where there is none, or one too large for a page."""
    output = _output(row, file)
    if output is None:
        return None
    storage = request.app[STORAGE]
    found = await storage.head(output)
    if found is None or found.size_bytes > _MOST_JSON_BYTES:
        return None
    body = await storage.get_bytes(output)
    return None if body is None else await asyncio.to_thread(_decoded, body)


async def read_lines(request: web.Request, row: Row, file: str) -> list[Any]:
    """Return the first lines of one of the job's packed files of JSON lines; none where there is no such file."""
    output = _output(row, file)
    if output is None:
        return []
    storage = request.app[STORAGE]
    found = await storage.head(output)
    if found is None or not found.size_bytes:
        return []
    packed = await _read(storage, output, 0, min(found.size_bytes, _READ_BYTES))
    return await asyncio.to_thread(_first_lines, packed)


def _output(row: Row, file: str) -> str | None:
    outputs = (row["result"] or {}).get("outputs")
    output = outputs.get(file) if isinstance(outputs, dict) else None
    return output.get("key") if isinstance(output, dict) else None


async def _read(storage: Storage, key: str, start: int, size_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, start + size_bytes - 1)])


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _first_lines(packed: bytes) -> list[Any]:
    """Unpack as much as fits; the line that is cut off is left out."""
    try:
        text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, _UNPACKED_BYTES)
    except zlib.error:
        return []
    whole = text[: text.rfind(b"\n") + 1]
    return [said for line in whole.splitlines() if isinstance(said := _decoded(line), dict)]


def _said(line: str) -> dict[str, Any]:
    said = _decoded(line.encode())
    return said if isinstance(said, dict) else {"event": line}

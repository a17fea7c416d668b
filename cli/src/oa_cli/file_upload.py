"""Sending a file as the API says: to the store by a form, or to the API itself."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import aiohttp

from oa_cli.client import Api, RejectedError, UnreachableError

_BAD = 400
_CHUNK_BYTES = 1 << 20


async def upload(api: Api, path: Path) -> Any:
    """Send a file and return the upload, looked at by the API. Raises UnreachableError, RefusedError."""
    size_bytes, sha256 = await asyncio.to_thread(_facts, path)
    begun = await api.post("/api/upload", {"name": path.name, "size_bytes": size_bytes, "sha256": sha256})
    form = begun["form"]
    if form["method"] == "PUT":
        return await api.put_file(form["url"], path)
    await _post(form, path)
    return await api.post(f"/api/upload/{begun['id']}/done")


def _facts(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
        return file.tell(), digest.hexdigest()


async def _post(form: dict[str, Any], path: Path) -> None:
    """Post to the store, which is told nothing of who we are."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=300)
    file = await asyncio.to_thread(path.open, "rb")
    try:
        data = aiohttp.FormData(form["fields"])
        data.add_field("file", file, filename=path.name)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(form["url"], data=data) as response,
        ):
            if response.status >= _BAD:
                raise RejectedError(f"the store refused the file: {response.status} {(await response.text())[:300]}")
    except (TimeoutError, aiohttp.ClientError) as error:
        raise UnreachableError(f"the store does not take the file: {type(error).__name__}") from error
    finally:
        await asyncio.to_thread(file.close)

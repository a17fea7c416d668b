"""Uploading a file in the way that the API returns: by a form to the object store, or to the API itself."""

import asyncio
import hashlib
from pathlib import Path
from typing import TypedDict

import aiohttp

from oa_cli.answer_reading import read_text
from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.client import Api

_BAD = 400
_CHUNK_BYTES = 1 << 20


class UploadFormAnswer(TypedDict):
    """Where to send the file, and the form fields that precede it."""

    method: str
    url: str
    fields: dict[str, str]


class StartedUpload(TypedDict):
    """POST /api/upload."""

    id: str
    form: UploadFormAnswer


class Upload(TypedDict):
    """An upload that the API has inspected."""

    state: str
    url: str | None
    reason: str | None


async def send_file(api: Api, path: Path) -> Upload:
    """Upload a file and return the inspected upload. Raises UnreachableError or RejectedError."""
    size_bytes, sha256 = await asyncio.to_thread(_measure, path)
    body = {"name": path.name, "size_bytes": size_bytes, "sha256": sha256}
    started = await api.post("/api/upload", StartedUpload, body)
    form = started["form"]
    if form["method"] == "PUT":
        return await api.put_file(form["url"], Upload, path)
    await _post(form, path)
    return await api.post(f"/api/upload/{started['id']}/done", Upload)


def _measure(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
        return file.tell(), digest.hexdigest()


async def _post(form: UploadFormAnswer, path: Path) -> None:
    """Post a file to the object store, in a session without the credentials of the API."""
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
                text = (await read_text(response))[:300]
                raise RejectedError(f"the object store rejected the file: {response.status} {text}")
    except (TimeoutError, aiohttp.ClientError) as error:
        raise UnreachableError(f"the object store does not accept the file: {type(error).__name__}") from error
    finally:
        await asyncio.to_thread(file.close)

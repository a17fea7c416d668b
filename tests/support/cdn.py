"""A CDN in front of the bucket, by the rules of terraform/modules/storage/cdn.tf, on an origin of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.aws.s3 import S3Storage

_PRIVATE = re.compile(r"job/.*/(claim\.json|log\.jsonl|result\.json)")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Accept-Ranges": "bytes",
}


@asynccontextmanager
async def cdn_of(storage: S3Storage) -> AsyncIterator[str]:
    """Serve the files of jobs and yield the base URL."""

    async def serve(request: web.Request) -> web.Response:
        key = request.match_info["key"]
        stored = None if _PRIVATE.fullmatch(key) or not key.startswith("job/") else await storage.head(key)
        if stored is None:
            return web.Response(status=HTTPStatus.FORBIDDEN, headers=_SHARED)
        answer = await storage._client.get_object(Bucket=storage.bucket, Key=key)
        body = await answer["Body"].read()
        own = {"Cache-Control": answer.get("CacheControl"), "Content-Disposition": answer.get("ContentDisposition")}
        headers = {**_SHARED, "ETag": stored.etag, **{name: value for name, value in own.items() if value}}
        requested = _RANGE.fullmatch(request.headers.get("Range", ""))
        if requested is None or request.method == "HEAD":
            return web.Response(body=body, headers=headers, content_type=stored.content_type)
        first, last = (int(text) if text else None for text in requested.groups())
        start = len(body) - (last or 0) if first is None else first
        end = len(body) if first is None or last is None else min(last + 1, len(body))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
        return web.Response(status=206, body=body[start:end], headers=headers, content_type=stored.content_type)

    app = web.Application()
    app.router.add_get("/{key:.+}", serve)
    async with TestServer(app) as server:
        yield f"http://{server.host}:{server.port}"

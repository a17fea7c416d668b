"""S3 as a `Storage`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from oa_shared.aws.failures import AWS_ERRORS, error_code, http_status
from oa_shared.storage import ListedObject, StorageUnavailableError, StoredObject, UploadForm

_CHUNK_BYTES = 1 << 18
_NOT_FOUND = 404
_TAKEN = frozenset({409, 412})
# what one call of DeleteObjects takes
_DELETED_AT_ONCE = 1000


class S3Storage:
    """One bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    async def put_new(self, key: str, body: bytes) -> bool:
        """Write only if nothing is there; of several at once exactly one is first."""
        try:
            await self._client.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
        except AWS_ERRORS as error:
            if http_status(error) in _TAKEN:
                return False
            raise _unavailable("PutObject", error) from error
        return True

    async def put_bytes(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write, over what was there."""
        async with _translated("PutObject"):
            await self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file, in parts when it is large."""
        async with _translated("PutObject"):
            await self._client.upload_file(str(path), self.bucket, key, ExtraArgs={"ContentType": content_type})

    async def get_bytes(self, key: str) -> bytes | None:
        """Read a small object; None when there is none."""
        try:
            answer = await self._client.get_object(Bucket=self.bucket, Key=key)
            async with answer["Body"] as body:
                data: bytes = await body.read()
        except AWS_ERRORS as error:
            if http_status(error) == _NOT_FOUND:
                return None
            raise _unavailable("GetObject", error) from error
        return data

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read a range of bytes in chunks of 256 KiB."""
        wanted = f"bytes={start}-{'' if end is None else end}"
        async with _translated("GetObject"):
            answer = await self._client.get_object(Bucket=self.bucket, Key=key, Range=wanted)
            # `async with` gives aiohttp's response, which reads no chunks: the body itself does
            async with answer["Body"]:
                async for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                    yield chunk

    async def head(self, key: str) -> StoredObject | None:
        """Look without reading."""
        try:
            answer = await self._client.head_object(Bucket=self.bucket, Key=key)
        except AWS_ERRORS as error:
            if http_status(error) == _NOT_FOUND:
                return None
            raise _unavailable("HeadObject", error) from error
        return StoredObject(
            size_bytes=answer["ContentLength"], etag=answer["ETag"], content_type=answer.get("ContentType", "")
        )

    async def presign(self, key: str, expires_s: int) -> str:
        """Return an address that anyone may read from for `expires_s` seconds."""
        parameters = {"Bucket": self.bucket, "Key": key}
        async with _translated("presign"):
            address = await self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=expires_s)
        return str(address)

    async def presign_post(self, key: str, *, content_type: str, max_bytes: int, expires_s: int) -> UploadForm:
        """Return a form with which anyone may write this object; S3 itself refuses another type or a larger file."""
        conditions = [{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]]
        async with _translated("presign"):
            made = await self._client.generate_presigned_post(
                self.bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=conditions,
                ExpiresIn=expires_s,
            )
        return UploadForm(str(made["url"]), {name: str(value) for name, value in made["fields"].items()})

    async def listed(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Give every object whose key begins so, a thousand a call."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        async with _translated("ListObjectsV2"):
            async for page in pages:
                for item in page.get("Contents", ()):
                    yield ListedObject(item["Key"], item["Size"], item["LastModified"])

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects, a thousand a call; what S3 keeps all the same is an error."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            objects = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
            async with _translated("DeleteObjects"):
                answer = await self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
                )
            if answer.get("Errors"):
                raise StorageUnavailableError(f"DeleteObjects: {answer['Errors'][0].get('Code')}")


def _unavailable(call: str, error: BaseException) -> StorageUnavailableError:
    return StorageUnavailableError(f"{call}: {error_code(error)}")


@asynccontextmanager
async def _translated(call: str) -> AsyncIterator[None]:
    try:
        yield
    except AWS_ERRORS as error:
        raise _unavailable(call, error) from error

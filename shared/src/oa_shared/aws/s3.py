"""S3 as a `Storage`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oa_shared.aws.failures import AWS_ERRORS, error_code, http_status
from oa_shared.aws.s3_upload import ObjectHeaders, upload_new_file
from oa_shared.imported_files import parse_imported_key
from oa_shared.storage import ListedObject, StorageUnavailableError, StoredObject, UploadForm
from oa_shared.time_limits import remaining_timeout_s

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import ObjectIdentifierTypeDef

_CHUNK_BYTES = 1 << 18
_NOT_FOUND = 404
_EXISTS = frozenset({409, 412})
_NO_BUCKET = "NoSuchBucket"
# The limit of one DeleteObjects call.
_DELETE_BATCH = 1000


class S3Storage:
    """One bucket; keys of imported files are read from the bucket that they name (oa_shared.imported_files)."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    async def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """Write an object unless its key exists; of several concurrent writers exactly one succeeds."""
        try:
            await self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
            )
        except AWS_ERRORS as error:
            if http_status(error) in _EXISTS:
                return False
            raise _unavailable("PutObject", error) from error
        return True

    async def put_bytes(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, replacing an existing one."""
        async with _translate_errors("PutObject"):
            await self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file, as a multipart upload when it is large."""
        async with _translate_errors("PutObject"):
            await self._client.upload_file(str(path), self.bucket, key, ExtraArgs={"ContentType": content_type})

    async def put_new_file(
        self, key: str, path: Path, content_type: str = "application/octet-stream", *, disposition: str | None = None
    ) -> bool:
        """Write a file unless its key exists; return whether the object has the bytes of the file.

        A request whose answer was lost may have written it: an object with the same bytes counts as written.
        """
        try:
            headers: ObjectHeaders = {"ContentType": content_type}
            if disposition is not None:
                headers["ContentDisposition"] = disposition
            await upload_new_file(self._client, self.bucket, key, path, headers)
        except AWS_ERRORS as error:
            if http_status(error) in _EXISTS:
                return await self._has_bytes_of(key, path)
            raise _unavailable("PutObject", error) from error
        return True

    async def _has_bytes_of(self, key: str, path: Path) -> bool:
        found = await self.head(key)
        if found is None or found.size_bytes != (await asyncio.to_thread(path.stat)).st_size:
            return False
        if not found.size_bytes:
            return True
        with await asyncio.to_thread(path.open, "rb") as file:
            async for chunk in self.stream(key):
                if await asyncio.to_thread(file.read, len(chunk)) != chunk:
                    return False
        return True

    def _locate(self, key: str) -> tuple[str, str]:
        """Return the bucket and the key of an object to read."""
        imported = parse_imported_key(key)
        return (self.bucket, key) if imported is None else (imported.bucket, imported.key)

    async def get_bytes(self, key: str) -> bytes | None:
        """Return the bytes of a small object; None when the key does not exist."""
        bucket, key = self._locate(key)
        try:
            answer = await self._client.get_object(Bucket=bucket, Key=key)
            async with asyncio.timeout(remaining_timeout_s()), answer["Body"] as body:
                data: bytes = await body.read()
        except AWS_ERRORS as error:
            if http_status(error) == _NOT_FOUND and error_code(error) != _NO_BUCKET:
                return None
            raise _unavailable("GetObject", error) from error
        return data

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield a range of bytes in chunks of 256 KiB."""
        byte_range = f"bytes={start}-{'' if end is None else end}"
        bucket, key = self._locate(key)
        async with _translate_errors("GetObject"):
            answer = await self._client.get_object(Bucket=bucket, Key=key, Range=byte_range)
            # `async with` returns aiohttp's response, which cannot read in chunks; the body itself can.
            async with answer["Body"]:
                async for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                    yield chunk

    async def head(self, key: str) -> StoredObject | None:
        """Return size, etag and content type of an object; None when the key does not exist.

        The response to HeadObject has no error code, so GetObject distinguishes a missing bucket from a missing object.
        """
        bucket, key = self._locate(key)
        try:
            answer = await self._client.head_object(Bucket=bucket, Key=key)
        except AWS_ERRORS as error:
            if http_status(error) != _NOT_FOUND:
                raise _unavailable("HeadObject", error) from error
            await self._check_bucket(bucket, key)
            return None
        return StoredObject(
            size_bytes=answer["ContentLength"],
            etag=answer["ETag"],
            content_type=answer.get("ContentType", ""),
            disposition=answer.get("ContentDisposition"),
        )

    async def _check_bucket(self, bucket: str, key: str) -> None:
        """Raise StorageUnavailableError if the bucket does not exist; whether the key exists does not matter."""
        try:
            answer = await self._client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")
            answer["Body"].close()
        except AWS_ERRORS as error:
            if http_status(error) == _NOT_FOUND and error_code(error) == _NO_BUCKET:
                raise _unavailable("GetObject", error) from error

    async def presign(self, key: str, expires_s: int, *, disposition: str | None = None) -> str:
        """Return a URL from which anyone can read the object for `expires_s` seconds."""
        bucket, key = self._locate(key)
        parameters = {"Bucket": bucket, "Key": key}
        if disposition is not None:
            parameters["ResponseContentDisposition"] = disposition
        async with _translate_errors("presign"):
            url = await self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=expires_s)
        return str(url)

    async def presign_post(self, key: str, *, content_type: str, max_bytes: int, expires_s: int) -> UploadForm:
        """Return a form with which anyone can write this object; S3 rejects another type and a larger file."""
        conditions: list[list[str | int] | dict[str, str]] = [
            {"Content-Type": content_type},
            ["content-length-range", 1, max_bytes],
        ]
        async with _translate_errors("presign"):
            form = await self._client.generate_presigned_post(
                self.bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=conditions,
                ExpiresIn=expires_s,
            )
        return UploadForm(str(form["url"]), {name: str(value) for name, value in form["fields"].items()})

    async def list_objects(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Yield every object below a key prefix; one call returns at most 1,000."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        async with _translate_errors("ListObjectsV2"):
            async for page in pages:
                for item in page.get("Contents", ()):
                    yield ListedObject(item["Key"], item["Size"], item["LastModified"])

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Delete objects, 1,000 per call; an object that S3 does not delete is an error."""
        for start in range(0, len(keys), _DELETE_BATCH):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _DELETE_BATCH]]
            async with _translate_errors("DeleteObjects"):
                answer = await self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
                )
            if answer.get("Errors"):
                raise StorageUnavailableError(f"DeleteObjects: {answer['Errors'][0].get('Code')}")


def _unavailable(call: str, error: BaseException) -> StorageUnavailableError:
    return StorageUnavailableError(f"{call}: {error_code(error)}")


@asynccontextmanager
async def _translate_errors(call: str) -> AsyncIterator[None]:
    try:
        yield
    except AWS_ERRORS as error:
        raise _unavailable(call, error) from error

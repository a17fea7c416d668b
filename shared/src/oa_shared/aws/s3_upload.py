"""Upload of a file to a key that has no object: in one call, or in parts when it is large."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 16 * 1024 * 1024
# An upload has at most 10,000 parts (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
_MAX_PARTS = 9_000
# An object that is written once and never replaced: a client that has it never needs to ask for it again.
_IMMUTABLE = "public, max-age=31536000, immutable"


class ObjectHeaders(TypedDict, total=False):
    """The headers of responses with an object, as its uploads name them."""

    ContentType: str
    ContentDisposition: str


async def upload_new_file(client: "S3Client", bucket: str, key: str, path: Path, headers: ObjectHeaders) -> None:
    """Upload a file with `If-None-Match: *`. Raises the errors of botocore: status 412 or 409 if the key has an object.

    The check of a large file is part of the call that completes it; its parts are removed when anything fails.
    """
    size_bytes = (await asyncio.to_thread(path.stat)).st_size
    if size_bytes <= PART_BYTES:
        body = await asyncio.to_thread(path.read_bytes)
        await client.put_object(Bucket=bucket, Key=key, Body=body, CacheControl=_IMMUTABLE, IfNoneMatch="*", **headers)
        return
    created = await client.create_multipart_upload(Bucket=bucket, Key=key, CacheControl=_IMMUTABLE, **headers)
    upload_id = created["UploadId"]
    try:
        parts = await _upload_parts(client, bucket, key, path, upload_id, part_bytes=_part_bytes(size_bytes))
        await client.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        await client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
        raise


def _part_bytes(size_bytes: int) -> int:
    return max(PART_BYTES, -(-size_bytes // _MAX_PARTS))


async def _upload_parts(
    client: "S3Client", bucket: str, key: str, path: Path, upload_id: str, *, part_bytes: int
) -> "list[CompletedPartTypeDef]":
    parts: list[CompletedPartTypeDef] = []
    with await asyncio.to_thread(path.open, "rb") as file:
        while body := await asyncio.to_thread(file.read, part_bytes):
            number = len(parts) + 1
            answer = await client.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    return parts

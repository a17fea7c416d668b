"""Files of another system: read from the bucket that their key names."""

import urllib.request
import uuid

import pytest

from oa_local.provision import create_bucket
from oa_shared.aws import Aws
from oa_shared.imported_files import ImportedFile, imported_key, parse_imported_key
from oa_shared.storage import StorageUnavailableError


async def test_imported_file_is_read_from_its_bucket(aws: dict[str, str], aws_clients: Aws, bucket: str) -> None:
    other = create_bucket(aws, f"other-{uuid.uuid4().hex[:8]}")
    storage = aws_clients.storage(bucket)
    await aws_clients.storage(other).put_bytes("stack/job/1/a b.gz", b"theirs", "application/gzip")
    await storage.put_bytes("stack/job/1/a b.gz", b"own")
    key = imported_key(other, "stack/job/1/a b.gz")
    stored = await storage.head(key)
    assert stored is not None
    assert (stored.size_bytes, stored.content_type) == (6, "application/gzip")
    assert await storage.get_bytes(key) == b"theirs"
    assert b"".join([chunk async for chunk in storage.stream(key, 1, 3)]) == b"hei"
    with urllib.request.urlopen(await storage.presign(key, 60)) as response:  # noqa: ASYNC210, S310 - the emulator
        assert response.read() == b"theirs"
    assert await storage.head(imported_key(other, "absent")) is None
    assert await storage.get_bytes(imported_key(other, "absent")) is None
    with pytest.raises(StorageUnavailableError):
        await storage.head(imported_key(f"none-{uuid.uuid4().hex}", "absent"))


def test_only_keys_of_imports_name_another_bucket() -> None:
    assert parse_imported_key(imported_key("b", "c/d")) == ImportedFile("b", "c/d")
    for key in ("job/1/attempt-1/source.parquet", "imported/", "imported/b", "imported/b/", "xximported/b/c", ""):
        assert parse_imported_key(key) is None, key

"""The contract of an object store, in memory and on S3."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oa_shared.storage import Storage, StorageUnavailableError

BODY = bytes(range(256)) * 4


async def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, end)])


async def test_put_new_of_sixteen_concurrent_writers_exactly_one_succeeds(storage: Storage) -> None:
    writers = [storage.put_new("claim", str(number).encode()) for number in range(16)]
    won = await asyncio.gather(*writers)
    assert won.count(True) == 1
    assert await storage.get_bytes("claim") == str(won.index(True)).encode()


@pytest.mark.parametrize("body", [b"", BODY, BODY * (20 * 1024)])
async def test_put_new_file_never_replaces_and_recognizes_its_own_bytes(
    storage: Storage, tmp_path: Path, body: bytes
) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(body)
    other.write_bytes(body[:-1] + b"!" if body else b"!")
    assert await storage.put_new_file("a", path, "application/gzip", disposition='attachment; filename="b.gz"')
    assert await storage.put_new_file("a", path)  # the answer to the first request was lost
    assert not await storage.put_new_file("a", other)
    found = await storage.head("a")
    assert found is not None
    assert (found.size_bytes, found.content_type) == (len(body), "application/gzip")
    assert found.disposition == 'attachment; filename="b.gz"'
    assert await storage.get_bytes("a") == body


async def test_put_bytes_replaces_an_object(storage: Storage) -> None:
    await storage.put_bytes("a", b"old")
    await storage.put_bytes("a", b"new")
    assert await storage.get_bytes("a") == b"new"


async def test_put_file_writes_the_bytes_and_the_type(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    await storage.put_file("a", path, "application/gzip")
    found = await storage.head("a")
    assert found is not None
    assert found.size_bytes == len(BODY)
    assert found.content_type == "application/gzip"
    assert await read(storage, "a") == BODY


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 0), (10, 19), (1000, None), (1020, 5000)])
async def test_stream_yields_the_range_with_both_ends(storage: Storage, start: int, end: int | None) -> None:
    await storage.put_bytes("a", BODY)
    assert await read(storage, "a", start, end) == BODY[start : None if end is None else end + 1]


async def test_stream_past_the_end_is_refused(storage: Storage) -> None:
    await storage.put_bytes("a", BODY)
    with pytest.raises(StorageUnavailableError):
        await read(storage, "a", len(BODY))


async def test_reading_a_missing_object_returns_nothing(storage: Storage) -> None:
    assert await storage.get_bytes("absent") is None
    assert await storage.head("absent") is None
    with pytest.raises(StorageUnavailableError):
        await read(storage, "absent")


async def test_head_after_a_change_has_a_new_etag(storage: Storage) -> None:
    etags = set()
    for body in (b"old", b"new"):
        await storage.put_bytes("a", body)
        found = await storage.head("a")
        etags.add(found.etag if found else None)
    assert len(etags) == 2


async def test_presign_names_the_object(storage: Storage) -> None:
    await storage.put_bytes("folder/a", b"x")
    assert "folder/a" in await storage.presign("folder/a", 60)


async def test_presign_post_names_the_object_and_its_type(storage: Storage) -> None:
    form = await storage.presign_post("upload/a.csv", content_type="text/csv", max_bytes=1000, expires_s=60)
    assert form.url
    assert form.fields["key"] == "upload/a.csv"
    assert form.fields["Content-Type"] == "text/csv"


async def test_list_objects_yields_the_keys_of_a_prefix_in_order(storage: Storage) -> None:
    for key in ("b/2", "a/1", "b/10", "c/1"):
        await storage.put_bytes(key, key.encode())
    began = datetime.now(UTC) - timedelta(minutes=1)
    found = [item async for item in storage.list_objects("b/")]
    assert [(item.key, item.size_bytes) for item in found] == [("b/10", 4), ("b/2", 3)]
    assert all(item.modified_at > began for item in found)


async def test_list_objects_of_an_empty_prefix_yields_nothing(storage: Storage) -> None:
    assert [item async for item in storage.list_objects("nowhere/")] == []


async def test_delete_many_removes_exactly_these_objects(storage: Storage) -> None:
    for key in ("a", "b", "c"):
        await storage.put_bytes(key, b"x")
    await storage.delete_many(["a", "c", "never-there"])
    assert [item.key async for item in storage.list_objects("")] == ["b"]


async def test_delete_many_accepts_more_than_one_call_can(storage: Storage) -> None:
    await storage.put_bytes("z", b"x")
    await storage.delete_many([*(f"absent-{number}" for number in range(1001)), "z"])
    assert [item.key async for item in storage.list_objects("")] == []

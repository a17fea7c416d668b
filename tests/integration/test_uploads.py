"""Uploads: sent to the store by a form, or to the API, checked, public, deleted."""

import hashlib
from typing import Any

import aiohttp
import pytest

from support.archives import zip_files
from support.running_api import INTERNAL, SECRET, RunningApi

CSV = b"NO,ST\n1,Main\n"


async def create(api: RunningApi, name: str = "a.csv", body: bytes = CSV, **more: Any) -> dict[str, Any]:
    new_upload = {"name": name, "size_bytes": len(body), **more}
    response = await api.client.post("/api/upload", json=new_upload, headers=INTERNAL)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def put(api: RunningApi, created: dict[str, Any], body: bytes = CSV) -> tuple[int, dict[str, Any]]:
    assert created["form"]["method"] == "PUT"
    assert created["url"] is None
    response = await api.client.put(created["form"]["url"], data=body, headers=INTERNAL)
    return response.status, await response.json()


async def test_upload_with_its_file_is_ready_and_public(api: RunningApi) -> None:
    created = await create(api, sha256=hashlib.sha256(CSV).hexdigest())
    status, ready = await put(api, created)
    assert status == 200
    assert ready["state"] == "Ready"
    assert ready["reason"] is None
    path = f"/upload/{created['id']}/a.csv"
    assert ready["url"].endswith(path)
    response = await api.client.get(path)
    assert response.status == 200
    assert response.content_type == "text/csv"
    assert await response.read() == CSV
    part = await api.client.get(path, headers={"Range": "bytes=3-4"})
    assert part.status == 206
    assert await part.read() == b"ST"
    assert (await api.get("/api/upload", **INTERNAL))["uploads"][0]["state"] == "Ready"


@pytest.mark.parametrize(
    ("name", "announced", "sent", "words"),
    [
        ("a.csv", b"MZ\x00\x00", b"MZ\x00\x00", "binary"),
        ("a.csv", CSV, CSV[:-1], "announced"),
        ("a.zip", (body := zip_files({"../a.csv": b"1"}).getvalue()), body, "outside the archive"),
    ],
)
async def test_unusable_upload_is_refused_with_the_reason(
    api: RunningApi, name: str, announced: bytes, sent: bytes, words: str
) -> None:
    created = await create(api, name, announced)
    status, refused = await put(api, created, sent)
    assert status == 200
    assert refused["state"] == "Refused"
    assert refused["url"] is None
    assert words in refused["reason"]
    assert (await api.client.get(f"/upload/{created['id']}/{name}")).status == 404


async def test_upload_with_another_digest_is_refused(api: RunningApi) -> None:
    created = await create(api, sha256="0" * 64)
    assert "SHA-256" in (await put(api, created))[1]["reason"]


async def test_upload_larger_than_announced_is_refused(api: RunningApi) -> None:
    created = await create(api)
    assert (await put(api, created, CSV + b"more"))[0] == 413
    assert (await api.get(f"/api/upload/{created['id']}", **INTERNAL))["state"] == "Waiting"


async def test_upload_without_its_file_cannot_be_completed(api: RunningApi) -> None:
    created = await create(api)
    response = await api.client.post(f"/api/upload/{created['id']}/done", headers=INTERNAL)
    assert response.status == 409
    assert (await response.json())["code"] == "conflict"
    assert (await api.client.get(f"/upload/{created['id']}/a.csv")).status == 404


async def test_upload_that_is_replaced_after_its_check_is_gone(api: RunningApi) -> None:
    created = await create(api)
    await put(api, created)
    await api.storage.put_bytes(f"upload/service/{created['id']}/a.csv", b"evil,bytes\n1\n")
    assert (await api.client.get(f"/upload/{created['id']}/a.csv")).status == 410


async def test_deleted_upload_is_gone(api: RunningApi) -> None:
    created = await create(api)
    await put(api, created)
    response = await api.client.delete(f"/api/upload/{created['id']}", headers=INTERNAL)
    assert await response.json() == {"id": created["id"], "state": "Deleted"}
    assert (await api.client.get(f"/upload/{created['id']}/a.csv")).status == 410
    assert [item.key async for item in api.storage.list_objects("upload/")] == []
    assert (await api.get("/api/upload", **INTERNAL))["uploads"] == []


async def test_waiting_uploads_are_limited_and_listed_by_page(api: RunningApi) -> None:
    created = [await create(api, f"{number}.csv") for number in range(20)]
    response = await api.client.post("/api/upload", json={"name": "x.csv", "size_bytes": 1}, headers=INTERNAL)
    assert response.status == 409
    first = await api.client.get("/api/upload?limit=15", headers=INTERNAL)
    following = await api.client.get(first.links["next"]["url"].relative(), headers=INTERNAL)
    listed = [item["id"] for page in (first, following) for item in (await page.json())["uploads"]]
    assert listed == [item["id"] for item in reversed(created)]


@pytest.mark.parametrize(
    "new_upload",
    [
        {"name": "a.exe", "size_bytes": 1},
        {"name": "../a.csv", "size_bytes": 1},
        {"name": ".csv", "size_bytes": 1},
        {"name": "a.csv", "size_bytes": 0},
        {"name": "a.csv", "size_bytes": 2 * 1024**3},
        {"name": "a.csv", "size_bytes": "1"},
        {"name": "a.csv", "size_bytes": 1, "sha256": "x"},
        {"name": "a.csv"},
    ],
)
async def test_invalid_upload_is_refused(api: RunningApi, new_upload: dict[str, Any]) -> None:
    assert (await api.client.post("/api/upload", json=new_upload, headers=INTERNAL)).status == 422


async def test_upload_of_another_account_needs_a_moderator(api: RunningApi) -> None:
    created = await create(api)
    await api.database.execute("UPDATE upload SET account = '999'")
    assert (await api.client.get(f"/api/upload/{created['id']}", headers=INTERNAL)).status == 200
    assert (await api.client.get(f"/api/upload/{created['id']}")).status == 401
    assert (await api.client.get(f"/api/upload/{'0' * 32}", headers={"secret": SECRET})).status == 404


async def test_upload_by_a_form_goes_to_the_store_itself(on_aws: RunningApi) -> None:
    created = await create(on_aws)
    assert created["form"]["method"] == "POST"
    async with aiohttp.ClientSession() as session:
        for body, status in ((CSV + b"too much", 400), (CSV, 204)):
            form = aiohttp.FormData(created["form"]["fields"])
            form.add_field("file", body, filename="a.csv")
            async with session.post(created["form"]["url"], data=form) as response:
                assert response.status == status
    response = await on_aws.client.post(f"/api/upload/{created['id']}/done", headers=INTERNAL)
    assert (await response.json())["state"] == "Ready"
    moved = await on_aws.client.get(f"/upload/{created['id']}/a.csv", allow_redirects=False)
    async with aiohttp.ClientSession() as session, session.get(moved.headers["Location"]) as given:
        assert moved.status == 302
        assert await given.read() == CSV

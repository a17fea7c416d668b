"""Uploads: sent to the store by a form, or to the API, looked at, given to anyone, deleted."""

import hashlib
from typing import Any

import aiohttp
import pytest

from support.archives import zip_files
from support.running_api import INTERNAL, SECRET, RunningApi

CSV = b"NO,ST\n1,Main\n"


async def begin(api: RunningApi, name: str = "a.csv", body: bytes = CSV, **more: Any) -> dict[str, Any]:
    asked = {"name": name, "size_bytes": len(body), **more}
    response = await api.client.post("/api/upload", json=asked, headers=INTERNAL)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def put(api: RunningApi, begun: dict[str, Any], body: bytes = CSV) -> tuple[int, dict[str, Any]]:
    assert begun["form"]["method"] == "PUT"
    assert begun["url"] is None
    response = await api.client.put(begun["form"]["url"], data=body, headers=INTERNAL)
    return response.status, await response.json()


async def test_upload_that_is_sent_is_ready_and_given_to_anyone(api: RunningApi) -> None:
    begun = await begin(api, sha256=hashlib.sha256(CSV).hexdigest())
    status, ready = await put(api, begun)
    assert status == 200
    assert ready["state"] == "Ready"
    assert ready["reason"] is None
    path = f"/upload/{begun['id']}/a.csv"
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
        ("a.csv", b"MZ\x00\x00", b"MZ\x00\x00", "no text"),
        ("a.csv", CSV, CSV[:-1], "announced"),
        ("a.zip", (body := zip_files({"../a.csv": b"1"}).getvalue()), body, "leaves its folder"),
    ],
)
async def test_upload_that_cannot_be_used_is_refused_in_words(
    api: RunningApi, name: str, announced: bytes, sent: bytes, words: str
) -> None:
    begun = await begin(api, name, announced)
    status, refused = await put(api, begun, sent)
    assert status == 200
    assert refused["state"] == "Refused"
    assert refused["url"] is None
    assert words in refused["reason"]
    assert (await api.client.get(f"/upload/{begun['id']}/{name}")).status == 404


async def test_upload_with_another_digest_is_refused(api: RunningApi) -> None:
    begun = await begin(api, sha256="0" * 64)
    assert "SHA-256" in (await put(api, begun))[1]["reason"]


async def test_upload_of_more_than_was_announced_is_cut_off(api: RunningApi) -> None:
    begun = await begin(api)
    assert (await put(api, begun, CSV + b"more"))[0] == 413
    assert (await api.get(f"/api/upload/{begun['id']}", **INTERNAL))["state"] == "Waiting"


async def test_upload_whose_file_has_not_come_cannot_be_done(api: RunningApi) -> None:
    begun = await begin(api)
    response = await api.client.post(f"/api/upload/{begun['id']}/done", headers=INTERNAL)
    assert response.status == 409
    assert "has not come yet" in (await response.json())["detail"]
    assert (await api.client.get(f"/upload/{begun['id']}/a.csv")).status == 404


async def test_upload_that_is_replaced_after_it_was_checked_is_given_to_nobody(api: RunningApi) -> None:
    begun = await begin(api)
    await put(api, begun)
    await api.storage.put_bytes(f"upload/service/{begun['id']}/a.csv", b"evil,bytes\n1\n")
    assert (await api.client.get(f"/upload/{begun['id']}/a.csv")).status == 410


async def test_upload_that_is_deleted_is_gone(api: RunningApi) -> None:
    begun = await begin(api)
    await put(api, begun)
    response = await api.client.delete(f"/api/upload/{begun['id']}", headers=INTERNAL)
    assert await response.json() == {"id": begun["id"], "state": "Deleted"}
    assert (await api.client.get(f"/upload/{begun['id']}/a.csv")).status == 410
    assert [item.key async for item in api.storage.list_objects("upload/")] == []
    assert (await api.get("/api/upload", **INTERNAL))["uploads"] == []


async def test_uploads_that_wait_are_limited_and_listed_by_page(api: RunningApi) -> None:
    begun = [await begin(api, f"{number}.csv") for number in range(20)]
    response = await api.client.post("/api/upload", json={"name": "x.csv", "size_bytes": 1}, headers=INTERNAL)
    assert response.status == 409
    first = await api.client.get("/api/upload?limit=15", headers=INTERNAL)
    following = await api.client.get(first.links["next"]["url"].relative(), headers=INTERNAL)
    listed = [item["id"] for page in (first, following) for item in (await page.json())["uploads"]]
    assert listed == [item["id"] for item in reversed(begun)]


@pytest.mark.parametrize(
    "asked",
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
async def test_upload_that_cannot_be_is_refused(api: RunningApi, asked: dict[str, Any]) -> None:
    assert (await api.client.post("/api/upload", json=asked, headers=INTERNAL)).status == 422


async def test_upload_of_somebody_else_is_theirs(api: RunningApi) -> None:
    begun = await begin(api)
    await api.database.execute("UPDATE upload SET account = '999'")
    assert (await api.client.get(f"/api/upload/{begun['id']}", headers=INTERNAL)).status == 200
    assert (await api.client.get(f"/api/upload/{begun['id']}")).status == 401
    assert (await api.client.get(f"/api/upload/{'0' * 32}", headers={"secret": SECRET})).status == 404


async def test_upload_by_a_form_goes_to_the_store_itself(on_aws: RunningApi) -> None:
    begun = await begin(on_aws)
    assert begun["form"]["method"] == "POST"
    async with aiohttp.ClientSession() as session:
        for body, status in ((CSV + b"too much", 400), (CSV, 204)):
            form = aiohttp.FormData(begun["form"]["fields"])
            form.add_field("file", body, filename="a.csv")
            async with session.post(begun["form"]["url"], data=form) as response:
                assert response.status == status
    response = await on_aws.client.post(f"/api/upload/{begun['id']}/done", headers=INTERNAL)
    assert (await response.json())["state"] == "Ready"
    moved = await on_aws.client.get(f"/upload/{begun['id']}/a.csv", allow_redirects=False)
    async with aiohttp.ClientSession() as session, session.get(moved.headers["Location"]) as given:
        assert moved.status == 302
        assert await given.read() == CSV

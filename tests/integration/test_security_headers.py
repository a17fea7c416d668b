"""Headers that keep browsers from running, storing or embedding what is not a page of this site: on each response."""

import re
from collections.abc import AsyncIterator

import pytest

from oa_api.routes import ROUTES
from oa_shared.media_types import MEDIA_TYPES
from support.accounts import account, token
from support.running_api import INTERNAL, RunningApi, running_api

GET_PATHS = sorted({route.path for route in ROUTES if route.method == "GET"})
# What a browser might make a document of, beyond the types that the services write.
MARKUP = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/pdf", "text/javascript")
REQUIRED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


@pytest.fixture
async def https_api(database_url: str) -> AsyncIterator[RunningApi]:
    settings = {"public_url": "https://batch.example.org", "mail_url": "smtp://127.0.0.1:1"}
    async with running_api(database_url, **settings) as running:
        yield running


@pytest.mark.parametrize("path", [*GET_PATHS, "/nothing", "/static/x/missing.js"])
async def test_every_response_carries_the_security_headers(api: RunningApi, path: str) -> None:
    """Also redirects, errors, streams and responses of routes that exist only later."""
    url = re.sub(r"\{[^}]+\}", "1", path)
    for headers in ({}, INTERNAL, {"Accept": "text/html"}, {"Accept": "text/event-stream"}):
        async with api.client.get(url, headers=headers, allow_redirects=False) as response:
            found = {name: response.headers.get(name) for name in REQUIRED}
            policy = response.headers["Content-Security-Policy"]
            assert found == REQUIRED
            assert "default-src 'none'" in policy
            assert response.content_type == "text/html" or "sandbox" in policy
            assert "Strict-Transport-Security" not in response.headers


async def test_unreadable_request_gets_the_security_headers(api: RunningApi) -> None:
    response = await api.client.get("/api", headers={"X-Long": "x" * 20_000})
    assert response.status == 431
    assert {name: response.headers.get(name) for name in REQUIRED} == REQUIRED


@pytest.mark.parametrize("path", ["/api", "/nothing", "/"])
async def test_site_with_https_requires_it_of_browsers(https_api: RunningApi, path: str) -> None:
    response = await https_api.client.get(path)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("media_type", sorted({*MEDIA_TYPES.values(), *MARKUP, "", "Text/HTML; charset=utf-7"}))
async def test_stored_files_never_come_as_a_document_of_this_site(api: RunningApi, media_type: str) -> None:
    job = await api.job()
    key = f"job/{job['id']}/attempt-1/source.xml"
    await api.storage.put_bytes(key, b"<script>alert(1)</script>", media_type)
    await _record_output(api, job["id"], key)
    response = await api.client.get(f"/api/job/{job['id']}/output/source.xml")
    assert response.status == 200
    is_picture = response.content_type == "image/png"
    kind, _, name = response.headers["Content-Disposition"].partition("; ")
    assert kind == ("inline" if is_picture else "attachment")
    assert re.fullmatch(r'filename="[\w.-]+\.xml"', name)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")
    assert not re.search(r"html|xml|svg|script|pdf", response.content_type)


async def test_uploads_never_come_as_a_document_of_this_site(api: RunningApi) -> None:
    body = b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'
    for name in ("evil.xml", "evil.kml", "evil.gml"):
        new_upload = {"name": name, "size_bytes": len(body)}
        created = await (await api.client.post("/api/upload", json=new_upload, headers=INTERNAL)).json()
        await api.client.put(created["form"]["url"], data=body, headers=INTERNAL)
        response = await api.client.get(f"/upload/{created['id']}/{name}")
        assert response.status == 200
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    "path", ["/api/job", "/api/profile", "/api/run", "/profile", "/api/job/1", "/api/token", "/api/nothing"]
)
async def test_caches_do_not_store_responses_to_a_credential(api: RunningApi, path: str) -> None:
    await account(api, "ada", "admin")
    for headers in (INTERNAL, await token(api, "ada", "admin")):
        response = await api.client.get(path, headers=headers)
        assert response.headers["Cache-Control"] == "no-store"


async def test_responses_that_set_a_cookie_are_not_stored(https_api: RunningApi) -> None:
    response = await https_api.client.get("/sign-in", headers={"Accept": "text/html"})
    assert response.cookies
    assert response.headers["Cache-Control"] == "no-store"


async def _record_output(api: RunningApi, job: int, key: str) -> None:
    """Make a file the output of a job, as a result does."""
    await api.database.execute(
        "UPDATE job SET status = 'Success', rank = 9, ended_at = now(), result = jsonb_build_object('outputs', "
        "jsonb_build_object('source.xml', jsonb_build_object('key', %(key)s::text))) WHERE id = %(job)s",
        {"job": job, "key": key},
    )

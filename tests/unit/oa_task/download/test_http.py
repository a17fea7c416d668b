"""HTTP against a real server on loopback: saved files, retries, refusals."""

import asyncio
import gzip
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.http import HttpDownload
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure

BODY = b"NO,ST\n" + b"1,Main\n" * 2000
FILE = "/data.csv"
LOGIN = "<!doctype html><form><input name=u><input type='password' name=p></form>"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Fetch = Callable[..., Awaitable[DownloadedFile]]


@dataclass
class Site:
    """One file, with responses set by the test; the last one repeats."""

    answers: list[Handler] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.answers[min(len(self.requests), len(self.answers)) - 1](request)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def fetch(site: Site, quick: DownloadLimits, folder: Path) -> AsyncIterator[Fetch]:
    app = web.Application()
    app.router.add_get("/{path:.*}", site.handle)
    async with TestServer(app, host="127.0.0.1") as server:

        async def fetch_file(
            *answers: Handler, path: str = "/data.csv", headers: dict[str, str] | None = None
        ) -> DownloadedFile:
            site.answers.extend(answers)
            download = HttpDownload(Guard(["127.0.0.1"]), quick, headers or {})
            return await download.fetch(str(server.make_url(path)), folder, lambda _done, _total: None)

        yield fetch_file


def body(data: bytes | str = BODY, status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        content = data.encode() if isinstance(data, str) else data
        return web.Response(body=content, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


def cut(after: int, data: bytes = BODY, **headers: str) -> Handler:
    """Announce the whole file, send a part, drop the connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        response = web.StreamResponse(headers={"Content-Length": str(len(data)), **named})
        await response.prepare(request)
        await response.write(data[:after])
        if request.transport is not None:
            request.transport.close()
        return response

    return answer


async def rest(request: web.Request) -> web.Response:
    """Send the requested range."""
    start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
    span = {"Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"}
    return web.Response(body=BODY[start:], status=206, headers=span)


async def stall(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"NO")
    await asyncio.sleep(2)
    return response


def to(address: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        raise web.HTTPFound(address)

    return answer


async def test_fetch_dropped_connection_resumes_the_same_version_only(fetch: Fetch, site: Site) -> None:
    raw = await fetch(cut(5000, ETag='"v1"'), rest)
    assert raw.path.read_bytes() == BODY
    assert site.requests[1].headers["Range"] == "bytes=5000-"
    assert site.requests[1].headers["If-Range"] == '"v1"'


async def test_fetch_another_version_after_a_drop_replaces_the_part(fetch: Fetch) -> None:
    raw = await fetch(cut(5000, b"old" * 5000, ETag='"v1"'), body(ETag='"v2"'))
    assert raw.path.read_bytes() == BODY
    assert raw.etag == '"v2"'


async def test_fetch_wrong_range_starts_over(fetch: Fetch) -> None:
    elsewhere = body(BODY[100:], 206, Content_Range=f"bytes 100-{len(BODY) - 1}/{len(BODY)}")
    assert (await fetch(cut(5000), elsewhere, body())).path.read_bytes() == BODY


async def test_fetch_range_beyond_the_end_starts_over(fetch: Fetch) -> None:
    assert (await fetch(cut(5000), body(b"", 416), body())).path.read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 499, 500, 502, 503, 202])
async def test_fetch_temporary_failure_is_retried(fetch: Fetch, status: int) -> None:
    assert (await fetch(body("oops", status, Retry_After="0"), body())).path.read_bytes() == BODY


async def test_fetch_temporary_web_page_is_retried(fetch: Fetch) -> None:
    assert (await fetch(body("<!DOCTYPE html><p>Back soon</p>"), body())).path.read_bytes() == BODY


async def test_fetch_unrequested_encoding_is_decompressed(fetch: Fetch, site: Site) -> None:
    raw = await fetch(body(gzip.compress(BODY), Content_Encoding="gzip"))
    assert raw.path.read_bytes() == BODY
    assert site.requests[0].headers["Accept-Encoding"] == "identity"


async def test_fetch_gzip_file_labeled_as_encoded_stays_unchanged(fetch: Fetch) -> None:
    raw = await fetch(body(gzip.compress(BODY), Content_Encoding="x-gzip"), path="/data.csv.gz")
    assert gzip.decompress(raw.path.read_bytes()) == BODY


async def test_fetch_headers_of_the_definition_do_not_reach_another_host(fetch: Fetch, site: Site) -> None:
    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://localhost:{request.url.port}/data.csv")

    with pytest.raises(TaskFailure) as caught:
        await fetch(redirect, headers={"X-Key": "secret"})
    assert caught.value.code == "source.address_refused"
    assert site.requests[0].headers["X-Key"] == "secret"
    assert len(site.requests) == 1


CASES: dict[str, tuple[tuple[Handler, ...], str, tuple[str, ...]]] = {
    "5xx": ((body("oops", 503),), "upstream.http_5xx", (FILE, "503")),
    "499": ((body("", 499),), "upstream.http_5xx", (FILE, "499")),
    "5xx after half the bytes": ((cut(5000), body("oops", 500)), "upstream.http_5xx", (FILE, "500")),
    "dropped at every attempt": ((cut(10),), "upstream.truncated", (FILE,)),
    "not ready yet": ((body("", 202),), "upstream.http_5xx", (FILE, "202")),
    "too many requests": ((body("", 429, Retry_After="0"),), "upstream.throttled", (FILE, "429")),
    "stalled connection": ((stall,), "upstream.timeout", (FILE,)),
    "missing file": ((body("", 404),), "source.not_found", (FILE, "404")),
    "removed file": ((body('{"message": "Retired"}', 410),), "source.not_found", (FILE, "410", "Retired")),
    "refused program": (
        (body("<html><head><title>Scripts &amp; bots</title></head>", 403),),
        "source.forbidden",
        (FILE, "403", "Scripts & bots", "`request.headers`"),
    ),
    "browser check": (
        (body("<title>Just a moment...</title>", 403, **{"cf-mitigated": "challenge"}),),
        "source.forbidden",
        (FILE, "403", "Just a moment", "only browsers"),
    ),
    "error in XML": (
        (body("<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No &lt;b&gt;</Message></Error>", 403),),
        "source.forbidden",
        (FILE, "403", "No"),
    ),
    "unknown content encoding": (
        (body(BODY, Content_Encoding="compress"),),
        "upstream.truncated",
        (FILE, "compress", "not supported"),
    ),
    "login required by status": ((body("", 401),), "source.token_required", (FILE, "401")),
    "login page": ((body(LOGIN),), "source.token_required", (FILE,)),
    "web page instead of data": ((body("<html>Hi</html>"),), "upstream.not_data", (FILE,)),
    "titled web page": (
        (body("<!-- x --><html><head><title>\n Down for\n repair </title>"),),
        "upstream.not_data",
        (FILE, "web page", "'Down for repair'"),
    ),
    "redirect loop": ((to("/data.csv"),), "source.not_found", (FILE, " 3 ")),
    "redirect to a private address": ((to("http://10.0.0.1/x"),), "source.address_refused", ("10.0.0.1",)),
    "redirect to instance metadata": ((to("http://169.254.169.254/"),), "source.address_refused", ("169.254.169.254",)),
    "redirect to a file": ((to("file:///etc/passwd"),), "source.address_refused", ("http", "https")),
    "larger than allowed": ((body(b"x" * 200_000),), "source.too_large", (FILE, "200,000", "100,000")),
    "corrupt content encoding": (
        (body(gzip.compress(BODY)[:-20], Content_Encoding="gzip"),),
        "upstream.truncated",
        (FILE,),
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_fetch_bad_server_fails_with_its_code(fetch: Fetch, folder: Path, case: str) -> None:
    answers, code, details = CASES[case]
    with pytest.raises(TaskFailure) as caught:
        await fetch(*answers)
    assert caught.value.code == code
    assert [detail for detail in details if detail not in caught.value.message] == [], caught.value.message
    assert not (folder / "data.csv").exists()


@pytest.mark.parametrize("case", CASES)
async def test_fetch_failure_does_not_show_the_signature_of_a_redirect(fetch: Fetch, case: str) -> None:
    """A signed URL is for the receiver of the redirect; messages and answers of failures are public."""
    answers, code, _ = CASES[case]
    with pytest.raises(TaskFailure) as caught:
        await fetch(*(each for answer in answers for each in (to(f"{FILE}?X-Amz-Signature=confidential"), answer)))
    assert caught.value.code == code
    assert "confidential" not in f"{caught.value.message} {caught.value.answer}"


async def test_fetch_endless_response_fails_at_the_limit(fetch: Fetch) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 10_000)

    with pytest.raises(TaskFailure) as caught:
        await fetch(endless)
    assert caught.value.code == "source.too_large"


async def test_fetch_cookie_of_an_address_without_a_name_is_kept(fetch: Fetch, site: Site) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.cookies.get("sid") == "1":
            return web.Response(body=BODY)
        raise web.HTTPFound("/data.csv", headers={"Set-Cookie": "sid=1; Path=/"})

    assert (await fetch(answer)).path.read_bytes() == BODY
    assert len(site.requests) == 2


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(pa.compress(data, "brotli", asbytes=True)),
    "zstd": lambda data: bytes(pa.compress(data, "zstd", asbytes=True)),
}


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_fetch_every_unrequested_encoding_is_decoded(fetch: Fetch, encoding: str) -> None:
    raw = await fetch(body(ENCODERS[encoding](BODY), Content_Encoding=encoding))
    assert raw.path.read_bytes() == BODY


async def test_fetch_encodings_in_a_row_are_decoded_in_reverse(fetch: Fetch) -> None:
    data = ENCODERS["br"](ENCODERS["gzip"](BODY))
    assert (await fetch(body(data, Content_Encoding="gzip, br"))).path.read_bytes() == BODY


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_fetch_encoded_bomb_fails_at_the_limit(fetch: Fetch, folder: Path, encoding: str) -> None:
    bomb = ENCODERS[encoding](b"0" * 50_000_000)
    with pytest.raises(TaskFailure) as caught:
        await fetch(body(bomb, Content_Encoding=encoding))
    assert caught.value.code == "source.too_large"
    assert folder_bytes(folder) < 1_000_000


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/download", 'attachment; filename="addr.zip"', "addr.zip"),
        ("/get.ashx", "attachment; filename*=UTF-8''stra%C3%9Fe.csv", "stra_e.csv"),
        ("/get.php", 'attachment; filename="../../etc/passwd.csv"', "passwd.csv"),
        ("/get.php", 'attachment; filename="c:/data/x.csv"', "x.csv"),
        ("/data.csv", 'attachment; filename="addr.zip"', "data.csv"),
        ("/download", 'attachment; filename="addr"', "download"),
        ("/download", 'attachment; filename="', "download"),
    ],
)
async def test_fetch_name_of_the_response_replaces_one_without_a_suffix(
    fetch: Fetch, path: str, disposition: str, name: str
) -> None:
    assert (await fetch(body(Content_Disposition=disposition), path=path)).path.name == name


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "x"},
        {"tRANSFER-eNCODING": "chunked"},
        {"Content-Length": "0"},
        {"X": "a\r\nY: b"},
        {"X y": "1"},
        {"X": "\0"},
    ],
)
async def test_fetch_header_that_frames_a_request_is_refused(fetch: Fetch, site: Site, headers: dict[str, str]) -> None:
    with pytest.raises(TaskFailure) as caught:
        await fetch(body(), headers=headers)
    assert caught.value.code == "source.schema"
    assert "request.headers" in caught.value.message
    assert site.requests == []


async def test_fetch_header_of_the_definition_replaces_the_default_one(fetch: Fetch, site: Site) -> None:
    await fetch(body(), headers={"user-agent": "Mozilla/5.0"})
    assert site.requests[0].headers.getall("User-Agent") == ["Mozilla/5.0"]


@pytest.mark.parametrize(("exception", "is_quoted"), [("127.0.0.1", True), ("127.0.0.1:{port}", False)])
async def test_fetch_response_of_an_opened_service_is_not_quoted(
    quick: DownloadLimits, folder: Path, exception: str, *, is_quoted: bool
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="<title>the token is 12345</title>", status=403)

    app = web.Application()
    app.router.add_get("/x", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        guard = Guard([exception.format(port=server.port)])
        with pytest.raises(TaskFailure) as caught:
            await HttpDownload(guard, quick, {}).fetch(str(server.make_url("/x")), folder, lambda _done, _total: None)
    assert caught.value.code == "source.forbidden"
    assert ("12345" in caught.value.message) == is_quoted


async def test_fetch_invalid_certificate_is_tried_once(quick: DownloadLimits, folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    async with server:
        with pytest.raises(TaskFailure) as caught:
            await HttpDownload(Guard(["localhost"]), replace(quick, backoff_s=60), {}).fetch(
                f"https://localhost:{port}/x", folder, lambda _done, _total: None
            )
    assert caught.value.code == "source.certificate"
    assert "certificate" in caught.value.message
    assert time.monotonic() - started < 30  # half of the pause before another try


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://exa mple.org:x/"])
async def test_fetch_invalid_url_is_a_fault_of_the_definition(
    quick: DownloadLimits, folder: Path, address: str
) -> None:
    with pytest.raises(TaskFailure) as caught:
        await HttpDownload(Guard(), quick, {}).fetch(address, folder, lambda _done, _total: None)
    assert caught.value.code in {"source.schema", "source.address_refused"}

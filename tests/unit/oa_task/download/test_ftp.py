"""FTP and FTPS against a real server on loopback."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.ftp import FtpDownload
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure
from support.ftp_server import FtpServer

BODY = bytes(range(256)) * 100
OPENED = ("127.0.0.1", "localhost")


async def fetch(
    server: FtpServer, quick: DownloadLimits, folder: Path, path: str = "pub/data.zip", **url: Any
) -> DownloadedFile:
    address = server.url(path, **url)
    return await FtpDownload(Guard(OPENED), quick).fetch(address, folder, lambda _done, _total: None)


async def test_fetch_saves_the_file_with_its_time(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"pub/data.zip": BODY}) as server:
        raw = await fetch(server, quick, folder)
    assert raw.path.read_bytes() == BODY
    assert raw.path.name == "data.zip"
    assert raw.last_modified == "Tue, 02 Jan 2024 03:04:05 GMT"


async def test_fetch_login_of_the_url_is_used_and_not_recorded(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"a b.csv": BODY}, user="me", password="s3:cret") as server:
        raw = await fetch(server, quick, folder, "a%20b.csv", login="me:s3%3Acret@")
    assert raw.path.read_bytes() == BODY
    assert "s3" not in raw.url


async def test_fetch_dropped_transfer_resumes(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"pub/data.zip": BODY}, cuts=[5000, 7000]) as server:
        raw = await fetch(server, quick, folder)
    assert raw.path.read_bytes() == BODY
    assert [command for command in server.commands if command.startswith("REST")] == ["REST 5000", "REST 12000"]


async def test_fetch_server_without_rest_starts_over(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"pub/data.zip": BODY}, cuts=[5000], has_rest=False) as server:
        assert (await fetch(server, quick, folder)).path.read_bytes() == BODY


async def test_fetch_file_that_changes_between_attempts_starts_over(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"pub/data.zip": b"old" * 5000}, cuts=[5000]) as server:

        def change(_done: int, _total: int | None) -> None:
            server.files["pub/data.zip"], server.changed = BODY, "20250101000000"

        raw = await FtpDownload(Guard(OPENED), quick).fetch(server.url("pub/data.zip"), folder, change)
    assert raw.path.read_bytes() == BODY


async def test_fetch_server_without_size_or_epsv_saves_the_file(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({"pub/data.zip": BODY}, has_size=False, has_epsv=False, changed=None) as server:
        assert (await fetch(server, quick, folder)).path.read_bytes() == BODY


Case = tuple[Callable[[], FtpServer], str, tuple[str, ...]]
CASES: dict[str, Case] = {
    "data connection to a private address": (
        lambda: FtpServer({"pub/data.zip": BODY}, has_epsv=False, passive_host="10.0.0.1"),
        "source.address_refused",
        ("127.0.0.1", "10.0.0.1"),
    ),
    "missing file": (lambda: FtpServer({}), "source.not_found", ("/pub/data.zip", "550")),
    "login required": (
        lambda: FtpServer({"pub/data.zip": BODY}, user="me", password="x"),
        "source.token_required",
        ("/pub/data.zip", "530"),
    ),
    "too many users": (
        lambda: FtpServer({"pub/data.zip": BODY}, greeting="421 too many users"),
        "upstream.throttled",
        ("/pub/data.zip", "421"),
    ),
    "not an FTP server": (
        lambda: FtpServer({"pub/data.zip": BODY}, greeting="HTTP/1.1 400 Bad Request"),
        "upstream.connection",
        ("/pub/data.zip", "HTTP/1.1"),
    ),
    "stalled transfer": (
        lambda: FtpServer({"pub/data.zip": BODY}, stalls=True),
        "upstream.timeout",
        ("/pub/data.zip",),
    ),
    "fewer bytes than announced": (
        lambda: FtpServer({"pub/data.zip": BODY}, claims_more=10),
        "upstream.truncated",
        ("/pub/data.zip", "25,600 of 25,610"),
    ),
    "larger than allowed": (
        lambda: FtpServer({"pub/data.zip": BODY * 5}),
        "source.too_large",
        ("/pub/data.zip", "128,000", "100,000"),
    ),
    "a reply without end": (
        lambda: FtpServer({"pub/data.zip": BODY}, flood=b"220-more\r\n" * 1000),
        "upstream.connection",
        ("/pub/data.zip", "200 lines"),
    ),
    "a line without end": (
        lambda: FtpServer({"pub/data.zip": BODY}, flood=b"2" * 10_000),
        "upstream.connection",
        ("/pub/data.zip", "65,536 bytes"),
    ),
    "a reply that takes too long": (
        lambda: FtpServer({"pub/data.zip": BODY}, flood=b"2", drip_s=0.1),
        "upstream.timeout",
        ("/pub/data.zip",),
    ),
    "dropped at every attempt": (
        lambda: FtpServer({"pub/data.zip": BODY}, cuts=[1, 1, 1, 1]),
        "upstream.truncated",
        ("/pub/data.zip", " 3 of 25,600"),
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_fetch_bad_server_fails_with_its_code(quick: DownloadLimits, folder: Path, case: str) -> None:
    make, code, details = CASES[case]
    async with make() as server:
        with pytest.raises(TaskFailure) as caught:
            await fetch(server, quick, folder)
    assert caught.value.code == code
    assert [detail for detail in details if detail not in caught.value.message] == [], caught.value.message


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ftp://127.0.0.1:21/x.zip", "source.address_refused"),
        ("ftp://localhost/x.zip", "source.address_refused"),
        ("ftp://2130706433/x.zip", "source.address_refused"),
        ("ftp://[::1]/x.zip", "source.address_refused"),
        ("ftp://ftp.example.org/", "source.schema"),
        ("ftp://ftp.example.org/a%0d%0aDELE%20b", "source.schema"),
    ],
)
async def test_fetch_bad_url_is_refused(quick: DownloadLimits, folder: Path, address: str, code: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        await FtpDownload(Guard(), quick).fetch(address, folder, lambda _done, _total: None)
    assert caught.value.code == code


async def test_fetch_past_its_deadline_stops_the_thread(quick: DownloadLimits, folder: Path) -> None:
    limits = replace(quick, stall_s=90, total_s=0.3)
    before = threading.active_count()
    async with FtpServer({"pub/data.zip": BODY}, stalls=True) as server:
        started = time.monotonic()
        with pytest.raises(TaskFailure) as caught:
            await fetch(server, limits, folder)
    assert caught.value.code == "upstream.timeout"
    assert time.monotonic() - started < 45
    assert threading.active_count() <= before + 1


async def test_fetch_service_of_an_exception_is_not_quoted(quick: DownloadLimits, folder: Path) -> None:
    async with FtpServer({}, greeting="500 the secret") as server:
        download = FtpDownload(Guard([f"127.0.0.1:{server.port}"]), quick)
        with pytest.raises(TaskFailure) as caught:
            await download.fetch(server.url("pub/data.zip"), folder, lambda _done, _total: None)
    assert "500" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    authority, pem = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context, pem


async def test_fetch_over_tls_verifies_the_certificate(
    quick: DownloadLimits, folder: Path, certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, pem = certificate
    async with FtpServer({"pub/data.zip": BODY}, tls=context) as server:
        with pytest.raises(TaskFailure) as caught:
            await fetch(server, quick, folder, scheme="ftps")
        assert caught.value.code == "source.certificate"
        assert "certificate" in caught.value.message
        assert server.commands.count("AUTH TLS") == 1
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert (await fetch(server, quick, folder, scheme="ftps")).path.read_bytes() == BODY

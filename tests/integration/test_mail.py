"""Email by SMTP: encrypted before any command, and no address can add a header."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import trustme

from oa_api.mail import Mailer, MailServer, MailSettingsError
from support.mail_server import mail_server

SENDER = "OpenAddresses <batch@oa.example>"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """The TLS context of a server whose authority this process trusts."""
    authority = trustme.CA()
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_mail_is_sent_encrypted_with_a_password(tls: ssl.SSLContext) -> None:
    async with mail_server(tls=tls) as box:
        mailer = Mailer(MailServer.parse(f"smtp://ada:s%40cret@127.0.0.1:{box.port}"), sender=SENDER)
        assert await mailer.send("bob@example.org", subject="Hello", text="Grüße\n")
    (mail,) = box.mails
    assert mail["From"] == SENDER
    assert mail["To"] == "bob@example.org"
    assert mail["Subject"] == "Hello"
    assert mail.get_content().strip() == "Grüße"
    assert box.envelopes == [["bob@example.org"]]
    assert box.logins == [("ada", "s@cret")]
    assert [line.split()[0] for line in box.in_the_clear] == [b"ehlo", b"STARTTLS"]


async def test_server_with_an_untrusted_certificate_gets_no_mail(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with mail_server(tls=tls) as box:
        mailer = Mailer(MailServer.parse(f"smtp://ada:secret@127.0.0.1:{box.port}"), sender=SENDER)
        assert not await mailer.send("bob@example.org", subject="Hello", text="x")
        await asyncio.sleep(0)
    assert box.mails == []
    assert box.logins == []


async def test_password_is_never_sent_unencrypted_to_another_machine() -> None:
    # not a name of this machine: without STARTTLS nothing is sent
    async with mail_server() as box:
        server = MailServer("127.0.0.1.nip.example", box.port, user="ada", password="secret")
        assert not server.is_local
        here = MailServer.parse(f"smtp://127.0.0.1:{box.port}")
        assert here.is_local
        assert await Mailer(here, sender=SENDER).send("bob@example.org", subject="Hello", text="x")


@pytest.mark.parametrize("to", ["bob@example.org\nBcc: eve@example.org", "bob@example.org\r\n\r\nHello"])
async def test_line_break_in_an_address_sends_nothing(to: str) -> None:
    async with mail_server() as box:
        mailer = Mailer(MailServer.parse(f"smtp://127.0.0.1:{box.port}"), sender=SENDER)
        assert not await mailer.send(to, subject="Hello", text="x")
    assert box.mails == []


async def test_log_of_a_refusal_has_neither_text_nor_recipient() -> None:
    async with mail_server(refuses=True) as box:
        refusing = Mailer(MailServer.parse(f"smtp://127.0.0.1:{box.port}"), sender=SENDER)
        with structlog.testing.capture_logs() as logs:
            assert not await refusing.send("bob@example.org", subject="Hello", text="secret")
    with structlog.testing.capture_logs() as more:
        assert not await refusing.send("bob@example.org", subject="Hello", text="secret")
        assert not await Mailer(None, sender=SENDER).send("bob@example.org", subject="Hello", text="secret")
    assert [line["event"] for line in logs + more] == ["mail_not_sent"] * 3
    assert more[1]["reason"] == "OA_MAIL_URL is not set"
    assert "secret" not in str(logs + more)
    assert "bob" not in str(logs + more)


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://mail.example:x", "mail.example"])
def test_invalid_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(MailSettingsError) as caught:
        MailServer.parse(url)
    assert url not in caught.value.detail


def test_password_is_not_in_the_repr() -> None:
    server = MailServer.parse("smtps://ada:secret@mail.example")
    assert server.port == 465
    assert server.is_tls is True
    assert "secret" not in repr(server)

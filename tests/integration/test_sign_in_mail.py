"""Sign-in by an email link, over SMTP and HTTP, and attempts to abuse it."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import structlog

from oa_api.http.app_keys import SETTINGS
from oa_api.identity import magic_link
from oa_api.identity.credential import digest
from oa_api.identity.rows import UsedLinkRow
from oa_api.identity.sign_in_mail_worker import delete_expired, run_sign_in_mail
from oa_api.mail import Mailer
from oa_api.settings import site_url
from support.accounts import account, link, token
from support.mail_server import MailBox, mail_server
from support.running_api import RunningApi, running_api
from support.web_browser import ShownPage, WebBrowser, web_browser

LINK = re.compile(r"http\S+/sign-in/link\?token=\S+")


@pytest.fixture
async def box() -> AsyncIterator[MailBox]:
    async with mail_server() as opened:
        yield opened


@pytest.fixture
async def api(database_url: str, box: MailBox) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, mail_url=f"smtp://127.0.0.1:{box.port}") as running:
        await account(running, "ada", "author", email="ada@example.org")
        yield running


@pytest.fixture
async def browser(api: RunningApi) -> AsyncIterator[WebBrowser]:
    async with web_browser(api) as opened:
        yield opened


async def ask(browser: WebBrowser, email: str, *, path: str = "/sign-in") -> ShownPage:
    shown = await browser.open(path)
    return await browser.send(shown, "/sign-in/mail", email=email)


def mailer_of(api: RunningApi) -> Mailer:
    return Mailer.of(api.client.app[SETTINGS])


async def answer_all(api: RunningApi, box: MailBox, browser: WebBrowser) -> list[str]:
    """Do the work of the sign-in mail worker, and return the links that were sent."""
    mailer = mailer_of(api)
    while await magic_link.send_next_link(api.database, mailer, site=str(browser.site.origin())):
        pass
    return [LINK.findall(mail.get_content())[0] for mail in box.mails]


async def test_request_and_link_sign_in_and_redirect(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    shown = await ask(browser, " Ada@Example.org ", path="/sign-in?next=/runs")
    assert shown.message("good")
    (address,) = await answer_all(api, box, browser)
    assert box.mails[0]["To"] == "ada@example.org"
    assert box.envelopes == [["ada@example.org"]]
    shown = await browser.open(address)
    assert "Sign in as ada" in shown.text
    assert not shown.has("other-browser")
    shown = await browser.send(shown, "/sign-in/link")
    assert shown.status == 200
    assert shown.path == "/runs"
    assert ">ada</a>" in shown.text


async def test_response_to_an_unknown_address_is_the_same(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    known, unknown = await ask(browser, "ada@example.org"), await ask(browser, "eve@example.org")
    assert known.status == unknown.status
    assert known.text_without_token == unknown.text_without_token
    rows = await api.database.all("SELECT * FROM sign_in_request ORDER BY id")
    assert [row["email"] for row in rows] == ["ada@example.org", "eve@example.org"]
    assert await api.count("sign_in_link") == 0
    assert len(await answer_all(api, box, browser)) == 1


async def test_programs_that_open_links_do_not_use_them_up(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    await ask(browser, "ada@example.org")
    (address,) = await answer_all(api, box, browser)
    async with web_browser(api) as scanner:
        for _ in range(3):
            shown = await scanner.open(address)
            assert shown.has("other-browser")
            assert scanner.cookie("oa_session") == ""
    assert (await browser.send(await browser.open(address), "/sign-in/link")).path == "/profile"


async def test_link_works_once(api: RunningApi, browser: WebBrowser) -> None:
    secret = await link(api, 1)
    shown = await browser.open(f"/sign-in/link?token={secret}")
    assert (await browser.send(shown, "/sign-in/link")).status == 200
    async with web_browser(api) as thief:
        refused = await thief.open(f"/sign-in/link?token={secret}")
        assert refused.status == 409
        other = await thief.open("/sign-in")
        hidden = other.hidden_fields("/sign-in/mail")
        again = await thief.post("/sign-in/link", csrf=hidden["csrf"], token=secret)
        assert again.status == 409
        assert thief.cookie("oa_session") == ""


async def test_concurrent_uses_of_a_link_get_one_session(api: RunningApi) -> None:
    secret = await link(api, 1)
    used = await asyncio.gather(
        *(api.database.run(lambda transaction: magic_link.use_link(transaction, secret)) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, UsedLinkRow) for one in used) == 1


@pytest.mark.parametrize("cause", ["expired", "disabled", "other account"])
async def test_expired_link_is_refused(api: RunningApi, browser: WebBrowser, cause: str) -> None:
    secret = await link(api, 1)
    statements = {
        "expired": "UPDATE sign_in_link SET expires_at = now() - interval '1 s'",
        "disabled": "UPDATE account SET disabled_at = now()",
        "other account": "DELETE FROM sign_in_link",
    }
    shown = await browser.open(f"/sign-in/link?token={secret}")
    await api.database.execute(statements[cause])
    assert (await browser.send(shown, "/sign-in/link")).status == 409
    assert (await browser.open(f"/sign-in/link?token={secret}")).status == 409
    assert browser.cookie("oa_session") == ""


async def test_fourth_request_in_15_minutes_does_nothing(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    texts = {(await ask(browser, "ada@example.org")).text_without_token for _ in range(5)}
    assert len(texts) == 1
    assert len(await answer_all(api, box, browser)) == 3
    await api.database.execute("UPDATE sign_in_request SET created_at = now() - interval '16 minutes'")
    await ask(browser, "ada@example.org")
    assert len(await answer_all(api, box, browser)) == 4


async def test_flood_of_addresses_writes_a_bounded_number_of_rows(api: RunningApi, browser: WebBrowser) -> None:
    await api.database.execute(
        "INSERT INTO sign_in_request (email, anonymous_session, next) "
        "SELECT i || '@x', '', '' FROM generate_series(1, 5000) i"
    )
    await ask(browser, "eve@example.org")
    assert await api.count("sign_in_request") == 5000


async def test_flood_of_addresses_does_not_keep_an_account_from_signing_in(
    api: RunningApi, box: MailBox, browser: WebBrowser
) -> None:
    await api.database.execute(
        "INSERT INTO sign_in_request (email, anonymous_session, next, handled_at) "
        "SELECT i || '@x', '', '', now() FROM generate_series(1, 6000) i"
    )
    await ask(browser, "ada@example.org")
    assert len(await answer_all(api, box, browser)) == 1


async def test_one_client_address_starts_at_most_twenty_sign_ins_in_15_minutes(database_url: str, box: MailBox) -> None:
    mail_url = f"smtp://127.0.0.1:{box.port}"
    async with running_api(database_url, mail_url=mail_url, unlimited_networks=()) as api, web_browser(api) as browser:
        statuses = [(await ask(browser, f"{number}@example.org")).status for number in range(21)]
    assert statuses == [200] * 20 + [429]


async def test_form_of_another_site_neither_requests_a_link_nor_signs_in(api: RunningApi, browser: WebBrowser) -> None:
    secret = await link(api, 1)
    await browser.open("/sign-in")
    for path, fields in (("/sign-in/mail", {"email": "ada@example.org"}), ("/sign-in/link", {"token": secret})):
        assert (await browser.post(path, **fields)).status == 403
        assert (await browser.post(path, csrf="0" * 64, **fields)).status == 403
        own = (await browser.open("/sign-in")).hidden_fields("/sign-in/mail")["csrf"]
        foreign = {"Origin": "https://evil.example"}
        assert (await browser.post(path, headers=foreign, csrf=own, **fields)).status == 403
    assert await api.count("sign_in_request") == 0
    assert browser.cookie("oa_session") == ""


async def test_link_has_the_configured_url_regardless_of_the_request(database_url: str, box: MailBox) -> None:
    settings = {"mail_url": f"smtp://127.0.0.1:{box.port}", "public_url": "https://oa.example"}
    async with running_api(database_url, **settings) as api:
        await account(api, "ada", email="ada@example.org")
        await magic_link.request_link(api.database, "ada@example.org", anonymous_session="v", next_path="/")
        mailer = mailer_of(api)
        await magic_link.send_next_link(api.database, mailer, site=site_url(api.client.app[SETTINGS]))
    assert LINK.findall(box.mails[0].get_content())[0].startswith("https://oa.example/sign-in/link?token=")


async def test_link_is_not_in_the_log_or_the_database(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    with structlog.testing.capture_logs() as logs:
        await ask(browser, "ada@example.org")
        (address,) = await answer_all(api, box, browser)
        shown = await browser.open(address)
        await browser.send(shown, "/sign-in/link")
    secret = address.partition("token=")[2]
    assert {"mail_sent", "request_answered"} <= {line["event"] for line in logs}
    kept = [await api.database.all(f"SELECT * FROM {table}") for table in ("sign_in_request", "audit", "session")]  # noqa: S608 - our own tables
    for place in (str(logs), str(kept)):
        assert secret not in place
        assert browser.cookie("oa_session") not in place
    assert "ada@example.org" not in str(logs)


async def test_hostile_next_and_address_change_nothing(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    shown = await browser.open("/sign-in?next=//evil.example")
    assert shown.hidden_fields("/sign-in/mail")["next"] == "/profile"
    await browser.send(shown, "/sign-in/mail", email="ada@example.org", next="https://evil.example/")
    await browser.send(shown, "/sign-in/mail", email="ada@example.org\r\nBcc: eve@example.org")
    (address,) = await answer_all(api, box, browser)
    assert box.envelopes == [["ada@example.org"]]
    shown = await browser.send(await browser.open(address), "/sign-in/link")
    assert shown.url.origin() == browser.site.origin()
    assert shown.path == "/profile"


async def test_worker_sends_links_and_stops(api: RunningApi, box: MailBox, browser: WebBrowser) -> None:
    await ask(browser, "ada@example.org")
    stop = asyncio.Event()
    mailer = mailer_of(api)
    async with asyncio.TaskGroup() as group:
        group.create_task(run_sign_in_mail(api.database, mailer, stop, site=str(browser.site.origin())))
        async with asyncio.timeout(60):
            await box.has_mail.wait()
        stop.set()


async def test_expired_rows_are_deleted(api: RunningApi) -> None:
    await link(api, 1)
    await api.database.execute("UPDATE sign_in_link SET expires_at = now() - interval '1 s'")
    await magic_link.request_link(api.database, "ada@example.org", anonymous_session="v", next_path="/")
    await api.database.execute("UPDATE sign_in_request SET created_at = now() - interval '2 hours'")
    for age in ("15 days", "1 day"):
        await api.database.execute(
            "INSERT INTO session (account_id, digest, seen_at) VALUES (1, %(digest)s, now() - %(age)s::interval)",
            {"digest": digest(age), "age": age},
        )
    await token(api, "ada")
    await api.database.execute("UPDATE api_token SET expires_at = now() - interval '31 days'")
    await token(api, "ada")
    await delete_expired(api.database)
    counts = [await api.count(table) for table in ("sign_in_link", "sign_in_request", "session", "api_token")]
    assert counts == [0, 0, 1, 1]

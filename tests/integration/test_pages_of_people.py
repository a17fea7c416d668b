"""The pages of the profile, accounts and audit log, and their cookies."""

import io
import re
from collections.abc import AsyncIterator
from itertools import product

import aiohttp
import pytest

from oa_shared.settings import SettingsError
from support.accounts import account, call, link, session, token
from support.running_api import RunningApi, running_api
from support.web_browser import WebBrowser, web_browser


@pytest.fixture
async def browser(api: RunningApi) -> AsyncIterator[WebBrowser]:
    """A browser in which an admin called root is signed in."""
    await account(api, "root", "admin")
    async with web_browser(api) as opened:
        opened.plant("oa_session", await session(api, "root"))
        yield opened


async def cookies_of(api: RunningApi, headers: dict[str, str]) -> list[str]:
    """Sign in by a link and return the Set-Cookie lines."""
    secret = await link(api, 1)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        url = api.client.make_url("/sign-in/link").update_query(token=secret)
        async with client.get(url) as shown:
            (visit,) = shown.headers.getall("Set-Cookie")
            csrf = re.findall(r'name="csrf" value="(\w+)"', await shown.text())[0]
        sent = {"Cookie": visit.partition(";")[0], **headers}
        body = {"csrf": csrf, "token": secret}
        async with client.post(url.with_query({}), data=body, headers=sent, allow_redirects=False) as answer:
            assert answer.status == 303
            return [visit, *answer.headers.getall("Set-Cookie")]


async def test_cookies_over_https_are_protected(database_url: str) -> None:
    async with running_api(database_url, public_url="https://oa.example") as api:
        await account(api, "ada")
        lines = await cookies_of(api, {"Origin": "https://oa.example"})
    assert [line.partition("=")[0] for line in lines] == [
        "__Host-oa_anonymous",
        "__Host-oa_session",
        "__Host-oa_anonymous",
    ]
    for line in lines:
        parts = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in line.split(";")[1:]}
        assert {"secure", "httponly"} <= parts.keys()
        assert parts["path"] == "/"
        assert parts["samesite"] == "Lax"
        assert "domain" not in parts


async def test_cookie_with_a_plain_name_is_ignored_over_https(database_url: str) -> None:
    async with running_api(database_url, public_url="https://oa.example") as api:
        await account(api, "ada")
        secret = await session(api, "ada")
        assert (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={secret}")).status == 401
        assert (await call(api, "GET", "/api/profile", None, Cookie=f"__Host-oa_session={secret}")).status == 200


async def test_sign_in_over_plain_http_on_a_network_is_refused(database_url: str) -> None:
    async with running_api(database_url, public_url="http://oa.example", mail_url="smtp://127.0.0.1:9") as api:
        await account(api, "ada")
        async with web_browser(api) as browser:
            shown = await browser.open("/sign-in")
            assert shown.has("https-required")
            assert "/sign-in/mail" not in shown.text
            assert (await browser.open(f"/sign-in/link?token={await link(api, 1)}")).status == 409


async def test_anonymous_browser_is_redirected_to_sign_in_and_back(api: RunningApi) -> None:
    await account(api, "root", "admin")
    async with web_browser(api) as browser:
        shown = await browser.open("/audit?actor=root")
        assert shown.path == "/sign-in"
        assert shown.url.query["next"] == "/audit?actor=root"
        refused = await browser.post("/accounts", login="eve")
        assert refused.status == 401
        assert await api.count("account") == 1


HOSTS = ["[", "a b", "[::1", "x:y", "http://evil.example", "é", ":0"]
ASKED = (
    ("GET", "/sign-in"),
    ("POST", "/sign-in/mail"),
    ("POST", "/accounts"),
    ("GET", "/sign-in/github"),
)


async def test_hostile_host_header_never_causes_a_server_error(api: RunningApi, browser: WebBrowser) -> None:
    for host, (method, path) in product(HOSTS, ASKED):
        cookie = {"Cookie": f"oa_session={browser.cookie('oa_session')}"} if path == "/accounts" else {}
        async with api.client.request(method, path, headers={"Host": host, **cookie}) as answer:
            assert answer.status < 500, host


async def test_long_url_without_sign_in_is_redirected_to_sign_in(api: RunningApi) -> None:
    async with web_browser(api) as browser:
        shown = await browser.open(f"/audit?actor={'x' * 5000}")
        assert shown.status == 200
        assert shown.path == "/sign-in"
        assert shown.url.query_string == ""


@pytest.mark.parametrize(
    "url", ["oa.example", "https://", "https://oa.example/below", "ftp://oa.example", "https://a b"]
)
async def test_invalid_public_url_prevents_the_start(database_url: str, url: str) -> None:
    with pytest.raises(SettingsError, match="OA_PUBLIC_URL"):
        async with running_api(database_url, public_url=url):
            pass


async def test_sign_out_ends_this_browser_only(api: RunningApi, browser: WebBrowser) -> None:
    kept, secret = await session(api, "root"), browser.cookie("oa_session")
    shown = await browser.send(await browser.open("/profile"), "/sign-out")
    assert shown.message("good")
    assert browser.cookie("oa_session") == ""
    statuses = [
        (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={one}")).status for one in (secret, kept)
    ]
    assert statuses == [401, 200]


async def test_sign_out_everywhere_ends_all_sessions_of_the_account(api: RunningApi, browser: WebBrowser) -> None:
    await account(api, "ada")
    mine, theirs = await session(api, "root"), await session(api, "ada")
    await browser.send(await browser.open("/profile"), "/sign-out/everywhere")
    statuses = [
        (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={one}")).status for one in (mine, theirs)
    ]
    assert statuses == [401, 200]


async def test_session_of_another_cannot_be_ended(api: RunningApi, browser: WebBrowser) -> None:
    await account(api, "ada")
    theirs = await session(api, "ada")
    csrf = (await browser.open("/profile")).hidden_fields("/sign-out")["csrf"]
    row = await api.database.first("SELECT max(id) AS id FROM session")
    assert row is not None
    assert (await browser.post(f"/profile/sessions/{row['id']}/end", csrf=csrf)).status == 404
    assert (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={theirs}")).status == 200


async def test_token_is_created_shown_once_and_revoked(api: RunningApi, browser: WebBrowser) -> None:
    shown = await browser.open("/profile")
    made = await browser.send(shown, "/profile/tokens", name="<b>import</b>", role="author", days="3")
    (text,) = re.findall(r'value="(oa_[\w-]{43})"', made.text)
    assert "<b>import" not in made.text
    profile = await call(api, "GET", "/api/profile", None, Authorization=f"Bearer {text}")
    assert profile.json["name"] == "root"
    assert profile.json["role"] == "author"
    again = await browser.open("/profile")
    assert text not in again.text
    shown = await browser.send(again, "/profile/tokens/1/revoke")
    assert shown.has("empty")
    assert (await call(api, "GET", "/api/profile", None, Authorization=f"Bearer {text}")).status == 401


async def test_form_tokens_differ_on_each_page_and_all_work(browser: WebBrowser) -> None:
    pages = [await browser.open("/profile") for _ in range(3)]
    tokens = {page.hidden_fields("/profile/tokens")["csrf"] for page in pages}
    assert len(tokens) == len(pages)
    for page in pages:
        shown = await browser.send(page, "/profile/tokens", name="t", role="viewer", days="1")
        assert shown.status == 200


async def test_invalid_token_form_shows_its_error(browser: WebBrowser) -> None:
    shown = await browser.send(await browser.open("/profile"), "/profile/tokens", name="x", role="author", days="0")
    assert shown.status == 422
    assert "<li>days: " in shown.text


async def test_accounts_are_created_changed_and_disabled(api: RunningApi, browser: WebBrowser) -> None:
    shown = await browser.open("/accounts")
    form = {"login": "ada", "role": "author", "email": "ada@example.org", "github_id": "7"}
    shown = await browser.send(shown, "/accounts", **form)
    assert "ada" in shown.message("good")
    shown = await browser.open("/accounts/2")
    shown = await browser.send(shown, "/accounts/2", role="moderator", email="", github_id="7")
    row = await api.database.first("SELECT * FROM account WHERE id = 2") or {}
    assert row["role"] == "moderator"
    assert row["email"] is None
    assert row["github_id"] == 7
    shown = await browser.send(shown, "/accounts/2/state")
    assert ">disabled</span>" in shown.text
    shown = await browser.send(shown, "/accounts/2/state")
    assert ">disabled</span>" not in shown.text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"login": "root", "role": "viewer"}, "login"),
        ({"login": "a b", "role": "viewer"}, "login"),
        ({"login": "ada", "role": "service"}, "role"),
        ({"login": "ada", "role": "viewer", "github_id": "x"}, "github_id"),
    ],
)
async def test_invalid_account_form_shows_its_error(
    api: RunningApi, browser: WebBrowser, form: dict[str, str], field: str
) -> None:
    shown = await browser.send(await browser.open("/accounts"), "/accounts", **form)
    assert f"<li>{field}: " in shown.text
    assert await api.count("account") == 1


async def test_last_admin_cannot_disable_its_own_account(api: RunningApi, browser: WebBrowser) -> None:
    shown = await browser.send(await browser.open("/accounts/1"), "/accounts/1/state")
    assert "is the last admin" in shown.text
    shown = await browser.send(shown, "/accounts/1", role="viewer")
    assert "is the last admin" in shown.text


async def test_form_that_is_too_large_or_invalid_is_refused(browser: WebBrowser) -> None:
    csrf = (await browser.open("/accounts")).hidden_fields("/accounts")["csrf"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    large = io.BytesIO(f"csrf={csrf}&login=".encode() + b"x" * (1024 * 1024))
    async with browser._session.post(browser.site.with_path("/accounts"), data=large, headers=headers) as answer:
        assert answer.status == 413
    many = {f"f{number}": "" for number in range(1001)}
    assert (await browser.post("/accounts", csrf=csrf, **many)).status == 400


async def test_audit_log_shows_entries_with_their_reasons_as_text(api: RunningApi, browser: WebBrowser) -> None:
    bearer = await token(api, "root", "admin")
    await call(api, "POST", "/api/account", {"login": "ada", "role": "author"}, **bearer)
    await api.database.execute(
        "INSERT INTO audit (kind, actor, role, action, subject, reason) "
        "SELECT kind, actor, role, action, subject, '<script>alert(1)</script>' FROM audit"
    )
    shown = await browser.open("/audit?action=account.create&actor=root")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert '<a href="/accounts/2">account/2</a>' in shown.text
    assert (await browser.open("/audit?subject=job/1")).has("empty")


async def test_forms_preselect_the_least_that_they_can_grant(browser: WebBrowser) -> None:
    first = {}
    for path, field in (("/profile", "role"), ("/accounts", "role"), ("/webhooks", "layer"), ("/pauses", "scope")):
        shown = await browser.open(path)
        (choice,) = re.findall(rf'<select id="f-{field}" name="{field}">(.*?)</select>', shown.text, re.DOTALL)
        first[path] = re.findall(r'<option value="(\w*)" selected>', choice)
    assert first == {"/profile": ["viewer"], "/accounts": ["viewer"], "/webhooks": ["addresses"], "/pauses": ["source"]}

"""Signing in through GitHub, against a fake GitHub, and attempts to abuse it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oa_shared.settings import SettingsError
from support.accounts import account
from support.github_provider import GithubProvider, github_provider
from support.running_api import RunningApi, running_api
from support.web_browser import WebBrowser, web_browser

BEGIN = "/sign-in/github"


@pytest.fixture
async def github() -> AsyncIterator[GithubProvider]:
    async with github_provider() as provider:
        yield provider


@pytest.fixture
async def api(database_url: str, github: GithubProvider) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, **github.settings) as running:
        yield running


@pytest.fixture
async def browser(api: RunningApi) -> AsyncIterator[WebBrowser]:
    async with web_browser(api) as opened:
        yield opened


async def callback_of(browser: WebBrowser, path: str = BEGIN) -> str:
    """Start a sign-in and return the callback URL to which GitHub redirects, without opening it."""
    async with browser._session.get(browser.site.join(browser.site.with_path(path)), allow_redirects=False) as sent:
        at_github = sent.headers["Location"]
    async with browser._session.get(at_github, allow_redirects=False) as back:
        return back.headers["Location"]


async def test_known_user_is_signed_in_and_redirected(
    api: RunningApi, github: GithubProvider, browser: WebBrowser
) -> None:
    await account(api, "ada", "author", github_id=583231)
    shown = await browser.open("/sign-in?next=/profile")
    assert "/sign-in/github?next=/profile" in shown.text
    shown = await browser.open(f"{BEGIN}?next=/runs")
    assert shown.status == 200
    assert shown.path == "/runs"
    assert ">ada</a>" in shown.text
    assert (await browser.open("/profile")).status == 200
    assert browser.cookie("oa_anonymous") == ""
    assert github.scopes == [""]


async def test_user_without_account_gets_the_id_to_give_to_an_admin(browser: WebBrowser, api: RunningApi) -> None:
    await account(api, "octocat", "admin")
    shown = await browser.open(BEGIN)
    assert shown.status == 403
    assert "octocat" in shown.text
    assert "583231" in shown.text
    assert browser.cookie("oa_session") == ""


async def test_disabled_account_cannot_sign_in(browser: WebBrowser, api: RunningApi) -> None:
    await account(api, "ada", "author", github_id=583231)
    await api.database.execute("UPDATE account SET disabled_at = now()")
    assert (await browser.open(BEGIN)).status == 403
    assert browser.cookie("oa_session") == ""


async def test_state_is_valid_once(api: RunningApi, github: GithubProvider, browser: WebBrowser) -> None:
    await account(api, "ada", "author", github_id=583231)
    visit = None
    address = await callback_of(browser)
    visit = browser.cookie("oa_anonymous")
    assert (await browser.open(address)).status == 200
    browser.plant("oa_anonymous", visit)
    assert (await browser.open(address)).status == 403
    assert github.exchanges == 1


async def test_callback_of_another_browser_does_not_sign_in(
    api: RunningApi, github: GithubProvider, browser: WebBrowser
) -> None:
    await account(api, "eve", "viewer", github_id=583231)
    address = await callback_of(browser)
    async with web_browser(api) as victim:
        assert (await victim.open(address)).status == 403
        await callback_of(victim)
        assert (await victim.open(address)).status == 403
        assert victim.cookie("oa_session") == ""
    assert github.exchanges == 0


async def test_code_of_another_sign_in_is_refused(api: RunningApi, github: GithubProvider, browser: WebBrowser) -> None:
    await account(api, "eve", "viewer", github_id=583231)
    from_eve = await callback_of(browser)
    async with web_browser(api) as victim:
        own = await callback_of(victim)
        injected = own.replace(
            own.partition("code=")[2].partition("&")[0], from_eve.partition("code=")[2].partition("&")[0]
        )
        shown = await victim.open(injected)
        assert shown.status == 403
        assert victim.cookie("oa_session") == ""
    assert github.exchanges == 1


async def test_callback_without_a_sign_in_is_refused(browser: WebBrowser, github: GithubProvider) -> None:
    for query in ["", "?state=", "?state=x&code=y", "?code=y", "?state=%00&code=y", "?error=access_denied"]:
        assert (await browser.open(f"{BEGIN}/callback{query}")).status == 403, query
    assert github.exchanges == 0


async def test_refusal_at_github_redirects_to_sign_in(browser: WebBrowser) -> None:
    address = await callback_of(browser)
    state = address.partition("state=")[2]
    shown = await browser.open(f"{BEGIN}/callback?error=access_denied&state={state}")
    assert shown.status == 200
    assert shown.path == "/sign-in"
    assert shown.message("bad")


async def test_unavailable_github_is_503(browser: WebBrowser, github: GithubProvider) -> None:
    github.is_broken = True
    assert (await browser.open(BEGIN)).status == 503


async def test_sign_in_starts_a_new_session_and_ends_the_previous_one(api: RunningApi, browser: WebBrowser) -> None:
    await account(api, "ada", "author", github_id=583231)
    browser.plant("oa_session", "chosen-by-somebody-else")
    await browser.open(BEGIN)
    first = browser.cookie("oa_session")
    assert first != "chosen-by-somebody-else"
    await browser.open(BEGIN)
    assert browser.cookie("oa_session") not in {"", first}
    assert await api.count("session") == 1


ELSEWHERE = ["https://evil.example/", "//evil.example/", "/%5Cevil.example", "/%09/evil.example", "javascript:alert(1)"]


async def test_sign_in_redirects_to_no_other_site(api: RunningApi, browser: WebBrowser) -> None:
    await account(api, "ada", "author", github_id=583231)
    for address in ELSEWHERE:
        # the second time the browser is already signed in and is redirected at once
        for way in (BEGIN, "/sign-in"):
            shown = await browser.open(f"{way}?next={address}")
            assert shown.url.origin() == browser.site.origin(), address
            assert shown.path == "/profile", address


async def sign_in_as_member(
    database_url: str, github: GithubProvider, **settings: Any
) -> tuple[int, list[dict[str, Any]]]:
    members = {"github_members_of": ("oa", "oa-data/keepers"), "github_member_role": "author"}
    async with running_api(database_url, **github.settings, **members, **settings) as api, web_browser(api) as browser:
        shown = await browser.open(BEGIN)
        return shown.status, await api.database.all("SELECT * FROM account ORDER BY id")


@pytest.mark.parametrize("group", ["oa", "oa-data/keepers"])
async def test_member_gets_an_account_once(database_url: str, github: GithubProvider, group: str) -> None:
    github.members[group] = {"octocat": "active"}
    assert (await sign_in_as_member(database_url, github))[0] == 200
    status, (row,) = await sign_in_as_member(database_url, github)
    assert status == 200
    assert row["login"] == "octocat"
    assert row["role"] == "author"
    assert row["github_id"] == 583231
    assert row["by_membership"] is True
    assert set(github.scopes) == {"read:org"}


async def test_member_with_the_name_of_the_service_gets_no_account(database_url: str, github: GithubProvider) -> None:
    github.members["oa"] = {"Service": "active"}
    github.user["login"] = "Service"
    assert await sign_in_as_member(database_url, github) == (409, [])


async def test_invited_and_other_users_get_no_account(database_url: str, github: GithubProvider) -> None:
    github.members |= {"oa": {"octocat": "pending"}, "oa-data/keepers": {"ada": "active"}}
    assert await sign_in_as_member(database_url, github) == (403, [])


async def test_former_member_cannot_sign_in(database_url: str, github: GithubProvider) -> None:
    github.members["oa"] = {"octocat": "active"}
    await sign_in_as_member(database_url, github)
    github.members.clear()
    assert (await sign_in_as_member(database_url, github))[0] == 403


async def test_member_with_the_name_of_an_account_does_not_get_that_account(
    database_url: str, github: GithubProvider
) -> None:
    github.members["oa"] = {"octocat": "active"}
    async with running_api(database_url) as api:
        await account(api, "Octocat", "admin")
    status, (row,) = await sign_in_as_member(database_url, github)
    assert status == 409
    assert row["github_id"] is None
    assert row["role"] == "admin"


async def test_renamed_user_keeps_the_account(api: RunningApi, github: GithubProvider, browser: WebBrowser) -> None:
    await account(api, "ada", "author", github_id=583231)
    github.user = {"id": 583231, "login": "renamed"}
    assert ">ada</a>" in (await browser.open(BEGIN)).text
    github.user = {"id": 99, "login": "ada"}
    async with web_browser(api) as other:
        assert (await other.open(BEGIN)).status == 403


async def test_invalid_role_of_members_prevents_the_start(database_url: str, github: GithubProvider) -> None:
    with pytest.raises(SettingsError, match="OA_GITHUB_MEMBER_ROLE"):
        async with running_api(database_url, **github.settings, github_member_role="service"):
            pass

"""`oa-api account`: the first admin, on the command line of the service."""

import pytest

from oa_api.commands.account import AccountSettings, run_account_command
from oa_api.db.database import Database
from oa_api.http.errors import ConflictError, InvalidError, NotFoundError
from oa_api.identity import magic_link
from support.running_api import running_api
from support.web_browser import web_browser


@pytest.fixture
def settings(database_url: str) -> AccountSettings:
    return AccountSettings(database_url, public_url="https://oa.example/")


async def test_add_creates_an_admin_and_link_signs_in_once(settings: AccountSettings) -> None:
    assert await run_account_command(settings, ["add", "ada", "--role", "admin"]) == "account 1: ada, admin"
    link = await run_account_command(settings, ["link", "Ada"])
    site, _, secret = link.partition("/sign-in/link?token=")
    assert site == "https://oa.example"
    database = await Database.open(settings.database_url, connections=1)
    used = await database.run(lambda transaction: magic_link.use_link(transaction, secret))
    assert used.login == "ada"
    assert used.role == "admin"
    with pytest.raises(ConflictError):
        await database.run(lambda transaction: magic_link.use_link(transaction, secret))
    await database.close()


async def test_link_signs_in_at_the_running_service(database_url: str) -> None:
    async with running_api(database_url) as api, web_browser(api) as browser:
        settings = AccountSettings(database_url, public_url=str(browser.site.origin()))
        await run_account_command(settings, ["add", "ada", "--role", "admin"])
        shown = await browser.open(await run_account_command(settings, ["link", "ada"]))
        assert not shown.has("other-browser")
        shown = await browser.send(shown, "/sign-in/link")
        assert shown.path == "/profile"
        assert ">Accounts</a>" in shown.text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["add", "ada"], ConflictError),
        (["add", "a b"], InvalidError),
        (["add", "bob", "--email", "x"], InvalidError),
        (["link", "bob"], NotFoundError),
    ],
)
async def test_refused_command_raises_its_reason(
    settings: AccountSettings, words: list[str], error: type[Exception]
) -> None:
    await run_account_command(settings, ["add", "ada"])
    with pytest.raises(error):
        await run_account_command(settings, words)

"""`oa token`, `oa account` and `oa profile` against the API."""

from pathlib import Path

import pytest

from oa_cli.runner import ExitStatus
from support.accounts import account
from support.command_line import oa
from support.running_api import RunningApi


async def test_token_is_created_used_listed_and_revoked(api: RunningApi) -> None:
    await account(api, "ada", "moderator")
    made = await oa(api, "token", "create", "nightly", "--role", "author", "--account", "1", "--days", "3")
    token = made.out.strip()
    assert made.status == 0
    assert token[:3] == "oa_"
    assert made.err.startswith("token 1 of ada, role author, expires ")
    mine = await oa(api, "profile", token=token, secret="wrong")
    assert mine.out.startswith("ada, role author, by token, expires ")
    listed = (await oa(api, "token", "list", "--json", token=token)).json
    assert [(item["id"], item["name"]) for item in listed] == [(1, "nightly")]
    shown = await oa(api, "token", "list", token=token)
    assert token not in shown.out
    assert (await oa(api, "token", "revoke", "1", token=token)).out.strip() == "token 1 revoked"
    refused = await oa(api, "profile", token=token)
    assert refused.status == ExitStatus.NOT_ALLOWED
    assert "OA_TOKEN" in refused.err


async def test_account_is_added_changed_disabled_and_enabled(api: RunningApi) -> None:
    made = await oa(api, "account", "add", "ada", "--role", "author", "--email", "ada@example.org")
    assert made.out.strip() == "account 1: ada, author"
    changed = (await oa(api, "account", "change", "1", "--role", "moderator", "--email", "", "--json")).json
    assert changed["role"] == "moderator"
    assert changed["email"] is None
    assert (await oa(api, "account", "disable", "1")).out.strip() == "account 1: ada, moderator, disabled"
    assert "disabled" in (await oa(api, "account", "list")).out
    assert (await oa(api, "account", "enable", "1")).out.strip() == "account 1: ada, moderator"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("account", "add", "ada"), 4, "another account has the same login"),
        (("account", "change", "1"), 2, "nothing to change"),
        (("account", "change", "7", "--role", "admin"), 4, "account 7"),
        (("token", "create", "x", "--role", "viewer"), 4, "`account`"),
        (("token", "create", "x", "--role", "viewer", "--days", "367"), 2, "367 is not in the range"),
        (("token", "revoke", "7"), 4, "token 7"),
    ],
)
async def test_rejections_have_their_reasons(
    api: RunningApi, words: tuple[str, ...], status: int, message: str
) -> None:
    await account(api, "ada")
    ended = await oa(api, *words)
    assert ended.status == status
    assert message in ended.err


async def test_profile_of_a_service_and_without_credentials(api: RunningApi) -> None:
    assert (await oa(api, "profile")).out.strip() == "service, role service, by shared secret"
    anonymous = await oa(api, "profile", secret="")
    assert anonymous.status == 7
    assert "set OA_TOKEN" in anonymous.err


async def test_bad_token_low_role_and_bad_definition_have_statuses_of_their_own(
    api: RunningApi, tmp_path: Path
) -> None:
    await account(api, "ada", "viewer")
    token = (await oa(api, "token", "create", "low", "--role", "viewer", "--account", "1")).out.strip()
    source = tmp_path / "source.json"
    source.write_text('{"schema": 2, "coverage": {}, "layers": {"addresses": [{"name": 7}]}}')
    assert (await oa(api, "account", "list", token="oa_wrong")).status == ExitStatus.NOT_ALLOWED
    assert (await oa(api, "account", "list", token=token)).status == ExitStatus.NOT_ALLOWED
    assert (await oa(api, "submit", str(source))).status == ExitStatus.REJECTED

"""Accounts, tokens and the audit log over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.identity.credential import digest
from support.accounts import account, call, session, token
from support.running_api import RunningApi

ADA = {"login": "ada", "email": "ada@example.org", "role": "author"}


async def admin(api: RunningApi) -> dict[str, str]:
    await account(api, "root", "admin")
    return await token(api, "root", "admin")


async def test_account_created_with_the_secret_is_listed_and_audited(api: RunningApi) -> None:
    made = await call(api, "POST", "/api/account", ADA)
    assert made.status == 200
    assert made.json["login"] == "ada"
    assert made.json["role"] == "author"
    assert made.json["disabled_at"] is None
    assert (await call(api, "GET", "/api/account")).json["accounts"] == [made.json]
    (entry,) = (await call(api, "GET", "/api/audit")).json["entries"]
    assert entry["actor"] == "service"
    assert entry["action"] == "account.create"
    assert entry["subject"] == f"account/{made.json['id']}"
    assert entry["detail"] == {**ADA, "github_id": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": "ADA", "email": None}, "login"),
        ({"login": "bob", "email": "Ada@Example.org"}, "email"),
        ({"login": "bob", "email": None, "github_id": 7}, "github_id"),
    ],
)
async def test_account_with_a_duplicate_value_is_refused_by_field(
    api: RunningApi, change: dict[str, Any], field: str
) -> None:
    await call(api, "POST", "/api/account", {**ADA, "github_id": 7})
    refused = await call(api, "POST", "/api/account", {**ADA, **change})
    assert refused.status == 409
    assert list(refused.json["errors"]) == [field]


IMPOSSIBLE: list[dict[str, Any]] = [
    {"login": ""},
    {"login": "a b"},
    {"login": "-a"},
    {"login": "x" * 40},
    {"login": "Service"},
    {"login": "anonymous"},
    {"login": "a\nb"},
    {"email": "ada"},
    {"email": "ada@example.org\nBcc: eve@example.org"},
    {"email": "ada@example.org, eve@example.org"},
    {"email": "<ada@example.org>"},
    {"role": "service"},
    {"role": "anyone"},
    {"github_id": 0},
    {"github_id": "7"},
    {"disabled": True},
]


async def test_invalid_account_is_refused(api: RunningApi) -> None:
    for change in IMPOSSIBLE:
        refused = await call(api, "POST", "/api/account", {**ADA, **change})
        assert refused.status == 422, change
        assert list(refused.json["errors"]) == list(change), change
    assert await api.count("account") == 0


async def test_change_keeps_omitted_fields(api: RunningApi) -> None:
    made = (await call(api, "POST", "/api/account", {**ADA, "github_id": 7})).json
    changed = (await call(api, "PATCH", f"/api/account/{made['id']}", {"role": "moderator", "email": None})).json
    assert changed == {**made, "role": "moderator", "email": None}


async def test_accounts_are_paged_by_cursor(api: RunningApi) -> None:
    for login in ("a", "b", "c"):
        await account(api, login)
    first = await call(api, "GET", "/api/account?limit=2")
    assert [row["login"] for row in first.json["accounts"]] == ["a", "b"]
    following = first.headers["Link"].partition("<")[2].partition(">")[0]
    second = await call(api, "GET", following)
    assert [row["login"] for row in second.json["accounts"]] == ["c"]
    assert "Link" not in second.headers


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "moderator"}])
async def test_last_admin_cannot_be_demoted(api: RunningApi, change: dict[str, Any]) -> None:
    only = await account(api, "root", "admin")
    await account(api, "was", "admin")
    assert (await call(api, "PATCH", "/api/account/2", {"disabled": True})).status == 200
    refused = await call(api, "PATCH", f"/api/account/{only}", change)
    assert refused.status == 409
    assert refused.json["code"] == "conflict"
    assert "root" in refused.json["detail"]


async def test_two_admins_demoted_concurrently_leave_one(api: RunningApi) -> None:
    numbers = [await account(api, name, "admin") for name in ("a", "b")]
    answers = await asyncio.gather(*(call(api, "PATCH", f"/api/account/{n}", {"role": "viewer"}) for n in numbers))
    assert sorted(answer.status for answer in answers) == [200, 409]


async def test_disabling_revokes_tokens_and_sessions_permanently(api: RunningApi) -> None:
    number = await account(api, "ada", "author")
    bearer, cookie = await token(api, "ada", "author"), await session(api, "ada")
    await call(api, "PATCH", f"/api/account/{number}", {"disabled": True})
    await call(api, "PATCH", f"/api/account/{number}", {"disabled": False})
    assert (await call(api, "GET", "/api/profile", None, **bearer)).status == 401
    assert (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={cookie}")).status == 401


async def test_disabled_account_gets_no_token(api: RunningApi) -> None:
    await account(api, "ada", "author")
    await call(api, "PATCH", "/api/account/1", {"disabled": True})
    refused = await call(api, "POST", "/api/token", {"account": 1, "name": "a", "role": "viewer", "days": 1})
    assert refused.status == 409
    assert refused.json["code"] == "conflict"
    assert "ada" in refused.json["detail"]


async def test_demotion_takes_effect_with_the_next_request(api: RunningApi) -> None:
    number = await account(api, "ada", "admin")
    await account(api, "root", "admin")
    bearer = await token(api, "ada", "admin")
    assert (await call(api, "GET", "/api/account", None, **bearer)).status == 200
    await call(api, "PATCH", f"/api/account/{number}", {"role": "author"})
    assert (await call(api, "GET", "/api/account", None, **bearer)).status == 403
    assert (await call(api, "GET", "/api/profile", None, **bearer)).json["role"] == "author"


async def test_token_is_shown_once_and_only_its_digest_is_kept(api: RunningApi) -> None:
    number = await account(api, "ada", "author")
    body = {"account": number, "name": "import", "role": "author", "days": 90}
    made = await call(api, "POST", "/api/token", body)
    assert made.headers["Cache-Control"] == "no-store"
    text = made.json["token"]
    assert text[:3] == "oa_"
    assert len(text) == 46
    row = await api.database.first("SELECT * FROM api_token")
    assert row is not None
    assert bytes(row["digest"]) == digest(text)
    assert text not in str(row)
    listed = await call(api, "GET", "/api/token")
    assert listed.json["tokens"] == [{key: value for key, value in made.json.items() if key != "token"}]
    life = datetime.fromisoformat(made.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < life <= timedelta(days=90)
    entries = (await call(api, "GET", "/api/audit?action=token.create")).json["entries"]
    assert text not in str(entries)
    assert len(entries) == 1


async def test_invalid_token_request_is_refused(api: RunningApi) -> None:
    await account(api, "ada", "author")
    changes: list[dict[str, Any]] = [
        {"days": 0},
        {"days": 367},
        {"days": None},
        {"role": "service"},
        {"name": ""},
        {"expires_at": "never"},
    ]
    for change in changes:
        body = {"account": 1, "name": "import", "role": "author", "days": 90, **change}
        assert (await call(api, "POST", "/api/token", body)).status == 422, change
    assert await api.count("api_token") == 0


async def test_token_above_ones_own_role_is_refused(api: RunningApi) -> None:
    await account(api, "ada", "author")
    bearer = await token(api, "ada", "viewer")
    refused = await call(api, "POST", "/api/token", {"name": "more", "role": "author", "days": 1}, **bearer)
    assert refused.status == 403
    assert refused.json["code"] == "forbidden"
    assert "viewer" in refused.json["detail"]
    secretly = {"account": 1, "name": "more", "role": "admin", "days": 1}
    assert (await call(api, "POST", "/api/token", secretly)).status == 403


async def test_token_created_with_a_token_expires_no_later(api: RunningApi) -> None:
    await account(api, "ada", "author")
    bearer = await token(api, "ada", "author", days=1)
    made = await call(api, "POST", "/api/token", {"name": "more", "role": "author", "days": 366}, **bearer)
    first = (await call(api, "GET", "/api/token?account=1")).json["tokens"][-1]
    assert made.json["expires_at"] == first["expires_at"]


async def test_token_created_with_a_token_is_revoked_with_it(api: RunningApi) -> None:
    await account(api, "ada", "author")
    found = await token(api, "ada", "author")
    made = await call(api, "POST", "/api/token", {"name": "kept", "role": "author", "days": 1}, **found)
    kept = {"Authorization": f"Bearer {made.json['token']}"}
    again = await call(api, "POST", "/api/token", {"name": "kept too", "role": "viewer", "days": 1}, **kept)
    assert (await call(api, "DELETE", "/api/token/1")).status == 200
    for secret in (made.json["token"], again.json["token"]):
        assert (await call(api, "GET", "/api/profile", None, Authorization=f"Bearer {secret}")).status == 401


async def test_token_cannot_revoke_one_with_a_higher_role(api: RunningApi) -> None:
    await account(api, "ada", "author")
    await token(api, "ada", "author")
    viewer = await token(api, "ada", "viewer")
    assert (await call(api, "DELETE", "/api/token/1", None, **viewer)).status == 403
    assert (await call(api, "DELETE", "/api/token/2", None, **viewer)).status == 200


async def test_tokens_of_others_require_an_admin(api: RunningApi) -> None:
    root = await admin(api)
    ada = await account(api, "ada", "author")
    bearer, victim = await token(api, "ada", "author"), (await call(api, "GET", "/api/token")).json["tokens"][-1]["id"]
    token_request = {"account": 1, "name": "theirs", "role": "viewer", "days": 1}
    assert (await call(api, "POST", "/api/token", token_request, **bearer)).status == 403
    assert (await call(api, "POST", "/api/token", {**token_request, "account": ada}, **root)).status == 403
    assert (await call(api, "GET", "/api/token?account=1", None, **bearer)).status == 403
    assert (await call(api, "DELETE", f"/api/token/{victim}", None, **bearer)).status == 404
    mine = (await call(api, "GET", f"/api/token?account={ada}", None, **root)).json["tokens"]
    assert (await call(api, "DELETE", f"/api/token/{mine[0]['id']}", None, **root)).status == 200
    assert (await call(api, "GET", "/api/profile", None, **bearer)).status == 401


async def test_shared_secret_without_an_account_cannot_create_a_token(api: RunningApi) -> None:
    body = {"name": "mine", "role": "viewer", "days": 1}
    assert (await call(api, "POST", "/api/token", body)).status == 409
    assert (await call(api, "POST", "/api/token", {**body, "account": 9})).status == 404


async def test_use_of_a_token_is_recorded_at_most_once_per_minute(api: RunningApi) -> None:
    await account(api, "ada")
    bearer = await token(api, "ada")

    async def last_use() -> Any:
        await call(api, "GET", "/api/profile", None, **bearer)
        return (await call(api, "GET", "/api/token")).json["tokens"][0]["last_used_at"]

    first = await last_use()
    assert first is not None
    assert await last_use() == first
    await api.database.execute("UPDATE api_token SET last_used_at = now() - interval '61 s'")
    assert await last_use() > first


async def test_profile_is_that_of_the_caller(api: RunningApi) -> None:
    assert (await call(api, "GET", "/api/profile")).json["account"] is None
    await account(api, "ada", "moderator")
    bearer, cookie = await token(api, "ada", "author"), await session(api, "ada")
    by_token = (await call(api, "GET", "/api/profile", None, **bearer)).json
    by_cookie = (await call(api, "GET", "/api/profile", None, Cookie=f"oa_session={cookie}")).json
    assert by_token["kind"] == "token"
    assert by_token["name"] == "ada"
    assert by_token["role"] == "author"
    assert by_cookie["kind"] == "session"
    assert by_cookie["role"] == "moderator"
    assert by_cookie["expires_at"] is None
    assert by_token["account"] == by_cookie["account"]


async def test_audit_is_filtered_and_paged(api: RunningApi) -> None:
    root = await admin(api)
    for role in ("author", "moderator"):
        await call(api, "POST", "/api/account", {"login": role, "role": role}, **root)
    by_root = (await call(api, "GET", "/api/audit?actor=root")).json["entries"]
    assert [entry["detail"]["login"] for entry in by_root] == ["moderator", "author"]
    assert {(entry["kind"], entry["role"]) for entry in by_root} == {("token", "admin")}
    one = await call(api, "GET", f"/api/audit?subject={by_root[0]['subject']}&action=account.create")
    assert one.json["entries"] == [by_root[0]]
    page = await call(api, "GET", "/api/audit?actor=root&limit=1")
    following = page.headers["Link"].partition("<")[2].partition(">")[0]
    assert (await call(api, "GET", following)).json["entries"] == [by_root[1]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET reason = 'nothing'",
        "UPDATE audit SET actor = 'eve' WHERE false",
        "DELETE FROM audit",
        "TRUNCATE audit",
        """
        INSERT INTO audit (id, kind, actor, role, action, subject) OVERRIDING SYSTEM VALUE
        SELECT id, kind, 'eve', role, action, subject FROM audit ON CONFLICT (id) DO UPDATE SET actor = 'eve'
        """,
    ],
)
async def test_no_statement_changes_the_audit_log(api: RunningApi, database_url: str, change: str) -> None:
    await account(api, "ada")
    before = (await call(api, "GET", "/api/audit")).json
    with pytest.raises(StoreError, match="permission denied for table audit"):
        await api.database.execute(change)
    owner = await Database.open(database_url, connections=1)
    with pytest.raises(StoreError, match="the audit log is append-only"):
        await owner.execute(change)
    await owner.close()
    assert len(before["entries"]) == 1
    assert (await call(api, "GET", "/api/audit")).json == before

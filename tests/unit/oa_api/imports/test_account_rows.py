"""Accounts and tokens of openaddresses/batch in the form of this system."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.accounts.schemas import NewAccountSchema
from oa_api.identity.credential import digest
from oa_api.identity.tokens import MAX_DAYS
from oa_api.imports.account_rows import convert_account, convert_token
from oa_api.imports.findings import NotImportableError
from oa_api.imports.rows import TheirToken, TheirUser

_AT = datetime(2026, 1, 2, tzinfo=UTC)


def user(username: str = "ada", email: str = "ada@example.org", **changes: object) -> TheirUser:
    values: dict[str, object] = {"id": 5, "created_at": _AT, "access": "user", "may_upload": False, **changes}
    return TheirUser(username=username, email=email, **values)  # type: ignore[arg-type]


@given(username=st.text(max_size=60), email=st.text(max_size=60) | st.emails())
def test_any_account_becomes_one_that_the_api_accepts(username: str, email: str) -> None:
    row = convert_account(user(username, email))
    accepted = NewAccountSchema().load({name: row.values[name] for name in ("login", "email", "role")})
    assert accepted.login == row.values["login"]
    if (row.values["login"], row.values["email"]) != (username, email):
        assert row.adaptations


@pytest.mark.parametrize(
    ("access", "may_upload", "role", "is_disabled"),
    [
        ("admin", False, "admin", False),
        ("user", True, "author", False),
        ("user", False, "viewer", False),
        ("disabled", True, "author", True),
    ],
)
def test_role_follows_access_and_flag(access: str, may_upload: bool, role: str, is_disabled: bool) -> None:  # noqa: FBT001 - columns of the table
    row = convert_account(user(access=access, may_upload=may_upload))
    assert (row.values["role"], row.values["disabled_at"] is not None) == (role, is_disabled)


def test_token_is_stored_as_its_digest_and_expires() -> None:
    text = "oa." + "0f" * 32
    row = convert_token(TheirToken(3, None, text, None, 5, "user"), imported_at=_AT)
    assert row.values["digest"] == digest(text).hex()
    assert text not in str(row.record())
    assert row.once["expires_at"] == (_AT + timedelta(days=MAX_DAYS)).isoformat()


@pytest.mark.parametrize(
    ("token", "uid", "access"),
    [
        ("oa." + "0" * 63, 5, "user"),
        ("oa." + "g" * 64, 5, "user"),
        ("oa." + "0" * 64 + "\n", 5, "user"),
        ("oa." + "0" * 64, None, None),
        ("oa." + "0" * 64, 5, "disabled"),
    ],
)
def test_token_without_use_is_left_out(token: str, uid: int | None, access: str | None) -> None:
    with pytest.raises(NotImportableError):
        convert_token(TheirToken(3, "x", token, _AT, uid, access), imported_at=_AT)

"""Accounts and tokens of openaddresses/batch in the form of this system.

Passwords are bcrypt digests, and this system has no passwords: people sign in with GitHub or a link by mail. Tokens are
stored unhashed there, so their SHA-256 verifies them here.
"""

import re
from datetime import UTC, datetime, timedelta

from oa_api.identity.accounts import RESERVED
from oa_api.identity.credential import digest, is_imported_token
from oa_api.identity.tokens import MAX_DAYS
from oa_api.imports.findings import ConvertedRow, NotImportableError
from oa_api.imports.rows import TheirToken, TheirUser
from oa_shared.carriers import clean_text
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""In place of a time that the other system does not have."""
_MAX_LOGIN = 39
_NOT_IN_LOGIN = re.compile(r"[^A-Za-z0-9._-]+")
_MAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f]+@[^\s@<>,;:\"\\()\[\]\x00-\x1f]+\Z")
_MAX_MAIL = 254
_MAX_TOKEN_NAME = 100
_ADMIN, _DISABLED = "admin", "disabled"


def convert_account(user: TheirUser) -> ConvertedRow:
    """Return an account. An unusable name is adapted; an unusable address of mail is dropped."""
    adaptations = []
    login = _login(user)
    if login != user.username:
        adaptations.append(f"the name {user.username[:80]!r} became {login!r}: 1 to 39 letters, digits, dots, dashes")
    has_mail = len(user.email) <= _MAX_MAIL and _MAIL.match(user.email) is not None
    if not has_mail:
        adaptations.append(f"{user.email[:80]!r} is not an email address: the account has none")
    created_at = _time(user.created_at, adaptations)
    values: JsonObject = {
        "login": login,
        "email": user.email if has_mail else None,
        "role": _role(user.access, may_upload=user.may_upload).label,
        "created_at": created_at.isoformat(),
        "disabled_at": created_at.isoformat() if user.access == _DISABLED else None,
    }
    return ConvertedRow(user.id, values, adaptations)


def convert_token(token: TheirToken, *, imported_at: datetime) -> ConvertedRow:
    """Return a token that expires a year after the import: here every token expires. Raises NotImportableError."""
    if token.uid is None or token.access is None:
        raise NotImportableError("its user does not exist")
    if token.access == _DISABLED:
        raise NotImportableError("its account is disabled")
    if not is_imported_token(token.token):
        raise NotImportableError("the token has not the form that the API accepts: `oa.` and 64 hexadecimal digits")
    adaptations: list[str] = []
    values: JsonObject = {
        "account_id": token.uid,
        "digest": digest(token.token).hex(),
        "name": clean_text(token.name or "imported")[:_MAX_TOKEN_NAME],
        "created_at": _time(token.created_at, adaptations).isoformat(),
    }
    expires_at = (imported_at + timedelta(days=MAX_DAYS)).isoformat()
    return ConvertedRow(token.id, values, adaptations, once={"expires_at": expires_at})


def _login(user: TheirUser) -> str:
    login = _NOT_IN_LOGIN.sub("-", user.username)[:_MAX_LOGIN].strip("._-")
    if not login or login.lower() in RESERVED:
        return f"user-{user.id}"
    return login


def _role(access: str, *, may_upload: bool) -> Role:
    if access == _ADMIN:
        return Role.ADMIN
    return Role.AUTHOR if may_upload else Role.VIEWER


def _time(value: datetime | None, adaptations: list[str]) -> datetime:
    """Return a time, or the first day of 1970, which is then noted."""
    if value is None:
        adaptations.append("it has no time of creation: 1970-01-01")
        return UNKNOWN_TIME
    return value

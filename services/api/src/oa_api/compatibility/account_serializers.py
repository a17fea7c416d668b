"""Accounts and tokens in the shapes of openaddresses/batch, and its access and flags as our roles."""

from oa_api.compatibility.rows import UserRow
from oa_api.compatibility.serializers import milliseconds
from oa_api.identity.rows import TokenRow
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.roles import Role

# Every caller may do what openaddresses/batch reserves for this level.
_LEVEL = "sponsor"


def token_v1(token: TokenRow) -> JsonObject:
    """Return a token, without its secret."""
    return {"id": token.id, "name": token.name, "created": milliseconds(token.created_at)}


def user_v1(user: UserRow) -> JsonObject:
    """Return an account."""
    role = Role.of(user.role)
    access = "disabled" if user.is_disabled else access_v1(role)
    about = {"id": user.id, "username": user.login, "email": user.email or "", "access": access}
    return {**about, "level": _LEVEL, "flags": flags_v1(role), "validated": True}


def login_v1(account: int, *, name: str, email: str, role: Role) -> JsonObject:
    """Return who the caller is."""
    about = {"uid": account, "username": name, "email": email, "access": access_v1(role)}
    return {**about, "level": _LEVEL, "flags": flags_v1(role)}


def access_v1(role: Role) -> str:
    """Return the access of a role: `admin` or `user`."""
    return "admin" if role >= Role.ADMIN else "user"


def flags_v1(role: Role) -> dict[str, bool]:
    """Return what a role may do beyond reading."""
    return {"upload": role >= Role.AUTHOR, "moderator": role >= Role.MODERATOR}


def role_v1(access: str, flags: JsonMapping) -> Role:
    """Return the role with an access and flags."""
    if access == "admin":
        return Role.ADMIN
    if flags.get("moderator"):
        return Role.MODERATOR
    return Role.AUTHOR if flags.get("upload") else Role.VIEWER

"""How accounts, tokens and the audit trail look, and what may be asked of them."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import MAX_ID, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema
from oa_api.identity.accounts import RESERVED
from oa_api.identity.tokens import MAX_DAYS
from oa_shared.roles import ACCOUNT_ROLES, Role

_LOGIN = validate.Regexp(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,37}[A-Za-z0-9])?\Z", error="1 to 39 letters, digits, dots, dashes, underscores."
)
_MAIL = validate.And(
    validate.Length(max=254), validate.Regexp(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f]+@[^\s@<>,;:\"\\()\[\]\x00-\x1f]+\Z")
)


def role_word(*, what: str = "What it may do.", **extra: Any) -> fields.String:
    """Return the field of one of the roles that people have."""
    return fields.String(validate=validate.OneOf(ACCOUNT_ROLES), metadata=about(what, "author"), **extra)


def _login(**extra: Any) -> fields.String:
    return Text(validate=_LOGIN, metadata=about("What the account is called here.", "ada"), **extra)


def email_address(**extra: Any) -> fields.String:
    """Return the field of an address that mail can go to."""
    return Text(
        allow_none=True, validate=_MAIL, metadata=about("Where links to sign in are sent.", "ada@example.org"), **extra
    )


def github_number(*, strict: bool = True, **extra: Any) -> fields.Integer:
    """Return the field of a user's number at GitHub; forms, which have only text, are not `strict`."""
    what = about("The number of the user at GitHub (`id` of https://api.github.com/users/NAME).", 583231)
    is_one = validate.Range(min=1, max=MAX_ID)
    return fields.Integer(strict=strict, allow_none=True, validate=is_one, metadata=what, **extra)


def life_days(*, strict: bool = True) -> fields.Integer:
    """Return the field of a token's length of life."""
    is_one = validate.Range(min=1, max=MAX_DAYS)
    return fields.Integer(
        strict=strict, required=True, validate=is_one, metadata=about("How many days it is good for.", 90)
    )


class CursorSchema(StrictSchema):
    """How much of a list, from where."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many items, at most.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("The id of the last item that you have."))


class NewAccountSchema(StrictSchema):
    """POST /api/account."""

    login = _login(required=True)
    email = email_address(load_default=None)
    github_id = github_number(load_default=None)
    role = role_word(load_default=Role.VIEWER.label)

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse names that stand for nobody in the audit trail."""
        if data["login"].lower() in RESERVED:
            raise ValidationError("This name is taken by the service itself.", "login")


class AccountChangeSchema(StrictSchema):
    """PATCH /api/account/{account}; what is left out stays as it is."""

    email = email_address()
    github_id = github_number()
    role = role_word()
    disabled = fields.Boolean(metadata=about("A disabled account loses its tokens and sessions for good.", True))


class AccountSchema(ResponseSchema):
    """Somebody who may sign in."""

    id = fields.Integer(required=True, metadata=about("The number of the account.", 1))
    login = fields.String(required=True, metadata=about("What it is called.", "ada"))
    email = fields.String(required=True, allow_none=True, metadata=about("Where links are sent.", "ada@example.org"))
    github_id = fields.Integer(required=True, allow_none=True, metadata=about("The user's number at GitHub.", 583231))
    by_membership = fields.Boolean(
        required=True, metadata=about("Made when a member of an allowed organisation signed in.", False)
    )
    role = role_word(required=True)
    created_at = Time(required=True, metadata=about("When it was made."))
    signed_in_at = Time(required=True, allow_none=True, metadata=about("When somebody last signed in with it."))
    disabled_at = Time(required=True, allow_none=True, metadata=about("When it was disabled."))


class AccountListSchema(ResponseSchema):
    """GET /api/account."""

    accounts = fields.List(fields.Nested(AccountSchema), required=True)


class NewTokenSchema(StrictSchema):
    """POST /api/token."""

    name = Text(
        required=True, validate=validate.Length(min=1, max=100), metadata=about("What it is for.", "nightly import")
    )
    role = role_word(required=True, what="What it may do: no more than whoever makes it.")
    days = life_days()
    account = identifier(
        load_default=None, metadata=about("With the shared secret: whose it is; else one's own, left out.", 1)
    )


class TokenFilterSchema(CursorSchema):
    """GET /api/token."""

    account = identifier(load_default=None, metadata=about("Whose, for admins; one's own when left out.", 1))


class TokenSchema(ResponseSchema):
    """What is known of a token, which is not the token itself."""

    id = fields.Integer(required=True, metadata=about("The number of the token.", 1))
    account = fields.Integer(required=True, metadata=about("Whose it is.", 1))
    login = fields.String(required=True, metadata=about("The name of that account.", "ada"))
    name = fields.String(required=True, metadata=about("What it is for.", "nightly import"))
    role = role_word(required=True)
    created_at = Time(required=True, metadata=about("When it was made."))
    expires_at = Time(required=True, metadata=about("Until when it is good."))
    last_used_at = Time(
        required=True, allow_none=True, metadata=about("When it was last used, to the minute; null for never.")
    )


class MadeTokenSchema(TokenSchema):
    """POST /api/token: the only time that the token is shown."""

    token = fields.String(required=True, metadata=about("For `Authorization: Bearer …`; kept nowhere, so keep it."))


class TokenListSchema(ResponseSchema):
    """GET /api/token."""

    tokens = fields.List(fields.Nested(TokenSchema), required=True)


class RevokedSchema(ResponseSchema):
    """DELETE /api/token/{token}."""

    id = fields.Integer(required=True, metadata=about("The number of the token that is no more.", 1))


class ProfileSchema(ResponseSchema):
    """GET /api/profile."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(["service", "token", "session"]),
        metadata=about("What proved it: the shared secret, a token or a browser's session.", "token"),
    )
    account = fields.Nested(AccountSchema, required=True, allow_none=True)
    name = fields.String(required=True, metadata=about("What the audit trail calls you.", "ada"))
    role = fields.String(required=True, metadata=about("What this credential may do.", "author"))
    expires_at = Time(required=True, allow_none=True, metadata=about("Until when the token is good."))


class DeedFilterSchema(CursorSchema):
    """GET /api/audit."""

    actor = Text(load_default=None, metadata=about("Of this one.", "ada"))
    action = Text(load_default=None, metadata=about("Of this kind.", "job.confirm"))
    subject = Text(load_default=None, metadata=about("Done to this.", "job/12"))


class AuditEntrySchema(ResponseSchema):
    """Who did what."""

    id = fields.Integer(required=True, metadata=about("The number of the deed.", 1))
    created_at = Time(required=True, metadata=about("When."))
    kind = fields.String(required=True, metadata=about("What proved who it was.", "session"))
    account = fields.Integer(required=True, allow_none=True, metadata=about("Whose account; null for a service.", 1))
    actor = fields.String(required=True, metadata=about("Who.", "ada"))
    role = fields.String(required=True, metadata=about("What they were then.", "moderator"))
    action = fields.String(required=True, metadata=about("Did what.", "job.confirm"))
    subject = fields.String(required=True, metadata=about("To what.", "job/12"))
    reason = fields.String(required=True, metadata=about("Why, in their words.", "checked by hand"))
    detail = fields.Dict(required=True, keys=fields.String(), metadata=about("What else is known of it."))


class DeedListSchema(ResponseSchema):
    """GET /api/audit."""

    entries = fields.List(fields.Nested(AuditEntrySchema), required=True)

"""The schemas of accounts, tokens and the audit log: requests, and how rows look in responses."""

from collections.abc import Mapping

from marshmallow import ValidationError, fields, missing, validate, validates_schema

from oa_api.http.fields import MAX_ID, RequestSchema, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, CursorSlice, ResponseSchema
from oa_api.identity.accounts import RESERVED
from oa_api.identity.requests import AccountChange, AuditFilter, NewAccount, NewToken, TokenFilter
from oa_api.identity.tokens import MAX_DAYS
from oa_shared.roles import ACCOUNT_ROLES, Role

_LOGIN = validate.Regexp(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,37}[A-Za-z0-9])?\Z", error="1 to 39 letters, digits, dots, dashes, underscores."
)
_MAIL = validate.And(
    validate.Length(max=254), validate.Regexp(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f]+@[^\s@<>,;:\"\\()\[\]\x00-\x1f]+\Z")
)
_ROLE = validate.OneOf(ACCOUNT_ROLES)
_DAYS = validate.Range(min=1, max=MAX_DAYS)
_EMAIL_HELP = about("Email address for sign-in links.", "ada@example.org")
_GITHUB_ID_HELP = about("GitHub user ID (`id` of https://api.github.com/users/NAME).", 583231)
_TOKEN_NAME_HELP = about("Purpose of the token.", "nightly import")


def _email(load_default: object = missing) -> fields.String:
    return Text(load_default=load_default, allow_none=True, validate=_MAIL, metadata=_EMAIL_HELP)


def _github_id(load_default: object = missing, *, strict: bool = True) -> fields.Integer:
    """Return the field of a GitHub user ID; forms, which have only text, are not `strict`."""
    is_id = validate.Range(min=1, max=MAX_ID)
    return fields.Integer(
        load_default=load_default, strict=strict, allow_none=True, validate=is_id, metadata=_GITHUB_ID_HELP
    )


class _CursorSchema(StrictSchema):
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last item received."))


class _LoginSchema(StrictSchema):
    login = Text(required=True, validate=_LOGIN, metadata=about("Name of the account.", "ada"))

    @validates_schema
    def check_login(self, data: Mapping[str, str], **_: object) -> None:
        """Refuse names of actors in the audit log that are not accounts."""
        if data["login"].lower() in RESERVED:
            raise ValidationError("This name is reserved for the service.", "login")


class AccountFilterSchema(_CursorSchema, RequestSchema[CursorSlice]):
    """GET /api/account."""


class NewAccountSchema(_LoginSchema, RequestSchema[NewAccount]):
    """POST /api/account."""

    email = _email(None)
    github_id = _github_id(None)
    role = fields.String(
        load_default=Role.VIEWER.label, validate=_ROLE, metadata=about("Role of the account.", "author")
    )


class NewAccountFormSchema(NewAccountSchema):
    """The form of the page /accounts."""

    github_id = _github_id(None, strict=False)


class AccountChangeSchema(RequestSchema[AccountChange]):
    """PATCH /api/account/{account}; fields that are left out stay unchanged."""

    email = _email()
    github_id = _github_id()
    role = fields.String(validate=_ROLE, metadata=about("Role of the account.", "author"))
    disabled = fields.Boolean(metadata=about("Disabling revokes all tokens and sessions of the account.", True))


class AccountFormSchema(RequestSchema[AccountChange]):
    """The form of an account's page, which sends every field: an empty one removes the value."""

    email = _email(None)
    github_id = _github_id(None, strict=False)
    role = fields.String(required=True, validate=_ROLE)


class AccountStateFormSchema(RequestSchema[AccountChange]):
    """The button of an account's page that disables or enables it."""

    disabled = fields.Boolean(required=True)


class AccountSchema(ResponseSchema):
    """An account that may sign in."""

    id = fields.Integer(required=True, metadata=about("Permanent ID.", 1))
    login = fields.String(required=True, metadata=about("Name of the account.", "ada"))
    email = fields.String(required=True, allow_none=True, metadata=_EMAIL_HELP)
    github_id = fields.Integer(required=True, allow_none=True, metadata=_GITHUB_ID_HELP)
    by_membership = fields.Boolean(
        required=True,
        metadata=about("Created by the sign-in of a member of a configured GitHub organization or team.", False),
    )
    role = fields.String(required=True, validate=_ROLE, metadata=about("Role of the account.", "author"))
    created_at = Time(required=True, metadata=about("Creation time."))
    signed_in_at = Time(required=True, allow_none=True, metadata=about("Time of the last sign-in."))
    disabled_at = Time(required=True, allow_none=True, metadata=about("When it was disabled; null if enabled."))


class AccountListSchema(ResponseSchema):
    """GET /api/account."""

    accounts = fields.List(fields.Nested(AccountSchema), required=True)


class NewTokenSchema(RequestSchema[NewToken]):
    """POST /api/token."""

    name = Text(required=True, validate=validate.Length(min=1, max=100), metadata=_TOKEN_NAME_HELP)
    role = fields.String(
        required=True, validate=_ROLE, metadata=about("Role of the token: at most the caller's.", "author")
    )
    days = fields.Integer(strict=True, required=True, validate=_DAYS, metadata=about("Validity in days.", 90))
    account = identifier(
        load_default=None,
        metadata=about("ID of the owner, required with the shared secret; else the caller's account.", 1),
    )


class NewTokenFormSchema(NewTokenSchema):
    """The form of the page /profile."""

    days = fields.Integer(required=True, validate=_DAYS)


class TokenFilterSchema(_CursorSchema, RequestSchema[TokenFilter]):
    """GET /api/token."""

    account = identifier(
        load_default=None, metadata=about("ID of the owner, for admins; default the caller's account.", 1)
    )


class TokenSchema(ResponseSchema):
    """A token, without its secret."""

    id = fields.Integer(required=True, metadata=about("Permanent ID.", 1))
    account = fields.Integer(required=True, metadata=about("ID of the owner.", 1))
    login = fields.String(required=True, metadata=about("Name of the owner.", "ada"))
    name = fields.String(required=True, metadata=_TOKEN_NAME_HELP)
    role = fields.String(required=True, validate=_ROLE, metadata=about("Role of the token.", "author"))
    created_at = Time(required=True, metadata=about("Creation time."))
    expires_at = Time(required=True, metadata=about("Expiry time."))
    last_used_at = Time(
        required=True, allow_none=True, metadata=about("Time of the last use, to the minute; null if never used.")
    )


class NewTokenResponseSchema(TokenSchema):
    """POST /api/token: the only response with the token itself."""

    token = fields.String(
        required=True, metadata=about("The token, for `Authorization: Bearer …`; it cannot be shown again.")
    )


class TokenListSchema(ResponseSchema):
    """GET /api/token."""

    tokens = fields.List(fields.Nested(TokenSchema), required=True)


class RevokedTokenSchema(ResponseSchema):
    """DELETE /api/token/{token}."""

    id = fields.Integer(required=True, metadata=about("ID of the revoked token.", 1))


class ProfileSchema(ResponseSchema):
    """GET /api/profile."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(["service", "token", "session"]),
        metadata=about("Authentication method: the shared secret, a token or a session.", "token"),
    )
    account = fields.Nested(AccountSchema, required=True, allow_none=True)
    name = fields.String(required=True, metadata=about("Name of the caller in the audit log.", "ada"))
    role = fields.String(required=True, metadata=about("Role of this credential.", "author"))
    expires_at = Time(required=True, allow_none=True, metadata=about("Expiry time of the token."))


class AuditFilterSchema(_CursorSchema, RequestSchema[AuditFilter]):
    """GET /api/audit."""

    actor = Text(load_default=None, metadata=about("Filter by actor.", "ada"))
    action = Text(load_default=None, metadata=about("Filter by action.", "job.confirm"))
    subject = Text(load_default=None, metadata=about("Filter by subject.", "job/12"))


class AuditEntrySchema(ResponseSchema):
    """An entry of the audit log."""

    id = fields.Integer(required=True, metadata=about("Permanent ID.", 1))
    created_at = Time(required=True, metadata=about("Time of the action."))
    kind = fields.String(required=True, metadata=about("Authentication method.", "session"))
    account = fields.Integer(
        required=True, allow_none=True, metadata=about("ID of the actor's account; null for a service.", 1)
    )
    actor = fields.String(required=True, metadata=about("Name of the actor.", "ada"))
    role = fields.String(required=True, metadata=about("Role at the time.", "moderator"))
    action = fields.String(required=True, metadata=about("Action.", "job.confirm"))
    subject = fields.String(required=True, metadata=about("Subject of the action.", "job/12"))
    reason = fields.String(required=True, metadata=about("Reason that the actor gave.", "compared with the source"))
    detail = fields.Dict(required=True, keys=fields.String(), metadata=about("Further values of the action."))


class AuditLogSchema(ResponseSchema):
    """GET /api/audit."""

    entries = fields.List(fields.Nested(AuditEntrySchema), required=True)

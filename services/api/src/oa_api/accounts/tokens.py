"""Rules about the tokens of a caller, for the API and the page of the profile."""

from dataclasses import replace

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError, ForbiddenError
from oa_api.identity.authentication import CREDENTIAL
from oa_api.identity.principal import PRINCIPAL, TOKEN, Principal
from oa_api.identity.requests import NewToken, TokenFilter
from oa_api.identity.rows import TokenRow
from oa_api.identity.tokens import create_token
from oa_shared.roles import Role


async def create_token_of_caller(request: web.Request, new_token: NewToken) -> tuple[str, TokenRow]:
    """Create a token for the caller, or with the shared secret for `new_token.account`, and return it with its row.

    Raises ConflictError, ForbiddenError, NotFoundError.
    """
    by, credential = request[PRINCIPAL], request.get(CREDENTIAL)
    account_id = new_token.account or by.id
    if account_id is None:
        raise ConflictError("the shared secret has no account: give the owner in `account`")
    if account_id != by.id and not by.has_role(Role.SERVICE):
        raise ForbiddenError("only services can create tokens of other accounts")
    parent = credential.id if credential is not None and by.kind == TOKEN else None
    return await request.app[DATABASE].run(
        lambda transaction: create_token(transaction, new_token, account_id=account_id, by=by, parent=parent)
    )


def own_account(principal: Principal, token_filter: TokenFilter) -> TokenFilter:
    """Return the filter for the caller's tokens, unless an admin names another account. Raises ForbiddenError."""
    if token_filter.account is None or token_filter.account == principal.id:
        return replace(token_filter, account=principal.id)
    if not principal.has_role(Role.ADMIN):
        raise ForbiddenError("listing tokens of other accounts requires role admin")
    return token_filter
